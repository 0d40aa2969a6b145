// What is valid and probably not meant: targets that are never reached, fallbacks that share the
// fate of what they stand in for, limits that contradict each other, money that goes past its
// budget. Every warning has a code that stays the same, a place, a remedy, and, where the remedy
// needs no judgement, a fix.
//
// Codes:
//   disabled-target          switched off
//   held-open-target         its breaker is held open
//   below-minimum-quality    its quality is below minimum_quality
//   attempts-used-up         max_attempts is spent by the targets before it
//   nothing-to-translate     model auto at NexaAPI without a FAL or Replicate target before it
//   duplicate-target         the same provider and model twice in one chain
//   same-upstream            one address and model under two providers
//   same-key                 two providers of a chain use one key
//   one-provider             every target of the chain is at one provider
//   single-target-breaker    a breaker, and nothing to turn to when it opens
//   no-fallback              one target alone can do the chain's task
//   timeouts-beyond-total    first-token limits that add up beyond total_ms
//   first-token-below-latency  the limit cuts answers of a healthy model
//   budget-escape            a fallback without the cap of what it stands in for
//   budget-overridden        a chain lifts a cap of the document, a provider's too
//   unpriced-under-budget    a price that is not known fits under no cap
//   expensive-fallback       more than five times the primary's price
//   weights-without-strategy weights, and a strategy that ignores them
//   setting-without-effect   accepted, and ignored where it stands
//   breaker-of-another-chain one upstream has one breaker: the first chain's
//
// Pure; any thread.
#pragma once

#include "chain/prices.h"

namespace brownout::chain {

struct Fix {
    std::string label; // what a button says: "Enable it"
    struct Edit {
        std::string pointer;       // objects on the way are made
        std::optional<Json> value; // nothing: removed, with the objects that this leaves empty
    };
    std::vector<Edit> edits; // in order
};

struct Warning {
    std::string code, pointer, message, remedy;
    std::optional<Fix> fix;
    Problem problem(const std::string& file) const;
};

inline constexpr double expensive = 5; // times the primary's price

// In the order of the chains; fixes are proposals.
std::vector<Warning> lint(const Document& document);
// The same for the JSON that `document` was read from, with the fixes that hold: each leaves the
// document valid, removes its own warning and adds none. `prices`: what fill_prices was given.
std::vector<Warning> lint(const Document& document, const Json& json,
                          const PriceTable& prices = builtin_prices());

// The document after the fix. Fails where a place of it is gone.
Result<Json> apply_fix(const Json& document, const Fix& fix);

} // namespace brownout::chain
