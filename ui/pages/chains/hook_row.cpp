#include "ui/pages/chains/hook_row.h"

#include "ui/models/chain_edits.h"
#include "ui/pages/chains/alert_fields.h"
#include "ui/pages/chains/running_tests.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include <algorithm>

namespace brownout::ui {

HookRow::HookRow(Session& session, live::Hook hook, QWidget* parent)
    : QWidget(parent), session_(session), hook_(hook) {
    const QString name = QLatin1String(live::name(hook));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    form_ = new JsonForm;
    form_->setSections(name, {{{}, {hookField(live::name(hook))}}});
    form_->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        auto& editor = session_.editor();
        const QString what = value ? tr("Change %1") : tr("Reset %1");
        editor.edit(what.arg(spec.label.toLower()),
                    value ? edits::set(editor.json(), spec.pointer, std::move(*value))
                          : edits::unset(editor.json(), spec.pointer),
                    QString::fromStdString(spec.pointer));
    };
    column->addWidget(form_);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    row->addSpacing(JsonField::labelWidth + gridUnit); // below its field
    test_ = new QPushButton(tr("Send a test call"));
    test_->setObjectName(QStringLiteral("hook_test_") + name);
    test_->setAccessibleName(test_->text());
    test_->setAccessibleDescription(tr("To the address of %1").arg(name));
    row->addWidget(test_);
    row->addStretch(1);
    column->addLayout(row);
    result_ = new QLabel;
    result_->setObjectName(QStringLiteral("hook_result_") + name);
    result_->setWordWrap(true);
    result_->setTextFormat(Qt::PlainText);
    result_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    result_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // long words wrap too
    result_->hide();
    column->addWidget(result_);
    connect(test_, &QPushButton::clicked, this, &HookRow::test);
}

std::string HookRow::pointer() const {
    return std::string("/hooks/") + live::name(hook_);
}

std::string HookRow::address() const {
    const auto& editor = session_.editor();
    const chain::Json* url = edits::at(editor.json(), pointer());
    const bool wrong =
        std::any_of(editor.problems().begin(), editor.problems().end(), [&](const auto& p) {
            return p.severity == chain::Problem::Severity::error && p.pointer == pointer();
        });
    return url && url->is_string() && !wrong ? url->get<std::string>() : std::string();
}

void HookRow::refresh() {
    form_->show(session_.editor().json(), {}, session_.editor().problems());
    const std::string url = address();
    if (url != told_ && !result_->text().isEmpty())
        tell({}, ""); // of another address
    test_->setEnabled(!url.empty());
    test_->setToolTip(url.empty() ? tr("First write a valid address")
                                  : tr("Makes one real POST to this address, marked as a test, and "
                                       "shows what came back"));
}

void HookRow::flush() {
    form_->flush();
}

void HookRow::focusField() {
    form_->focusFirst();
}

void HookRow::test() {
    flush();
    const std::string url = address();
    if (url.empty() || running_)
        return;
    running_ = true;
    told_ = url;
    tell(tr("calling ..."), "");
    auto result = std::make_shared<live::WebhookTest>();
    const auto body = live::sample_call(
        hook_, session_.editor().document(),
        QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs).toStdString());
    QThread* thread = QThread::create(
        [result, hook = hook_, url, body] { *result = live::test_webhook(hook, url, body); });
    connect(thread, &QThread::finished, this, [this, result, url] {
        running_ = false;
        if (url == address()) // still the one on screen
            tell(QString::fromStdString(result->text), result->taken ? "good" : "bad");
    });
    RunningTests::all().start(thread);
}

void HookRow::tell(const QString& text, const char* tone) {
    result_->setText(text);
    result_->setVisible(!text.isEmpty());
    result_->setProperty("tone", QLatin1String(tone));
    result_->style()->unpolish(result_);
    result_->style()->polish(result_);
}

} // namespace brownout::ui
