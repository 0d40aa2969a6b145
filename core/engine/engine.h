// The failover engine: a pure state machine. `step` takes what happened and when, and says what to
// do. It reads no clock, opens no socket, starts no thread; randomness is part of its state. A copy
// is a forked world: fed the same events it gives the same actions.
//
// Thread: any one thread at a time. Cost: no allocation once `reserve`d slots suffice.
#pragma once

#include "base/rng.h"
#include "engine/action.h"

#include <memory>

namespace brownout::engine {

// What a screen shows of one target, and what routing decides by.
struct TargetStatus {
    BreakerState breaker = BreakerState::closed;
    BreakerHold hold = BreakerHold::none;
    Instant open_until{};     // when breaker == open: the next probe is allowed from here
    Instant cooldown_until{}; // in the past: none
    Instant disabled_until{}; // in the past: none
    int consecutive_failures = 0;
    int window_requests = 0, window_failures = 0;
    int in_flight = 0;
};

class Engine {
  public:
    Engine(Setup setup, std::uint64_t seed);
    ~Engine();
    Engine(const Engine&); // a fork of the whole world
    Engine& operator=(const Engine&);
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    // `now` never goes back between steps. Appends to `out`; does not clear it.
    void step(const Event& event, Instant now, Actions& out);

    TargetStatus status(TargetId target, Instant now) const;
    const Setup& setup() const;
    std::size_t calls_in_flight() const;
    void reserve(std::size_t calls);

    // What was spent outside of this engine's attempts, such as in an earlier run: counts for the
    // caps of an hour and a day, from `at` on. `at` <= `now`; before the run began it is negative.
    void add_spend(ProviderId provider, Money cost, Instant at, Instant now);

    // By provider of this engine: the old engine's. Beyond its end: that of the first target that
    // is the same.
    using SameProviders = std::vector<std::optional<ProviderId>>;
    // By provider of this engine, by its key: the old engine's key, nothing for a new one. A
    // provider beyond its end: keys are the same in order.
    using SameKeys = std::vector<std::vector<std::optional<KeyIndex>>>;
    // For a chain that was edited while it runs. Takes over breaker state, cooldowns, windows and
    // quotas of the targets that `same[i]` names (index in this engine -> target of `old`); and of
    // each provider, whatever became of its targets, which of its keys were refused and what its
    // limits have counted. The attempts that the old engine still runs count for those limits until
    // UsedElsewhere tells of their ends.
    // `with_spend`: what is spent comes along too, and what calls cost that the old engine has yet
    // to finish is told by add_spend. Without it, as for another document: nothing is spent yet.
    void adopt(const Engine& old, const std::vector<std::optional<TargetId>>& same, Instant now,
               bool with_spend = true, const SameKeys& same_keys = {},
               const SameProviders& same_providers = {});

    // What this engine itself has begun with a provider's key, and what of that still runs: the
    // difference between two looks is what UsedElsewhere tells another engine.
    struct KeyUse {
        std::uint64_t requests = 0, tokens = 0; // begun; tokens by estimate
        int running = 0;
        friend bool operator==(const KeyUse&, const KeyUse&) = default;
    };
    KeyUse use_of(ProviderId provider, KeyIndex key) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace brownout::engine
