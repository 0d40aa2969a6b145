// Several runs of one scenario in one fold.
#include "record/run_fold_state.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace brownout::record {
namespace {

template <class T>
void add_to(std::vector<T>& sum, const std::vector<T>& more) {
    if (sum.size() < more.size())
        sum.resize(more.size());
    for (std::size_t i = 0; i < more.size(); ++i)
        sum[i] += more[i];
}

} // namespace

void RunFold::State::add(const State& other) {
    for (std::size_t i = 0; i < other.targets.size(); ++i) {
        const TargetFold& from = other.targets[i];
        TargetFold& to = target(from.name);
        to.attempts += from.attempts;
        to.succeeded += from.succeeded;
        to.failed += from.failed;
        to.served += from.served;
        for (std::size_t c = 0; c < from.by_class.size(); ++c)
            to.by_class[c] += from.by_class[c];
        to.latency_ms.merge(from.latency_ms);
        to.spend += from.spend;
        to.checks.add(from.checks);
        add_to(to.by_task, from.by_task);
        if (runs == 0) {
            to.breaker = from.breaker;
            to.breaker_dropped = from.breaker_dropped;
        }
    }
    timeline.merge(other.timeline);
    latency_ms.merge(other.latency_ms);
    first_token_ms.merge(other.first_token_ms);
    failed += other.failed;
    partial += other.partial;
    rejected += other.rejected;
    cancelled += other.cancelled;
    attempts += other.attempts;
    fallbacks += other.fallbacks;
    hedges += other.hedges;
    unknown_costs += other.unknown_costs;
    checks.add(other.checks);
    unknown_checks += other.unknown_checks;
    spend += other.spend;
    wasted += other.wasted;
}

void RunFold::State::note_run(const RunFold& run, const State& state, Instant end) {
    over_runs.resize(scenario.expect.size());
    const auto judged = run.judge(end);
    for (std::size_t i = 0; i < judged.size(); ++i) {
        if (!judged[i].observed)
            continue;
        const double value = *judged[i].observed;
        OverRuns& all = over_runs[i];
        all.sum += value;
        // The worst is what is furthest from what is asked.
        const bool low_is_bad = judged[i].expectation.at_least && !judged[i].expectation.at_most;
        all.worst = all.seen == 0 ? value
                    : low_is_bad  ? std::min(all.worst, value)
                                  : std::max(all.worst, value);
        ++all.seen;
    }
    const std::uint64_t requests = run.requests(), counted = state.counted(requests);
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const auto of = [](std::uint64_t part, std::uint64_t whole) {
        return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : none;
    };
    const auto latency = [&](double q) {
        return state.latency_ms.count() > 0 ? state.latency_ms.quantile(q) : none;
    };
    of_run.availability.push_back(of(run.succeeded(), counted));
    of_run.p50.push_back(latency(0.50));
    of_run.p95.push_back(latency(0.95));
    of_run.p99.push_back(latency(0.99));
    of_run.attempts.push_back(of(state.attempts, requests));
    of_run.spend_usd.push_back(requests > 0 && state.spend_known() ? state.spend.usd() : none);
}

stats::Interval RunFold::State::over(const std::vector<double>& of_run) {
    std::vector<double> seen;
    std::copy_if(of_run.begin(), of_run.end(), std::back_inserter(seen),
                 [](double value) { return std::isfinite(value); });
    return stats::student_t(seen);
}

void RunFold::add_run(const RunFold& other, Instant end) {
    State& s = *state_;
    const State& o = *other.state_;
    if (s.tasks.empty())
        s.tasks = o.tasks;
    s.add(o);
    s.note_run(other, o, end);
    ++s.runs;
    requests_ += other.requests_;
    succeeded_ += other.succeeded_;
}

} // namespace brownout::record
