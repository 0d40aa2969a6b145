// The circuit breaker's decisions (Nygard, "Release It!"; the rules of Polly v8 and resilience4j).
// It is told what happened and the window's counts; it keeps no statistics and has no effects.
#pragma once

#include "engine/action.h"
#include "engine/window.h"

#include <optional>

namespace brownout::engine {

enum class Admission : std::uint8_t { no, yes, probe };

struct BreakerTransition {
    BreakerState from = BreakerState::closed, to = BreakerState::closed;
    BreakerWhy why = BreakerWhy::consecutive_failures;
};

// Names one half-open period; 0 is no probe. A probe's result counts only while its own period
// lasts, so a late one changes nothing.
using ProbePeriod = std::uint32_t;

// What a closed breaker judges by. A rule speaks only when its failures are no fewer than the
// attempts that are undecided (undecided.h says why).
struct Evidence {
    WindowCounts finished; // in the window, this attempt included
    int undecided = 0;
    // In the order of starting: failures in a row, and undecided attempts since the first of them.
    int run = 0, undecided_in_run = 0;
};

class Breaker {
  public:
    using Transition = std::optional<BreakerTransition>;

    explicit Breaker(BreakerHold hold = BreakerHold::none) { set_hold(hold, Instant{}); }

    BreakerState state() const { return state_; }
    BreakerHold hold() const { return hold_; }
    Instant open_until() const { return open_until_; }
    int consecutive_failures() const { return consecutive_failures_; }
    ProbePeriod probe_period() const { return period_; }

    Admission admission(const BreakerPolicy& policy, Instant now) const;
    // After `admission` said probe: the probe goes out.
    Transition begin_probe();
    // The probe was cancelled, or its result says nothing about the target's health.
    void drop_probe(ProbePeriod period);

    // A closed breaker's attempt ended.
    Transition closed_result(const BreakerPolicy& policy, Instant now, bool failed,
                             const Evidence& evidence);
    // The same for a success that is not judged by its time.
    void closed_success() { consecutive_failures_ = 0; }
    Transition probe_result(const BreakerPolicy& policy, Instant now, ProbePeriod period,
                            bool failed);
    // Another target of the provider opened by a failure that hits them all.
    Transition open_with_provider(const BreakerPolicy& policy, Instant now);
    // An attempt made although the breaker was open has succeeded: the probe is due.
    void trial_succeeded(Instant now);

    Transition set_hold(BreakerHold hold, Instant now);
    void probe_now(Instant now);
    // The attempts in flight are no longer ours (the engine's chain was replaced).
    void forget_probes() { probes_in_flight_ = 0; }

  private:
    BreakerTransition change(BreakerState to, BreakerWhy why);
    BreakerTransition open(const BreakerPolicy& policy, Instant now, BreakerWhy why);

    BreakerState state_ = BreakerState::closed;
    BreakerHold hold_ = BreakerHold::none;
    Instant open_until_{};
    int consecutive_failures_ = 0;
    int openings_ = 0; // since it was last closed
    int probes_in_flight_ = 0;
    int probe_successes_ = 0;
    ProbePeriod period_ = 0;
};

} // namespace brownout::engine
