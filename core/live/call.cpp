#include "live/call.h"

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

wire::ChatRequest request_for(const Call& call, engine::AttemptMode mode) {
    wire::ChatRequest request = call.request;
    if (mode == engine::AttemptMode::resume && !call.delivery.text().empty())
        request.messages.push_back({wire::Role::assistant, call.delivery.text()});
    return request;
}

void settle(Call& call, const engine::Finish& finish, Instant now) {
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
        r.error =
            finish.why.cause == engine::Cause::budget
                ? std::string{"no target was tried: the budget per "} + engine::name(finish.cap) +
                      " allows none"
                : "no target could be tried: every one is disabled, held open, busy or cannot "
                  "do what was asked";
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
    if (reply.reasoning != call.delivery.reasoning()) // a signature is of other words
        reply.thinking.clear();
    reply.text = call.delivery.text();
    reply.reasoning = call.delivery.reasoning();
    return reply;
}

} // namespace brownout::live
