#include "ui/models/alert_edits.h"

namespace brownout::ui::alert_edits {
namespace {

constexpr std::string_view offered[] = {"failure_rate", "fallback_ratio", "latency_ms",
                                        "spend_usd",    "budget_used",    "cost_jump",
                                        "breaker_open"};

bool isShare(std::string_view metric) {
    return metric == "failure_rate" || metric == "fallback_ratio" || metric == "budget_used";
}

const Json* listOf(const Json& document) {
    const auto it = document.is_object() ? document.find("alerts") : document.end();
    return document.is_object() && it != document.end() && it->is_array() ? &*it : nullptr;
}

} // namespace

std::span<const std::string_view> metrics() {
    return offered;
}

Json defaultRule() {
    const chain::Alert alert = chain::default_alert();
    return {{"metric", alert.metric},
            {"target", alert.target},
            {"above", alert.above},
            {"for_s", static_cast<std::int64_t>(alert.for_s)}};
}

Json usualRule(std::string_view metric) {
    Json out = {{"metric", std::string(metric)}};
    if (metric == "failure_rate" || metric == "latency_ms")
        out["target"] = "@primary";
    if (metric == "failure_rate")
        out["above"] = 0.05;
    else if (metric == "fallback_ratio")
        out["above"] = 0.2;
    else if (metric == "latency_ms")
        out["above"] = 5000;
    else if (metric == "spend_usd")
        out["above"] = 1;
    else if (metric == "budget_used")
        out["above"] = 0.8;
    else if (metric == "cost_jump")
        out["above"] = 3;
    if (metric == "failure_rate" || metric == "fallback_ratio" || metric == "latency_ms")
        out["for_s"] = 60;
    return out;
}

bool hasDefaultOnly(const Json& document) {
    return !document.is_object() || !document.contains("alerts");
}

int ruleCount(const Json& document) {
    const Json* list = listOf(document);
    return list ? static_cast<int>(list->size()) : 0;
}

const Json* rule(const Json& document, int index) {
    return index >= 0 && index < ruleCount(document)
               ? &(*listOf(document))[static_cast<std::size_t>(index)]
               : nullptr;
}

std::string metricOf(const Json& rule) {
    const auto it = rule.is_object() ? rule.find("metric") : rule.end();
    return rule.is_object() && it != rule.end() && it->is_string() ? it->get<std::string>()
                                                                   : std::string();
}

Json addRule(Json document, Json rule) {
    if (!document.is_object())
        return document;
    if (hasDefaultOnly(document)) {
        document["alerts"] = Json::array();
        document["alerts"].push_back(defaultRule());
    } else if (!listOf(document)) {
        document["alerts"] = Json::array();
    }
    document["alerts"].push_back(std::move(rule));
    return document;
}

Json duplicateRule(Json document, int index) {
    const Json* original = rule(document, index);
    if (!original)
        return document;
    const Json copy = *original; // before the list moves
    Json& list = document["alerts"];
    list.insert(list.begin() + index + 1, copy);
    return document;
}

Json removeRule(Json document, int index) {
    if (rule(document, index))
        document["alerts"].erase(static_cast<std::size_t>(index));
    return document;
}

Json removeAll(Json document) {
    if (document.is_object())
        document["alerts"] = Json::array();
    return document;
}

Json useDefault(Json document) {
    if (document.is_object())
        document.erase("alerts");
    return document;
}

Json setMetric(Json document, int index, std::string_view metric) {
    const Json* old = rule(document, index);
    if (!old)
        return document;
    const std::string before = metricOf(*old);
    Json next = old->is_object() ? *old : Json::object();
    const Json usual = usualRule(metric);
    next["metric"] = usual["metric"];
    if (metric != "latency_ms")
        next.erase("quantile");
    if (!usual.contains("above"))
        next.erase("above");
    else if (!next.contains("above") || !(isShare(metric) && isShare(before)))
        next["above"] = usual["above"];
    document["alerts"][static_cast<std::size_t>(index)] = std::move(next);
    return document;
}

} // namespace brownout::ui::alert_edits
