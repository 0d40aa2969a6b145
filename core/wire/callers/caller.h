// The other side of a dialect: what a client of the local endpoint writes, and what it expects to
// read. Requests in; whole answers, streams and errors out, as the provider whose dialect it is
// would write them, whoever served. Pure: no clock, no socket. Thread: any.
#pragma once

#include "base/money.h"
#include "base/time.h"
#include "wire/message.h"

#include <tl/expected.hpp>

#include <memory>

namespace brownout::wire {

// Why there is no answer, in no dialect.
struct CallerError {
    int status = 500;       // the HTTP status of a refusal; within a stream it picks the words
    std::string code;       // "unknown_model", "rate_limited"; one word
    std::string message;    // for people, no key in it
    std::string param = {}; // the request's member that is at fault; empty: none
    std::optional<Duration> retry_after = std::nullopt;
    bool retry_helps = false; // false: clients are told not to send it again
};

std::string text_of(const CallerError& error); // the message, and its param where it names none

struct CallerRequest {
    std::string model; // as asked; empty: none
    ChatRequest request;
    bool include_usage = false;       // of a stream, where a dialect lets the caller choose
    bool picture_urls = false;        // pictures as addresses where there are any, else as base64
    std::vector<std::string> dropped; // "n: only 1 is made"
};

// What surrounds an answer.
struct AnswerFacts {
    std::string id; // of the request, without a dialect's prefix
    std::string model;
    std::int64_t unix_s = 0;
    std::optional<Money> cost;     // of the whole request; nothing: not known
    std::int64_t input_tokens = 0; // estimate, for dialects that tell it before the answer
    bool include_usage = false, picture_urls = false;
};

// Writes one stream. Calls come in this order: begin, then any number of delta, restart and
// keep_alive, then end or error. Each returns the bytes that go out now, maybe none.
class CallerStream {
  public:
    virtual ~CallerStream() = default;
    virtual std::string begin(const AnswerFacts& facts) = 0;
    virtual std::string delta(const Delta& delta) = 0;
    // Only for callers that asked for it: what came is void, `target` answers from the beginning.
    virtual std::string restart(const std::string& target) = 0;
    virtual std::string end(const Reply& reply, std::optional<Money> cost) = 0;
    virtual std::string error(const CallerError& error) = 0;
    virtual std::string keep_alive() const { return ": keep-alive\n\n"; } // may come before begin
};

class Caller {
  public:
    virtual ~Caller() = default;
    virtual tl::expected<CallerRequest, CallerError> read(std::string_view body) const = 0;
    virtual std::string whole(const AnswerFacts& facts, const Reply& reply) const = 0;
    virtual std::string error(const CallerError& error, const std::string& request_id) const = 0;
    virtual std::unique_ptr<CallerStream> stream() const = 0; // null: this route has none
};

const Caller& openai_chat_caller();   // POST /v1/chat/completions
const Caller& openai_images_caller(); // POST /v1/images/generations
const Caller& anthropic_caller();     // POST /v1/messages

} // namespace brownout::wire
