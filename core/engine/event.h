// What happens to the engine. An event about a call carries the call's slot and generation; one
// that comes too late (the call has ended, the attempt is over) is ignored, so nobody cancels
// timers. An attempt that reports neither Connected nor a Delta breaks its connect limit.
#pragma once

#include "engine/outcome.h"
#include "engine/setup.h"

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
    std::uint32_t input_tokens = 0;      // estimate
    std::uint32_t max_output_tokens = 0; // estimate or limit; 0: unknown
    std::optional<TargetId> prefer;      // goes first, the others stay its fallbacks
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
struct ProbeNow { // an open breaker lets its probe through with the next request; disabled ends too
    TargetId target;
};

using Event = std::variant<CallStarted, CallCancelled, Connected, Delta, AttemptFinished, Woke,
                           HoldBreaker, ProbeNow>;

} // namespace brownout::engine
