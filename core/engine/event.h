// What happens to the engine. An event about a call carries the call's slot and generation; one
// that comes too late (the call has ended, the attempt is over) is ignored, so nobody cancels
// timers. An attempt that reports neither Connected nor a Delta breaks its connect limit.
#pragma once

#include "engine/outcome.h"
#include "engine/setup.h"

#include <span>
#include <variant>

namespace brownout::engine {

struct CallId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    friend constexpr auto operator<=>(CallId, CallId) = default;
};
using AttemptNumber = std::uint8_t; // 1 is the first attempt of a call

struct CallStarted {
    std::uint64_t tag = 0; // the driver's own name for the call; comes back in every action
    ChainId chain;
    Capabilities needs;
    bool stream = false;
    bool idempotent = true;       // may it be sent twice without harm (a chat is; an image is not)
    bool accepts_restart = false; // the caller asked to see restarts
    std::uint32_t input_tokens = 0; // estimate
    // Limit or estimate. Nothing: the caller did not say; the engine then reckons with what answers
    // of the chain have had of late (output_mean.h), except for a context window, which a guess
    // keeps nobody out of.
    std::optional<std::uint32_t> max_output_tokens;
    std::uint32_t pictures = 1;     // that are asked for; each costs ExpectedPrice::per_request
    std::optional<TargetId> prefer; // goes first, the others stay its fallbacks
    // By ExpectedPrice::picture_row; what it points to lives as long as the call. Empty: not known.
    std::span<const Money> picture_prices = {};
};
struct CallCancelled { // the caller left
    CallId call;
};
struct Connected {
    CallId call;
    AttemptNumber attempt = 0;
};
// A content or reasoning delta. The first one is the first token; later ones are progress. A reply
// that is not streamed reports none.
struct Delta {
    CallId call;
    AttemptNumber attempt = 0;
    std::uint32_t tokens = 1;
    bool content = true; // false: reasoning only, which is progress but commits nothing
};
struct AttemptFinished {
    CallId call;
    AttemptNumber attempt = 0;
    Outcome outcome;
};
struct Woke { // the instant of a WakeAt has come
    CallId call;
};
struct HoldBreaker {
    TargetId target;
    BreakerHold hold = BreakerHold::none;
};
// What a reply's headers said is left of a key's quota, and until when that holds. Nothing: not
// said. Such a quota is kept to like a limit until it is reset, but alone refuses nobody: where no
// other target can be had and the wait would be too long, the request is sent all the same.
struct QuotaTold {
    TargetId target;
    KeyIndex key = 0;
    std::optional<std::int64_t> requests_left, tokens_left;
    Instant requests_reset{}, tokens_reset{}; // in the past: says nothing
    CallId call;                              // whose reply said it ...
    AttemptNumber attempt = 0;                // ... 0: none that is under way
};
// The time of a health check has come. Answered by StartCheck, unless the target is held open,
// disabled, without room in its limits or its budget, or being checked already.
struct CheckDue {
    TargetId target;
    std::uint32_t tokens = 0; // estimate of what it will use
    Money cost;               // estimate of what it will cost
    // The request of another target's check, which went out with this key, tells of this one, too.
    std::optional<KeyIndex> shares;
};
// How a health check came out. A failure counts for the breaker as an attempt's does; a success
// counts where a probe was due, and says nothing about a closed breaker: a models list that answers
// does not make up for answers that fail.
struct HealthChecked {
    TargetId target;
    Outcome outcome; // its cost counts as spent
};

struct ProbeNow { // an open breaker lets its probe through with the next request; disabled ends too
    TargetId target;
};

// What another engine has done with a provider's key since one of the two adopted from the other:
// they send through one account, so both count it. (What ran at that time adopt has handed over.)
struct UsedElsewhere {
    ProviderId provider;
    std::optional<KeyIndex> key;            // nothing: one that this setup does not have
    std::uint32_t requests = 0, tokens = 0; // begun since it was told last; tokens by estimate
    int running = 0;                        // more than were told last, or fewer
};

using Event =
    std::variant<CallStarted, CallCancelled, Connected, Delta, AttemptFinished, Woke, HoldBreaker,
                 ProbeNow, QuotaTold, CheckDue, HealthChecked, UsedElsewhere>;

} // namespace brownout::engine
