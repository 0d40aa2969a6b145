// What the engine wants done, action by action.
#include "engine/verdict.h"
#include "live/attempt_message.h"
#include "live/driver_impl.h"
#include "live/lab_server.h"
#include "live/log_content.h"
#include "live/outgoing.h"
#include "live/translated.h"
#include "sim/provider_draws.h"
#include "wire/billing.h"
#include "wire/openai_mend.h"

namespace brownout::live {

namespace {

Duration broken_limit(const engine::StartAttempt& a, engine::Cause cause, Instant started) {
    using engine::Cause;
    switch (cause) {
    case Cause::connect_timeout:
        return a.connect_by - started;
    case Cause::first_token_timeout:
        return a.first_token_by - started;
    case Cause::stall_timeout:
        return a.stall;
    case Cause::attempt_timeout:
        return a.attempt_by - started;
    default:
        return {};
    }
}

const char* policy_name(engine::OnBrokenStream policy) {
    constexpr const char* names[] = {"restart", "continue", "partial", "error"};
    return names[static_cast<int>(policy)];
}

} // namespace

void Driver::Impl::perform(const engine::StartAttempt& a) {
    Call* call = find(a.tag);
    if (!call)
        return;
    call->id = a.call;
    BROWNOUT_CHECK(a.attempt == call->attempts.size() + 1u, "attempts are numbered from 1");
    const Route& route = routes[a.target.value];
    call->attempts.push_back(
        std::make_unique<Attempt>(*this, http, loop, clock.unix_s(now), a, a.tag));
    record::AttemptRecord record;
    record.number = a.attempt;
    record.target = route.target->name;
    record.provider = route.target->provider;
    record.mode = a.mode;
    record.probe = a.probe;
    record.started = now;
    call->record.attempts.push_back(std::move(record));
    if (events) {
        events->attempt_started(call->record, call->record.attempts.back());
        if (a.mode == engine::AttemptMode::hedge)
            events->hedge_started(call->record, call->record.attempts.back());
    }
    call->observer->on_attempt(call->record);
    Attempt& attempt = *call->attempts.back();
    if (!send(*call, attempt, route))
        attempt_ended(attempt);
}

// False: the attempt failed before anything was sent.
bool Driver::Impl::send(Call& call, Attempt& attempt, const Route& route) {
    using engine::Cause;
    using engine::OutcomeClass;
    const chain::Provider& provider = *route.provider;
    const std::optional<std::string> simulated = simulated_at(provider);
    if (!route.dialect) {
        refuse(attempt, OutcomeClass::reroute, Cause::unsupported, false,
               "this version cannot speak " +
                   std::string{chain::dialect_names[static_cast<int>(provider.dialect)]});
        return false;
    }
    if (!simulated && provider.simulated()) {
        refuse(attempt, OutcomeClass::failover, Cause::connect_refused, true,
               "the simulated provider " + provider.id + " is not running");
        return false;
    }
    if (!simulated && !route.missing_key.empty()) {
        refuse(attempt, OutcomeClass::disable, Cause::bad_key, true,
               "no key: " + route.missing_key + " is missing");
        return false;
    }
    wire::Endpoint to = endpoint(route, simulated, attempt.action().key);
    to.model = model_for(document, call.chain, *route.target);
    wire::Encoded encoded = route.dialect->encode(request_for(call, attempt.action().mode), to);
    if (!encoded.impossible.empty()) {
        refuse(attempt, OutcomeClass::reroute, Cause::unsupported, false, encoded.impossible);
        return false;
    }
    call.attempt_record(attempt.action().attempt).notes = encoded.dropped;
    auto reader = route.dialect->reader_for(call.request, to);
    reader->sent(encoded);
    net::Request request = outgoing(std::move(encoded), provider);
    const std::optional<std::string> fronted = front_of(provider);
    if (fronted)
        attempt.by_way_of(*fronted, provider.base_url);
    if ((simulated || fronted) && !call.record.task.empty()) // for faults that match by task
        request.headers.emplace_back("X-Brownout-Task", call.record.task);
    if ((simulated || fronted) && call.options.number)
        request.headers.emplace_back(
            draw_header, std::to_string(sim::draw_number(
                             *call.options.number, call.attempts_at(route.target->provider))));
    if (simulated) {
        // The length that is wanted, in a dialect that must always name a cap.
        if (call.request.max_tokens)
            request.headers.emplace_back("X-Brownout-Output-Tokens",
                                         std::to_string(*call.request.max_tokens));
    }
    if (call.options.wire) {
        Exchange about = exchange_of(attempt, route, simulated.has_value());
        about.streams = call.request.stream;
        attempt.keep_wire(call.options.wire, std::move(about));
    }
    const bool job = call.request.image || call.request.media;
    attempt.send(std::move(request), std::move(reader),
                 job                   ? Attempt::Kind::job
                 : call.request.stream ? Attempt::Kind::stream
                                       : Attempt::Kind::whole);
    return true;
}

void Driver::Impl::refuse(Attempt& attempt, engine::OutcomeClass cls, engine::Cause cause,
                          bool whole_provider, std::string message) {
    engine::Outcome outcome;
    outcome.cls = cls;
    outcome.cause = cause;
    outcome.provider_wide = whole_provider;
    attempt.fail(outcome, std::move(message));
}

engine::Outcome Driver::Impl::conclude(Call& call, Attempt& attempt) {
    const wire::ReplyReader::End& end = *attempt.end();
    engine::Outcome outcome = end.outcome;
    const engine::StartAttempt& action = attempt.action();
    wire::AttemptFacts facts;
    facts.succeeded = outcome.cls == engine::OutcomeClass::success;
    facts.ambiguous = outcome.ambiguous;
    facts.pictures_asked = pictures_of(call.request);
    facts.input_tokens = call.input_tokens;
    facts.tokens_seen = attempt.tokens_seen();
    facts.usage = end.reply.usage;
    facts.pictures = static_cast<std::uint32_t>(end.reply.pictures.size());
    facts.asked_for_media = call.request.image || call.request.media;
    if (call.request.image) {
        const chain::Compiled::TargetInfo& info = names.targets[action.target.value];
        facts.asked = wire::picture_terms(
            *call.request.image, routes[action.target.value].provider->dialect, info.model);
        facts.made = {end.reply.picture_quality, end.reply.picture_size};
    }
    if (!facts.succeeded)
        stop_job(attempt);
    wire::remember_refused(routes[action.target.value].refused, end.refused);
    const chain::Compiled::TargetInfo& target = names.targets[action.target.value];
    wire::Bill billed = wire::bill(facts, target.price);
    if (const double factor = price_factor ? price_factor(target.provider, target.model) : 1;
        factor != 1)
        billed.cost = Money::from_usd(billed.cost.usd() * factor);
    outcome.cost = billed.cost;
    outcome.cost_estimated = billed.usage.estimated;
    outcome.input_tokens = static_cast<std::uint32_t>(billed.usage.input);
    outcome.output_tokens = static_cast<std::uint32_t>(billed.usage.output);
    record::AttemptRecord& record = call.attempt_record(action.attempt);
    record.cost_unknown = !billed.known;
    call.record.cost_unknown |= record.cost_unknown;
    record.code = end.code;
    record.request_id = end.reply.request_id;
    record.notes.insert(record.notes.end(), end.dropped.begin(), end.dropped.end());
    // What was never sent explains itself already.
    std::string message =
        attempt.sent() ? attempt_message({outcome, end.code, end.message, attempt.tokens_seen(),
                                          Duration{}, attempt.not_sent()})
                       : end.message;
    const chain::Provider& provider = *routes[action.target.value].provider;
    if (engine::is_of_key(outcome) && provider.keys.size() > 1 && attempt.sent())
        message += " (key " + provider.keys[action.key].text() + ")";
    close(call, action.attempt, outcome, std::move(message));
    return outcome;
}

// Best effort: what is given up here need not be finished and billed there.
void Driver::Impl::stop_job(const Attempt& attempt) {
    if (auto request = attempt.job_to_cancel())
        job_cancels.send(std::move(*request));
}

void Driver::Impl::close(Call& call, engine::AttemptNumber number, const engine::Outcome& outcome,
                         std::string message) {
    record::AttemptRecord& record = call.attempt_record(number);
    record.finished = true;
    record.ended = now;
    record.outcome = outcome;
    record.message = std::move(message);
    call.record.cost += outcome.cost;
    if (events)
        events->attempt_finished(call.record, record);
    if (observer)
        observer->on_attempt_finished(call.record, record);
    call.observer->on_attempt(call.record);
}

void Driver::Impl::perform(const engine::CancelAttempt& a) {
    Call* call = find(a.tag);
    Attempt* attempt = call ? call->attempt(a.attempt) : nullptr;
    if (!attempt || call->attempt_record(a.attempt).finished)
        return;
    attempt->cancel();
    stop_job(*attempt);
    const engine::StartAttempt& action = attempt->action();
    const bool priced = names.setup.targets[action.target.value].price.known;
    if (a.outcome.cost_estimated && !priced)
        call->record.cost_unknown = call->attempt_record(a.attempt).cost_unknown = true;
    const Duration limit = broken_limit(action, a.cause, call->attempt_record(a.attempt).started);
    std::string message = call->broken_promise.empty()
                              ? attempt_message({a.outcome, {}, {}, attempt->tokens_seen(), limit})
                              : call->broken_promise;
    close(*call, a.attempt, a.outcome, std::move(message));
}

void Driver::Impl::perform(const engine::WakeAt& a) {
    if (Call* call = find(a.tag)) {
        call->id = a.call;
        call->wake_at = a.at;
        arm(*call, a.tag);
    }
}

void Driver::Impl::mark_seam(Call& call, engine::AttemptNumber attempt) {
    std::vector<record::Seam>& seams = call.record.seams;
    const std::size_t at = call.delivery.text().size();
    if (!seams.empty() && seams.back().after_bytes == at)
        seams.pop_back(); // who took over there has said nothing
    seams.push_back({attempt, call.attempt_record(attempt).target, at});
    if (events)
        events->answer_continued(call.record, seams.back(), now);
    call.observer->on_continue(call.record);
}

void Driver::Impl::perform(const engine::Forward& a) {
    Call* call = find(a.tag);
    Attempt* attempt = call ? call->attempt(a.attempt) : nullptr;
    if (!attempt)
        return;
    call->forwarded = attempt;
    call->observer->on_forward(call->record, call->attempt_record(a.attempt));
    if (a.mode == engine::AttemptMode::resume && !call->delivery.text().empty())
        mark_seam(*call, a.attempt);
    if (call->delivery.begin(a.mode, call->options.accepts_restart)) {
        call->parked.clear();
        call->record.seams.clear();
        call->record.first_token.reset();
        call->observer->on_restart(call->attempt_record(a.attempt).target);
    }
    for (const wire::Delta& delta : attempt->take_held())
        deliver(*call, delta);
    if (!call->request.stream && attempt->end())
        deliver(*call, {attempt->end()->reply.text, attempt->end()->reply.reasoning});
    if (call->paused)
        attempt->pause();
}

void Driver::Impl::deliver(Call& call, const wire::Delta& delta) {
    if (!call.broken_promise.empty())
        return;
    wire::Delta out;
    switch (call.delivery.take(delta, out)) {
    case Delivery::Verdict::nothing:
        return;
    case Delivery::Verdict::differs:
        call.broken_promise = "the stream broke, and the answer of " +
                              call.attempt_record(call.forwarded->action().attempt).target +
                              " does not begin with what was already delivered";
        note({call.forwarded->call(), Note::Kind::cancelled, 0, true, 0});
        return;
    case Delivery::Verdict::pass:
        hand_over(call, out);
    }
}

void Driver::Impl::hand_over(Call& call, const wire::Delta& delta) {
    if (!call.request.stream)
        return; // comes whole, with on_finish
    if (!call.record.first_token)
        call.record.first_token = clock.now();
    if (call.paused)
        call.parked.push_back(delta);
    else
        call.observer->on_delta(delta);
}

void Driver::Impl::flush_parked(Call& call) {
    for (const wire::Delta& delta : std::exchange(call.parked, {}))
        call.observer->on_delta(delta);
}

void Driver::Impl::perform(const engine::Finish& a) {
    Call* call = find(a.tag);
    if (!call)
        return;
    if (a.result == engine::CallResult::success && call->broken_promise.empty() &&
        !call->delivery.complete())
        call->broken_promise = "the stream broke, and the new answer is shorter than what was "
                               "already delivered";
    wire::Delta rest;
    if (a.result == engine::CallResult::success && call->broken_promise.empty() &&
        call->delivery.finish(rest))
        hand_over(*call, rest);
    settle(*call, a, engine, names, now);
    call->timer.cancel();
    flush_parked(*call);
    Finished done;
    done.reply = reply_of(*call); // before the record goes
    auto record = std::make_shared<const record::RequestRecord>(std::move(call->record));
    if (events) {
        if (a.cap != engine::Cap::none)
            events->budget_refused(*record, engine::name(a.cap), now);
        if (events->content()) {
            const chain::Json answer = answer_content(done.reply);
            events->request_finished(*record, &answer);
        } else {
            events->request_finished(*record);
        }
    }
    if (observer)
        observer->on_request_finished(record);
    done.record = std::move(record);
    const auto it = calls.find(a.tag);
    done.call = std::move(it->second);
    calls.erase(it);
    finished.push_back(std::move(done));
}

void Driver::Impl::perform(const engine::FailedOver& a) {
    Call* call = find(a.tag);
    if (!call)
        return;
    const std::string& from = target_name(a.from);
    Failover f{call->record,     from,    target_name(a.to),        address_of(a.from),
               address_of(a.to), nullptr, engine::name(a.why.cause)};
    for (const record::AttemptRecord& attempt : call->record.attempts) {
        if (!attempt.finished || attempt.target != from)
            continue;
        f.failed = &attempt;
        if (!attempt.message.empty())
            f.why = attempt.message;
    }
    if (events)
        events->failover(call->record, from, f.to, f.why, now - call->last_failover, now);
    if (observer)
        observer->on_failover(f);
    call->last_failover = now;
}

void Driver::Impl::perform(const engine::StreamBroken& a) {
    Call* call = find(a.tag);
    const Attempt* attempt = call ? call->attempt(a.attempt) : nullptr;
    if (attempt && events)
        events->stream_broken(call->record, attempt->tokens_seen(), policy_name(a.policy), now);
}

void Driver::Impl::perform(const engine::BreakerChanged& a) {
    const record::BreakerRecord record{now, target_name(a.target), a.from, a.to, a.why};
    if (events)
        events->breaker_changed(record);
    if (observer)
        observer->on_breaker(record);
}

void Driver::Impl::perform(const engine::CoolingDown& a) {
    if (events)
        events->cooldown(target_name(a.target), a.until, now);
}

void Driver::Impl::perform(const engine::ProviderDisabled& a) {
    if (events)
        events->provider_disabled(names.provider_ids[a.provider.value], engine::name(a.why.cause),
                                  now);
}

} // namespace brownout::live
