#include "ui/pages/chains/alert_fields.h"

#include "ui/models/alert_edits.h"
#include "ui/models/alert_text.h"
#include "ui/models/words.h"
#include "ui/widgets/field_make.h"

#include <algorithm>

namespace brownout::ui {
namespace {

using Kind = FieldSpec::Kind;

FieldSpec alertField(const char* pointer, const QString& label, Kind kind, const QString& unit,
                     const QString& help) {
    return fields::make("alert", pointer, label, kind, unit, help);
}

QString alertMetricHelp(const std::string& metric) {
    if (metric == "failure_rate")
        return tr("The failed share of the last minute's attempts; of whole requests, those "
                  "without a whole answer.");
    if (metric == "fallback_ratio")
        return tr("The share of the last minute's answers that came from another target than the "
                  "one that a healthy chain asks first.");
    if (metric == "latency_ms")
        return tr("A quantile of the last minute's successes.");
    if (metric == "spend_usd")
        return tr("What was spent in the last hour.");
    if (metric == "budget_used")
        return tr("The largest share that is used of any budget of an hour or a day.");
    if (metric == "cost_jump")
        return tr("What the last minute's fallbacks cost, divided by what their first choice would "
                  "have cost for the same tokens.");
    if (metric == "breaker_open")
        return tr("A target's breaker is not closed.");
    return {};
}

std::vector<FieldSpec::Choice> alertTargets(const chain::Document& document) {
    auto out = fields::targetChoices(document, true);
    for (FieldSpec::Choice& choice : out)
        choice.label = alertTargetText(choice.value.toStdString());
    return out;
}

std::vector<FieldSpec::Choice> alertTasks(const chain::Document& document) {
    std::vector<FieldSpec::Choice> out{{QStringLiteral("*"), tr("each chain by itself")}};
    const auto offer = [&](const std::string& name, const QString& label) {
        const QString value = QString::fromStdString(name);
        if (!name.empty() &&
            std::none_of(out.begin(), out.end(), [&](const auto& c) { return c.value == value; }))
            out.push_back({value, label.arg(value)});
    };
    for (const chain::Chain& chain : document.chains)
        offer(chain.task, tr("task %1"));
    for (const chain::Chain& chain : document.chains)
        offer(chain.id, tr("chain %1"));
    return out;
}

FieldSpec alertLimitField(const std::string& metric) {
    FieldSpec out = alertField("/above", tr("Above"), Kind::number, {},
                               tr("The value that raises the alert. It is over below 0.8 of it."));
    if (metric == "failure_rate" || metric == "fallback_ratio" || metric == "budget_used")
        return fields::required(fields::percent(out));
    if (metric == "latency_ms") {
        out.scale = 1000;
        out.unit = tr("s");
        out.range = tr("from 0 to 1,000,000 s");
    } else if (metric == "spend_usd") {
        out.unit = tr("USD in an hour");
    } else if (metric == "cost_jump") {
        out.unit = tr("times as much");
    }
    return fields::required(out);
}

} // namespace

std::vector<FieldSpec> alertFields(const std::string& metric, const chain::Document& document) {
    std::vector<FieldSpec> out;
    std::vector<FieldSpec::Choice> offered;
    for (const std::string_view name : alert_edits::metrics())
        offered.push_back({text(name), metricLabel(name)});
    out.push_back(fields::required(fields::choice(
        alertField("/metric", tr("Metric"), Kind::choice, {}, alertMetricHelp(metric)), offered)));
    const bool ofBreaker = metric == "breaker_open";
    if (!ofBreaker)
        out.push_back(alertLimitField(metric));
    if (metric == "latency_ms") {
        FieldSpec quantile = fields::percent(alertField(
            "/quantile", tr("Quantile"), Kind::number, {},
            tr("95: so many of a hundred successes are quicker. Above 0, at most 99.99 %.")));
        quantile.range = tr("above 0 and at most 99.99 %");
        out.push_back(fields::placeholder(quantile, QStringLiteral("95")));
    }
    out.push_back(fields::placeholder(
        alertField("/for_s", tr("For"), Kind::number, tr("s"),
                   tr("How long without a break, from 0 to 86,400 s. A value that comes and goes "
                      "within it raises nothing.")),
        tr("0, at once")));
    out.push_back(
        fields::placeholder(fields::choice(alertField("/target", tr("Of"), Kind::choice, {},
                                                      tr("Whom the value is measured of.")),
                                           alertTargets(document)),
                            alertOfAllText(metric)));
    out.push_back(fields::placeholder(
        fields::choice(alertField("/task", tr("Requests"), Kind::choice, {},
                                  tr("Which requests count: all, those of a task or of a chain.")),
                       alertTasks(document)),
        tr("of all chains")));
    return out;
}

FieldSpec hookField(const char* name) {
    const bool failover = std::string_view(name) == "on_failover";
    FieldSpec out;
    out.pointer = std::string("/hooks/") + name;
    out.label = failover ? tr("On failover call") : tr("On alert call");
    out.help = failover ? tr("Address that is told of every failover.")
                        : tr("Address that is told of every alert, when it is raised and when it "
                             "is over.");
    out.placeholder = tr("nobody");
    out.objectName = QStringLiteral("field_hooks_") + QLatin1String(name);
    out.secretQuery = true;
    return out;
}

std::optional<FieldSpec> alertFieldAt(const std::string& pointer, const chain::Json& json) {
    for (const char* name : {"on_failover", "on_alert"})
        if (pointer == std::string("/hooks/") + name)
            return hookField(name);
    if (!pointer.starts_with("/alerts/"))
        return std::nullopt;
    const auto slash = pointer.find('/', 8);
    const chain::Json* rule = alert_edits::rule(json, std::atoi(pointer.c_str() + 8));
    if (slash == pointer.npos || !rule)
        return std::nullopt;
    for (FieldSpec& spec : alertFields(alert_edits::metricOf(*rule), {}))
        if (spec.pointer == pointer.substr(slash))
            return std::move(spec);
    return std::nullopt;
}

} // namespace brownout::ui
