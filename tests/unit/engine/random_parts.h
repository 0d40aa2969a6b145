// What a random world is watched by, and what can be left out of it.
#pragma once

#include "engine/engine.h"

#include <map>
#include <optional>

namespace brownout::engine::random {

// What a watcher knows of one call.
struct Watched {
    CallStarted request;
    CallId id;
    Instant deadline{};
    int attempts = 0, trials = 0;
    bool finished = false;
    bool final = false; // a rejection or a forbidden resend has been seen
    AttemptNumber last_ended = 0;
    Money cost;
    std::map<int, TargetId> running;
    std::map<int, int> tries, visits; // visits: with every key
    std::optional<Duration> leaves;   // so long after its first attempt began
};

struct Watch { // of one target
    BreakerState state = BreakerState::closed;
    Instant open_until{};
    int in_flight = 0;
    Money cost;
};

// One thing in a world that can be left out of it: a call, an event that is no call's (hold, probe,
// check, quota), the way in which an attempt went (it then succeeds at once), or a setting.
struct Item {
    enum class What : std::uint8_t { call, event, attempt, setting } what = What::call;
    std::uint64_t which = 0; // the call's tag, the event's number, the place among settings()
    AttemptNumber attempt = 0;
    friend auto operator<=>(const Item&, const Item&) = default;
};

} // namespace brownout::engine::random
