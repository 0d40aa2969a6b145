#include "engine/breaker.h"

#include <algorithm>

namespace brownout::engine {
namespace {

std::optional<BreakerWhy> rule_broken(const BreakerPolicy& policy, int consecutive, bool failed,
                                      const Evidence& evidence) {
    const WindowCounts counts = evidence.finished;
    if (failed && policy.consecutive_failures && consecutive >= *policy.consecutive_failures &&
        evidence.run >= evidence.undecided_in_run)
        return BreakerWhy::consecutive_failures;
    if (counts.requests < policy.minimum_requests || counts.requests == 0)
        return std::nullopt;
    const double requests = counts.requests;
    if (failed && policy.failure_ratio && counts.failures >= *policy.failure_ratio * requests &&
        counts.failures >= evidence.undecided)
        return BreakerWhy::failure_ratio;
    if (policy.slow_call && counts.slow > 0 && counts.slow >= policy.slow_call_ratio * requests)
        return BreakerWhy::slow_calls;
    return std::nullopt;
}

Duration open_time(const BreakerPolicy& policy, int earlier_openings) {
    const double cap = static_cast<double>(std::max(policy.open, policy.open_cap).count());
    double time = static_cast<double>(policy.open.count());
    for (int i = 0; i < earlier_openings && time < cap; ++i) {
        if (policy.open_growth <= 1.0)
            break;
        time *= policy.open_growth;
    }
    time = std::min(time, cap);
    return time >= 9.2e18 ? forever : Duration{static_cast<std::int64_t>(time)};
}

} // namespace

Admission Breaker::admission(const BreakerPolicy& policy, Instant now) const {
    if (hold_ == BreakerHold::open)
        return Admission::no;
    switch (state_) {
    case BreakerState::closed:
        return Admission::yes;
    case BreakerState::open:
        return now >= open_until_ ? Admission::probe : Admission::no;
    case BreakerState::half_open:
        return probes_in_flight_ < policy.half_open_probes ? Admission::probe : Admission::no;
    }
    return Admission::no;
}

BreakerTransition Breaker::change(BreakerState to, BreakerWhy why) {
    const BreakerTransition transition{state_, to, why};
    state_ = to;
    consecutive_failures_ = 0;
    probe_successes_ = 0;
    probes_in_flight_ = 0;
    if (to == BreakerState::half_open)
        ++period_;
    if (to == BreakerState::closed)
        openings_ = 0;
    return transition;
}

BreakerTransition Breaker::open(const BreakerPolicy& policy, Instant now, BreakerWhy why) {
    open_until_ = after(now, open_time(policy, openings_));
    ++openings_;
    return change(BreakerState::open, why);
}

Breaker::Transition Breaker::begin_probe() {
    Transition transition;
    if (state_ == BreakerState::open)
        transition = change(BreakerState::half_open, BreakerWhy::open_time_over);
    ++probes_in_flight_;
    return transition;
}

void Breaker::drop_probe(ProbePeriod period) {
    if (state_ == BreakerState::half_open && period == period_)
        --probes_in_flight_;
}

Breaker::Transition Breaker::closed_result(const BreakerPolicy& policy, Instant now, bool failed,
                                           const Evidence& evidence) {
    if (state_ != BreakerState::closed)
        return std::nullopt;
    consecutive_failures_ = failed ? consecutive_failures_ + 1 : 0;
    if (hold_ == BreakerHold::closed)
        return std::nullopt;
    const auto why = rule_broken(policy, consecutive_failures_, failed, evidence);
    if (!why)
        return std::nullopt;
    return open(policy, now, *why);
}

Breaker::Transition Breaker::probe_result(const BreakerPolicy& policy, Instant now,
                                          ProbePeriod period, bool failed) {
    if (state_ != BreakerState::half_open || period != period_)
        return std::nullopt;
    drop_probe(period);
    if (failed)
        return open(policy, now, BreakerWhy::probe_failed);
    if (++probe_successes_ < policy.close_after_successes)
        return std::nullopt;
    return change(BreakerState::closed, BreakerWhy::probe_succeeded);
}

Breaker::Transition Breaker::open_with_provider(const BreakerPolicy& policy, Instant now) {
    if (state_ != BreakerState::closed || hold_ != BreakerHold::none)
        return std::nullopt;
    return open(policy, now, BreakerWhy::provider_wide);
}

void Breaker::trial_succeeded(Instant now) {
    if (state_ == BreakerState::open && hold_ == BreakerHold::none)
        open_until_ = std::min(open_until_, now);
}

Breaker::Transition Breaker::set_hold(BreakerHold hold, Instant now) {
    const BreakerHold before = hold_;
    hold_ = hold;
    switch (hold) {
    case BreakerHold::open:
        open_until_ = never;
        if (state_ != BreakerState::open)
            return change(BreakerState::open, BreakerWhy::manual);
        break;
    case BreakerHold::closed:
        if (state_ != BreakerState::closed)
            return change(BreakerState::closed, BreakerWhy::manual);
        break;
    case BreakerHold::none: // from held open: the next request probes
        if (before == BreakerHold::open)
            open_until_ = now;
        break;
    }
    return std::nullopt;
}

void Breaker::probe_now(Instant now) {
    if (state_ == BreakerState::open && hold_ == BreakerHold::none)
        open_until_ = std::min(open_until_, now);
}

} // namespace brownout::engine
