// Health checks in virtual time, as live/health_checks makes them by the clock: of each provider
// that wants them, its models list or a prompt of one token. Whether one goes out, and what its
// result means, is the engine's decision.
#include "sim/world.h"
#include "wire/usage.h"

#include <algorithm>

namespace brownout::sim {
namespace {

constexpr Duration longest_check = std::chrono::seconds{10};
constexpr std::uint32_t prompt_tokens = 16; // estimate of what a prompt uses, answer included
constexpr std::uint32_t prompt_input = 8;   // as providers count it

} // namespace

void World::plan_checks() {
    for (std::size_t p = 0; p < plan_.providers.size(); ++p)
        if (const auto& wanted = plan_.document.providers[p].health_check)
            queue_.push(now_ + from_seconds(wanted->every_s),
                        {static_cast<std::uint32_t>(p), 0, 0, Due::Kind::check});
}

void World::check_provider(std::size_t provider) {
    const auto& wanted = *plan_.document.providers[provider].health_check;
    const Duration every = from_seconds(wanted.every_s);
    queue_.push(now_ + every, {static_cast<std::uint32_t>(provider), 0, 0, Due::Kind::check});
    Check list; // the models list that the provider's targets share
    std::optional<engine::KeyIndex> list_key;
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
        if (plan_.targets[i].provider != provider)
            continue;
        const engine::TargetId target{static_cast<std::uint16_t>(i)};
        const auto key = check_due(target, wanted.by_prompt, list_key);
        if (!key)
            continue;
        if (wanted.by_prompt) {
            start_check({{target}, true}, *key, std::min(longest_check, every));
            continue;
        }
        list_key = list_key ? list_key : key;
        list.targets.push_back(target);
    }
    if (list_key)
        start_check(std::move(list), *list_key, std::min(longest_check, every));
}

// The key with which it goes out; nothing: it does not.
std::optional<engine::KeyIndex> World::check_due(engine::TargetId target, bool by_prompt,
                                                 std::optional<engine::KeyIndex> shares) {
    engine::CheckDue due;
    due.target = target;
    due.shares = shares;
    if (by_prompt) {
        due.tokens = prompt_tokens;
        wire::Usage usage;
        usage.input = prompt_tokens - 1;
        usage.output = 1;
        const auto& price = plan_.targets[target.value].price;
        due.cost = price ? wire::cost_of(usage, *price).value_or(Money{}) : Money{};
    }
    check_key_.reset();
    step(due);
    return check_key_;
}

void World::start_check(Check check, engine::KeyIndex key, Duration at_most) {
    Call& call = new_call();
    call.active = call.check = true;
    call.stream = call.picture = call.cost_unknown = false;
    call.wake_at = call.woke_pushed = never;
    call.input_tokens = check.by_prompt ? prompt_input : 0;
    call.output_tokens = 1;
    call.used = 0;
    engine::StartAttempt action;
    action.tag = call.slot;
    action.attempt = 1;
    action.target = check.targets.front();
    action.key = key;
    action.connect_by = action.first_token_by = action.attempt_by = now_ + at_most;
    checks_[call.slot] = std::move(check);
    queue_.push(now_ + at_most, due_of(call, 1, Due::Kind::check_limit));
    begin(call, new_try(call, action));
}

// A models list comes at once, whole, and without a bill.
void World::answer_check(Call& call, Try& t) {
    engine::Outcome served;
    served.status = 200;
    end_at(t, now_, served);
    schedule(call, t);
}

void World::end_check(Call& call, Try& t, bool timed_out) {
    const Check check = std::move(checks_.at(call.slot));
    checks_.erase(call.slot);
    if (timed_out) {
        t.outcome = {};
        t.outcome.cls = engine::OutcomeClass::failover;
        t.outcome.cause = engine::Cause::first_token_timeout;
        t.outcome.ambiguous = t.connected;
        t.outcome.counts_for_breaker = true;
        t.at_end = 0;
    }
    t.over = true;
    t.ended = now_;
    if (check.by_prompt) {
        if (t.outcome.ambiguous)
            call.input_tokens = prompt_tokens - 1; // nobody has counted
        conclude(call, t);
    }
    record::AttemptRecord record;
    record.finished = true;
    record.started = t.started;
    record.ended = now_;
    record.outcome = t.outcome;
    record.cost_unknown = call.cost_unknown;
    end_call(call);
    call.check = false;
    release(t);
    for (const engine::TargetId target : check.targets) {
        const chain::Compiled::TargetInfo& info = plan_.names.targets[target.value];
        record.target = info.name;
        record.provider = info.provider;
        fold([record](record::RunFold& fold) { fold.health_check(record); });
        step(engine::HealthChecked{target, record.outcome});
    }
}

} // namespace brownout::sim
