#include "wire/chat_reader.h"

#include "base/url.h"
#include "wire/bounded_text.h"
#include "wire/classified_end.h"
#include "wire/error_body.h"
#include "wire/request_parts.h"
#include "wire/vendor.h"
#include "wire/words.h"

#include <algorithm>
#include <limits>

namespace brownout::wire {

namespace {

using engine::Cause;
using engine::OutcomeClass;

constexpr std::string_view blanks = " \t\r\n\xEF\xBB\xBF"; // with the bytes of a byte order mark
constexpr std::size_t max_tool_calls = 128;
constexpr std::size_t kept_payload = 64u << 10;    // of an event that failed the stream
constexpr std::size_t max_whole_bytes = 32u << 20; // of a body that is no stream, pictures and all
// Text, reasoning and calls: some four million tokens. Every copy on the way to the caller is so
// bounded, too.
constexpr std::size_t max_said_bytes = 16u << 20;

std::string_view without_blanks(std::string_view text) {
    return text.substr(std::min(text.size(), text.find_first_not_of(blanks)));
}

std::uint32_t narrow(std::int64_t tokens) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(tokens, 0, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

ChatReader::ChatReader(chain::Dialect dialect, const Endpoint& endpoint)
    : dialect_(dialect),
      vendor_host_(host_of(endpoint.base_url)),
      key_(endpoint.key ? *endpoint.key : Secret{}) {
    reply_.model = endpoint.model;
}

void ChatReader::head(int status, const Headers& headers) {
    status_ = status;
    headers_ = headers;
    for (const std::string_view name :
         {"x-request-id", "request-id", "apim-request-id", "x-generation-id", "x-fal-request-id"})
        if (const auto value = header(headers, name))
            set_request_id(*value);
    if (status < 200 || status >= 300)
        form_ = Form::body;
}

void ChatReader::set_model(std::string_view name) {
    if (!name.empty() && name != reply_.model)
        reply_.model = one_line(name, 128, key_.reveal());
}

void ChatReader::set_request_id(std::string_view id) {
    if (reply_.request_id.empty() && !id.empty())
        reply_.request_id = one_line(id, 128, key_.reveal());
}

bool ChatReader::fail(Fault fault, std::string_view payload) {
    fault_ = fault;
    if (!payload.empty() && form_ == Form::events)
        body_ = payload.substr(0, kept_payload);
    return false;
}

void ChatReader::give(const Delta& delta, const Out& out) {
    if (delta.empty())
        return;
    std::size_t bytes =
        delta.text.size() + delta.reasoning.size() + delta.signature.size() + delta.redacted.size();
    for (const ToolCallPiece& piece : delta.tool_calls)
        bytes += piece.id.size() + piece.name.size() + piece.arguments.size();
    if ((said_bytes_ += bytes) > max_said_bytes) {
        fail(Fault::too_large);
        return;
    }
    reply_.text += delta.text;
    reply_.reasoning += delta.reasoning;
    given_ = given_ || !delta.text.empty() || !delta.tool_calls.empty();
    out(delta);
}

ToolCall* ChatReader::tool_call(std::size_t index) {
    if (index >= max_tool_calls)
        return nullptr;
    if (index >= reply_.tool_calls.size())
        reply_.tool_calls.resize(index + 1);
    return &reply_.tool_calls[index];
}

bool ChatReader::bytes(std::string_view bytes, const Out& out) {
    if (failed())
        return false;
    if (done_) // nothing counts any more; the end of the body lets the connection be reused
        return true;
    received_ += bytes.size();
    const std::size_t most = status_ >= 300        ? max_error_bytes
                             : form_ == Form::body ? max_whole_bytes
                                                   : max_reply_bytes;
    if (received_ > most) {
        if (status_ < 300) // of an error its beginning is kept
            body_ = std::string{};
        return fail(Fault::too_large);
    }
    if (form_ == Form::unknown) {
        // Blank lines before a body are DeepSeek's way to keep a connection alive. They are not
        // kept, nor is a byte order mark: neither means anything to whoever reads on.
        bytes = without_blanks(bytes);
        if (bytes.empty())
            return true;
        const char c = bytes.front();
        form_ = c == '{' || c == '[' || c == '<' || c == '"' ? Form::body : Form::events;
    }
    if (form_ == Form::body) {
        append_within(body_, bytes, max_whole_bytes);
        return true;
    }
    return events(bytes, out);
}

bool ChatReader::one_event(const SseEvent& e, const Out& out) {
    std::string_view data = e.data;
    while (!data.empty() && (data.front() == ' ' || data.front() == '\t'))
        data.remove_prefix(1);
    return data.empty() || event(e.type, data, out);
}

bool ChatReader::events(std::string_view bytes, const Out& out) {
    if (!sse_.feed(bytes, [&](const SseEvent& e) { return one_event(e, out); }))
        fault_ = Fault::too_large;
    return !failed() && !(done_ && withheld());
}

void ChatReader::read_body() {
    if (common_whole(without_blanks(body_)))
        return;
    const auto json = parse_lenient(without_blanks(body_));
    if (!json) {
        fault_ = Fault::malformed;
        return;
    }
    whole(*json);
    if (!failed() && !saw_answer_)
        fault_ = Fault::malformed;
}

// Google writes some errors into the middle of a stream as bare JSON, without "data:".
void ChatReader::read_stray() {
    const auto json = parse_lenient(without_blanks(sse_.stray()));
    const WireJson* error = json && json->is_array() && !json->empty() ? &json->front()
                            : json                                     ? &*json
                                                                       : nullptr;
    if (!error || !member(*error, "error"))
        return;
    body_ = sse_.stray();
    fault_ = Fault::error_event;
}

ReplyReader::End ChatReader::end(TransportEnd transport, bool request_sent, std::int64_t unix_now) {
    if (transport == TransportEnd::cancelled || status_ < 200 || status_ >= 300) {
        End end = with_reply(classified(transport, request_sent, unix_now, false));
        if (transport == TransportEnd::complete)
            end.next = mend(end);
        return end;
    }
    if (form_ == Form::events && !done_ && !failed() && transport == TransportEnd::complete)
        sse_.finish([&](const SseEvent& e) { return one_event(e, [](const Delta&) {}); });
    else if (form_ == Form::body && transport == TransportEnd::complete && !failed())
        read_body();
    if (!failed() && reply_.finish == Finish::none && !sse_.stray().empty())
        read_stray();

    switch (fault_) {
    case Fault::too_large:
        return with_reply(failure(OutcomeClass::failover, Cause::malformed, true,
                                  "the reply is larger than allowed"));
    case Fault::malformed:
        return with_reply(failure(OutcomeClass::failover, Cause::malformed, true,
                                  without_blanks(body_).starts_with('<')
                                      ? "a web page instead of an answer"
                                      : "the reply cannot be read"));
    case Fault::restarted:
        return with_reply(failure(OutcomeClass::failover, Cause::error_in_stream, true,
                                  "the provider began its answer anew, with other words"));
    case Fault::error_event:
        return with_reply(classified(TransportEnd::complete, true, unix_now, true));
    case Fault::none:
        break;
    }
    return with_reply(finished(transport, request_sent));
}

// A 200 without an error in it: an answer only if it says why it ended.
ReplyReader::End ChatReader::finished(TransportEnd transport, bool request_sent) const {
    if (reply_.finish == Finish::none) {
        if (transport == TransportEnd::too_large || transport == TransportEnd::bad_http)
            return failure(OutcomeClass::failover, Cause::malformed, request_sent,
                           "the reply cannot be read");
        return failure(OutcomeClass::failover, Cause::truncated, request_sent,
                       has_content() ? "the reply broke off without a finish reason"
                                     : "the reply ended before any content");
    }
    if (reply_.finish == Finish::error)
        return failure(class_of_failed_answer(), Cause::error_in_stream, false,
                       "the provider gave up inside the answer");
    End end;
    end.outcome.cls = OutcomeClass::success;
    end.outcome.status = static_cast<std::uint16_t>(status_);
    if (withheld()) {
        end.outcome.cls = OutcomeClass::reroute;
        end.outcome.cause = Cause::moderation;
        end.code = "content_filter";
        end.message = "the answer was withheld by a content filter";
    }
    return end;
}

// After content no failure of this attempt can be hidden from the caller: it is a broken stream.
ReplyReader::End ChatReader::failure(OutcomeClass cls, Cause cause, bool ambiguous,
                                     std::string message) const {
    End end;
    end.outcome.cls = form_ == Form::events && has_content() ? OutcomeClass::broken_stream : cls;
    end.outcome.cause = cause;
    end.outcome.status = static_cast<std::uint16_t>(status_);
    end.outcome.counts_for_breaker = true;
    end.outcome.ambiguous = ambiguous;
    end.message = std::move(message);
    return end;
}

ReplyReader::End ChatReader::classified(TransportEnd transport, bool request_sent,
                                        std::int64_t unix_now, bool in_stream) const {
    ReplyFacts facts;
    facts.dialect = dialect_;
    facts.vendor = vendor_host_;
    facts.transport = transport;
    facts.status = status_;
    facts.headers = &headers_;
    facts.body = body_;
    facts.request_sent = request_sent;
    facts.in_stream = in_stream;
    facts.unix_now = unix_now;
    facts.key = key_.reveal();
    End end = classified_end(facts);
    if (in_stream && form_ == Form::events && has_content())
        end.outcome.cls = OutcomeClass::broken_stream;
    return end;
}

ReplyReader::End ChatReader::with_reply(End end) {
    if (reply_.request_id.empty() && end.outcome.cls != OutcomeClass::success &&
        body_.size() <= max_error_bytes)
        set_request_id(parse_error_body(body_).request_id);
    end.reply = reply_;
    for (const std::string& note : dropped_)
        end.dropped.push_back(one_line(note, max_message_bytes, key_.reveal()));
    end.code = one_line(end.code, max_code_bytes, key_.reveal());
    end.message = one_line(end.message, max_message_bytes, key_.reveal());
    if (reply_.usage) {
        end.outcome.input_tokens = narrow(reply_.usage->input);
        end.outcome.output_tokens = narrow(reply_.usage->output);
    }
    return end;
}

} // namespace brownout::wire
