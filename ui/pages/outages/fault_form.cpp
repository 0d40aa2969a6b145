#include "ui/pages/outages/fault_form.h"

#include "ui/models/chain_edits.h"
#include "ui/models/scenario_edits.h"
#include "ui/pages/outages/scenario_fields.h"

#include <QVBoxLayout>

#include <algorithm>

namespace brownout::ui {
namespace {

constexpr const char* anyone = "any"; // the rule is checked before it has a target

std::vector<FieldSpec> commonFields(faults::Kind kind) {
    std::vector<FieldSpec> out;
    if (kind != faults::Kind::price_change) { // a price is one for all requests
        FieldSpec share;
        share.pointer = "/when/probability";
        share.label = FaultForm::tr("Hits");
        share.kind = FieldSpec::Kind::number;
        share.scale = 0.01;
        share.unit = FaultForm::tr("% of requests");
        share.range = FaultForm::tr("from 0 to 100 %");
        share.placeholder = QStringLiteral("100");
        share.objectName = QStringLiteral("fault_share");
        out.push_back(std::move(share));
    }
    FieldSpec lasts;
    lasts.pointer = "/when/for_s";
    lasts.label = FaultForm::tr("Lasts");
    lasts.kind = FieldSpec::Kind::number;
    lasts.unit = FaultForm::tr("s");
    lasts.help = FaultForm::tr("Empty: until it is restored by hand.");
    lasts.placeholder = FaultForm::tr("no end");
    lasts.objectName = QStringLiteral("fault_duration");
    out.push_back(std::move(lasts));
    return out;
}

} // namespace

FaultForm::FaultForm(QWidget* parent) : QWidget(parent), form_(new JsonForm(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(form_);
    form_->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        rule_ = value ? edits::set(std::move(rule_), spec.pointer, std::move(*value))
                      : edits::unset(std::move(rule_), spec.pointer);
        refresh();
        Q_EMIT changed();
    };
    rebuild();
}

void FaultForm::setKind(faults::Kind kind) {
    if (kind == kind_)
        return;
    kind_ = kind;
    rebuild();
    Q_EMIT changed();
}

void FaultForm::rebuild() {
    // How long and how many are the person's choice, not the kind's.
    const chain::Json when =
        rule_.is_object() && rule_.contains("when") ? rule_["when"] : chain::Json::object();
    rule_ = scenario_edits::usualFault(kind_, anyone, 0, 1);
    rule_["when"] = when;
    if (kind_ == faults::Kind::price_change)
        rule_["when"].erase("probability");
    if (rule_["when"].empty())
        rule_.erase("when");
    std::vector<FieldSpec> fields = parameterFields(kind_);
    for (FieldSpec& spec : commonFields(kind_))
        fields.push_back(std::move(spec));
    form_->setSections(QString::number(static_cast<int>(kind_)), {{QString(), std::move(fields)}});
    refresh();
}

void FaultForm::refresh() {
    const auto read = faults::read_rule(rule_, "fault");
    form_->show(rule_, "", read.problems);
}

chain::Json FaultForm::onTarget(const std::string& provider) const {
    chain::Json rule = rule_;
    rule["target"] = provider;
    return rule;
}

std::optional<faults::Rule> FaultForm::rule(const std::string& provider) {
    form_->flush();
    return faults::read_rule(onTarget(provider), "fault").value;
}

QString FaultForm::summary() const {
    const auto read = faults::read_rule(rule_, "fault");
    const faults::KindInfo& info = faults::info(kind_);
    QString out = QString::fromUtf8(info.label.data(), static_cast<qsizetype>(info.label.size()));
    if (!read.ok())
        return out + tr(": see its fields");
    if (kind_ == faults::Kind::http_error)
        out = tr("HTTP %1").arg(read.value->fault.status);
    const faults::When& when = read.value->when;
    if (when.probability < 1)
        out += tr(" for %1 % of requests").arg(when.probability * 100);
    return when.for_s ? out + tr(", %1 s").arg(*when.for_s) : out + tr(", until restored");
}

} // namespace brownout::ui
