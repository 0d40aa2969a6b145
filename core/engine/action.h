// What the engine wants done. The driver carries actions out in order; a list is fixed in size, so
// a step allocates nothing.
#pragma once

#include "base/check.h"
#include "engine/event.h"

#include <array>
#include <variant>

namespace brownout::engine {

enum class AttemptMode : std::uint8_t {
    fresh,
    retry,    // the same target again
    failover, // another target
    hedge,    // beside a running attempt
    restart,  // from the beginning, after the caller has seen part of another answer
    resume,   // continues the partial answer as prefill
};

struct StartAttempt {
    CallId call;
    std::uint64_t tag = 0;
    AttemptNumber attempt = 0;
    TargetId target;
    AttemptMode mode = AttemptMode::fresh;
    KeyIndex key = 0;   // of the target's provider
    bool probe = false; // the half-open breaker's test request
    // Limits that the engine enforces through WakeAt. first_token_by bounds a reply that is not
    // streamed as a whole, and carries the attempt's share of the deadline; after the first token
    // attempt_by and `stall` hold. A simulator that knows when the attempt would
    // end may enforce them itself and skip those wakes.
    Instant connect_by = never, first_token_by = never, attempt_by = never;
    Duration stall = forever;
    friend bool operator==(const StartAttempt&, const StartAttempt&) = default;
};
// A health check goes out; HealthChecked tells how it ended.
struct StartCheck {
    TargetId target;
    KeyIndex key = 0;
    friend bool operator==(const StartCheck&, const StartCheck&) = default;
};
// The attempt is over: what the driver still learns about it is not wanted. outcome.cost is an
// estimate (cost_estimated) from tokens seen and the target's price, once it was connected.
struct CancelAttempt {
    CallId call;
    std::uint64_t tag = 0;
    AttemptNumber attempt = 0;
    Cause cause = Cause::none; // the limit that was broken, hedge_lost, caller_left ...
    Outcome outcome;           // what was recorded for it
    friend bool operator==(const CancelAttempt&, const CancelAttempt&) = default;
};
// Send Woke{call} at `at`. Only the latest one of a call matters; earlier ones do no harm.
struct WakeAt {
    enum class Why : std::uint8_t { backoff, hedge, limit }; // backoff: any wait before an attempt
    CallId call;
    std::uint64_t tag = 0;
    Instant at = never;
    Why why = Why::limit;
    friend bool operator==(const WakeAt&, const WakeAt&) = default;
};
// Comes once for every attempt that serves, streamed or not, before the Finish. After mode restart
// the caller's text begins anew; after resume it goes on where it broke. A driver whose caller does
// not accept restarts, and whose new text differs from what the caller has, ends the call with
// CallCancelled, which says nothing against the target, and tells its caller that it failed.
// From here on this attempt's text (held back so far, and to come) is the caller's answer.
struct Forward {
    CallId call;
    std::uint64_t tag = 0;
    AttemptNumber attempt = 0;
    AttemptMode mode = AttemptMode::fresh;
    friend bool operator==(const Forward&, const Forward&) = default;
};

// The caps of BudgetPolicy.
enum class Cap : std::uint8_t { none, request, hour, day, provider };

enum class CallResult : std::uint8_t { success, partial, failed, rejected, refused, cancelled };

struct Finish {
    CallId call;
    std::uint64_t tag = 0;
    CallResult result = CallResult::failed;
    AttemptNumber served_by = 0;    // the attempt whose answer the caller has; 0: none
    AttemptNumber explained_by = 0; // the attempt that explains a failure; 0: none was made
    Outcome why;                    // why it failed, where it did
    Cap cap = Cap::none;            // the last one that kept a target out of this call
    int attempts = 0;
    Money cost, wasted; // of all attempts; wasted: those that did not serve
    friend bool operator==(const Finish&, const Finish&) = default;
};

// For the log and the screen; a driver may ignore these.
struct FailedOver {
    CallId call;
    std::uint64_t tag = 0;
    TargetId from, to;
    Outcome why;
    friend bool operator==(const FailedOver&, const FailedOver&) = default;
};
struct StreamBroken {
    CallId call;
    std::uint64_t tag = 0;
    AttemptNumber attempt = 0;
    OnBrokenStream policy = OnBrokenStream::restart;
    friend bool operator==(const StreamBroken&, const StreamBroken&) = default;
};
enum class BreakerState : std::uint8_t { closed, half_open, open };
enum class BreakerWhy : std::uint8_t {
    consecutive_failures,
    failure_ratio,
    slow_calls,
    provider_wide,
    open_time_over,
    probe_succeeded,
    probe_failed,
    manual,
};
struct BreakerChanged {
    TargetId target;
    BreakerState from = BreakerState::closed, to = BreakerState::closed;
    BreakerWhy why = BreakerWhy::consecutive_failures;
    Instant open_until = never; // when to == open
    friend bool operator==(const BreakerChanged&, const BreakerChanged&) = default;
};
// Busy until then by its provider's word, or without this model.
struct CoolingDown {
    TargetId target;
    Instant until;
    friend bool operator==(const CoolingDown&, const CoolingDown&) = default;
};
struct ProviderDisabled {
    ProviderId provider;
    Instant until;
    Outcome why;
    friend bool operator==(const ProviderDisabled&, const ProviderDisabled&) = default;
};

using Action =
    std::variant<StartAttempt, CancelAttempt, WakeAt, Forward, Finish, FailedOver, StreamBroken,
                 BreakerChanged, CoolingDown, ProviderDisabled, StartCheck>;

// One step gives a handful of actions (a bound that the tests assert); room for a provider-wide
// failure that opens every breaker of a provider.
class Actions {
  public:
    static constexpr std::size_t capacity = 64;

    template <class A>
    void push(const A& action) {
        BROWNOUT_CHECK(size_ < capacity, "a step gives a bounded number of actions");
        items_[size_++] = action;
    }
    // One to be filled in place: copying what was written a moment ago costs more than all the
    // rest.
    template <class A>
    A& add() {
        BROWNOUT_CHECK(size_ < capacity, "a step gives a bounded number of actions");
        return items_[size_++].template emplace<A>();
    }
    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const Action* begin() const { return items_.data(); }
    const Action* end() const { return items_.data() + size_; }
    const Action& operator[](std::size_t i) const { return items_[i]; }

  private:
    std::array<Action, capacity> items_{};
    std::size_t size_ = 0;
};

constexpr const char* name(BreakerState s) {
    constexpr const char* names[] = {"closed", "half_open", "open"};
    return names[static_cast<int>(s)];
}
constexpr const char* name(BreakerWhy why) {
    constexpr const char* names[] = {"consecutive_failures", "failure_ratio",  "slow_calls",
                                     "provider_wide",        "open_time_over", "probe_succeeded",
                                     "probe_failed",         "manual"};
    return names[static_cast<int>(why)];
}
constexpr const char* name(CallResult r) {
    constexpr const char* names[] = {"success",  "partial", "failed",
                                     "rejected", "refused", "cancelled"};
    return names[static_cast<int>(r)];
}
constexpr const char* name(Cap cap) {
    constexpr const char* names[] = {"none", "request", "hour", "day", "provider"};
    return names[static_cast<int>(cap)];
}
constexpr const char* name(AttemptMode m) {
    constexpr const char* names[] = {"fresh", "retry", "failover", "hedge", "restart", "resume"};
    return names[static_cast<int>(m)];
}

} // namespace brownout::engine
