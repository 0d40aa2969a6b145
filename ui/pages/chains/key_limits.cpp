#include "ui/pages/chains/key_limits.h"

#include "ui/models/key_items.h"
#include "ui/shell/theme.h"
#include "ui/widgets/json_field.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace brownout::ui {

KeyLimits::KeyLimits(const std::function<QString(const char* part)>& objectNameOf, QWidget* parent)
    : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    open_ = new QPushButton(tr("Limits of this key"));
    open_->setObjectName(objectNameOf("limits"));
    open_->setAccessibleName(open_->text());
    open_->setToolTip(tr("What this key alone may never exceed"));
    open_->setCheckable(true);
    open_->setProperty("flat", true);
    column->addWidget(open_, 0, Qt::AlignLeft);
    fields_ = new QWidget;
    auto* fields = new QVBoxLayout(fields_);
    fields->setContentsMargins(0, 0, 0, 0);
    fields->setSpacing(gridUnit / 2);
    const std::tuple<const char*, QString, QString> rows[] = {
        {"requests_per_min", tr("Requests"), tr("per minute")},
        {"tokens_per_min", tr("Tokens"), tr("per minute")},
        {"concurrency", tr("At the same time"), tr("requests")}};
    for (const auto& [name, label, unit] : rows) {
        FieldSpec spec;
        spec.pointer = std::string("/limits/") + name;
        spec.label = label;
        spec.unit = unit;
        spec.kind = FieldSpec::Kind::number;
        spec.placeholder = tr("no limit");
        spec.objectName = objectNameOf(name);
        auto* field = new JsonField(std::move(spec));
        field->edited = [this, limit = std::string(name)](std::optional<chain::Json> value) {
            edited(limit, std::move(value));
        };
        fields->addWidget(field);
        limits_.emplace_back(name, field);
    }
    column->addWidget(fields_);
    fields_->hide();
    const auto turn = [this](bool open) {
        fields_->setVisible(open);
        open_->setIcon(icon(open ? QStringLiteral("chevron_up") : QStringLiteral("chevron_down")));
    };
    turn(false);
    connect(open_, &QPushButton::toggled, this, turn);
}

void KeyLimits::show(const chain::Json& item,
                     const std::function<QString(const std::string& below)>& problem) {
    const auto reference = referenceOf(item);
    const bool limitable = reference && *reference != "none";
    const bool limited = hasLimits(item);
    open_->setVisible(limitable);
    if (limited)
        open_->setChecked(true);
    fields_->setVisible(open_->isChecked() && limitable);
    for (const auto& [name, field] : limits_) {
        const chain::Json* own = nullptr;
        if (limited && item["limits"].is_object() && item["limits"].contains(name))
            own = &item["limits"][name];
        field->show(own, nullptr);
        field->setProblem(problem ? problem("/limits/" + name) : QString(), true);
    }
}

void KeyLimits::fold() {
    open_->setChecked(false);
}

bool KeyLimits::focusBelow(const std::string& below) {
    for (const auto& [name, field] : limits_)
        if (below == "/limits/" + name) {
            open_->setChecked(true);
            field->focusEditor();
            return true;
        }
    return false;
}

void KeyLimits::flush() {
    for (const auto& [name, field] : limits_)
        field->flush();
}

} // namespace brownout::ui
