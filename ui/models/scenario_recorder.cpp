#include "ui/models/scenario_recorder.h"

#include "ui/models/scenario_edits.h"

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

double tenths(double s) {
    return std::round(s * 10) / 10;
}

chain::Json wholeOrDecimal(double v) {
    return v == std::floor(v) ? chain::Json(static_cast<std::int64_t>(v)) : chain::Json(v);
}

} // namespace

void ScenarioRecorder::start(const live::Snapshot& snapshot) {
    faults_.clear();
    rate_.clear();
    chain_.clear();
    start_ = now_ = snapshot.now;
    update(snapshot);
}

double ScenarioRecorder::elapsed_s() const {
    return start_ ? to_seconds(now_ - *start_) : 0;
}

void ScenarioRecorder::update(const live::Snapshot& snapshot) {
    if (!start_)
        return;
    now_ = std::max(now_, snapshot.now);
    const double now = elapsed_s();
    for (Recorded& r : faults_) {
        const bool acts =
            std::any_of(snapshot.active_faults.begin(), snapshot.active_faults.end(),
                        [&](const auto& a) { return a.id == r.id && a.manual == r.manual; });
        if (!acts && r.open) {
            r.open = false;
            r.to_s = now;
        } else if (acts && !r.open) {
            r.open = true; // one that comes and goes by its own rule
            r.to_s.reset();
        }
    }
    for (const live::ActiveFaultView& a : snapshot.active_faults) {
        const bool known = std::any_of(faults_.begin(), faults_.end(), [&](const Recorded& r) {
            return r.id == a.id && r.manual == a.manual;
        });
        if (known || a.rule.target.empty() || faults_.size() >= mostFaults)
            continue;
        faults_.push_back({a.id, a.manual, a.rule, std::max(0.0, to_seconds(a.since - *start_)),
                           std::nullopt, true});
    }
    const double rate = snapshot.traffic.running ? snapshot.traffic.requests_per_s : 0;
    if (snapshot.traffic.running)
        chain_ = snapshot.traffic.chain;
    if (rate_.empty())
        rate_.push_back({0, rate});
    else if (rate_.back().requests_per_s != rate && rate_.size() < mostFaults)
        rate_.push_back({tenths(now), rate});
}

chain::Json ScenarioRecorder::stop(const std::string& name) {
    const double length = std::max(1.0, std::ceil(elapsed_s()));
    chain::Json out = scenario_edits::blank();
    out["name"] = name;
    out["description"] = "Recorded as it happened.";
    out["duration_s"] = wholeOrDecimal(length);
    chain::Json& traffic = out["traffic"];
    const bool any = std::any_of(rate_.begin(), rate_.end(),
                                 [](const auto& step) { return step.requests_per_s > 0; });
    if (any && rate_.size() == 1) {
        traffic["requests_per_s"] = wholeOrDecimal(rate_.front().requests_per_s);
    } else if (any) {
        traffic["requests_per_s"] = chain::Json::array();
        double last = -1;
        for (const faults::RateStep& step : rate_) {
            if (step.at_s <= last) // two changes within a tenth of a second: the later one holds
                traffic["requests_per_s"].erase(traffic["requests_per_s"].size() - 1);
            last = step.at_s;
            traffic["requests_per_s"].push_back(
                {{"at_s", wholeOrDecimal(step.at_s)},
                 {"requests_per_s", wholeOrDecimal(step.requests_per_s)}});
        }
    }
    traffic["input_tokens"] = {{"lognormal", {{"median", 200}, {"sigma", 0.6}}}};
    traffic["output_tokens"] = {{"lognormal", {{"median", 80}, {"sigma", 0.4}}}};
    if (!chain_.empty())
        traffic["chain"] = chain_;
    for (const Recorded& r : faults_) {
        faults::Rule rule = r.rule;
        rule.when.at_s = tenths(r.from_s);
        // A window that repeats by itself keeps its length; any other lasted as long as it did.
        if (!rule.when.every_s)
            rule.when.for_s =
                r.to_s ? std::optional(std::max(0.1, tenths(*r.to_s - r.from_s))) : std::nullopt;
        if (rule.when.at_s < length)
            out["faults"].push_back(faults::to_json(rule));
    }
    start_.reset();
    return out;
}

} // namespace brownout::ui
