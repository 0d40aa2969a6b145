// What RunFold remembers between records. Private to core/record.
#pragma once

#include "record/fault_watch.h"
#include "record/longest_gap.h"
#include "record/report.h"
#include "record/timeline.h"

#include <array>
#include <map>

namespace brownout::record {

struct RunFold::State {
    struct Checks { // health checks
        std::uint64_t made = 0, failed = 0;
        Money spend;
        void add(const Checks& more) {
            made += more.made;
            failed += more.failed;
            spend += more.spend;
        }
    };
    struct TargetFold {
        std::string name;
        bool of_chain = false; // listed even when it was never tried
        std::uint64_t attempts = 0, succeeded = 0, failed = 0, served = 0;
        std::array<std::uint64_t, engine::outcome_classes> by_class{};
        stats::Sketch latency_ms;
        Money spend; // health checks included
        Checks checks;
        std::vector<std::uint64_t> by_task; // requests served, by task
        std::vector<std::size_t> watches;   // that wait for its answers
        std::vector<BreakerRecord> breaker; // at most max_breaker_rows
        std::uint64_t breaker_dropped = 0;
        bool price_known = true, tokens_priced = true;
    };
    static constexpr std::size_t max_tasks = 64; // those beyond are counted under no name
    static constexpr std::size_t max_breaker_rows = 2000;

    TargetFold& target(const std::string& name);
    std::size_t index_of(const TargetFold& t) const {
        return static_cast<std::size_t>(&t - targets.data());
    }
    void watch(TargetFold& target);
    void attempt(const FoldedAttempt& a);
    // run_fold_runs.cpp
    void add(const State& other);
    void note_run(const RunFold& run, const State& state, Instant end);

    faults::Scenario scenario;
    std::vector<TargetFold> targets; // the document's first, in its order
    std::vector<std::string> tasks;
    std::vector<FaultWatch> watches; // one for each expectation, by index
    // Of several runs: what each expectation saw of each, as far as runs are judged one by one.
    struct OverRuns {
        double sum = 0, worst = 0;
        std::uint64_t seen = 0;
    };
    std::vector<OverRuns> over_runs;
    static bool by_run(faults::Metric metric) {
        using enum faults::Metric;
        return metric == spend_usd || metric == wasted_usd || metric == breaker_opens_within_s ||
               metric == recovers_within_s || metric == longest_gap_s;
    }
    struct OfRun { // one value a run, in their order; NaN where a run has none
        std::vector<double> availability, p50, p95, p99, spend_usd, attempts;
    } of_run;
    // The interval over the runs that have a value.
    static stats::Interval over(const std::vector<double>& of_run);
    std::uint64_t runs = 0; // taken in by add_run; 0: this fold is one run
    Timeline timeline;
    LongestGap gap;
    stats::Sketch latency_ms, first_token_ms;
    std::uint64_t failed = 0, partial = 0, rejected = 0, cancelled = 0;
    std::uint64_t attempts = 0, fallbacks = 0, hedges = 0, unknown_costs = 0;
    Money spend, wasted; // health checks included
    Checks checks;
    std::uint64_t unknown_checks = 0; // of unknown cost

    // report_json.cpp
    bool listed(const TargetFold& t) const {
        return t.of_chain || t.attempts > 0 || t.checks.made > 0 || !t.breaker.empty();
    }
    bool spend_known() const;
    chain::Json target_json(const TargetFold& t, bool real) const;
    chain::Json notes_json(const Facts& facts) const;
    chain::Json runs_json() const;

    // Requests that count in availability.
    std::uint64_t counted(std::uint64_t requests) const { return requests - rejected - cancelled; }
};

} // namespace brownout::record
