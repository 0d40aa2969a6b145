// Virtual time, calls, and the engine's actions.
#include "sim/world.h"

#include "sim/random_use.h"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace brownout::sim {
namespace {

// Beyond, requests wait for their turn and count as slow: memory is bounded, come what may.
constexpr std::size_t most_running = 200'000;
constexpr std::uint32_t looks_mask = 1023;        // go_on is asked each so many events
constexpr std::int64_t tokens_around = 7;         // of a request with one message (wire/usage.h)
constexpr std::uint32_t tokens_of_no_message = 3; // of a request for a picture

} // namespace

World::World(const RunPlan& plan, std::uint64_t seed)
    : plan_(plan),
      engine_(plan.names.setup, Rng::stream(seed, for_engine).next()),
      seed_(seed),
      fold_(plan.names, plan.scenario, plan.chain_id),
      arrivals_(plan.scenario.traffic, seed),
      requests_(plan.scenario.traffic, seed),
      injector_(plan.rules, seed),
      closed_(!plan.scenario.traffic.open_loop()) {
    for (std::size_t i = 0; i < plan.providers.size(); ++i) {
        providers_.emplace_back(plan.providers[i].model);
        providers_.back().model.reseed(plan.document.providers[i].id, seed);
    }
    for (const std::string& task : requests_.tasks())
        fold_task_.push_back(fold_.task_id(task));
    if (fold_task_.empty())
        fold_task_.push_back(fold_.task_id(plan.chains[plan.chain_of_task.front().value].task));
    if (plan.scenario.duration_s)
        end_ = Instant{from_seconds(*plan.scenario.duration_s)};
#ifndef NDEBUG
    judge_engine();
#endif
}

void World::judge_engine() {
    if (!oracle_)
        oracle_ = std::make_unique<Oracle>(engine_.setup());
}

void World::judge(const engine::Event& event) {
    const std::string wrong = oracle_->step(event, now_, actions_);
    if (!wrong.empty())
        std::fprintf(stderr, "seed %llu at %.9f s: %s\n", static_cast<unsigned long long>(seed_),
                     to_seconds(now_), wrong.c_str());
    BROWNOUT_CHECK(wrong.empty(), "the engine keeps its rules");
}

void World::play_through(const std::function<bool(double)>& go_on) {
    if (!plan_.rules.empty())
        update_faults();
    plan_checks();
    if (closed_)
        for (int i = 0; i < plan_.scenario.traffic.clients; ++i)
            queue_.push(now_, {0, 0, 0, Due::Kind::arrival});
    else
        plan_arrival();
    for (std::uint32_t n = 0;; ++n) {
        if ((n & looks_mask) == 0 && (now_ > watch_.to || !go_on(share())))
            return;
        const Instant arrival = next_arrival(), next = queue_.next();
        if (arrival != never && arrival <= next) {
            now_ = arrival;
            arrive(next_arrival_);
            plan_arrival();
            continue;
        }
        if (over(next))
            break;
        now_ = next;
        dispatch(queue_.pop().payload);
    }
    if (!all_sent() && end_ != never)
        now_ = std::max(now_, end_);
    end_faults();
    complete_ = true;
}

bool World::all_sent() const {
    const auto& most = plan_.scenario.max_requests;
    return most && sent_ >= *most;
}
bool World::may_arrive() const {
    return !all_sent() && now_ < end_;
}

void World::plan_arrival() {
    if (beside_) {
        ahead_ = &beside_->next();
        next_arrival_ = ahead_->at;
        if (next_arrival_ != never)
            prepare_call(ahead_->request);
        return;
    }
    const double s = arrivals_.next();
    next_arrival_ = s == std::numeric_limits<double>::infinity() ? never : Instant{from_seconds(s)};
    if (next_arrival_ != never)
        prepare_call(requests_.next(arrivals_.row()));
}

// When the next one is let in.
Instant World::next_arrival() const {
    if (closed_ || next_arrival_ >= end_ || all_sent() || running_ >= most_running)
        return never;
    return std::max(next_arrival_, now_);
}

bool World::over(Instant next) const {
    if (running_ > 0)
        return false;
    if (next == never)
        return true;
    if (all_sent())
        return true;
    if (end_ == never) // nobody comes any more
        return !closed_ && next_arrival_ == never;
    return next >= end_;
}

double World::share() const {
    const auto& most = plan_.scenario.max_requests;
    double done = 0;
    if (most && *most > 0)
        done = static_cast<double>(sent_) / static_cast<double>(*most);
    if (end_ != never && end_ > Instant{})
        done = std::max(done, to_seconds(now_) / to_seconds(end_));
    return std::min(1.0, done);
}

World::Call& World::new_call() {
    if (free_calls_.empty()) {
        const auto slot = static_cast<std::uint32_t>(calls_.size());
        calls_.emplace_back().slot = slot;
        return calls_.back();
    }
    Call& call = calls_[free_calls_.back()];
    free_calls_.pop_back();
    return call;
}

World::Call* World::find(const Due& due) {
    Call& call = calls_[due.call];
    return call.active && call.generation == due.generation ? &call : nullptr;
}

World::Due World::due_of(const Call& call, engine::AttemptNumber attempt, Due::Kind kind) const {
    return {call.slot, call.generation, attempt, kind};
}

void World::prepare_call(const RequestDraws::Request& drawn) {
    Call& call = new_call();
    next_call_ = call.slot;
    call.cost_unknown = false;
    call.first_token = call.wake_at = call.woke_pushed = never;
    call.input_tokens =
        static_cast<std::uint32_t>(std::max<std::int64_t>(drawn.input_tokens, 1) + tokens_around);
    call.output_tokens = drawn.output_tokens;
    call.stream = plan_.streams;
    call.picture = plan_.pictures;
    if (call.picture) {
        call.input_tokens = tokens_of_no_message;
        call.output_tokens = 0;
    }
    call.task = drawn.task;
    call.chain = plan_.chain_of_task[drawn.task];
    call.used = 0;
    auto& event = *std::get_if<engine::CallStarted>(&start_);
    event.tag = call.slot;
    event.chain = call.chain;
    event.stream = call.stream;
    event.needs.bits = event.stream ? engine::Capabilities::stream : 0u;
    event.accepts_restart = true;
    event.input_tokens = call.input_tokens;
    event.max_output_tokens = static_cast<std::uint32_t>(call.output_tokens);
    event.pictures = 0;
    if (call.picture) {
        event.needs.bits = engine::Capabilities::image;
        event.idempotent = false; // a second picture costs again
        event.pictures = 1;
        event.picture_prices = plan_.picture_prices;
    }
}

// The call that was prepared.
void World::arrive(Instant intended) {
    const std::uint32_t slot = next_call_;
    Call& call = calls_[slot];
    call.number = static_cast<std::uint64_t>(sent_++);
    ++running_;
    call.active = true;
    call.started = intended;
    step(start_);
    settle_wake(slot);
}

void World::dispatch(const Due& due) {
    if (due.kind == Due::Kind::arrival) {
        if (may_arrive()) {
            prepare_call(requests_.next(nullptr));
            arrive(now_);
        }
        return;
    }
    if (due.kind == Due::Kind::faults)
        return update_faults();
    if (due.kind == Due::Kind::check)
        return check_provider(due.call);
    Call* call = find(due);
    if (!call)
        return;
    if (due.kind == Due::Kind::check_limit) {
        end_check(*call, call->tries.front(), true);
    } else if (due.kind == Due::Kind::woke) {
        if (call->woke_pushed != now_)
            return; // another one took its place
        call->wake_at = call->woke_pushed = never;
        step(engine::Woke{call->id});
    } else {
        Try& t = call->tries[due.attempt - 1u];
        if (t.over || (due.kind == Due::Kind::attempt && t.due != now_))
            return;
        if (due.kind == Due::Kind::attempt) {
            t.due = never; // what comes next, if anything does, says when
            advance(*call, t);
        } else if (!call->check)
            step(engine::Connected{call->id, due.attempt});
    }
    settle_wake(due.call);
}

// The engine wants to be woken when a limit breaks or a wait is over. Where one of the call's
// attempts has something to tell before that, the wake-up would find nothing to do, and is not
// sent; what is told then brings us here again.
void World::settle_wake(std::uint32_t slot) {
    Call& call = calls_[slot];
    if (!call.active || call.wake_at == never || call.woke_pushed <= call.wake_at)
        return;
    for (std::size_t i = 0; i < call.used; ++i)
        if (!call.tries[i].over && call.tries[i].due <= call.wake_at)
            return;
    call.woke_pushed = std::max(call.wake_at, now_);
    queue_.push(call.woke_pushed, due_of(call, 0, Due::Kind::woke));
}

void World::step(const engine::Event& event) {
    actions_.clear();
    engine_.step(event, now_, actions_);
    if (oracle_)
        judge(event);
    for (const engine::Action& action : actions_)
        std::visit([this](const auto& a) { perform(a); }, action);
}

World::Try& World::new_try(Call& call, const engine::StartAttempt& a) {
    if (call.used == call.tries.size())
        call.tries.emplace_back();
    Try& t = call.tries[call.used++];
    BROWNOUT_CHECK(a.attempt == call.used, "attempts are numbered from 1");
    t.action = a;
    t.started = t.last_progress = now_;
    t.ended = Instant{};
    t.due = t.end = never;
    t.over = t.connected = t.has_first = t.reached = t.holds_place = t.queued = false;
    t.at_provider = t.tell_quota = t.has_plan = t.usage_read = false;
    t.points.clear();
    t.next = 0;
    t.told = t.at_end = 0;
    t.outcome = {};
    t.made_picture = false;
    t.gaps_ms = -1;
    t.job = {};
    return t;
}

void World::perform(const engine::StartAttempt& a) {
    Call& call = calls_[a.tag];
    call.id = a.call;
    begin(call, new_try(call, a));
}

void World::perform(const engine::CancelAttempt& a) {
    Call& call = calls_[a.tag];
    Try& t = call.tries[a.attempt - 1u];
    if (t.over)
        return;
    t.over = true;
    t.ended = now_;
    t.outcome = a.outcome;
    call.cost_unknown |= a.outcome.cost_estimated && !target_of(t).price_known;
    release(t);
}

void World::perform(const engine::WakeAt& a) {
    Call& call = calls_[a.tag];
    call.id = a.call;
    call.wake_at = a.at;
    // A call that waits in a queue may be woken by another call's step.
    settle_wake(static_cast<std::uint32_t>(a.tag));
}

void World::perform(const engine::Forward& a) {
    Call& call = calls_[a.tag];
    if (!call.stream)
        return;
    const bool anew = a.mode == engine::AttemptMode::restart;
    const Try& t = call.tries[a.attempt - 1u];
    if ((anew || call.first_token == never) && (t.has_first || t.at_end > 0))
        call.first_token = now_;
}

void World::end_call(Call& call) {
    call.active = false;
    ++call.generation;
    free_calls_.push_back(call.slot);
}

void World::perform(const engine::Finish& a) {
    Call& call = calls_[a.tag];
    using engine::CallResult;
    const bool served = a.result == CallResult::success || a.result == CallResult::partial;
    record::FoldedCall folded;
    folded.started = call.started;
    folded.ended = now_;
    folded.first_token = call.first_token;
    folded.result = a.result;
    folded.cost_unknown = call.cost_unknown;
    folded.task = fold_task_[call.task];
    folded.cost = a.cost;
    folded.wasted = served ? a.wasted : a.cost;
    folded_.clear();
    for (std::size_t i = 0; i < call.used; ++i) {
        const Try& t = call.tries[i];
        folded_.push_back({t.action.target, t.outcome.cls,
                           t.action.mode == engine::AttemptMode::hedge, t.over, t.started, t.ended,
                           t.outcome.cost});
    }
    if (served && a.served_by >= 1 && a.served_by <= call.used) {
        folded.served_by = call.tries[a.served_by - 1u].action.target;
        const auto first =
            plan_.chains[call.chain.value].first_choice.value_or(call.tries.front().action.target);
        folded.fell_back = *folded.served_by != first;
    }
    if (beside_)
        beside_->request(folded, folded_);
    else
        fold_.request(folded, folded_);
    if (watch_.watcher && now_ >= watch_.from && now_ < watch_.to)
        tell_watcher(call, a, folded);
    end_call(call);
    --running_;
    if (closed_)
        queue_.push(now_ + requests_.think(), {0, 0, 0, Due::Kind::arrival});
}

void World::perform(const engine::BreakerChanged& a) {
    const record::BreakerRecord record{now_, plan_.names.targets[a.target.value].name, a.from, a.to,
                                       a.why};
    fold([record](record::RunFold& fold) { fold.breaker(record); });
    if (watch_.watcher)
        watch_.watcher->breaker(record);
}

} // namespace brownout::sim
