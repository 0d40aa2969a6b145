#include "ui/models/scenario_edits.h"

#include "ui/models/scenario_text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace brownout::ui::scenario_edits {
namespace {

using faults::Kind;
using faults::Metric;

Json* listOf(Json& document, const char* key) {
    if (!document.is_object() || !document.contains(key) || !document[key].is_array())
        return nullptr;
    return &document[key];
}

const Json* itemOf(const Json& document, const char* key, int index) {
    const Json* list = listOf(const_cast<Json&>(document), key);
    return list && index >= 0 && static_cast<std::size_t>(index) < list->size()
               ? &(*list)[static_cast<std::size_t>(index)]
               : nullptr;
}

int countOf(const Json& document, const char* key) {
    const Json* list = listOf(const_cast<Json&>(document), key);
    return list ? static_cast<int>(list->size()) : 0;
}

Json append(Json document, const char* key, Json item) {
    if (!document.is_object())
        return document;
    if (!listOf(document, key))
        document[key] = Json::array();
    document[key].push_back(std::move(item));
    return document;
}

Json erase(Json document, const char* key, int index) {
    if (itemOf(document, key, index))
        document[key].erase(static_cast<std::size_t>(index));
    return document;
}

// To the millisecond, and 5 rather than 5.0 in the file.
Json secondsJson(double s) {
    const double ms = std::round(s * 1000);
    if (std::fmod(ms, 1000) == 0)
        return static_cast<std::int64_t>(ms / 1000);
    return ms / 1000;
}

constexpr std::array<Metric, 11> metrics = {
    Metric::availability,         Metric::latency_ms,     Metric::first_token_ms,
    Metric::attempts_per_request, Metric::fallback_ratio, Metric::spend_usd,
    Metric::wasted_usd,           Metric::served_by,      Metric::breaker_opens_within_s,
    Metric::recovers_within_s,    Metric::longest_gap_s};

} // namespace

Json blank() {
    return {{"format", std::string(faults::scenario_format)},
            {"name", "my scenario"},
            {"duration_s", 60},
            {"traffic",
             {{"requests_per_s", 5},
              {"arrivals", "poisson"},
              {"stream", true},
              {"input_tokens", 200},
              {"output_tokens", 60}}},
            {"faults", Json::array()},
            {"expect", Json::array({usualExpectation(Metric::availability)})}};
}

Json usualFault(Kind kind, const std::string& target, double at_s, double for_s) {
    Json rule = {{"target", target}, {"kind", std::string(faults::info(kind).name)}};
    switch (kind) {
    case Kind::http_error:
        rule["status"] = 503;
        break;
    case Kind::latency:
    case Kind::slow_first_token:
        rule["ms"] = 2000;
        break;
    case Kind::slow_tokens:
    case Kind::slow_close:
        rule["ms"] = 200;
        break;
    case Kind::stream_stall:
    case Kind::stream_cut:
    case Kind::stream_error:
        rule["after_tokens"] = 20;
        break;
    case Kind::bad_event:
    case Kind::duplicate_event:
        rule["at_token"] = 10;
        break;
    case Kind::rate_limit:
        rule["requests_per_min"] = 30;
        break;
    case Kind::drop_field:
        rule["pointer"] = "/choices";
        break;
    case Kind::bandwidth:
        rule["kbyte_per_s"] = 4;
        break;
    case Kind::price_change:
        rule["factor"] = 10;
        break;
    case Kind::group_outage:
        rule["targets"] = Json::array({target == "@2" ? "@primary" : "@2"});
        break;
    default: // its parameters have defaults, or it has none
        break;
    }
    rule["when"] = Json::object();
    if (at_s > 0)
        rule["when"]["at_s"] = secondsJson(at_s);
    rule["when"]["for_s"] = secondsJson(for_s);
    return rule;
}

Json usualExpectation(Metric metric) {
    Json out = {{"metric", std::string(faults::name(metric))}};
    if (hasQuantile(metric))
        out["quantile"] = 0.95;
    if (needsTarget(metric))
        out["target"] = "@primary";
    switch (metric) {
    case Metric::availability:
        out["at_least"] = 0.999;
        break;
    case Metric::latency_ms:
        out["at_most"] = 5000;
        break;
    case Metric::first_token_ms:
    case Metric::attempts_per_request:
        out["at_most"] = metric == Metric::first_token_ms ? 2000 : 2;
        break;
    case Metric::fallback_ratio:
    case Metric::spend_usd:
        out["at_most"] = 0.5;
        break;
    case Metric::wasted_usd:
        out["at_most"] = 0.1;
        break;
    case Metric::served_by:
        out["at_least"] = 0.5;
        break;
    case Metric::breaker_opens_within_s:
    case Metric::longest_gap_s:
        out["at_most"] = 5;
        break;
    case Metric::recovers_within_s:
        out["at_most"] = 30;
        break;
    }
    return out;
}

int faultCount(const Json& document) {
    return countOf(document, "faults");
}

int expectationCount(const Json& document) {
    return countOf(document, "expect");
}

const Json* fault(const Json& document, int index) {
    return itemOf(document, "faults", index);
}

const Json* expectation(const Json& document, int index) {
    return itemOf(document, "expect", index);
}

double atOf(const Json& rule) {
    return rule.is_object() && rule.contains("when")
               ? std::max(0.0, numberAt(rule["when"], "at_s").value_or(0))
               : 0;
}

std::optional<double> forOf(const Json& rule) {
    return rule.is_object() && rule.contains("when") ? numberAt(rule["when"], "for_s")
                                                     : std::nullopt;
}

std::string targetOf(const Json& rule) {
    if (!rule.is_object())
        return {};
    if (rule.contains("target") && rule["target"].is_string())
        return rule["target"].get<std::string>();
    if (rule.contains("targets") && rule["targets"].is_array() && !rule["targets"].empty() &&
        rule["targets"][0].is_string())
        return rule["targets"][0].get<std::string>();
    return {};
}

Json addFault(Json document, Json rule) {
    return append(std::move(document), "faults", std::move(rule));
}

Json removeFault(Json document, int index) {
    return erase(std::move(document), "faults", index);
}

Json duplicateFault(Json document, int index, double by_s) {
    const Json* original = fault(document, index);
    if (!original)
        return document;
    const double at = atOf(*original) + by_s;
    const auto lasts = forOf(*original);
    Json& list = document["faults"];
    const Json copy = *original; // before the list moves
    list.insert(list.begin() + index + 1, copy);
    return setSpan(std::move(document), index + 1, at, lasts);
}

Json removeFaults(Json document, const std::vector<int>& faults) {
    for (auto it = faults.rbegin(); it != faults.rend(); ++it)
        document = removeFault(std::move(document), *it);
    return document;
}

Json duplicateFaults(Json document, const std::vector<int>& faults, double by_s,
                     std::vector<int>* copies) {
    copies->clear();
    int before = 0; // copies that stand before the next original
    for (const int index : faults) {
        if (!fault(document, index + before))
            continue;
        document = duplicateFault(std::move(document), index + before, by_s);
        copies->push_back(index + ++before);
    }
    return document;
}

std::vector<Json> rulesIn(std::string_view text) {
    if (text.empty() || text.size() > mostText)
        return {};
    const auto json = chain::parse_json(text, "clipboard");
    const auto isRule = [](const Json& rule) { return rule.is_object() && rule.contains("kind"); };
    if (json && isRule(*json))
        return std::vector<Json>(1, *json);
    if (!json || !json->is_array() || !std::all_of(json->begin(), json->end(), isRule))
        return {};
    return std::vector<Json>(json->begin(), json->end());
}

Json setSpan(Json document, int index, double at_s, std::optional<double> for_s) {
    if (!fault(document, index) || !fault(document, index)->is_object())
        return document;
    Json& rule = document["faults"][static_cast<std::size_t>(index)];
    if (!rule.contains("when") || !rule["when"].is_object())
        rule["when"] = Json::object();
    Json& when = rule["when"];
    if (at_s > 0 || when.contains("at_s"))
        when["at_s"] = secondsJson(std::max(0.0, at_s));
    if (for_s)
        when["for_s"] = secondsJson(*for_s);
    else
        when.erase("for_s");
    if (when.empty())
        rule.erase("when");
    return document;
}

Json setTarget(Json document, int index, const std::string& target) {
    if (!fault(document, index) || !fault(document, index)->is_object())
        return document;
    document["faults"][static_cast<std::size_t>(index)]["target"] = target;
    return document;
}

Json addExpectation(Json document, Json expectation) {
    return append(std::move(document), "expect", std::move(expectation));
}

Json removeExpectation(Json document, int index) {
    return erase(std::move(document), "expect", index);
}

Json setMetric(Json document, int index, Metric metric) {
    const Json* old = expectation(document, index);
    if (!old)
        return document;
    Json next = usualExpectation(metric);
    if (next.contains("target") && old->is_object() && old->contains("target"))
        next["target"] = (*old)["target"];
    document["expect"][static_cast<std::size_t>(index)] = std::move(next);
    return document;
}

std::optional<Metric> metricNamed(const std::string& name) {
    for (const Metric metric : metrics)
        if (faults::name(metric) == name)
            return metric;
    return std::nullopt;
}

bool needsTarget(Metric metric) {
    return metric == Metric::served_by || metric == Metric::breaker_opens_within_s ||
           metric == Metric::recovers_within_s;
}

bool hasQuantile(Metric metric) {
    return metric == Metric::latency_ms || metric == Metric::first_token_ms;
}

std::vector<faults::Expectation> expectationsOf(const Json& document) {
    std::vector<faults::Expectation> out;
    for (int i = 0; i < expectationCount(document); ++i) {
        const Json& row = *expectation(document, i);
        faults::Expectation e;
        if (row.is_object() && row.contains("metric") && row["metric"].is_string())
            e.metric = metricNamed(row["metric"].get<std::string>()).value_or(e.metric);
        e.quantile = numberAt(row, "quantile");
        if (hasQuantile(e.metric) && !e.quantile)
            e.quantile = 0.95;
        if (row.is_object() && row.contains("target") && row["target"].is_string())
            e.target = row["target"].get<std::string>();
        e.at_least = numberAt(row, "at_least");
        e.at_most = numberAt(row, "at_most");
        out.push_back(std::move(e));
    }
    return out;
}

double durationOf(const Json& document) {
    constexpr double longest = 366 * 86400.0, guess = 60;
    if (const auto s = numberAt(document, "duration_s"); s && *s > 0)
        return std::min(*s, longest);
    const auto requests = numberAt(document, "max_requests");
    const auto rate = document.is_object() && document.contains("traffic")
                          ? numberAt(document["traffic"], "requests_per_s")
                          : std::nullopt;
    return requests && rate && *rate > 0 ? std::min(*requests / *rate, longest) : guess;
}

} // namespace brownout::ui::scenario_edits
