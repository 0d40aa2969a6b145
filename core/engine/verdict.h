// What a failed attempt means for its call, before anyone asks which targets are left.
#pragma once

#include "engine/outcome.h"
#include "engine/policy.h"

namespace brownout::engine {

enum class Move : std::uint8_t {
    give_up,    // the failure goes back to the caller
    retry_here, // the same target first, then the others
    rotate,     // the same target at once with a key that this try has not used, then the others
    move_on,    // the others first
};

struct Verdict {
    Move move = Move::move_on;
    bool may_return = false;      // move_on: the same target may retry when no other is left
    bool caller_fault = false;    // giving up on it is `rejected`, not `failed`
    std::optional<Duration> wait; // before a retry here; nothing: the backoff decides
    // The target is busy for this long, whether or not the call moves on: other calls keep away.
    std::optional<Duration> cooldown;
    bool cool_if_leaving = false; // busy for max_wait, if the call moves on: no time was named
    bool of_key = false;          // it hit the key: another key of the provider may do
    bool needs_larger_window = false;
    bool disable_target = false, disable_provider = false;
};

struct VerdictContext {
    bool idempotent = true;
    bool caller_has_text = false; // of the failed attempt
    bool another_key = false;     // of the same target is ready, and unused in this try
};

// Is it the key that failed (too many requests with it, refused, no money), not its target?
bool is_of_key(const Outcome& outcome);

Verdict judge(const Outcome& outcome, const Policy& policy, const RetryPolicy& retry,
              VerdictContext context);

} // namespace brownout::engine
