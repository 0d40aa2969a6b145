#include "engine/engine_state.h"

#include <algorithm>
#include <utility>

namespace brownout::engine {
namespace {

constexpr std::size_t samples_for_quantile = 8; // a hedge by quantile waits for so many

// The limits, once and for all: nothing later makes them longer.
void set_limits(Attempt& a, const TimeoutPolicy& limits, Instant deadline) {
    const Instant now = a.started;
    a.attempt_by = std::min(after(now, limits.attempt), deadline);
    a.first_token_by = std::min(after(now, limits.first_token), a.attempt_by);
    a.connect_by = std::min(after(now, limits.connect), a.first_token_by);
    a.stall = limits.stall;
}

// Would a share of what is left of the deadline, with so many rivals at most, be less than the
// limit on the first token?
bool is_scarce(Instant deadline, const Attempt& a, std::size_t most_rivals) {
    if (deadline == never)
        return false;
    const auto left = static_cast<double>((deadline - a.started).count());
    const auto wanted = static_cast<double>((a.first_token_by - a.started).count());
    return wanted * static_cast<double>(most_rivals) * 1.000001 >= left;
}

// `rivals` are the candidates that share what is left of the deadline, this one included. The share
// bounds the time to the first token (or the whole reply where it comes in one piece): from then on
// the target is known to answer, and cutting it would break what the caller may already be reading.
void share_deadline(Attempt& a, Instant deadline, int rivals) {
    if (rivals <= 1)
        return;
    a.first_token_by = std::min(a.first_token_by, a.started + (deadline - a.started) / rivals);
    a.connect_by = std::min(a.connect_by, a.first_token_by);
}

std::optional<Duration> hedge_delay(const HedgePolicy& policy, const Latency& latency) {
    if (policy.delay)
        return policy.delay;
    if (policy.quantile)
        return latency.quantile(*policy.quantile, samples_for_quantile);
    return std::nullopt;
}

} // namespace

void Engine::State::start(Call& call, EntryIndex e, AttemptMode mode, Step step) {
    const ChainSetup& chain = chain_of(call);
    const EntrySetup& entry = chain.entries[e];
    BROWNOUT_CHECK(call.running_count < max_running, "hedges are bounded");
    Attempt& a = call.running[call.running_count++];
    a = Attempt{};
    a.number = ++call.attempts;
    a.entry = e;
    a.mode = mode;
    a.started = a.last_progress = step.now;
    const std::optional<KeyIndex> rotated = std::exchange(call.rotates_to, std::nullopt);
    if (!rotated && call.tries[e]++ == 0)
        call.last_delay = Duration::zero();
    call.room_by = never;
    const Policy& policy = chain.policy;
    set_limits(a, entry.timeouts, call.deadline);
    if (policy.timeouts.share_deadline && is_scarce(call.deadline, a, call.entries)) {
        int rivals = 1;
        for (std::size_t i = 0; i < call.entries; ++i)
            if (call.tries[call.order[i]] == 0 && ready(call, call.order[i], step.now))
                ++rivals;
        share_deadline(a, call.deadline, std::min(rivals, max_attempts(call) - call.attempts + 1));
    }
    a.expected_cost = call.expected_cost(target_of(call, e).price).value_or(Money{});
    purse.reserve(target_of(call, e).provider, a.expected_cost);
    const KeyIndex key = rotated ? *rotated : key_for(call, e, step.now);
    a.keys_used = (rotated ? call.last_keys_used : 0) | only(key);
    targets.begin(*setup, entry.target, key, call.tokens(), step.now, a.lease, step.out);

    const CallId id = id_of(call);
    const std::uint64_t tag = call.request.tag;
    if (mode != AttemptMode::hedge && call.last_entry != no_entry && call.last_entry != e)
        step.out.push(FailedOver{id, tag, entry_of(call, call.last_entry).target, entry.target,
                                 call.last_outcome});
    auto& action = step.out.add<StartAttempt>();
    action.call = id;
    action.tag = tag;
    action.attempt = a.number;
    action.target = entry.target;
    action.mode = mode;
    action.key = a.lease.key.key;
    action.probe = a.lease.probe != 0;
    action.connect_by = a.connect_by;
    action.first_token_by = a.first_token_by;
    action.attempt_by = a.attempt_by;
    action.stall = a.stall;

    call.hedge_at = never;
    if (policy.hedge && call.request.idempotent && !call.caller_has_text &&
        call.hedges < policy.hedge->max_extra)
        if (const auto delay = hedge_delay(*policy.hedge, targets.latency(entry.target)))
            call.hedge_at = after(step.now, *delay);
}

void Engine::State::start_next(Call& call, EntryIndex e, Step step) {
    AttemptMode mode = AttemptMode::failover;
    if (call.attempts == 0) {
        mode = AttemptMode::fresh;
    } else if (call.caller_has_text) {
        const bool resumes = chain_of(call).policy.on_broken_stream == OnBrokenStream::resume &&
                             target_of(call, e).capabilities.has(Capabilities::prefill);
        mode = resumes ? AttemptMode::resume : AttemptMode::restart;
    } else if (e == call.last_entry) {
        mode = AttemptMode::retry;
    }
    start(call, e, mode, step);
}

void Engine::State::hedge(Call& call, Step step) {
    call.hedge_at = never;
    if (call.given_up || call.attempts >= max_attempts(call) || call.running_count >= max_running)
        return;
    const EntryIndex e = pick_for_hedge(call, step.now);
    if (e == no_entry)
        return;
    if (!budgets[call.request.chain.value].take(step.now))
        return;
    ++call.hedges;
    start(call, e, AttemptMode::hedge, step);
}

void Engine::State::forward(Call& call, const Attempt& attempt, Step step) {
    const AttemptNumber number = attempt.number;
    call.forwarded = number;
    call.hedge_at = never;
    if (attempt.mode == AttemptMode::restart)
        call.kept = Money{};
    auto& action = step.out.add<Forward>();
    action.call = id_of(call);
    action.tag = call.request.tag;
    action.attempt = number;
    action.mode = attempt.mode;
    if (call.running_count > 1)
        cancel_others(call, number, Cause::hedge_lost, step);
}

void Engine::State::take_effect(Used used, const Outcome& outcome, const Verdict& v,
                                const Policy& policy, Step step) {
    const auto [target, key] = used;
    const Instant disabled_until = after(step.now, policy.disable);
    if (v.cooldown && v.of_key)
        targets.cool_key(target, key, after(step.now, *v.cooldown), step.now, step.out);
    else if (v.cooldown)
        targets.cool_down(target, after(step.now, *v.cooldown), step.out);
    if (v.disable_target)
        targets.disable_target(target, disabled_until, step.out);
    if (v.disable_provider && v.of_key)
        targets.disable_key(target, key, disabled_until, outcome, step.now, step.out);
    else if (v.disable_provider)
        targets.disable_provider(setup->targets[target.value].provider, disabled_until, outcome,
                                 step.out);
}

// Not for this call: what cannot hold more than the one that could not hold it.
void Engine::State::bar_smaller_windows(Call& call, EntryIndex e) {
    const std::int64_t too_small = target_of(call, e).context_tokens;
    for (std::size_t i = 0; i < call.entries && too_small != 0; ++i) {
        const std::int64_t window = target_of(call, call.order[i]).context_tokens;
        if (window != 0 && window <= too_small)
            call.bar(call.order[i]);
    }
}

Verdict Engine::State::end_failed(Call& call, const Attempt& running, const Outcome& outcome,
                                  Step step) {
    const Attempt ended = running; // its place is given up below
    const Policy& policy = chain_of(call).policy;
    const bool visible = call.forwarded == ended.number;
    call.remove(running);
    settle(call, ended, outcome.cost, step.now);
    targets.end(*setup, ended.lease,
                {outcome, ended.time_to_answer(step.now), step.now - ended.started}, step.now,
                step.out);

    const bool another_key =
        is_of_key(outcome) &&
        targets.keys().another(ended.lease.target, ended.keys_used, call.tokens(), step.now);
    const Verdict v = judge(outcome, policy, entry_of(call, ended.entry).retry,
                            {call.request.idempotent, visible, another_key});
    const Used used{ended.lease.target, ended.lease.key.key};
    take_effect(used, outcome, v, policy, step);
    if (v.cool_if_leaving && v.move == Move::rotate) // its key is left, for a time nobody named
        targets.cool_key(used.target, used.key,
                         after(step.now, entry_of(call, ended.entry).retry.max_wait), step.now,
                         step.out);
    if (v.needs_larger_window)
        bar_smaller_windows(call, ended.entry);
    if (visible) {
        step.out.push(
            StreamBroken{id_of(call), call.request.tag, ended.number, policy.on_broken_stream});
        call.caller_has_text = true;
        call.forwarded = 0;
        call.kept += outcome.cost;
    }
    if (v.move == Move::give_up)
        call.given_up = true;
    if (call.running_count == 0)
        call.hedge_at = never; // nothing is left to hedge
    call.last_entry = ended.entry;
    call.last_number = ended.number;
    call.last_key = ended.lease.key.key;
    call.last_keys_used = ended.keys_used;
    call.last_outcome = outcome;
    if (!v.caller_fault)
        call.only_caller_faults = false;
    return v;
}

void Engine::State::settle(Call& call, const Attempt& ended, Money cost, Instant now) {
    const ProviderId provider = target_of(call, ended.entry).provider;
    call.cost += cost;
    purse.settle(provider, ended.expected_cost, cost, now);
    queues.one_ended(provider);
}

void Engine::State::cancel_others(Call& call, AttemptNumber keep, Cause cause, Step step) {
    for (std::size_t i = 0; i < call.running_count;) {
        if (call.running[i].number == keep) {
            ++i;
            continue;
        }
        const Attempt attempt = call.running[i];
        Outcome outcome;
        outcome.cls = OutcomeClass::cancelled;
        outcome.cause = cause;
        outcome.ambiguous = attempt.connected;
        estimate_cost(outcome, attempt, call.request, target_of(call, attempt.entry).price);
        settle(call, attempt, outcome.cost, step.now);
        targets.cancel(attempt.lease, outcome, step.now);
        call.remove(call.running[i]);
        step.out.push(CancelAttempt{id_of(call), call.request.tag, attempt.number, cause, outcome});
    }
}

void Engine::State::finish(Call& call, CallResult result, AttemptNumber served_by, Money useful,
                           Step step) {
    BROWNOUT_CHECK(call.running_count == 0, "attempts end before their call");
    auto& f = step.out.add<Finish>();
    f.call = id_of(call);
    f.tag = call.request.tag;
    f.result = result;
    f.served_by = served_by;
    if (result != CallResult::success) {
        f.explained_by = call.last_number;
        f.why = call.last_outcome;
        if (result == CallResult::failed && step.now >= call.deadline)
            f.why.cause = Cause::total_deadline;
    }
    f.cap = call.cap;
    f.attempts = call.attempts;
    f.cost = call.cost;
    f.wasted = call.cost - useful;
    if (call.wait == Wait::place)
        queues.leave(target_of(call, call.wait_entry).provider, call, calls);
    call.active = false;
    ++call.generation;
    free_slots.push_back(id_of(call).slot);
}

} // namespace brownout::engine
