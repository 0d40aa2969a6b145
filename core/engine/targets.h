// What is known about every target and provider between calls: breaker, window, cooldown, disabled
// time, recent latency. Decisions are the Breaker's, statistics the Window's; here they meet and
// their effects become actions.
#pragma once

#include "engine/breaker.h"
#include "engine/engine.h"
#include "engine/latency.h"
#include "engine/undecided.h"

#include <vector>

namespace brownout::engine {

enum class Availability : std::uint8_t {
    ready,
    probe,    // ready, and the attempt tests a half-open breaker
    open,     // its breaker lets nothing through now
    cooling,  // busy until a time its provider named
    disabled, // bad key, no money, model missing; or that is being probed
    held,     // held open by hand
};

// What an attempt borrowed from its target and gives back when it ends.
struct Lease {
    TargetId target;
    Undecided::Start start = 0;
    ProbePeriod probe = 0;       // != 0: a half-open probe
    bool provider_probe = false; // first attempt after a disabled time
    bool trial = false;          // made although the breaker is open
};

struct Ended {
    Outcome outcome;
    Duration time{};  // to the first token, or the whole reply where there was none
    Duration whole{}; // to its end
};

class Targets {
  public:
    explicit Targets(const Setup& setup);

    Availability availability(const Setup& setup, TargetId target, Instant now) const;
    Instant open_until(TargetId target) const { return at(target).breaker.open_until(); }
    Instant cooldown_until(TargetId target) const { return at(target).cooldown_until; }
    const Latency& latency(TargetId target) const { return at(target).latency; }
    bool ever_tried(TargetId target) const { return at(target).ever_tried; }
    TargetStatus status(const Setup& setup, TargetId target, Instant now) const;

    Lease begin(const Setup& setup, TargetId target, Instant now, Actions& out);
    void end(const Setup& setup, const Lease& lease, const Ended& ended, Instant now, Actions& out);
    void cancel(const Lease& lease); // records nothing and frees the probe

    void cool_down(TargetId target, Instant until, Actions& out);
    void disable_provider(ProviderId provider, Instant until, const Outcome& why, Actions& out);
    void disable_target(TargetId target, Instant until, Actions& out);

    void hold(TargetId target, BreakerHold hold, Instant now, Actions& out);
    void probe_now(const Setup& setup, TargetId target, Instant now);
    void adopt(const Setup& setup, TargetId target, const Targets& old, const Setup& old_setup,
               TargetId old_target, Instant now);

  private:
    struct Target {
        Breaker breaker;
        Window window;
        Undecided undecided;
        Latency latency;
        Instant cooldown_until{}, disabled_until{};
        int in_flight = 0;
        bool ever_tried = false;
    };
    struct Provider {
        Instant disabled_until{};
        bool on_probation = false; // was disabled and has not answered since
        int probes_in_flight = 0;
    };
    const Target& at(TargetId id) const { return targets_[id.value]; }
    Target& at(TargetId id) { return targets_[id.value]; }
    void release(const Lease& lease);
    static Evidence evidence(const Target& target, Instant now);
    void apply(const Setup& setup, TargetId target, const Breaker::Transition& transition,
               Actions& out);
    void open_siblings(const Setup& setup, TargetId target, Instant now, Actions& out);

    std::vector<Target> targets_;
    std::vector<Provider> providers_;
    std::vector<ProviderId> provider_of_;
};

} // namespace brownout::engine
