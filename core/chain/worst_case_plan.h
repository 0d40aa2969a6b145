// Inside of worst_case: which targets a request may visit, in which order and how often, and the
// visits that cost the most. A plan is a list of visits; a visit is one or more attempts on one
// target.
#pragma once

#include "chain/worst_case.h"

#include <functional>

namespace brownout::chain {

// The wait between two tries on one target.
struct Gap {
    Duration longest{}, shortest{};
    bool by_hint = false; // the longest one is a Retry-After
};

struct Candidate {
    std::size_t place = 0;       // in the chain
    int tries = 1;               // at most
    int keys = 1;                // of its provider: each once per try, and a change needs no wait
    Duration attempt{};          // the longest
    Money expected, cost;        // before it, and billed in full after it
    Duration before_first{};     // a cooldown that its double in the chain may leave behind
    Duration before_leaving{};   // a wait that an opened breaker makes useless
    bool waits_for_room = false; // several keys, or limits: room is waited for besides
    int opens_after = 0;         // failures of this request that may open its breaker; 0: none can
    engine::RetryPolicy retry;
    engine::ProviderId provider;
    std::int64_t context_tokens = 0;

    int attempts() const { return tries * keys; } // at most
    std::vector<Gap> gaps(int n) const;           // of a visit of `n` attempts
    Duration longest(int n) const;                // of a visit of `n` attempts, waits included
    Duration shortest_waits(int n) const;
};

struct Visit {
    std::size_t candidate = 0;
    int attempts = 0;
};
using Plan = std::vector<Visit>;

struct Routes {
    std::vector<Candidate> candidates;
    std::vector<std::vector<std::size_t>> orders; // the chain's own order first
    bool any_order = false;                       // the strategy may leave any candidate for later
    int max_attempts = 0;
};

// For every number of attempts from 1 on: the plan whose sum of `worth(candidate, attempts)` is the
// largest. Empty where no plan has so many.
std::vector<Plan> best_plans(const Routes& routes,
                             const std::function<double(const Candidate&, int)>& worth);

} // namespace brownout::chain
