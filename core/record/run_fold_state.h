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
    };
    struct TargetFold {
        std::string name;
        bool of_chain = false; // listed even when it was never tried
        std::uint64_t attempts = 0, succeeded = 0, failed = 0, served = 0;
        std::array<std::uint64_t, engine::outcome_classes> by_class{};
        stats::Sketch latency_ms;
        Money spend; // health checks included
        Checks checks;
        std::map<std::string, std::uint64_t> by_task; // requests served, at most max_tasks
        std::vector<BreakerRecord> breaker;           // at most max_breaker_rows
        std::uint64_t breaker_dropped = 0;
        bool price_known = true, tokens_priced = true;
    };
    static constexpr std::size_t max_tasks = 64;
    static constexpr std::size_t max_breaker_rows = 2000;

    TargetFold& target(const std::string& name);

    faults::Scenario scenario;
    std::vector<TargetFold> targets; // the document's first, in its order
    std::vector<FaultWatch> watches; // one for each expectation, by index
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

    // Requests that count in availability.
    std::uint64_t counted(std::uint64_t requests) const { return requests - rejected - cancelled; }
};

} // namespace brownout::record
