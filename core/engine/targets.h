// What is known about every target and provider between calls: breaker, window, cooldown, disabled
// time, recent latency. Decisions are the Breaker's, statistics the Window's; here they meet and
// their effects become actions.
#pragma once

#include "engine/breaker.h"
#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/latency.h"
#include "engine/undecided.h"

#include <vector>

namespace brownout::engine {

enum class Availability : std::uint8_t {
    ready,
    probe,    // ready, and the attempt tests a half-open breaker
    open,     // its breaker lets nothing through now
    cooling,  // busy until a time its provider named
    full,     // ready, but one more would break a limit or a quota
    disabled, // bad key, no money, model missing; or that is being probed
    held,     // held open by hand
};

// What an attempt borrowed from its target and gives back when it ends.
struct Lease {
    TargetId target;
    KeyLease key;
    Undecided::Start start = 0;
    ProbePeriod probe = 0;       // != 0: a half-open probe
    bool provider_probe = false; // first attempt after a disabled time
    bool trial = false;          // made although the breaker is open
};

struct Ended {
    const Outcome& outcome;
    Duration time{};  // to the first token, or the whole reply where there was none
    Duration whole{}; // to its end
};

// The health check of a target that is under way.
struct RunningCheck {
    KeyLease lease;
    bool shares = false; // another target's is asked for this one, too: no lease of its own
};

class Targets {
  public:
    explicit Targets(const Setup& setup);

    // Never `full`: that is keys().choose().
    Availability availability(const Setup& setup, TargetId target, Instant now) const;
    const Keys& keys() const { return keys_; }
    Instant open_until(TargetId target) const { return at(target).breaker.open_until(); }
    Instant cooldown_until(TargetId target, Instant now) const;
    const Latency& latency(TargetId target) const { return at(target).latency; }
    bool ever_tried(TargetId target) const { return at(target).ever_tried; }
    TargetStatus status(const Setup& setup, TargetId target, Instant now) const;

    // Fills `lease`, which is fresh.
    void begin(const Setup& setup, TargetId target, KeyIndex key, std::int64_t tokens, Instant now,
               Lease& lease, Actions& out);
    void end(const Setup& setup, const Lease& lease, const Ended& ended, Instant now, Actions& out);
    // Records nothing and frees the probe.
    void cancel(const Lease& lease, const Outcome& outcome, Instant now);

    void cool_down(TargetId target, Instant until, Actions& out);
    // The target cools, or the provider is disabled, only once none of its keys is left.
    void cool_key(TargetId target, KeyIndex key, Instant until, Instant now, Actions& out);
    void disable_key(TargetId target, KeyIndex key, Instant until, const Outcome& why, Instant now,
                     Actions& out);
    void disable_provider(ProviderId provider, Instant until, const Outcome& why, Actions& out);
    void disable_target(TargetId target, Instant until, Actions& out);

    void hold(TargetId target, BreakerHold hold, Instant now, Actions& out);
    void probe_now(const Setup& setup, TargetId target, Instant now);
    void told(const QuotaTold& quota, const KeyLease* counted) { keys_.told(quota, counted); }
    // A health check: only where its result would count, and one at a time.
    std::optional<KeyIndex> begin_check(const Setup& setup, const CheckDue& due, Instant now);
    // The key that it went out with; nothing: none was under way.
    std::optional<KeyIndex> end_check(const Setup& setup, TargetId target, const Outcome& outcome,
                                      Instant now, Actions& out);
    void used_elsewhere(const UsedElsewhere& used, Instant now) { keys_.used_elsewhere(used, now); }
    // `same_keys`: by this one's key, the old one's; nothing: a new key.
    void adopt_provider(ProviderId provider, const Targets& old, ProviderId old_provider,
                        const std::vector<std::optional<KeyIndex>>& same_keys);
    void adopt(const Setup& setup, TargetId target, const Targets& old, const Setup& old_setup,
               TargetId old_target, const std::vector<std::optional<KeyIndex>>& same_keys,
               Instant now);

  private:
    struct Target {
        Breaker breaker;
        Window window;
        Undecided undecided;
        Latency latency;
        Instant cooldown_until{}, disabled_until{};
        int in_flight = 0;
        bool ever_tried = false;
        std::optional<RunningCheck> check;
    };
    struct Provider {
        Instant disabled_until{};
        bool on_probation = false; // was disabled and has not answered since
        int probes_in_flight = 0;
    };
    const Target& at(TargetId id) const { return targets_[id.value]; }
    Target& at(TargetId id) { return targets_[id.value]; }
    void judge_check(const Setup& setup, TargetId target, bool failed, Instant now, Actions& out);
    void release(const Lease& lease, const Outcome& outcome, Instant now);
    static Evidence evidence(const Target& target, bool failed, Instant now);
    void apply(const Setup& setup, TargetId target, const Breaker::Transition& transition,
               Actions& out);
    void open_siblings(const Setup& setup, TargetId target, Instant now, Actions& out);

    std::vector<Target> targets_;
    std::vector<Provider> providers_;
    Keys keys_;
    std::vector<ProviderId> provider_of_;
};

} // namespace brownout::engine
