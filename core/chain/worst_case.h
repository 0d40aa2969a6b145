// What one request through a chain can cost at worst: attempts, seconds, dollars. An upper bound
// made from the effective policy by the engine's own rules; nothing is measured.
//
// attempts  min(retry.max_attempts, sum of attempts_per_target over the usable targets): the engine
//           never returns to a target that it has left.
// seconds   min(timeouts.total_ms, the longest attempts with the longest waits between them): a
// wait
//           is the larger of the backoff at its upper end and, where Retry-After is honoured,
//           retry.max_wait_ms.
// dollars   every attempt is billed in full, the dearest attempts that fit; a cap per request
// holds.
//
// Usable: enabled, not held open, of the minimum quality. Pure; any thread.
#pragma once

#include "base/money.h"
#include "chain/document.h"

namespace brownout::chain {

struct RequestSize { // the assumption that dollars rest on
    std::int64_t input_tokens = 1000, output_tokens = 500;
};

struct WorstCase {
    int attempts = 0;
    double seconds = 0;
    // Of the targets whose price is known; nothing when none is. A lower bound of the worst case
    // when `unpriced` is not empty.
    std::optional<Money> cost;
    std::vector<std::string> unpriced; // names of usable targets without a price
    bool capped_by_budget = false;     // policy.budget.per_request_usd is what limits the cost
    bool capped_by_total = false;      // timeouts.total_ms is what limits the seconds
    struct Step {
        std::string target;
        int attempts = 0;
    };
    std::vector<Step> dearest; // which attempts the cost is made of, in the chain's order
};

WorstCase worst_case(const Document& document, const Chain& chain, const RequestSize& size = {});

// Cost of one full attempt; nothing when a part of the price is unknown. A price per picture alone
// counts one picture.
std::optional<Money> attempt_cost(const std::optional<Price>& price, const RequestSize& size);

} // namespace brownout::chain
