#include "record/run_fold_state.h"

#include <algorithm>
#include <cmath>

namespace brownout::record {

namespace {

using chain::Json;

// Figures are rounded so that the text of a report does not depend on the last bit of a sum.
Json rounded(double value, double steps_per_unit) {
    if (!std::isfinite(value))
        return nullptr;
    return std::round(value * steps_per_unit) / steps_per_unit + 0.0; // + 0.0: no negative zero
}
Json ms(double value) {
    return rounded(value, 1e3);
}
Json rounded_seconds(double value) {
    return rounded(value, 1e3);
}
Json usd_json(Money money) {
    return rounded(money.usd(), 1e9);
}
Json rounded_share(double value) {
    return rounded(value, 1e9);
}

// Null where nothing was observed: unknown is not zero.
Json latency_json(const stats::Sketch& sketch) {
    Json json;
    const bool any = sketch.count() > 0;
    json["p50"] = any ? ms(sketch.quantile(0.50)) : Json(nullptr);
    json["p95"] = any ? ms(sketch.quantile(0.95)) : Json(nullptr);
    json["p99"] = any ? ms(sketch.quantile(0.99)) : Json(nullptr);
    json["max"] = any ? ms(sketch.max()) : Json(nullptr);
    json["mean"] = any ? ms(sketch.mean()) : Json(nullptr);
    return json;
}

template <class Checks>
Json checks_json(const Checks& checks, bool spend_known) {
    Json json;
    json["made"] = checks.made;
    json["failed"] = checks.failed;
    json["spend_usd"] = spend_known ? usd_json(checks.spend) : Json(nullptr);
    return json;
}

Json breaker_json(const std::vector<BreakerRecord>& rows) {
    Json list = Json::array();
    for (const auto& row : rows) {
        Json json;
        json["at_s"] = rounded_seconds(to_seconds(row.at));
        json["from"] = engine::name(row.from);
        json["to"] = engine::name(row.to);
        json["why"] = engine::name(row.why);
        list.push_back(std::move(json));
    }
    return list;
}

Json timeline_json(const Timeline& timeline, bool spend_known) {
    Json list = Json::array();
    for (std::size_t i = 0; i < timeline.rows().size(); ++i) {
        const auto& row = timeline.rows()[i];
        Json json;
        json["at_s"] = static_cast<std::int64_t>(i) * timeline.row_seconds();
        json["requests"] = row.requests;
        json["failed"] = row.failed;
        json["spend_usd"] = spend_known || row.requests == 0 ? usd_json(row.spend) : Json(nullptr);
        list.push_back(std::move(json));
    }
    return list;
}

Json expectations_json(const std::vector<Judged>& all) {
    Json list = Json::array();
    for (const auto& judged : all) {
        const auto& e = judged.expectation;
        Json json;
        json["metric"] = faults::name(e.metric);
        if (e.quantile)
            json["quantile"] = *e.quantile;
        if (!e.target.empty())
            json["target"] = e.target;
        if (e.at_least)
            json["at_least"] = *e.at_least;
        if (e.at_most)
            json["at_most"] = *e.at_most;
        json["observed"] = judged.observed ? rounded_share(*judged.observed) : Json(nullptr);
        json["pass"] = judged.pass;
        list.push_back(std::move(json));
    }
    return list;
}

Json availability_json(const stats::Interval& interval, bool observed) {
    Json json;
    json["value"] = observed ? rounded_share(interval.value) : Json(nullptr);
    json["low"] = rounded_share(interval.low);
    json["high"] = rounded_share(interval.high);
    json["method"] = interval.method;
    return json;
}

} // namespace

// Mean over runs and how sure it is; then each run by itself, so that reports of the same seed can
// be compared run by run. A run without an observation has no value.
Json RunFold::State::runs_json() const {
    const auto interval = [](const std::vector<double>& values) {
        Json json;
        const stats::Interval t = over(values);
        const bool any = std::any_of(values.begin(), values.end(),
                                     [](double value) { return std::isfinite(value); });
        json["mean"] = any ? rounded_share(t.value) : Json(nullptr);
        json["low"] = any ? rounded_share(std::max(0.0, t.low)) : Json(nullptr);
        json["high"] = any ? rounded_share(t.high) : Json(nullptr);
        json["method"] = t.method;
        if (values.size() <= most_listed_runs) {
            Json each = Json::array();
            for (const double value : values)
                each.push_back(rounded_share(value));
            json["values"] = std::move(each);
        }
        return json;
    };
    Json json;
    json["availability"] = interval(of_run.availability);
    json["latency_p50_ms"] = interval(of_run.p50);
    json["latency_p95_ms"] = interval(of_run.p95);
    json["latency_p99_ms"] = interval(of_run.p99);
    json["spend_usd"] = interval(of_run.spend_usd);
    json["attempts_per_request"] = interval(of_run.attempts);
    return json;
}

Json RunFold::State::target_json(const TargetFold& t, bool real) const {
    Json target;
    target["target"] = t.name;
    target["was"] = real ? "real" : "simulated";
    target["attempts"] = t.attempts;
    target["succeeded"] = t.succeeded;
    target["failed"] = t.failed;
    Json by_class = Json::object();
    for (std::size_t i = 0; i < t.by_class.size(); ++i)
        if (t.by_class[i] > 0)
            by_class[engine::name(static_cast<engine::OutcomeClass>(i))] = t.by_class[i];
    target["by_class"] = std::move(by_class);
    target["latency_ms"] = latency_json(t.latency_ms);
    target["spend_usd"] = t.price_known ? usd_json(t.spend) : Json(nullptr);
    target["health_checks"] = checks_json(t.checks, t.tokens_priced || unknown_checks == 0);
    target["served"] = t.served;
    Json by_task = Json::object();
    for (std::size_t i = 0; i < t.by_task.size(); ++i)
        if (t.by_task[i] > 0)
            by_task[tasks[i]] = t.by_task[i];
    target["by_task"] = std::move(by_task);
    target["breaker"] = breaker_json(t.breaker);
    return target;
}

// Where no price at all is known, the sum of the known ones says nothing.
bool RunFold::State::spend_known() const {
    return (unknown_costs == 0 && unknown_checks == 0) || spend != Money{};
}

Json RunFold::State::notes_json(const Facts& facts) const {
    Json notes = Json::array();
    for (const auto& t : targets)
        if (listed(t) && t.breaker_dropped > 0)
            notes.push_back(t.name + ": " + std::to_string(t.breaker_dropped) +
                            " later breaker changes are not listed");
    if (unknown_costs > 0)
        notes.push_back("the price of " + std::to_string(unknown_costs) +
                        (spend_known() ? " requests is not known: spend counts the others only"
                                       : " requests is not known, and so is the spend"));
    if (unknown_checks > 0)
        notes.push_back("the price of " + std::to_string(unknown_checks) +
                        " health checks is not known");
    for (const auto& note : facts.notes)
        notes.push_back(note);
    return notes;
}

Json RunFold::report(const Facts& facts, Instant end) const {
    const State& s = *state_;
    Json json;
    json["format"] = report_format;
    json["engine_version"] = engine_version;
    json["mode"] = facts.mode;
    json["partial"] = facts.partial;
    json["chain_sha256"] = facts.chain_sha256;
    json["scenario"] = s.scenario.source;
    json["seed"] = facts.seed;
    json["runs"] = facts.runs;
    json["elapsed_s"] = rounded_seconds(facts.elapsed_s);
    json["virtual_s"] = rounded_seconds(facts.virtual_s);
    json["requests"] = requests_;
    json["succeeded"] = succeeded_;
    json["failed"] = s.failed;
    json["truncated"] = s.partial;
    stats::Interval availability = stats::wilson(succeeded_, s.counted(requests_));
    // How far runs differ is what a forecast does not know. Where none differs, that does not mean
    // that none ever would: what was counted says how sure it is.
    if (const auto t = State::over(s.of_run.availability); t.low < t.high) {
        availability = t;
        availability.value = static_cast<double>(succeeded_) / double(s.counted(requests_));
        availability.low = std::clamp(availability.low, 0.0, availability.value);
        availability.high = std::clamp(availability.high, availability.value, 1.0);
    }
    json["availability"] = availability_json(availability, s.counted(requests_) > 0);
    if (s.runs > 1)
        json["per_run"] = s.runs_json();
    json["latency_ms"] = latency_json(s.latency_ms);
    json["first_token_ms"] = latency_json(s.first_token_ms);
    json["attempts"] = s.attempts;
    json["fallbacks"] = s.fallbacks;
    json["hedges"] = s.hedges;
    const bool spend_known = s.spend_known();
    json["spend_usd"] = spend_known ? usd_json(s.spend) : Json(nullptr);
    json["wasted_usd"] = spend_known ? usd_json(s.wasted) : Json(nullptr);
    json["health_checks"] =
        checks_json(s.checks, s.unknown_checks == 0 || s.checks.spend != Money{});
    Json targets = Json::array();
    for (const auto& t : s.targets)
        if (s.listed(t))
            targets.push_back(
                s.target_json(t, std::find(facts.real_targets.begin(), facts.real_targets.end(),
                                           t.name) != facts.real_targets.end()));
    json["targets"] = std::move(targets);
    json["timeline"] = timeline_json(s.timeline, spend_known);
    json["expectations"] = expectations_json(judge(end));
    json["notes"] = s.notes_json(facts);
    return json;
}

} // namespace brownout::record
