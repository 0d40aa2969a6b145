#include "engine/targets.h"

#include <algorithm>

namespace brownout::engine {
namespace {

// A step says this much about one provider's other targets; status() tells the rest.
constexpr std::size_t sibling_actions = Actions::capacity / 2;

} // namespace

Targets::Targets(const Setup& setup) : providers_(setup.providers.size()) {
    targets_.reserve(setup.targets.size());
    for (const TargetSetup& target : setup.targets) {
        BROWNOUT_CHECK(target.provider.value < setup.providers.size(), "a target has a provider");
        targets_.push_back(
            Target{Breaker{target.hold}, Window{target.breaker.window}, {}, {}, {}, {}});
        provider_of_.push_back(target.provider);
    }
}

Availability Targets::availability(const Setup& setup, TargetId id, Instant now) const {
    const Target& target = at(id);
    if (target.breaker.hold() == BreakerHold::open)
        return Availability::held;
    const Provider& provider = providers_[provider_of_[id.value].value];
    if (now < target.disabled_until || now < provider.disabled_until)
        return Availability::disabled;
    if (provider.on_probation && provider.probes_in_flight > 0)
        return Availability::disabled;
    if (now < target.cooldown_until)
        return Availability::cooling;
    switch (target.breaker.admission(setup.targets[id.value].breaker, now)) {
    case Admission::yes:
        return Availability::ready;
    case Admission::probe:
        return Availability::probe;
    case Admission::no:
        break;
    }
    return Availability::open;
}

TargetStatus Targets::status(const Setup& setup, TargetId id, Instant now) const {
    const Target& target = at(id);
    const WindowCounts counts = target.window.counts(now);
    TargetStatus status;
    status.breaker = target.breaker.state();
    status.hold = target.breaker.hold();
    status.open_until = target.breaker.open_until();
    status.cooldown_until = target.cooldown_until;
    status.disabled_until = std::max(
        target.disabled_until, providers_[setup.targets[id.value].provider.value].disabled_until);
    status.consecutive_failures = target.breaker.consecutive_failures();
    status.window_requests = counts.requests;
    status.window_failures = counts.failures;
    status.in_flight = target.in_flight;
    return status;
}

void Targets::apply(const Setup& setup, TargetId id, const Breaker::Transition& transition,
                    Actions& out) {
    if (!transition)
        return;
    Target& target = at(id);
    // A breaker that closes starts from a clean page.
    if (transition->to == BreakerState::closed)
        target.window = Window{setup.targets[id.value].breaker.window};
    target.undecided.end_run();
    const bool opens = transition->to == BreakerState::open;
    out.push(BreakerChanged{id, transition->from, transition->to, transition->why,
                            opens ? target.breaker.open_until() : never});
}

Lease Targets::begin(const Setup& setup, TargetId id, Instant now, Actions& out) {
    Target& target = at(id);
    Provider& provider = providers_[provider_of_[id.value].value];
    Lease lease{id};
    switch (target.breaker.admission(setup.targets[id.value].breaker, now)) {
    case Admission::yes:
        break;
    case Admission::probe:
        apply(setup, id, target.breaker.begin_probe(), out);
        lease.probe = target.breaker.probe_period();
        break;
    case Admission::no:
        lease.trial = true;
        break;
    }
    if (provider.on_probation) {
        lease.provider_probe = true;
        ++provider.probes_in_flight;
    }
    lease.start = target.undecided.begin(now);
    ++target.in_flight;
    target.ever_tried = true;
    return lease;
}

void Targets::release(const Lease& lease) {
    Target& target = at(lease.target);
    Provider& provider = providers_[provider_of_[lease.target.value].value];
    --target.in_flight;
    if (lease.provider_probe)
        --provider.probes_in_flight;
}

void Targets::cancel(const Lease& lease) {
    release(lease);
    at(lease.target).undecided.dropped(lease.start);
    if (lease.probe != 0)
        at(lease.target).breaker.drop_probe(lease.probe);
}

Evidence Targets::evidence(const Target& target, Instant now) {
    Evidence e;
    e.finished = target.window.counts(now);
    e.run = target.undecided.failures_in_run();
    if (e.run == 0)
        return e; // a success, mostly: nothing to be weighed against
    e.undecided = target.undecided.count(now, target.in_flight);
    e.undecided_in_run = target.undecided.count_in_run(now, target.in_flight);
    return e;
}

void Targets::end(const Setup& setup, const Lease& lease, const Ended& ended, Instant now,
                  Actions& out) {
    Target& target = at(lease.target);
    const BreakerPolicy& policy = setup.targets[lease.target.value].breaker;
    const bool success = ended.outcome.cls == OutcomeClass::success;
    const bool failed = !success && ended.outcome.counts_for_breaker;
    if (success)
        target.latency.add(ended.time);
    // Whatever else it answered, its key and account are in order.
    if (lease.provider_probe && ended.outcome.cls != OutcomeClass::disable)
        providers_[provider_of_[lease.target.value].value].on_probation = false;
    if (!success && !failed)
        return cancel(lease); // it says nothing about the target's health
    release(lease);
    if (success)
        target.undecided.succeeded(lease.start, ended.whole);
    else
        target.undecided.failed(lease.start);

    const bool slow = policy.slow_call && ended.time > *policy.slow_call;
    Breaker::Transition transition;
    if (lease.probe != 0) {
        transition =
            target.breaker.probe_result(policy, now, lease.probe, failed || (success && slow));
    } else if (lease.trial) {
        if (success)
            target.breaker.trial_succeeded(now);
    } else if (target.breaker.state() == BreakerState::closed) {
        target.window.add(now, {1, failed ? 1 : 0, slow ? 1 : 0});
        transition = target.breaker.closed_result(policy, now, failed, evidence(target, now));
    }
    apply(setup, lease.target, transition, out);
    if (transition && transition->to == BreakerState::open && ended.outcome.provider_wide)
        open_siblings(setup, lease.target, now, out);
}

void Targets::open_siblings(const Setup& setup, TargetId id, Instant now, Actions& out) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const TargetId sibling{static_cast<std::uint16_t>(i)};
        if (sibling == id || provider_of_[i] != provider_of_[id.value])
            continue;
        const auto transition =
            targets_[i].breaker.open_with_provider(setup.targets[i].breaker, now);
        if (out.size() < sibling_actions)
            apply(setup, sibling, transition, out);
    }
}

void Targets::cool_down(TargetId id, Instant until, Actions& out) {
    if (until <= at(id).cooldown_until)
        return;
    at(id).cooldown_until = until;
    out.push(CoolingDown{id, until});
}

void Targets::disable_provider(ProviderId id, Instant until, const Outcome& why, Actions& out) {
    Provider& provider = providers_[id.value];
    provider.on_probation = true;
    if (until <= provider.disabled_until)
        return;
    provider.disabled_until = until;
    out.push(ProviderDisabled{id, until, why});
}

void Targets::disable_target(TargetId id, Instant until, Actions& out) {
    if (until <= at(id).disabled_until)
        return;
    at(id).disabled_until = until;
    out.push(CoolingDown{id, until});
}

void Targets::hold(TargetId id, BreakerHold hold, Instant now, Actions& out) {
    Target& target = at(id);
    const auto transition = target.breaker.set_hold(hold, now);
    if (!transition)
        return;
    target.window.clear();
    out.push(BreakerChanged{id, transition->from, transition->to, transition->why,
                            target.breaker.open_until()});
}

void Targets::probe_now(const Setup& setup, TargetId id, Instant now) {
    Target& target = at(id);
    target.breaker.probe_now(now);
    target.cooldown_until = std::min(target.cooldown_until, now);
    target.disabled_until = std::min(target.disabled_until, now);
    Provider& provider = providers_[setup.targets[id.value].provider.value];
    provider.disabled_until = std::min(provider.disabled_until, now);
}

void Targets::adopt(const Setup& setup, TargetId id, const Targets& old, const Setup& old_setup,
                    TargetId old_id, Instant now) {
    const TargetSetup& is = setup.targets[id.value];
    const TargetSetup& was = old_setup.targets[old_id.value];
    Target& target = at(id);
    const bool same_window = is.breaker.window == was.breaker.window;
    const Window fresh = target.window;
    target = old.at(old_id);
    target.in_flight = 0; // those belong to the old engine's calls
    target.breaker.forget_probes();
    if (!same_window)
        target.window = fresh;
    if (is.hold != was.hold)
        target.breaker.set_hold(is.hold, now);
    Provider& provider = providers_[is.provider.value];
    provider = old.providers_[was.provider.value];
    provider.probes_in_flight = 0;
}

} // namespace brownout::engine
