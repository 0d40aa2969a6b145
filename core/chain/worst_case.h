// What one request through a chain can cost at worst: attempts, seconds, dollars, each with the
// path that reaches it. Computed from the compiled chain by the engine's own rules
// (engine/attempts.cpp, engine/next_move.cpp); nothing is measured.
//
// The request is by itself: every breaker is closed when it begins, nobody else uses the targets,
// and the retry budget is unspent (one that never allows a retry is counted). What others do can
// only take targets away or make it wait for their cooldowns, which timeouts.total_ms ends.
//
// attempts  the engine tries each target at most attempts_per_target times, each try with every key
//           of its provider once (a 429 or a refused key goes on with the next at once), never
//           returns to one that it has left, and makes no more than retry.max_attempts in all.
// seconds   an attempt lasts up to timeouts.attempt_ms (a stream that keeps moving); before a retry
//           comes the backoff at its upper end or the longest Retry-After or quota reset that is
//           waited for, retry.max_wait_ms; timeouts.total_ms ends everything.
// dollars   every attempt is billed in full; the caps of the budget hold.
//
// Pure; any thread. Bounded: max_entries targets, 255 attempts.
#pragma once

#include "base/money.h"
#include "chain/document.h"
#include "engine/output_mean.h"

namespace brownout::chain {

// The assumption that dollars rest on: the output is the one that the engine reckons with before
// it has measured any.
struct RequestSize {
    std::int64_t input_tokens = 1000, output_tokens = engine::usual_output_tokens;
};

struct WorstStep {
    enum class Kind {
        attempt,
        retry_after, // a wait that the provider asked for: Retry-After, or until its quota is reset
        backoff,     // a wait of the policy's own
    };
    Kind kind = Kind::attempt;
    std::size_t target = 0; // place in the chain
    Duration time{};
    Money cost; // attempt: what it is billed; zero where the price is unknown
};

struct WorstPath {
    std::vector<WorstStep> steps;
    // It does not begin with the chain's first target: the request names the model of its own first
    // one, or the strategy chose that.
    bool begins_elsewhere = false;
    int attempts = 0;
    Duration time{};
    Money cost;
};

struct WorstCase {
    int attempts = 0;
    double seconds = 0;
    // Of the targets whose price is known; nothing when none is. A lower bound of the worst case
    // when `unpriced` is not empty.
    std::optional<Money> cost;
    std::vector<std::string> unpriced; // names of usable targets without a price
    bool capped_by_budget = false;     // a cap of policy.budget is what limits the cost
    bool capped_by_total = false;      // timeouts.total_ms is what limits the seconds
    WorstPath most_attempts, longest, dearest;
    // The paths reach the figures. False: the figures are upper bounds, because a breaker may open
    // within the one request, a target stands in the chain twice, has several keys or limits, or
    // waits do not fit.
    bool exact = true;
};

WorstCase worst_case(const Document& document, const Chain& chain, const RequestSize& size = {});

// The path in plain words, a line per target that it visits: how often it is tried, how long that
// takes or what it is billed.
enum class PathView { attempts, seconds, dollars };
std::vector<std::string> path_text(const Chain& chain, const WorstPath& path, PathView view);

// Cost of one full attempt; nothing when a part of the price is unknown. A price per picture alone
// counts one picture.
std::optional<Money> attempt_cost(const std::optional<Price>& price, const RequestSize& size);

} // namespace brownout::chain
