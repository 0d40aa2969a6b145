#include "engine/engine.h"

#include "engine/engine_state.h"

#include <algorithm>

namespace brownout::engine {
namespace {

enum RandomUse : std::uint64_t { for_backoff = 1, for_routing = 2 };

// Every index in the setup names something: what cannot be checked by types is checked once.
void check(const Setup& setup) {
    for (const ChainSetup& chain : setup.chains) {
        BROWNOUT_CHECK(chain.entries.size() <= max_entries, "a chain's size is bounded");
        for (const EntrySetup& entry : chain.entries)
            BROWNOUT_CHECK(entry.target.value < setup.targets.size(), "an entry has a target");
    }
}

std::size_t places_for_keys(const ProviderSetup& provider) {
    return std::max<std::size_t>(provider.keys.size(), 1);
}

std::vector<std::optional<KeyIndex>> in_order(const ProviderSetup& is, const ProviderSetup& was) {
    std::vector<std::optional<KeyIndex>> same(places_for_keys(is));
    for (std::size_t k = 0; k < std::min(same.size(), places_for_keys(was)); ++k)
        same[k] = static_cast<KeyIndex>(k);
    return same;
}

} // namespace

Engine::State::State(Setup s, std::uint64_t seed)
    : setup(std::make_shared<const Setup>(std::move(s))),
      backoff_rng(Rng::stream(seed, for_backoff)),
      routing_rng(Rng::stream(seed, for_routing)),
      targets(*setup),
      purse(setup->providers),
      queues(setup->providers.size()) {
    check(*setup);
    for (const ChainSetup& chain : setup->chains)
        budgets.emplace_back(chain.policy.retry.budget);
    outputs.resize(setup->chains.size());
}

Call& Engine::State::new_call() {
    if (free_slots.empty()) {
        calls.emplace_back();
        free_slots.reserve(calls.capacity()); // so that giving one back never allocates
        return calls.back();
    }
    Call& call = calls[free_slots.back()];
    free_slots.pop_back();
    return call;
}

Call* Engine::State::find(CallId id) {
    if (id.slot >= calls.size())
        return nullptr;
    Call& call = calls[id.slot];
    return call.active && call.generation == id.generation ? &call : nullptr;
}

void Engine::State::on(const CallStarted& event, Step step) {
    BROWNOUT_CHECK(event.chain.value < setup->chains.size(), "a call names a chain");
    const ChainSetup& chain = setup->chains[event.chain.value];
    Call& call = new_call();
    call.reset(event);
    call.expected_output = event.max_output_tokens.value_or(outputs[event.chain.value].expected());
    call.deadline = after(step.now, chain.policy.timeouts.total);
    budgets[event.chain.value].request(step.now);
    route(call, *setup, chain, targets, routing_rng);
    first_move(call, step);
    if (call.active)
        rearm(call, step);
}

void Engine::State::on_delta(Call& call, Attempt& a, const Delta& event, Step step) {
    a.connected = true;
    if (!a.has_first_token) {
        a.has_first_token = true;
        a.first_token_at = step.now;
        call.hedge_at = never; // it answers; a hedge would only cost
    }
    a.last_progress = step.now;
    (event.content ? a.content_tokens : a.other_tokens) += event.tokens;
    if (!event.content || !call.request.stream || call.forwarded != 0)
        return;
    const CommitPolicy& commit = chain_of(call).policy.commit_after;
    const std::uint32_t enough = commit.when == CommitWhen::tokens
                                     ? static_cast<std::uint32_t>(std::max(commit.tokens, 1))
                                     : 1;
    if (commit.when != CommitWhen::complete && a.content_tokens >= enough)
        forward(call, a, step);
}

void Engine::State::on_finished(Call& call, Attempt& a, const Outcome& outcome, Step step) {
    if (outcome.cls != OutcomeClass::success) {
        const Verdict v = end_failed(call, a, outcome, step);
        const bool final =
            v.move == Move::give_up && (v.caller_fault || outcome.cls == OutcomeClass::reject);
        if (final)
            cancel_others(call, 0, Cause::hedge_lost, step);
        if (call.running_count == 0)
            next_move(call, v, step); // else a hedge is still under way
        return;
    }
    if (!call.request.max_output_tokens && outcome.output_tokens > 0)
        outputs[call.request.chain.value].add(outcome.output_tokens);
    if (call.forwarded != a.number)
        forward(call, a, step);
    const Attempt& served = *call.find(call.forwarded); // forwarding may have moved it
    const AttemptNumber number = served.number;
    settle(call, served, outcome.cost, step.now);
    targets.end(*setup, served.lease,
                {outcome, served.time_to_answer(step.now), step.now - served.started}, step.now,
                step.out);
    call.remove(served);
    finish(call, CallResult::success, number, call.kept + outcome.cost, step);
}

// What a target's first chain says is what counts where no call does.
const Policy* Engine::State::policy_of(TargetId target) const {
    for (const ChainSetup& chain : setup->chains)
        for (const EntrySetup& entry : chain.entries)
            if (entry.target == target)
                return &chain.policy;
    return nullptr;
}

void Engine::State::on(const CheckDue& event, Step step) {
    const ProviderId provider = setup->targets[event.target.value].provider;
    const Policy* policy = policy_of(event.target);
    if (policy && policy->budget && event.cost > Money{} &&
        purse.broken_cap(*policy->budget, provider, event.cost, step.now) != Cap::none)
        return;
    if (const auto key = targets.begin_check(*setup, event, step.now))
        step.out.push(StartCheck{event.target, *key});
}

void Engine::State::on(const HealthChecked& event, Step step) {
    const TargetId target = event.target;
    const ProviderId provider = setup->targets[target.value].provider;
    const Outcome& outcome = event.outcome;
    if (outcome.cost != Money{})
        purse.add(provider, outcome.cost, step.now, step.now);
    queues.one_ended(provider);
    const std::optional<KeyIndex> key =
        targets.end_check(*setup, target, outcome, step.now, step.out);
    const Policy* policy = policy_of(target);
    if (!policy || !key)
        return;
    take_effect({target, *key}, outcome, judge(outcome, *policy, policy->retry, {}), *policy, step);
}

void Engine::State::on(const UsedElsewhere& event, Step step) {
    targets.used_elsewhere(event, step.now);
    if (event.running < 0)
        queues.one_ended(event.provider);
}

void Engine::State::expire(Call& call, Step step) {
    Verdict last;
    bool any = false;
    for (std::size_t i = 0; i < call.running_count;) {
        const Attempt& a = call.running[i];
        Cause cause = a.broken_limit(step.now, call.deadline);
        if (cause == Cause::none && step.now >= call.deadline)
            cause = Cause::total_deadline;
        if (cause == Cause::none) {
            ++i;
            continue;
        }
        Outcome outcome = limit_outcome(cause, a);
        estimate_cost(outcome, a, call.request, target_of(call, a.entry).price);
        step.out.push(CancelAttempt{id_of(call), call.request.tag, a.number, cause, outcome});
        last = end_failed(call, a, outcome, step);
        any = true;
    }
    if (any && call.running_count == 0)
        next_move(call, last, step);
}

void Engine::State::on_woke(Call& call, Step step) {
    if (step.now >= call.wake_at)
        call.wake_at = never;
    expire(call, step);
    if (call.active && call.wait != Wait::none && step.now >= call.wait_until)
        resume(call, step);
    if (call.active && step.now >= call.hedge_at)
        hedge(call, step);
}

// One wake-up is under way per call. A nearer limit replaces it; one that moved away does not: the
// wake-up finds the progress and arms itself anew.
void Engine::State::rearm(Call& call, Step step) {
    const Call::Wake wake = call.next_wake();
    if (wake.at >= call.wake_at)
        return;
    call.wake_at = wake.at;
    auto& action = step.out.add<WakeAt>();
    action.call = id_of(call);
    action.tag = call.request.tag;
    action.at = wake.at;
    action.why = wake.why;
}

Engine::Engine(Setup setup, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(setup), seed)) {}
Engine::~Engine() = default;
Engine::Engine(const Engine& other) : state_(std::make_unique<State>(*other.state_)) {}
Engine& Engine::operator=(const Engine& other) {
    if (this != &other)
        *state_ = *other.state_;
    return *this;
}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::step(const Event& event, Instant now, Actions& out) {
    State& s = *state_;
    const Step step{now, out};
    // The call an event is about, unless it comes too late.
    const auto with_call = [&](CallId id, auto&& then) {
        Call* call = s.find(id);
        if (!call)
            return;
        if (now > call->deadline)
            s.on_woke(*call, step); // nothing outlasts the deadline
        if (call->active && call->generation == id.generation)
            then(*call);
        if (call->active && call->generation == id.generation)
            s.rearm(*call, step);
    };
    const auto with_attempt = [&](const auto& e, auto&& then) {
        with_call(e.call, [&](Call& call) {
            if (Attempt* attempt = call.find(e.attempt))
                then(call, *attempt);
        });
    };
    if (const auto* started = std::get_if<CallStarted>(&event)) {
        s.on(*started, step);
    } else if (const auto* delta = std::get_if<Delta>(&event)) {
        with_attempt(*delta, [&](Call& c, Attempt& a) { s.on_delta(c, a, *delta, step); });
    } else if (const auto* finished = std::get_if<AttemptFinished>(&event)) {
        with_attempt(*finished,
                     [&](Call& c, Attempt& a) { s.on_finished(c, a, finished->outcome, step); });
    } else if (const auto* woke = std::get_if<Woke>(&event)) {
        with_call(woke->call, [&](Call& c) { s.on_woke(c, step); });
    } else if (const auto* connected = std::get_if<Connected>(&event)) {
        with_attempt(*connected, [](Call&, Attempt& a) { a.connected = true; });
    } else if (const auto* cancelled = std::get_if<CallCancelled>(&event)) {
        with_call(cancelled->call, [&](Call& c) {
            s.cancel_others(c, 0, Cause::caller_left, step);
            c.last_outcome.cls = OutcomeClass::cancelled;
            c.last_outcome.cause = Cause::caller_left;
            s.finish(c, CallResult::cancelled, 0, Money{}, step);
        });
    } else if (const auto* hold = std::get_if<HoldBreaker>(&event)) {
        s.targets.hold(hold->target, hold->hold, now, out);
    } else if (const auto* probe = std::get_if<ProbeNow>(&event)) {
        s.targets.probe_now(*s.setup, probe->target, now);
    } else if (const auto* quota = std::get_if<QuotaTold>(&event)) {
        Call* call = quota->attempt != 0 ? s.find(quota->call) : nullptr;
        const Attempt* attempt = call ? call->find(quota->attempt) : nullptr;
        s.targets.told(*quota, attempt ? &attempt->lease.key : nullptr);
    } else if (const auto* due = std::get_if<CheckDue>(&event)) {
        s.on(*due, step);
    } else if (const auto* checked = std::get_if<HealthChecked>(&event)) {
        s.on(*checked, step);
    } else if (const auto* used = std::get_if<UsedElsewhere>(&event)) {
        s.on(*used, step);
    }
    if (s.queues.anything_freed())
        s.serve_queues(step);
}

TargetStatus Engine::status(TargetId target, Instant now) const {
    return state_->targets.status(*state_->setup, target, now);
}
const Setup& Engine::setup() const {
    return *state_->setup;
}
std::size_t Engine::calls_in_flight() const {
    return state_->calls.size() - state_->free_slots.size();
}
void Engine::reserve(std::size_t calls) {
    State& s = *state_;
    const std::size_t have = s.calls.size();
    if (calls <= have)
        return;
    s.calls.resize(calls);
    s.free_slots.reserve(calls);
    for (std::size_t slot = calls; slot-- > have;)
        s.free_slots.push_back(static_cast<std::uint32_t>(slot));
}

void Engine::add_spend(ProviderId provider, Money cost, Instant at, Instant now) {
    State& s = *state_;
    BROWNOUT_CHECK(provider.value < s.setup->providers.size(), "spend names a provider");
    s.purse.add(provider, cost, at, now);
}

void Engine::adopt(const Engine& old, const std::vector<std::optional<TargetId>>& same, Instant now,
                   bool with_spend, const SameKeys& same_keys,
                   const SameProviders& same_providers) {
    State& s = *state_;
    const State& was = *old.state_;
    const std::size_t n = std::min(same.size(), s.setup->targets.size());
    SameProviders providers = same_providers;
    providers.resize(s.setup->providers.size());
    for (std::size_t i = n; i-- > 0;)
        if (const auto p = s.setup->targets[i].provider.value;
            p >= same_providers.size() && same[i])
            providers[p] = was.setup->targets[same[i]->value].provider;
    SameKeys keys(providers.size());
    if (with_spend)
        s.purse.adopt(was.purse);
    for (std::size_t p = 0; p < providers.size(); ++p) {
        if (!providers[p])
            continue;
        const ProviderId id{static_cast<std::uint16_t>(p)};
        keys[p] = p < same_keys.size()
                      ? same_keys[p]
                      : in_order(s.setup->providers[p], was.setup->providers[providers[p]->value]);
        s.targets.adopt_provider(id, was.targets, *providers[p], keys[p]);
        if (with_spend)
            s.purse.adopt(id, was.purse, *providers[p]);
    }
    for (std::size_t i = 0; i < n; ++i)
        if (same[i])
            s.targets.adopt(*s.setup, TargetId{static_cast<std::uint16_t>(i)}, was.targets,
                            *was.setup, *same[i], keys[s.setup->targets[i].provider.value], now);
}

Engine::KeyUse Engine::use_of(ProviderId provider, KeyIndex key) const {
    return state_->targets.keys().use_of(provider, key);
}

} // namespace brownout::engine
