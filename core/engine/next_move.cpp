#include "engine/engine_state.h"
#include "engine/retry_delay.h"

#include <algorithm>

namespace brownout::engine {

Availability Engine::State::availability(const Call& call, EntryIndex e, Instant now) const {
    const Availability a = targets.availability(*setup, entry_of(call, e).target, now);
    const bool admitted = a == Availability::ready || a == Availability::probe;
    return admitted && !has_room(call, e, now) ? Availability::full : a;
}

bool Engine::State::has_room(const Call& call, EntryIndex e, Instant now) const {
    const TargetId target = entry_of(call, e).target;
    if (targets.keys().plain(target))
        return true;
    return targets.keys().choose(target, call.tokens(), now, Keys::Heed::all).state ==
           KeyChoice::State::ready;
}

// Where only a quota is in the way, the attempt was meant to be made in spite of it.
KeyIndex Engine::State::key_for(const Call& call, EntryIndex e, Instant now) const {
    const TargetId target = entry_of(call, e).target;
    if (targets.keys().plain(target))
        return 0;
    const KeyChoice choice = targets.keys().choose(target, call.tokens(), now, Keys::Heed::all);
    if (choice.state == KeyChoice::State::ready)
        return choice.key;
    return targets.keys().choose(target, call.tokens(), now, Keys::Heed::limits).key;
}

bool Engine::State::ready(const Call& call, EntryIndex e, Instant now) const {
    if (call.is_barred(e))
        return false;
    const Availability a = availability(call, e, now);
    return a == Availability::ready || a == Availability::probe;
}

int Engine::State::max_attempts(const Call& call) const {
    return std::min(chain_of(call).policy.retry.max_attempts, most_attempts);
}

// Unknown prices fit under no cap: see BudgetPolicy.
Cap Engine::State::broken_cap(const Call& call, EntryIndex e, Instant now) {
    const TargetSetup& target = target_of(call, e);
    if (!chain_of(call).policy.budget || target.price.free())
        return Cap::none; // what is free adds nothing, even to a cap that is already passed
    const BudgetPolicy& budget = *chain_of(call).policy.budget;
    // Unknown: more than any cap, and no sum overflows.
    constexpr Money boundless{INT64_MAX / 4};
    const Money expected = call.expected_cost(target.price).value_or(boundless);
    if (budget.per_request) {
        Money sum = call.cost + expected;
        for (std::size_t i = 0; i < call.running_count; ++i)
            sum += call.running[i].expected_cost;
        if (sum > *budget.per_request)
            return Cap::request;
    }
    return purse.broken_cap(budget, target.provider, expected, now);
}

bool Engine::State::affordable(Call& call, EntryIndex e, Instant now) {
    const Cap broken = broken_cap(call, e, now);
    if (broken == Cap::none)
        return true;
    call.cap = broken;
    call.refused = chain_of(call).policy.budget->on_exceeded == OnExceeded::reject;
    return false;
}

EntryIndex Engine::State::pick(Call& call, Instant now) {
    for (std::size_t i = 0; i < call.entries && !call.refused; ++i) {
        const EntryIndex e = call.order[i];
        if (call.tries[e] == 0 && ready(call, e, now) && affordable(call, e, now))
            return e;
    }
    return no_entry;
}

// Under `reject` it does not go past the first that does not fit, either.
EntryIndex Engine::State::pick_for_hedge(const Call& call, Instant now) {
    for (std::size_t i = 0; i < call.entries && !call.refused; ++i) {
        const EntryIndex e = call.order[i];
        if (call.tries[e] != 0 || !ready(call, e, now))
            continue;
        if (broken_cap(call, e, now) == Cap::none)
            return e;
        if (chain_of(call).policy.budget->on_exceeded == OnExceeded::reject)
            break;
    }
    return no_entry;
}

void Engine::State::first_move(Call& call, Step step) {
    const EntryIndex e = max_attempts(call) > 0 ? pick(call, step.now) : no_entry;
    if (e != no_entry)
        return start_next(call, e, step);
    if (!last_resort(call, {}, step))
        fail(call, step);
}

void Engine::State::next_move(Call& call, const Verdict& v, Step step) {
    const EntryIndex here = call.last_entry;
    const RetryPolicy& retry = entry_of(call, here).retry;
    const bool spent = call.attempts >= max_attempts(call) || step.now >= call.deadline;
    if (call.given_up || spent)
        return fail(call, step);
    const bool can_return = (v.move == Move::retry_here || v.may_return) &&
                            call.tries[here] < retry.attempts_per_target && !call.is_barred(here);

    if (v.move == Move::rotate && rotate(call, step))
        return;
    if (v.move == Move::retry_here && can_return && wait_here(call, v, step))
        return;
    const EntryIndex other = pick(call, step.now);
    if (other != no_entry) {
        if (v.cool_if_leaving && retry.max_wait > Duration::zero())
            cool_left(call, v, step);
        return start_next(call, other, step);
    }
    if (v.move != Move::retry_here && can_return && wait_here(call, v, step))
        return;
    // Its own Retry-After or backoff was refused just now; only a breaker that opened meanwhile
    // leaves it a try.
    if (!last_resort(call, {can_return, false}, step))
        fail(call, step);
}

bool Engine::State::rotate(Call& call, Step step) {
    const EntryIndex here = call.last_entry;
    const auto key = targets.keys().another(entry_of(call, here).target, call.last_keys_used,
                                            call.tokens(), step.now);
    if (!key || !ready(call, here, step.now) || !affordable(call, here, step.now))
        return false;
    call.rotates_to = key;
    start_next(call, here, step);
    return true;
}

// The target, or only the key, that the call leaves because it is busy.
void Engine::State::cool_left(const Call& call, const Verdict& v, Step step) {
    const EntrySetup& left = entry_of(call, call.last_entry);
    const Instant until = after(step.now, left.retry.max_wait);
    if (v.of_key)
        targets.cool_key(left.target, call.last_key, until, step.now, step.out);
    else
        targets.cool_down(left.target, until, step.out);
}

Duration Engine::State::backoff(Call& call, EntryIndex e) {
    const BackoffPolicy& policy = entry_of(call, e).retry.backoff;
    const bool draws = policy.kind != BackoffKind::none && policy.jitter != JitterKind::none;
    const double random = draws ? backoff_rng.uniform() : 0.0;
    return call.last_delay = retry_delay(policy, call.tries[e], call.last_delay, random);
}

// A wait that would end at the deadline or later helps nobody: the call moves on instead.
bool Engine::State::wait_here(Call& call, const Verdict& v, Step step) {
    const EntryIndex e = call.last_entry;
    const Availability a = availability(call, e, step.now);
    if (a != Availability::ready && a != Availability::probe && a != Availability::cooling &&
        a != Availability::full)
        return false;
    if (call.refused || !affordable(call, e, step.now))
        return false;
    Instant at = after(step.now, v.wait ? *v.wait : backoff(call, e));
    // Another call was told to stay away for longer, or a limit has no room.
    const Room room = room_of(call, e, step.now);
    if (room.when_one_ends)
        return false;
    if (room.from > at) {
        if (room.from > after(step.now, entry_of(call, e).retry.max_wait))
            return false;
        at = room.from;
    }
    if (at >= call.deadline || !budgets[call.request.chain.value].take(step.now))
        return false;
    start_at(call, e, at, Wait::retry, step);
    return true;
}

// When this target is free of cooldowns, and has room in its limits and quotas.
Room Engine::State::room_of(const Call& call, EntryIndex e, Instant now) const {
    const TargetId target = entry_of(call, e).target;
    const Room rested{targets.cooldown_until(target, now), false};
    if (targets.keys().plain(target))
        return rested;
    return rested & targets.keys().choose(target, call.tokens(), now, Keys::Heed::all).room;
}

void Engine::State::start_at(Call& call, EntryIndex e, Instant at, Wait wait, Step step) {
    if (at <= step.now)
        return start_next(call, e, step);
    call.wait = wait;
    call.wait_entry = e;
    call.wait_until = at;
}

void Engine::State::resume(Call& call, Step step) {
    const EntryIndex e = call.wait_entry;
    const Wait wait = call.wait;
    if (wait == Wait::place)
        queues.leave(target_of(call, e).provider, call, calls);
    call.wait = Wait::none;
    call.wait_until = never;
    if (step.now >= call.deadline)
        return fail(call, step);
    // The breaker is asked again: other calls may have opened it meanwhile.
    const bool trial = wait == Wait::trial &&
                       availability(call, e, step.now) == Availability::open &&
                       has_room(call, e, step.now);
    if ((trial || ready(call, e, step.now)) && affordable(call, e, step.now))
        return start_next(call, e, step);
    const EntryIndex other = pick(call, step.now);
    if (other != no_entry)
        return start_next(call, other, step);
    const bool own = wait == Wait::retry || (wait == Wait::place && call.tries[e] > 0);
    if (!last_resort(call, {own, own}, step))
        fail(call, step);
}

// No target is ready. False: nothing is left to do.
bool Engine::State::last_resort(Call& call, MayReturn here, Step step) {
    return try_soonest(call, here.after_backoff, step) ||
           wait_until_free(call, here.after_cooldown, step) ||
           try_despite_quota(call, here.after_cooldown, step);
}

// Once per call, and only when every candidate's breaker keeps it out: the one nearest to its
// probe.
bool Engine::State::try_soonest(Call& call, bool can_return, Step step) {
    if (chain_of(call).policy.breaker.when_all_open == WhenAllOpen::refuse)
        return false;
    if (call.trial_used)
        return false;
    EntryIndex best = no_entry;
    Instant best_until = never;
    for (std::size_t i = 0; i < call.entries; ++i) {
        const EntryIndex e = call.order[i];
        if (ready(call, e, step.now))
            return false;
        if (call.is_barred(e) || availability(call, e, step.now) != Availability::open)
            continue;
        if (call.tries[e] > 0 && !(can_return && e == call.last_entry))
            continue;
        if (!has_room(call, e, step.now))
            continue;
        const Instant until = targets.open_until(entry_of(call, e).target);
        if ((best == no_entry || until < best_until) && affordable(call, e, step.now)) {
            best = e;
            best_until = until;
        }
    }
    if (best == no_entry || call.refused)
        return false;
    call.trial_used = true;
    Instant at = step.now;
    if (call.tries[best] > 0) { // its own retry: not without the backoff
        at = after(step.now, backoff(call, best));
        if (at >= call.deadline || !budgets[call.request.chain.value].take(step.now))
            return false;
    }
    start_at(call, best, at, Wait::trial, step);
    return true;
}

// Everybody left is busy: the one that is free first is worth the wait that a Retry-After is worth.
// Where nobody knows when, because an attempt has to end first, the call queues.
bool Engine::State::wait_until_free(Call& call, bool can_return, Step step) {
    EntryIndex best = no_entry, queue_at = no_entry;
    Instant best_until = call.deadline;
    for (std::size_t i = 0; i < call.entries; ++i) {
        const EntryIndex e = call.order[i];
        if (!is_busy(call, e, can_return, step.now))
            continue;
        const Instant limit = patience(call, e, step.now);
        const Room room = room_of(call, e, step.now);
        if (room.from > limit)
            continue;
        if (room.when_one_ends) {
            if (queue_at == no_entry && step.now < std::min(limit, call.deadline) &&
                affordable(call, e, step.now))
                queue_at = e;
        } else if (room.from < best_until && affordable(call, e, step.now)) {
            best = e;
            best_until = room.from;
        }
    }
    const EntryIndex e = best != no_entry ? best : queue_at;
    if (e == no_entry || call.refused)
        return false;
    if (availability(call, e, step.now) == Availability::full)
        call.room_by = patience(call, e, step.now);
    if (e == best) {
        start_at(call, e, best_until, call.tries[e] > 0 ? Wait::retry : Wait::cooldown, step);
        return true;
    }
    queues.join(target_of(call, e).provider, call, calls);
    start_at(call, e, std::min(patience(call, e, step.now), call.deadline), Wait::place, step);
    return true;
}

bool Engine::State::is_busy(const Call& call, EntryIndex e, bool can_return, Instant now) const {
    if (call.is_barred(e))
        return false;
    const Availability a = availability(call, e, now);
    if (a != Availability::cooling && a != Availability::full)
        return false;
    return call.tries[e] == 0 || (can_return && e == call.last_entry);
}

// How long it may wait for one that is busy. For room: all such waits since its last attempt
// together, because others may take it each time that it comes.
Instant Engine::State::patience(const Call& call, EntryIndex e, Instant now) const {
    const Instant limit = after(now, entry_of(call, e).retry.max_wait);
    return availability(call, e, now) == Availability::full ? std::min(call.room_by, limit) : limit;
}

// A quota is the provider's word about its future, and it can be wrong: rather than refuse, ask.
bool Engine::State::try_despite_quota(Call& call, bool can_return, Step step) {
    if (call.refused)
        return false;
    for (std::size_t i = 0; i < call.entries; ++i) {
        const EntryIndex e = call.order[i];
        if (!is_busy(call, e, can_return, step.now) ||
            availability(call, e, step.now) != Availability::full)
            continue;
        const KeyChoice choice = targets.keys().choose(entry_of(call, e).target, call.tokens(),
                                                       step.now, Keys::Heed::limits);
        if (choice.state == KeyChoice::State::ready && affordable(call, e, step.now)) {
            start_next(call, e, step);
            return true;
        }
    }
    return false;
}

// Those who wait for a place, in turn, wherever an attempt has ended. A step serves a few; who
// comes after them wakes in a step of his own.
void Engine::State::serve_queues(Step step) {
    constexpr std::size_t full_enough = Actions::capacity / 2;
    while (queues.anything_freed()) {
        const ProviderId provider = queues.last_freed();
        while (queues.first(provider) != no_slot) {
            Call& call = calls[queues.first(provider)];
            if (room_of(call, call.wait_entry, step.now).when_one_ends)
                break;
            if (step.out.size() >= full_enough) {
                call.wait_until = step.now + Duration{1};
                rearm(call, step);
                return;
            }
            resume(call, step);
            if (call.active)
                rearm(call, step);
        }
        queues.drop_last_freed();
    }
}

void Engine::State::fail(Call& call, Step step) {
    const ChainSetup& chain = chain_of(call);
    const bool partial =
        call.caller_has_text && chain.policy.on_broken_stream == OnBrokenStream::partial;
    if (partial)
        return finish(call, CallResult::partial, call.last_number, call.kept, step);
    const bool refused = call.attempts == 0 || call.refused;
    if (refused && !call.caller_has_text) {
        if (call.attempts == 0)
            call.last_outcome.cls = OutcomeClass::failover;
        call.last_outcome.cause = call.cap != Cap::none ? Cause::budget
                                  : call.entries == 0   ? why_no_candidate(call, *setup, chain)
                                                        : Cause::unavailable;
        return finish(call, CallResult::refused, 0, Money{}, step);
    }
    const bool rejected = call.only_caller_faults || call.last_outcome.cls == OutcomeClass::reject;
    finish(call, rejected && !call.caller_has_text ? CallResult::rejected : CallResult::failed, 0,
           Money{}, step);
}

} // namespace brownout::engine
