#include "engine/targets.h"

#include <algorithm>
#include <utility>

namespace brownout::engine {
namespace {

// A step says this much about one provider's other targets; status() tells the rest.
constexpr std::size_t sibling_actions = Actions::capacity / 2;

// What counts for limits on tokens. An attempt that failed without a word about it may have been
// counted by its provider: its estimate stays, unless it never got there.
std::int64_t tokens_used(const Outcome& outcome) {
    switch (outcome.cause) {
    case Cause::dns:
    case Cause::tls:
    case Cause::connect_refused:
    case Cause::connect_timeout:
        return 0;
    default:
        break;
    }
    const std::int64_t tokens = std::int64_t{outcome.input_tokens} + outcome.output_tokens;
    return tokens > 0 ? tokens : Keys::as_reserved;
}

// It was answered, and not that its key or account is refused. Silence says nothing: a name that is
// not found, a connection refused, a limit of time.
bool key_is_in_order(const Outcome& outcome) {
    if (outcome.cls == OutcomeClass::success)
        return true;
    return outcome.cls != OutcomeClass::disable && outcome.status != 0;
}

} // namespace

Targets::Targets(const Setup& setup) : providers_(setup.providers.size()), keys_(setup) {
    targets_.reserve(setup.targets.size());
    for (const TargetSetup& target : setup.targets) {
        BROWNOUT_CHECK(target.provider.value < setup.providers.size(), "a target has a provider");
        targets_.push_back(Target{
            Breaker{target.hold}, Window{target.breaker.window}, {}, {}, {}, {}, 0, false, {}});
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
    if (keys_.several(id) && !keys_.current_is_well(id, now)) {
        const KeyChoice choice = keys_.choose(id, 0, now, Keys::Heed::health);
        if (choice.state == KeyChoice::State::disabled)
            return Availability::disabled;
        if (choice.state == KeyChoice::State::cooling)
            return Availability::cooling;
    }
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

Instant Targets::cooldown_until(TargetId id, Instant now) const {
    const Instant until = at(id).cooldown_until;
    return keys_.several(id) ? std::max(until, keys_.cooling_until(id, now)) : until;
}

TargetStatus Targets::status(const Setup& setup, TargetId id, Instant now) const {
    const Target& target = at(id);
    const WindowCounts counts = target.window.counts(now);
    TargetStatus status;
    status.breaker = target.breaker.state();
    status.hold = target.breaker.hold();
    status.open_until = target.breaker.open_until();
    status.cooldown_until = cooldown_until(id, now);
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

void Targets::begin(const Setup& setup, TargetId id, KeyIndex key, std::int64_t tokens, Instant now,
                    Lease& lease, Actions& out) {
    Target& target = at(id);
    Provider& provider = providers_[provider_of_[id.value].value];
    lease.target = id;
    keys_.begin(id, key, tokens, now, lease.key);
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
}

void Targets::release(const Lease& lease, const Outcome& outcome, Instant now) {
    Target& target = at(lease.target);
    Provider& provider = providers_[provider_of_[lease.target.value].value];
    --target.in_flight;
    if (lease.provider_probe)
        --provider.probes_in_flight;
    keys_.end(lease.target, lease.key, tokens_used(outcome), now);
}

void Targets::cancel(const Lease& lease, const Outcome& outcome, Instant now) {
    release(lease, outcome, now);
    at(lease.target).undecided.dropped(lease.start);
    if (lease.probe != 0)
        at(lease.target).breaker.drop_probe(lease.probe);
}

Evidence Targets::evidence(const Target& target, bool failed, Instant now) {
    Evidence e;
    e.finished = target.window.counts(now);
    e.run = target.undecided.failures_in_run();
    if (!failed || e.run == 0)
        return e; // a success is weighed against nothing
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
    if (key_is_in_order(ended.outcome) && lease.provider_probe)
        providers_[provider_of_[lease.target.value].value].on_probation = false;
    if (key_is_in_order(ended.outcome) && lease.key.probe)
        keys_.answered(lease.target, lease.key);
    if (!success && !failed) // it says nothing about the target's health
        return cancel(lease, ended.outcome, now);
    release(lease, ended.outcome, now);
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
        target.window.add(now, 1, failed ? 1 : 0, slow ? 1 : 0);
        if (!failed && !policy.slow_call)
            return target.breaker.closed_success(); // no rule speaks on it
        transition =
            target.breaker.closed_result(policy, now, failed, evidence(target, failed, now));
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

void Targets::cool_key(TargetId id, KeyIndex key, Instant until, Instant now, Actions& out) {
    if (!keys_.several(id))
        return cool_down(id, until, out);
    keys_.cool(id, key, until);
    const Instant all_until = keys_.cooling_until(id, now);
    if (all_until > now)
        out.push(CoolingDown{id, all_until});
}

void Targets::disable_key(TargetId id, KeyIndex key, Instant until, const Outcome& why, Instant now,
                          Actions& out) {
    const ProviderId provider = provider_of_[id.value];
    if (!keys_.several(id))
        return disable_provider(provider, until, why, out);
    keys_.disable(provider, key, until);
    // With every key out it is as if the provider had but one.
    const Instant all_until = keys_.disabled_until(provider);
    if (all_until > now)
        disable_provider(provider, all_until, why, out);
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
    keys_.probe_now(id, now);
}

std::optional<KeyIndex> Targets::begin_check(const Setup& setup, const CheckDue& due, Instant now) {
    const TargetId id = due.target;
    Target& target = at(id);
    const Availability a = availability(setup, id, now);
    const bool listens = a == Availability::ready || a == Availability::probe;
    if (target.check || !listens)
        return std::nullopt;
    KeyIndex key = 0;
    if (due.shares) {
        key = *due.shares;
        if (key >= setup.providers[provider_of_[id.value].value].keys.size() && key != 0)
            return std::nullopt;
    } else {
        const KeyChoice choice = keys_.choose(id, due.tokens, now, Keys::Heed::all);
        if (choice.state != KeyChoice::State::ready)
            return std::nullopt;
        key = choice.key;
    }
    target.check.emplace();
    target.check->shares = due.shares.has_value();
    target.check->lease.key = key;
    if (!due.shares)
        keys_.begin(id, key, due.tokens, now, target.check->lease);
    return key;
}

std::optional<KeyIndex> Targets::end_check(const Setup& setup, TargetId id, const Outcome& outcome,
                                           Instant now, Actions& out) {
    Target& target = at(id);
    const bool success = outcome.cls == OutcomeClass::success;
    std::optional<KeyIndex> key;
    if (target.check) {
        key = target.check->lease.key;
        if (!target.check->shares)
            keys_.end(id, target.check->lease, tokens_used(outcome), now);
        if (success)
            keys_.answered(id, target.check->lease);
        target.check.reset();
    }
    Provider& provider = providers_[provider_of_[id.value].value];
    if (success && now >= provider.disabled_until)
        provider.on_probation = false;
    if (success || outcome.counts_for_breaker)
        judge_check(setup, id, !success, now, out);
    return key;
}

void Targets::judge_check(const Setup& setup, TargetId id, bool failed, Instant now, Actions& out) {
    Target& target = at(id);
    const BreakerPolicy& policy = setup.targets[id.value].breaker;
    switch (target.breaker.admission(policy, now)) {
    case Admission::no:
        return;
    case Admission::probe:
        apply(setup, id, target.breaker.begin_probe(), out);
        apply(setup, id,
              target.breaker.probe_result(policy, now, target.breaker.probe_period(), failed), out);
        return;
    case Admission::yes:
        break;
    }
    if (!failed)
        return;
    target.undecided.failed(target.undecided.begin(now));
    target.window.add(now, {1, 1, 0});
    apply(setup, id, target.breaker.closed_result(policy, now, true, evidence(target, true, now)),
          out);
}

void Targets::adopt(const Setup& setup, TargetId id, const Targets& old, const Setup& old_setup,
                    TargetId old_id, const std::vector<std::optional<KeyIndex>>& same_keys,
                    Instant now) {
    const TargetSetup& is = setup.targets[id.value];
    const TargetSetup& was = old_setup.targets[old_id.value];
    Target& target = at(id);
    const bool same_window = is.breaker.window == was.breaker.window;
    const Window fresh = target.window;
    target = old.at(old_id);
    target.in_flight = 0; // those belong to the old engine's calls
    target.check.reset();
    target.breaker.forget_probes();
    if (!same_window)
        target.window = fresh;
    if (is.hold != was.hold)
        target.breaker.set_hold(is.hold, now);
    // What a target with one key knows of it stands in Target, what one with several knows in Keys.
    for (std::size_t k = 0; k < same_keys.size(); ++k) {
        if (!same_keys[k])
            continue;
        Keys::Standing standing = old.keys_.standing(old_id, *same_keys[k]);
        if (!keys_.several(id))
            target.cooldown_until =
                std::max(target.cooldown_until, std::exchange(standing.cool_until, Instant{}));
        keys_.put(id, static_cast<KeyIndex>(k), standing);
    }
}

// The same with a provider: an edited document may have made several keys out of one.
void Targets::adopt_provider(ProviderId id, const Targets& old, ProviderId old_id,
                             const std::vector<std::optional<KeyIndex>>& same) {
    Provider& provider = providers_[id.value];
    const Provider& was = old.providers_[old_id.value];
    const bool had_several = old.keys_.several(old_id), has_several = keys_.several(id);
    bool any_same = false, all_same = true;
    for (std::size_t k = 0; k < same.size(); ++k) {
        any_same = any_same || same[k].has_value();
        all_same = all_same && same[k].has_value();
        if (!same[k])
            continue;
        const Keys::Refusal refusal = had_several
                                          ? old.keys_.refusal(old_id, *same[k])
                                          : Keys::Refusal{was.disabled_until, was.on_probation};
        if (has_several) {
            keys_.put(id, static_cast<KeyIndex>(k), refusal);
        } else if (had_several) {
            provider.disabled_until = refusal.disabled_until;
            provider.on_probation = refusal.on_probation;
        }
    }
    keys_.adopt_meters(id, old.keys_, old_id, same);
    if (!any_same || (has_several && !all_same))
        provider = Provider{}; // a new key has done no wrong
    else if (had_several == has_several)
        provider = was;
    provider.probes_in_flight = 0;
}

} // namespace brownout::engine
