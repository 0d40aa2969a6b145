#include "sim/oracle.h"

#include <algorithm>

namespace brownout::sim {
namespace {

using engine::BreakerState;
using engine::CallResult;

std::uint64_t key_of(engine::CallId id) {
    return std::uint64_t{id.slot} << 32 | id.generation;
}

} // namespace

Oracle::Oracle(const engine::Setup& setup)
    : setup_(setup), targets_(setup.targets.size()), disabled_until_(setup.providers.size()) {
    for (std::size_t i = 0; i < targets_.size(); ++i)
        if (setup.targets[i].hold == engine::BreakerHold::open)
            targets_[i].breaker = BreakerState::open;
}

std::string Oracle::step(const engine::Event& event, Instant now, const engine::Actions& actions) {
    ++steps_;
    if (now < now_)
        return "time went back";
    now_ = now;
    const char* wrong = begin(event, actions);
    for (std::size_t i = 0; i < actions.size() && !wrong; ++i)
        wrong = std::visit([this](const auto& a) { return see(a); }, actions[i]);
    if (!wrong && actions.size() > engine::Actions::capacity / 2)
        wrong = "a step said too much";
    return wrong ? wrong : "";
}

Oracle::Call* Oracle::find(std::uint64_t tag) {
    const auto found = calls_.find(tag);
    return found == calls_.end() ? nullptr : &found->second;
}

const char* Oracle::begin(const engine::Event& event, const engine::Actions& actions) {
    if (const auto* started = std::get_if<engine::CallStarted>(&event)) {
        const auto [call, fresh] = calls_.try_emplace(started->tag);
        if (!fresh)
            return "a call began twice";
        call->second.chain = started->chain;
        call->second.deadline =
            after(now_, setup_.chains[started->chain.value].policy.timeouts.total);
    }
    const auto* finished = std::get_if<engine::AttemptFinished>(&event);
    if (!finished)
        return nullptr;
    for (const engine::Action& action : actions) // it came after the deadline: cancelled instead
        if (const auto* cancel = std::get_if<engine::CancelAttempt>(&action))
            if (cancel->call == finished->call && cancel->attempt == finished->attempt)
                return nullptr;
    const auto tag = tags_.find(key_of(finished->call));
    Call* call = tag == tags_.end() ? nullptr : find(tag->second);
    if (!call)
        return nullptr;
    const char* wrong = end_attempt(*call, finished->attempt, finished->outcome.cost);
    if (wrong || finished->outcome.cls != engine::OutcomeClass::success)
        return wrong;
    const Attempt& attempt = call->attempts[finished->attempt - 1u];
    targets_[attempt.target.value].trial |= attempt.trial;
    return nullptr;
}

const char* Oracle::end_attempt(Call& call, engine::AttemptNumber number, Money cost) {
    if (number == 0 || number > call.attempts.size())
        return "an attempt that never was has ended";
    Attempt& attempt = call.attempts[number - 1u];
    if (!attempt.running)
        return "an attempt ended twice";
    attempt.running = false;
    --call.running;
    call.cost += cost;
    return nullptr;
}

const char* Oracle::see(const engine::StartAttempt& a) {
    Call* call = find(a.tag);
    if (!call)
        return "an attempt for a call that is over";
    const engine::ChainSetup& chain = setup_.chains[call->chain.value];
    const engine::Policy& policy = chain.policy;
    if (call->attempts.empty())
        tags_[key_of(a.call)] = a.tag;
    if (a.attempt != call->attempts.size() + 1)
        return "attempts are numbered from 1";
    if (a.attempt > std::min(policy.retry.max_attempts, engine::most_attempts))
        return "more attempts than may be";
    const auto entry =
        std::find_if(chain.entries.begin(), chain.entries.end(), [&](const auto& candidate) {
            return candidate.target == a.target && candidate.enabled;
        });
    if (entry == chain.entries.end())
        return "a target that is not of the chain";
    const auto here = std::count_if(call->attempts.begin(), call->attempts.end(),
                                    [&](const Attempt& t) { return t.target == a.target; });
    if (here >= std::max(entry->retry.attempts_per_target, 1))
        return "more attempts at one target than may be";
    if ((a.mode == engine::AttemptMode::fresh) != call->attempts.empty())
        return "the first attempt is the fresh one";
    if ((a.mode == engine::AttemptMode::hedge) != (call->running > 0))
        return "a hedge runs beside another, and nothing else does";
    if (call->running > (policy.hedge ? policy.hedge->max_extra : 0))
        return "more hedges than may be";
    if (now_ >= call->deadline)
        return "an attempt after the deadline";
    if (a.connect_by < now_ || a.first_token_by < a.connect_by || a.attempt_by < a.first_token_by ||
        call->deadline < a.attempt_by)
        return "its limits are out of order";
    const Target& target = targets_[a.target.value];
    if (now_ < target.busy_until)
        return "a target that is cooling down or out of service";
    if (now_ < disabled_until_[setup_.targets[a.target.value].provider.value])
        return "a provider that is disabled";
    if (a.probe && target.breaker != BreakerState::half_open)
        return "a probe of a breaker that is not half open";
    if (!a.probe && target.breaker != BreakerState::closed &&
        policy.breaker.when_all_open == engine::WhenAllOpen::refuse)
        return "an open breaker let something through";
    call->attempts.push_back({a.target, !a.probe && target.breaker != BreakerState::closed});
    ++call->running;
    return nullptr;
}

const char* Oracle::see(const engine::CancelAttempt& a) {
    Call* call = find(a.tag);
    return call ? end_attempt(*call, a.attempt, a.outcome.cost)
                : "a call that is over was cancelled";
}

const char* Oracle::see(const engine::WakeAt& a) {
    const Call* call = find(a.tag);
    if (!call)
        return "a call that is over wants to be woken";
    if (a.at < now_)
        return "woken in the past";
    if (call->attempts.empty())
        tags_[key_of(a.call)] = a.tag;
    return a.at > call->deadline ? "woken after the deadline" : nullptr;
}

const char* Oracle::see(const engine::Forward& a) {
    Call* call = find(a.tag);
    if (!call || a.attempt == 0 || a.attempt > call->attempts.size())
        return "what is forwarded never was";
    if (call->forwarded != 0)
        return "two attempts are forwarded at once";
    call->forwarded = a.attempt;
    return nullptr;
}

const char* Oracle::see(const engine::StreamBroken& a) {
    Call* call = find(a.tag);
    if (!call || call->forwarded != a.attempt)
        return "a stream broke that was not forwarded";
    call->forwarded = 0;
    return nullptr;
}

const char* Oracle::see(const engine::Finish& a) {
    const Call* call = find(a.tag);
    if (!call)
        return "a call ended twice";
    if (call->running != 0)
        return "a call ended with attempts under way";
    if (a.attempts != static_cast<int>(call->attempts.size()))
        return "a call ended with another number of attempts";
    if (a.cost != call->cost)
        return "a call's cost is not that of its attempts";
    if (a.wasted < Money{} || a.wasted > a.cost)
        return "more was wasted than spent";
    if (a.result == CallResult::success && (a.served_by == 0 || a.served_by != call->forwarded))
        return "the answer is not what was forwarded";
    tags_.erase(key_of(a.call));
    calls_.erase(a.tag);
    return nullptr;
}

const char* Oracle::see(const engine::BreakerChanged& a) {
    Target& target = targets_[a.target.value];
    if (a.from != target.breaker || a.from == a.to)
        return "a breaker moved from where it was not";
    const bool may = a.from == BreakerState::closed ? a.to == BreakerState::open
                     : a.from == BreakerState::open ? a.to == BreakerState::half_open
                                                    : true;
    if (!may)
        return "a breaker moved as none may";
    if (a.from == BreakerState::open && now_ < target.open_until && !target.trial)
        return "a breaker let a probe through too early";
    if (a.to == BreakerState::open && a.open_until <= now_)
        return "a breaker opened for no time";
    target.breaker = a.to;
    target.trial = false;
    target.open_until = a.to == BreakerState::open ? a.open_until : Instant{};
    return nullptr;
}

const char* Oracle::see(const engine::CoolingDown& a) {
    Instant& until = targets_[a.target.value].busy_until;
    if (a.until <= now_)
        return "cooling down until now";
    until = std::max(until, a.until);
    return nullptr;
}

const char* Oracle::see(const engine::ProviderDisabled& a) {
    Instant& until = disabled_until_[a.provider.value];
    until = std::max(until, a.until);
    return nullptr;
}

} // namespace brownout::sim
