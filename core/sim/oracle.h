// Watches an engine from outside, by the plainest bookkeeping: after every step, do the actions
// keep the rules that hold in all worlds? Each call ends once, with nothing of it running and its
// cost the sum of its attempts'; attempts are counted, limited and never made where a breaker, a
// cooldown or a disabled time forbids it; breakers move only as breakers may. In builds with
// assertions the simulator asks it at every step.
//
// For setups without several keys, holds by hand and calls that leave. Thread: one at a time.
#pragma once

#include "engine/engine.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace brownout::sim {

class Oracle {
  public:
    explicit Oracle(const engine::Setup& setup); // outlives it

    // Empty: everything held; else the rule that did not.
    std::string step(const engine::Event& event, Instant now, const engine::Actions& actions);
    std::uint64_t steps() const { return steps_; }
    std::size_t calls() const { return calls_.size(); } // under way

  private:
    struct Attempt {
        engine::TargetId target;
        bool trial = false; // made although its breaker was open
        bool running = true;
    };
    struct Call {
        engine::ChainId chain;
        Instant deadline = never;
        std::vector<Attempt> attempts;
        int running = 0;
        engine::AttemptNumber forwarded = 0;
        Money cost;
    };
    struct Target {
        engine::BreakerState breaker = engine::BreakerState::closed;
        Instant open_until{}, busy_until{};
        bool trial = false; // what was let through while it was open has succeeded
    };

    const char* begin(const engine::Event& event, const engine::Actions& actions);
    const char* see(const engine::StartAttempt& a);
    const char* see(const engine::CancelAttempt& a);
    const char* see(const engine::WakeAt& a);
    const char* see(const engine::Forward& a);
    const char* see(const engine::Finish& a);
    const char* see(const engine::FailedOver&) { return nullptr; }
    const char* see(const engine::StreamBroken& a);
    const char* see(const engine::BreakerChanged& a);
    const char* see(const engine::CoolingDown& a);
    const char* see(const engine::ProviderDisabled& a);
    const char* see(const engine::StartCheck&) { return nullptr; }
    const char* end_attempt(Call& call, engine::AttemptNumber number, Money cost);
    Call* find(std::uint64_t tag);

    const engine::Setup& setup_;
    std::vector<Target> targets_;
    std::vector<Instant> disabled_until_;                   // by provider
    std::unordered_map<std::uint64_t, Call> calls_;         // by tag
    std::unordered_map<std::uint64_t, std::uint64_t> tags_; // by CallId
    Instant now_{};
    std::uint64_t steps_ = 0;
};

} // namespace brownout::sim
