// The sentences that people read of an alert.
#include "record/alert_record.h"

#include <cstdio>

namespace brownout::record {

namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
    char text[128];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

std::string percent(double share) {
    return print("%.3g %%", share * 100);
}

std::string held(double for_s) {
    return for_s > 0 ? print(" for %.4g s", for_s) : std::string{};
}

// What is so, and the border it has passed.
std::string measured(const AlertRecord& a) {
    const bool target = !a.target.empty();
    const auto above = [&](const std::string& border) {
        return " (alert above " + border + held(a.for_s) + ")";
    };
    switch (a.metric) {
    case AlertMetric::failure_rate:
        return percent(a.value) + (target ? " of attempts" : " of requests") +
               " failed in the last minute" + above(percent(a.above));
    case AlertMetric::fallback_ratio:
        return percent(a.value) + " of answers came from a fallback" + above(percent(a.above));
    case AlertMetric::latency_ms:
        return print("p%.4g of the latency is %.4g ms", a.quantile.value_or(0.95) * 100, a.value) +
               above(print("%.4g ms", a.above));
    case AlertMetric::spend_usd:
        return print("%.4g USD spent in the last hour", a.value) +
               above(print("%.4g USD", a.above));
    case AlertMetric::budget_used:
        return percent(a.value) + " of the budget is used" + above(percent(a.above));
    case AlertMetric::cost_jump:
        return print("falling back costs %.3g times as much", a.value) +
               above(print("%.3g times", a.above));
    case AlertMetric::breaker_open:
        return "its breaker is open" + (a.for_s > 0 ? ", as it was" + held(a.for_s) : "");
    case AlertMetric::bad_key:
        return "its key is refused or missing";
    case AlertMetric::model_missing:
        return "its provider does not know this model";
    }
    return {};
}

} // namespace

std::string alert_text(const AlertRecord& a) {
    std::string about = a.target;
    if (!a.task.empty())
        about += (about.empty() ? "task " : ", task ") + a.task;
    return about.empty() ? measured(a) : about + ": " + measured(a);
}

} // namespace brownout::record
