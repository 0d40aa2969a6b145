// One alert, from its raising to its clearing: for events, webhooks, metrics and the window. Holds
// no prompt, no answer, no key, and no words of a provider.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>

namespace brownout::record {

// The metrics of a document's `alerts`, and what is an alert whatever the document says: a key that
// was refused or is missing, a model that its provider does not know.
enum class AlertMetric : std::uint8_t {
    failure_rate,
    fallback_ratio,
    latency_ms,
    spend_usd,
    budget_used,
    cost_jump,
    breaker_open,
    bad_key,
    model_missing,
};
inline constexpr const char* alert_metric_names[] = {
    "failure_rate", "fallback_ratio", "latency_ms", "spend_usd",    "budget_used",
    "cost_jump",    "breaker_open",   "bad_key",    "model_missing"};
constexpr const char* name(AlertMetric metric) {
    return alert_metric_names[static_cast<int>(metric)];
}

struct AlertRecord {
    std::uint64_t id = 0; // grows from 1; clearing has the id of its raising
    AlertMetric metric = AlertMetric::failure_rate;
    std::string target; // a provider or "provider/model"; empty: whole requests
    std::string task;   // empty: all
    std::optional<double> quantile;
    double above = 0, for_s = 0; // as the document says; zero where it says nothing
    double value = 0;            // what was measured when it was raised; once cleared, then
    bool simulated = false;      // it is about simulated providers only
    Instant raised{};
    std::optional<Instant> cleared;
    std::string text; // "openai: 40 % of attempts failed in the last minute (alert above 5 %)"
};

// The sentence of an alert that is raised with that value.
std::string alert_text(const AlertRecord& alert);

} // namespace brownout::record
