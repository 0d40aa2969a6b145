#include "faults/compress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::faults {
namespace {

using chain::Json;

void divide(Json& object, const char* key, double factor) {
    if (object.is_object() && object.contains(key) && object[key].is_number())
        object[key] = std::max(object[key].get<double>() / factor, 0.0);
}

// Times as a distribution: only what carries the unit is divided, never a shape.
void divide_distribution(Json& object, const char* key, double factor) {
    if (!object.is_object() || !object.contains(key))
        return;
    Json& value = object[key];
    if (value.is_number()) {
        divide(object, key, factor);
        return;
    }
    if (!value.is_object() || value.empty())
        return;
    Json& inside = value.front();
    if (inside.is_array()) { // empirical
        for (Json& seen : inside)
            if (seen.is_number())
                seen = seen.get<double>() / factor;
        return;
    }
    for (const char* name : {"low", "high", "mean", "sd", "median", "scale", "minimum"})
        divide(inside, name, factor);
}

void compress_when(Json& when, double factor) {
    if (!when.is_object())
        return;
    for (const char* key : {"at_s", "for_s", "every_s"})
        divide(when, key, factor);
    if (when.contains("ramp"))
        divide(when["ramp"], "over_s", factor);
    if (when.contains("renewal"))
        for (const char* key : {"gap_s", "repair_s"})
            divide_distribution(when["renewal"], key, factor);
}

void compress_traffic(Json& traffic, double factor) {
    if (!traffic.is_object())
        return;
    if (traffic.contains("requests_per_s") && traffic["requests_per_s"].is_array())
        for (Json& step : traffic["requests_per_s"])
            divide(step, "at_s", factor);
    if (traffic.contains("profile") && traffic["profile"].is_object()) {
        Json& hour = traffic["profile"]["hour_s"];
        if (hour.is_null())
            hour = 3600.0;
        divide(traffic["profile"], "hour_s", factor);
    }
    if (traffic.contains("trace")) {
        const double already = traffic.contains("time_scale") && traffic["time_scale"].is_number()
                                   ? traffic["time_scale"].get<double>()
                                   : 1;
        traffic["time_scale"] = already * factor;
    }
}

} // namespace

Json compressed(const Json& scenario, double factor) {
    Json out = scenario;
    if (!(factor > 1) || !out.is_object())
        return out;
    divide(out, "duration_s", factor);
    const bool trace =
        out.contains("traffic") && out["traffic"].is_object() && out["traffic"].contains("trace");
    // A trace comes faster and whole; of other traffic there is less.
    if (!trace && out.contains("max_requests") && out["max_requests"].is_number_integer())
        out["max_requests"] =
            std::max<std::int64_t>(1, std::llround(out["max_requests"].get<double>() / factor));
    if (out.contains("traffic"))
        compress_traffic(out["traffic"], factor);
    if (out.contains("faults") && out["faults"].is_array())
        for (Json& fault : out["faults"])
            if (fault.is_object() && fault.contains("when"))
                compress_when(fault["when"], factor);
    if (!out.contains("name") || out["name"].is_string()) {
        char times[32];
        std::snprintf(times, sizeof times,
                      factor < 100 ? " (%.3g times as fast)" : " (%.0f times as fast)", factor);
        out["name"] = out.value("name", "unnamed scenario") + times;
    }
    return out;
}

std::optional<double> length_s(const Scenario& scenario) {
    if (scenario.duration_s)
        return scenario.duration_s;
    const Traffic& traffic = scenario.traffic;
    if (traffic.arrivals == Arrivals::closed || !scenario.max_requests)
        return std::nullopt;
    if (traffic.trace) {
        const auto& rows = traffic.trace->rows;
        const auto last = std::min(rows.size(), static_cast<std::size_t>(*scenario.max_requests));
        return last == 0 ? 0 : rows[last - 1].at_s / traffic.time_scale;
    }
    double left = static_cast<double>(*scenario.max_requests);
    for (std::size_t i = 0; i < traffic.rate.size(); ++i) {
        const RateStep& step = traffic.rate[i];
        const bool last = i + 1 == traffic.rate.size();
        const double span = last ? 0 : traffic.rate[i + 1].at_s - step.at_s;
        if (step.requests_per_s > 0 && (last || step.requests_per_s * span >= left))
            return step.at_s + left / step.requests_per_s;
        left -= step.requests_per_s * span;
    }
    return std::nullopt; // the traffic ends before the requests are all made
}

double factor_to_fit(const Scenario& scenario, double seconds) {
    const auto length = length_s(scenario);
    return length && *length > seconds && seconds > 0 ? *length / seconds : 1;
}

} // namespace brownout::faults
