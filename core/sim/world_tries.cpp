// What becomes of an attempt: the provider's model and the faults give instants, the engine's
// limits end what would outlast them.
#include "sim/ends.h"
#include "sim/world.h"

#include <algorithm>

namespace brownout::sim {
namespace {

using engine::Outcome;
using engine::OutcomeClass;

// Linux sends its first SYNs again a second apart (tcp_syn_linear_timeouts, since 6.5).
constexpr Duration resends_every = std::chrono::seconds{1};

// Of the usual limits, which are never used up.
constexpr Duration shortest_reset = std::chrono::milliseconds{2};

Outcome unsupported() {
    Outcome out;
    out.cls = OutcomeClass::reroute;
    out.cause = engine::Cause::unsupported;
    return out;
}

} // namespace

// The engine is told of the connection only where that may make a difference: where an attempt may
// end before its first token, by a limit or because another one was faster.
void World::connect(Call& call, Try& t) {
    if (std::exchange(t.connected, true))
        return;
    queue_.push(now_, due_of(call, t.action.attempt, Due::Kind::connected));
}

void World::begin(Call& call, Try& t) {
    const RunPlan::Target& target = target_of(t);
    Provider& provider = provider_of(t);
    const chain::Dialect dialect = dialect_of(t);
    if (provider.door != Door::hanging)
        t.reached = true; // somebody, if only a resolver
    if (!target.chats && !call.picture && !call.check) {
        t.reached = true; // nobody is asked, so no door keeps it waiting
        return end_at(t, now_, unsupported()), schedule(call, t);
    }
    switch (provider.door) {
    case Door::open:
        break;
    case Door::hanging:
        t.due = now_ + resends_every; // asks for the connection again, until the limit ends it
        if (t.due < t.action.connect_by)
            queue_.push(t.due, due_of(call, t.action.attempt, Due::Kind::attempt));
        else
            t.due = never;
        return;
    case Door::refusing:
        return end_at(t, now_, lost(dialect, Loss::refused, false)), schedule(call, t);
    case Door::no_name:
        return end_at(t, now_, lost(dialect, Loss::dns, false)), schedule(call, t);
    case Door::no_handshake:
        return end_at(t, now_, lost(dialect, Loss::tls, false)), schedule(call, t);
    }
    std::optional<std::uint64_t> draw; // the lab's own requests are numbered as they come
    if (!call.check)
        draw = draw_of(call, target.provider);
    if (ahead_ && call.slot == next_call_ && call.used == 1 &&
        ahead_->provider == target.provider) { // the same, drawn on the thread beside
        t.draws = ahead_->draws;
        t.gaps_ms = ahead_->gaps_ms;
    } else
        provider.model.draw(draw ? *draw : provider.requests++, t.draws);
    t.streams = call.stream;
    t.tokens =
        call.picture ? 0 : std::clamp<std::int64_t>(call.output_tokens, 1, most_output_tokens);
    if (!plan_.rules.empty())
        compose_plan(call, t, provider, draw);
    if (plan_.chains[call.chain.value].hedges)
        connect(call, t);
    if (!t.has_plan)
        return at_provider(call, t);
    if (t.plan.silence > Duration::zero()) {
        const Instant heard = later(now_, t.plan.silence);
        if (heard >= std::min(t.action.connect_by, t.action.first_token_by))
            connect(call, t);
        if (t.plan.silence < longest_wait && heard < t.action.first_token_by) {
            t.due = heard;
            queue_.push(heard, due_of(call, t.action.attempt, Due::Kind::attempt));
        }
        return;
    }
    at_provider(call, t);
}

std::uint64_t World::draw_of(const Call& call, std::size_t provider) const {
    std::uint64_t nth = 0;
    for (std::size_t i = 0; i < call.used; ++i)
        nth += target_of(call.tries[i]).provider == provider;
    return draw_number(call.number, nth);
}

void World::compose_plan(Call& call, Try& t, Provider& provider,
                         std::optional<std::uint64_t> draw) {
    if (now_ < calm_until_) { // no rule acts, so none counts or draws
        t.tell_quota = provider.told_limits;
        return;
    }
    const chain::Compiled::TargetInfo& target = plan_.names.targets[t.action.target.value];
    const auto& tasks = requests_.tasks();
    faults::RequestFacts facts;
    facts.provider = target.provider;
    facts.model = target.model;
    if (!call.check)
        facts.task = tasks.empty() ? plan_.chains[call.chain.value].task : tasks[call.task];
    else if (!checks_.at(call.slot).by_prompt)
        facts.model = {}; // a models list
    facts.stream = call.stream;
    facts.image = call.picture;
    facts.draw = draw;
    const auto hit = injector_.decide(facts, now_.time_since_epoch());
    if (hit.empty()) {
        t.tell_quota = provider.told_limits; // that nothing is left of them
        return;
    }
    t.has_plan = true;
    t.plan = faults::compose(hit, call.picture ? 0 : call.input_tokens + t.tokens, provider.limits,
                             now_);
    provider.told_limits |= (t.plan.quota.requests.limit > 0 || t.plan.quota.tokens.limit > 0) &&
                            tells_quota(dialect_of(t));
    t.tell_quota = provider.told_limits;
    t.tokens = faults::tokens_said(t.plan, t.tokens);
}

// The request is there, and the silence is over.
void World::at_provider(Call& call, Try& t) {
    using Fate = faults::ReplyPlan::Fate;
    t.at_provider = true;
    Provider& provider = provider_of(t);
    const chain::Dialect dialect = dialect_of(t);
    const Fate fate = t.has_plan ? t.plan.fate : Fate::serve;
    if (fate == Fate::hang) {
        connect(call, t);
        return;
    }
    if (fate == Fate::reset || fate == Fate::half_headers || fate == Fate::close) {
        end_at(t, now_, lost(dialect, Loss::before_reply, false));
        return schedule(call, t);
    }
    if (fate == Fate::error || fate == Fate::raw_error) {
        const faults::Fault& by = *t.plan.ended_by;
        if (t.plan.limited || !by.code.empty() || !by.message.empty() || by.body ||
            by.retry_after_s) {
            end_at(t, now_, refused_by_fault(dialect, by, t.plan.limited));
        } else {
            const std::tuple key{target_of(t).provider, by.kind, by.status};
            auto known = errors_.find(key);
            if (known == errors_.end())
                known = errors_.emplace(key, refused_by_fault(dialect, by, {})).first;
            end_at(t, now_, known->second);
        }
        return schedule(call, t);
    }
    if (call.check && !checks_.at(call.slot).by_prompt)
        return answer_check(call, t);
    if (t.draws.fails) {
        end_at(t, now_, model_of(t).fails);
        return schedule(call, t);
    }
    const auto& capacity = provider.model.model().capacity;
    if (!capacity || provider.busy < capacity->concurrency) {
        t.holds_place = capacity.has_value();
        provider.busy += capacity.has_value();
        return serve(call, t);
    }
    std::erase_if(provider.queue, [&](const Due& due) {
        const Call* waits = find(due);
        return !waits || waits->tries[due.attempt - 1u].over;
    });
    if (provider.queue.size() >= static_cast<std::size_t>(std::max(0, capacity->queue))) {
        end_at(t, now_, model_of(t).sheds);
        return schedule(call, t);
    }
    connect(call, t);
    t.queued = true;
    provider.queue.push_back(due_of(call, t.action.attempt, Due::Kind::attempt));
}

void World::serve(Call& call, Try& t) {
    if (call.picture)
        return serve_picture(call, t);
    const Instant first = later(now_, from_ms(t.draws.first_token_ms));
    if (call.stream)
        serve_stream(call, t, first);
    else
        serve_whole(t, first);
    schedule(call, t);
}

void World::end_at(Try& t, Instant at, const Outcome& outcome) {
    t.end = at;
    t.outcome = outcome;
}

// Puts the attempt's next event into the queue, unless a limit of the engine comes before it.
void World::schedule(Call& call, Try& t) {
    const bool more = t.next < t.points.size();
    const Instant next = more ? t.points[t.next].at : t.end;
    const std::uint32_t tokens = more ? t.points[t.next].tokens : t.at_end;
    if (!t.has_first && !t.connected &&
        next >= std::min(t.action.connect_by, t.action.first_token_by))
        connect(call, t);
    Instant limit = t.action.first_token_by;
    if (t.has_first)
        limit = std::min(t.action.attempt_by, after(t.last_progress, t.action.stall));
    Instant due = next < limit ? next : never;
    // Tokens keep coming before the next thing worth telling: each is progress.
    if (due == never && t.has_first && tokens > t.told + 1 && next != never) {
        Instant told =
            std::min(after(t.last_progress, t.action.stall / 2), t.action.attempt_by - Duration{1});
        if (told > now_) {
            const double share = to_seconds(told - now_) / to_seconds(next - now_);
            const auto come = t.told + static_cast<std::uint32_t>(share * (tokens - t.told));
            t.points.insert(t.points.begin() + static_cast<std::ptrdiff_t>(t.next),
                            Point{told, std::clamp(come, t.told, tokens)});
            due = told;
        }
    }
    t.due = due;
    if (due != never)
        queue_.push(due, due_of(call, t.action.attempt, Due::Kind::attempt));
}

void World::tell_quota(const Call& call, Try& t) {
    if (!std::exchange(t.tell_quota, false))
        return;
    engine::QuotaTold told;
    told.target = t.action.target;
    told.key = t.action.key;
    told.call = call.id;
    told.attempt = t.action.attempt;
    const auto say = [&](const faults::Left& left, double usual,
                         std::optional<std::int64_t>& remaining, Instant& reset) {
        const bool limited = t.has_plan && left.limit > 0;
        if (limited && left.reset <= Duration::zero())
            return;
        remaining = limited ? left.remaining : static_cast<std::int64_t>(usual);
        reset = now_ + (limited ? left.reset : shortest_reset);
    };
    say(t.plan.quota.requests, usual_requests_per_min, told.requests_left, told.requests_reset);
    say(t.plan.quota.tokens, usual_tokens_per_min, told.tokens_left, told.tokens_reset);
    if (told.requests_left || told.tokens_left)
        step(told);
}

// The attempt's next event. The call's list of attempts may grow in a step: nothing of `t` is
// touched after one.
void World::advance(Call& call, Try& before) {
    if (!before.reached)
        return begin(call, before);
    if (!before.at_provider && before.end == never)
        return at_provider(call, before);
    if (call.check)
        return end_check(call, before, false);
    const engine::CallId id = call.id;
    const engine::AttemptNumber number = before.action.attempt;
    const std::uint32_t generation = call.generation;
    tell_quota(call, before);
    if (call.generation != generation)
        return; // that ended the call
    Try& t = call.tries[number - 1u];
    if (t.over)
        return;
    if (t.job.on) {
        look(call, t);
        if (t.job.on)
            return step(engine::Delta{id, number, 0, false});
    }
    if (t.next < t.points.size()) {
        const Point point = t.points[t.next++];
        const engine::Delta delta{id, number, point.tokens - t.told, true};
        t.told = point.tokens;
        t.has_first = t.connected = true;
        t.last_progress = now_;
        schedule(call, t);
        return step(delta);
    }
    engine::Event event{std::in_place_type<engine::AttemptFinished>};
    auto& finished = *std::get_if<engine::AttemptFinished>(&event);
    finished.call = id;
    finished.attempt = number;
    finished.outcome = t.outcome;
    conclude(call, t);
    // What that wrote, field by field: a processor waits long to read a block that holds fields
    // which were written one by one a moment ago.
    finished.outcome.input_tokens = t.outcome.input_tokens;
    finished.outcome.output_tokens = t.outcome.output_tokens;
    finished.outcome.cost_estimated = t.outcome.cost_estimated;
    finished.outcome.cost.pico_usd = t.outcome.cost.pico_usd;
    release(t);
    step(event);
}

void World::conclude(Call& call, Try& t) {
    t.over = true;
    t.ended = now_;
    if (call.picture)
        return bill_picture(call, t);
    const bool success = t.outcome.cls == OutcomeClass::success;
    if (!success && !t.outcome.ambiguous && t.at_end == 0)
        return; // nothing is billed
    bill(call, t, t.usage_read || (success && tells_usage(t)));
}

bool World::tells_usage(const Try& t) const {
    return !t.has_plan ||
           (t.plan.tell_usage && !drops_the_usage(dialect_of(t), t.plan.spoiling.dropped));
}

void World::bill(Call& call, Try& t, bool tell_usage) {
    const RunPlan::Target& target = target_of(t);
    t.outcome.input_tokens = call.input_tokens;
    t.outcome.output_tokens = t.at_end;
    t.outcome.cost_estimated = !tell_usage;
    if (target.plain) {
        t.outcome.cost.pico_usd = target.pico_per_input * std::int64_t{call.input_tokens} +
                                  target.pico_per_output * std::int64_t{t.at_end};
    } else {
        wire::AttemptFacts facts;
        facts.succeeded = true;
        facts.usage = wire::Usage{};
        facts.usage->input = call.input_tokens;
        facts.usage->output = t.at_end;
        const wire::Bill billed = wire::bill(facts, target.price);
        t.outcome.cost = billed.cost;
        call.cost_unknown |= !billed.known;
    }
    change_price(t);
}

void World::change_price(Try& t) {
    if (!plan_.prices_change)
        return;
    const chain::Compiled::TargetInfo& info = plan_.names.targets[t.action.target.value];
    const double factor =
        injector_.price_factor(info.provider, info.model, now_.time_since_epoch());
    if (factor != 1)
        t.outcome.cost = Money::from_usd(t.outcome.cost.usd() * factor);
}

// Gives its place to the next in the queue.
void World::release(Try& t) {
    if (!std::exchange(t.holds_place, false))
        return;
    Provider& provider = provider_of(t);
    --provider.busy;
    const int places = provider.model.model().capacity->concurrency;
    while (!provider.queue.empty() && provider.busy < places) {
        const Due due = provider.queue.front();
        provider.queue.pop_front();
        Call* call = find(due);
        if (!call || call->tries[due.attempt - 1u].over)
            continue;
        Try& next = call->tries[due.attempt - 1u];
        next.holds_place = true;
        ++provider.busy;
        serve(*call, next);
        settle_wake(due.call);
    }
}

} // namespace brownout::sim
