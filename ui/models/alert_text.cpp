#include "ui/models/alert_text.h"

#include "record/alerts.h"
#include "ui/models/alert_edits.h"
#include "ui/models/fault_models.h"
#include "ui/models/words.h"

#include <algorithm>

namespace brownout::ui {
namespace {

using record::AlertMetric;

std::optional<AlertMetric> alertMetric(std::string_view name) {
    const auto known = alert_edits::metrics();
    if (std::find(known.begin(), known.end(), name) == known.end())
        return std::nullopt;
    const auto at = std::find(std::begin(record::alert_metric_names),
                              std::end(record::alert_metric_names), name);
    return static_cast<AlertMetric>(at - std::begin(record::alert_metric_names));
}

QString alertNumber(double value) {
    return QString::number(value, 'g', 6);
}

QString alertLimit(AlertMetric metric, double value) {
    switch (metric) {
    case AlertMetric::failure_rate:
    case AlertMetric::fallback_ratio:
    case AlertMetric::budget_used:
        return tr("%1 %").arg(alertNumber(value * 100));
    case AlertMetric::latency_ms:
        return tr("%1 s").arg(alertNumber(value / 1000));
    case AlertMetric::spend_usd:
        return tr("%1 USD").arg(alertNumber(value));
    case AlertMetric::cost_jump:
        return tr("%1 times").arg(alertNumber(value));
    default:
        return alertNumber(value);
    }
}

const chain::Json* alertMember(const chain::Json& object, const char* key) {
    const auto it = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && it != object.end() ? &*it : nullptr;
}

QString alertMemberText(const chain::Json& object, const char* key) {
    const chain::Json* value = alertMember(object, key);
    return value && value->is_string() ? QString::fromStdString(value->get<std::string>())
                                       : QString();
}

// What is measured, as the subject of a sentence.
QString alertSubject(AlertMetric metric, const chain::Alert& rule) {
    const bool whole = rule.target.empty();
    switch (metric) {
    case AlertMetric::failure_rate:
        return whole ? tr("the share of the last minute's requests without a whole answer")
                     : tr("the failed share of the last minute's attempts");
    case AlertMetric::fallback_ratio:
        return tr("the share of the last minute's answers that came from a fallback");
    case AlertMetric::latency_ms:
        return tr("p%1 of the last minute's latency")
            .arg(alertNumber(rule.quantile.value_or(0.95) * 100));
    case AlertMetric::spend_usd:
        return tr("what the last hour cost");
    case AlertMetric::budget_used:
        return tr("the largest used share of any budget");
    case AlertMetric::cost_jump:
        return tr("what the last minute's fallbacks cost beside their first choice");
    default:
        return {};
    }
}

} // namespace

QString metricLabel(std::string_view metric) {
    const auto known = alertMetric(metric);
    if (!known)
        return text(metric);
    switch (*known) {
    case AlertMetric::failure_rate:
        return tr("Failure rate");
    case AlertMetric::fallback_ratio:
        return tr("Answers from a fallback");
    case AlertMetric::latency_ms:
        return tr("Latency");
    case AlertMetric::spend_usd:
        return tr("Spend in an hour");
    case AlertMetric::budget_used:
        return tr("Budget used");
    case AlertMetric::cost_jump:
        return tr("Cost of falling back");
    case AlertMetric::breaker_open:
        return tr("Breaker open");
    default:
        return {};
    }
}

QString alertTargetText(const std::string& target) {
    if (target == "*")
        return tr("each target by itself");
    if (target == "@primary")
        return tr("first of each chain");
    if (target == "@last")
        return tr("last of each chain");
    if (target.front() == '@')
        return tr("number %1 of each chain").arg(text(target.substr(1)));
    return faultTargetText(target);
}

QString alertOfAllText(std::string_view metric) {
    if (metric == "breaker_open")
        return alertTargetText("*");
    const bool ofParts = metric == "failure_rate" || metric == "latency_ms";
    return ofParts ? tr("whole requests") : tr("all requests");
}

QString alertTitle(const chain::Json& rule) {
    const std::string name = alert_edits::metricOf(rule);
    if (name.empty())
        return tr("A rule that names no metric");
    const auto metric = alertMetric(name);
    const chain::Json* above = alertMember(rule, "above");
    if (!metric || *metric == AlertMetric::breaker_open || !above || !above->is_number())
        return metricLabel(name);
    QString label = metricLabel(name);
    if (const chain::Json* quantile = alertMember(rule, "quantile");
        *metric == AlertMetric::latency_ms && quantile && quantile->is_number())
        label += tr(" p%1").arg(alertNumber(quantile->get<double>() * 100));
    return tr("%1 above %2").arg(label, alertLimit(*metric, above->get<double>()));
}

QString alertScope(const chain::Json& rule) {
    const std::string target = alertMemberText(rule, "target").toStdString();
    QStringList parts{target.empty() ? alertOfAllText(alert_edits::metricOf(rule))
                                     : alertTargetText(target)};
    if (const QString task = alertMemberText(rule, "task"); task == QLatin1String("*"))
        parts << tr("each chain by itself");
    else if (!task.isEmpty())
        parts << tr("task %1").arg(task);
    const chain::Json* lasts = alertMember(rule, "for_s");
    const double for_s = lasts && lasts->is_number() ? lasts->get<double>() : 0;
    parts << (for_s > 0 ? tr("for %1 s").arg(alertNumber(for_s)) : tr("at once"));
    return parts.join(QStringLiteral(", "));
}

QString alertSentence(const chain::Alert& rule) {
    const auto metric = alertMetric(rule.metric);
    if (!metric)
        return {};
    record::AlertSeries series; // knows the border, so that it is told as it is kept
    series.alert.metric = *metric;
    series.alert.above = rule.above;
    const Duration hold = std::clamp(from_seconds(rule.for_s), record::Alerts::shortest_clear,
                                     record::Alerts::longest_clear);
    const QString cleared = alertNumber(to_seconds(hold)), held = alertNumber(rule.for_s);
    if (*metric == AlertMetric::breaker_open)
        return (rule.for_s > 0 ? tr("Raised once a breaker has not been closed for %1 s.").arg(held)
                               : tr("Raised as soon as a breaker is not closed.")) +
               tr(" Over once it has been closed for %1 s.").arg(cleared);
    const QString border = alertLimit(*metric, rule.above);
    const QString what = alertSubject(*metric, rule);
    return (rule.for_s > 0
                ? tr("Raised once %1 has been above %2 for %3 s.").arg(what, border, held)
                : tr("Raised as soon as %1 is above %2.").arg(what, border)) +
           tr(" Over once it has been at most %1 for %2 s.")
               .arg(alertLimit(*metric, series.clears_at()), cleared);
}

} // namespace brownout::ui
