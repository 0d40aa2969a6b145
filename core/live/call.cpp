#include "live/call.h"

#include "wire/usage.h"

#include <algorithm>

namespace brownout::live {

engine::Capabilities needs_of(const wire::ChatRequest& request) {
    using engine::Capabilities;
    if (request.image)
        return {Capabilities::image};
    if (request.media) // no bit of its own: dialects that make none say so
        return {};
    std::uint32_t bits = request.stream ? Capabilities::stream : 0u;
    if (!request.tools.empty())
        bits |= Capabilities::tools;
    if (request.json || !request.json_schema.empty())
        bits |= Capabilities::json;
    for (const wire::Message& message : request.messages)
        if (!message.pictures.empty())
            bits |= Capabilities::images_in;
    return {bits};
}

std::uint32_t pictures_of(const wire::ChatRequest& request) {
    if (!request.image)
        return request.media ? 1 : 0;
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(request.image->count.value_or(1), 1, 64));
}

// Tokens of the text that the caller has from attempts whose streams broke: as they were counted,
// but not more than the text can be.
static std::int64_t tokens_before(const Call& call) {
    std::int64_t counted = 0;
    for (const record::AttemptRecord& attempt : call.record.attempts)
        if (attempt.finished && attempt.outcome.cls == engine::OutcomeClass::broken_stream)
            counted += attempt.outcome.output_tokens;
    const std::int64_t most = wire::estimate_tokens(call.delivery.text());
    return counted > 0 ? std::min(counted, most) : most;
}

wire::ChatRequest request_for(const Call& call, engine::AttemptMode mode) {
    wire::ChatRequest request = call.request;
    if (mode == engine::AttemptMode::resume && !call.delivery.text().empty()) {
        request.messages.push_back({wire::Role::assistant, call.delivery.text()});
        if (request.max_tokens) // of the whole answer
            request.max_tokens =
                std::max<std::int64_t>(*request.max_tokens - tokens_before(call), 1);
    }
    return request;
}

namespace {

// Does a cap apply to what this target costs, so that an unknown price fits under none?
bool is_capped(const engine::ChainSetup& chain, engine::ProviderId provider) {
    const auto& budget = chain.policy.budget;
    if (!budget)
        return false;
    const auto& own = budget->per_provider_day;
    return budget->per_request || budget->per_hour || budget->per_day ||
           (provider.value < own.size() && own[provider.value]);
}

bool is_too_long(const Call& call, const engine::TargetSetup& target) {
    std::int64_t output = 0;
    if (pictures_of(call.request) == 0)
        output = call.options.expect_output_tokens ? *call.options.expect_output_tokens
                                                   : call.request.max_tokens.value_or(0);
    return target.context_tokens > 0 && call.input_tokens + output > target.context_tokens;
}

std::string why_kept_back(const engine::TargetStatus& status, Instant now) {
    if (status.hold == engine::BreakerHold::open)
        return "held open";
    if (status.disabled_until > now)
        return "disabled";
    if (status.breaker != engine::BreakerState::closed)
        return "circuit breaker open";
    return status.cooldown_until > now ? "cooling down" : "";
}

// Why a call that nobody was asked for was not put to this target.
std::string why_not(const Call& call, const engine::Finish& finish, const engine::Setup& setup,
                    const engine::EntrySetup& entry, const engine::TargetStatus& status,
                    Instant now) {
    const engine::ChainSetup& chain = setup.chains[call.chain.value];
    const engine::TargetSetup& target = setup.targets[entry.target.value];
    if (!entry.enabled)
        return "switched off";
    if (!target.capabilities.has_all(needs_of(call.request)))
        return "cannot do what was asked";
    if (entry.quality < chain.policy.minimum_quality)
        return "below the minimum quality";
    if (is_too_long(call, target))
        return "the request is too long for it";
    if (const std::string kept = why_kept_back(status, now); !kept.empty())
        return kept;
    if (finish.why.cause != engine::Cause::budget || target.price.free() ||
        !is_capped(chain, target.provider))
        return "no place free";
    return target.price.known ? "over the budget" : "its price is unknown";
}

// "no target was tried: the budget per request allows none (a/m: over the budget)".
std::string why_untried(const Call& call, const engine::Finish& finish,
                        const engine::Engine& engine, const chain::Compiled& names, Instant now) {
    const engine::Setup& setup = engine.setup();
    std::string list;
    bool unknown = false, over = false;
    for (const engine::EntrySetup& entry : setup.chains[call.chain.value].entries) {
        const std::string why =
            why_not(call, finish, setup, entry, engine.status(entry.target, now), now);
        unknown = unknown || why == "its price is unknown";
        over = over || why == "over the budget";
        list += (list.empty() ? " (" : "; ") + names.targets[entry.target.value].name + ": " + why;
    }
    list += list.empty() ? "" : ")";
    if (finish.why.cause == engine::Cause::budget)
        return "no target was tried: the budget per " + std::string{engine::name(finish.cap)} +
               (unknown && !over ? " needs known prices" : " allows none") + list;
    const bool unable = finish.why.cause == engine::Cause::unsupported ||
                        finish.why.cause == engine::Cause::context_exceeded;
    return (unable ? "no target could be tried: none can do what was asked"
                   : "no target could be tried: every one is disabled, held open or busy") +
           list;
}

} // namespace

void settle(Call& call, const engine::Finish& finish, const engine::Engine& engine,
            const chain::Compiled& names, Instant now) {
    record::RequestRecord& r = call.record;
    r.finished = true;
    r.ended = now;
    r.result = call.broken_promise.empty() ? finish.result : engine::CallResult::failed;
    const bool served =
        r.result == engine::CallResult::success || r.result == engine::CallResult::partial;
    const engine::AttemptNumber by = served ? finish.served_by : engine::AttemptNumber{};
    r.served_by = by >= 1 && by <= r.attempts.size() ? call.attempt_record(by).target : "";
    r.cost = finish.cost;
    r.wasted = served ? finish.wasted : finish.cost;
    if (r.result == engine::CallResult::success)
        return;
    if (r.result == engine::CallResult::refused)
        r.refused_for = finish.why.cause;
    if (!call.broken_promise.empty())
        r.error = call.broken_promise;
    else if (r.result == engine::CallResult::cancelled)
        r.error = "cancelled by the caller";
    else if (r.attempts.empty())
        r.error = why_untried(call, finish, engine, names, now);
    else
        r.error = record::explain(r);
    if (r.error.empty())
        r.error = engine::name(r.result);
}

wire::Reply reply_of(const Call& call) {
    wire::Reply reply;
    const Attempt* by = call.forwarded;
    if (by && by->end())
        reply = by->end()->reply;
    if (by && !reply.usage) { // as it was billed
        const auto& counted = call.record.attempts[by->action().attempt - 1u].outcome;
        if (counted.output_tokens > 0)
            reply.usage = wire::Usage{
                .input = counted.input_tokens, .output = counted.output_tokens, .estimated = true};
    }
    // It counts what its target said, which may have begun anew.
    if (reply.usage && !call.record.seams.empty() &&
        reply.text.size() < call.delivery.text().size()) {
        reply.usage->output += tokens_before(call);
        reply.usage->estimated = true;
    }
    if (reply.reasoning != call.delivery.reasoning()) // a signature is of other words
        reply.thinking.clear();
    reply.text = call.delivery.text();
    reply.reasoning = call.delivery.reasoning();
    return reply;
}

} // namespace brownout::live
