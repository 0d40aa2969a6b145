#include "wire/openai_reader.h"

#include "wire/usage.h"
#include "wire/words.h"

#include <limits>

namespace brownout::wire {

namespace {

using engine::Cause;
using engine::OutcomeClass;

Finish finish_of(std::string_view word) {
    if (word == "length" || word == "max_tokens" || word == "model_length")
        return Finish::length;
    if (word == "tool_calls" || word == "function_call" || word == "tool_use")
        return Finish::tool_calls;
    if (word == "content_filter" || word == "sensitive")
        return Finish::content_filter;
    if (word == "error" || word == "network_error" || word == "insufficient_system_resource")
        return Finish::error;
    return Finish::stop; // stop, eos, end_turn, and whatever comes next
}

// `content` is a string, null, or (Mistral) an array of text and thinking parts.
void append_content(const WireJson& content, Delta& delta) {
    if (content.is_string()) {
        delta.text += content.get_ref<const WireJson::string_t&>();
        return;
    }
    if (!content.is_array())
        return;
    for (const auto& part : content) {
        if (part.is_string()) {
            delta.text += part.get_ref<const WireJson::string_t&>();
            continue;
        }
        delta.text += text_of(part, "text");
        const WireJson* thinking = member(part, "thinking");
        if (thinking && thinking->is_string())
            delta.reasoning += thinking->get_ref<const WireJson::string_t&>();
        else if (thinking && thinking->is_array())
            for (const auto& thought : *thinking)
                delta.reasoning += text_of(thought, "text");
    }
}

// From a message or a delta.
Delta content_of(const WireJson& message) {
    Delta delta;
    if (const WireJson* content = member(message, "content"))
        append_content(*content, delta);
    if (delta.text.empty()) // a refusal stands in the place of the content
        delta.text = text_of(message, "refusal");
    const auto reasoning = text_of(message, "reasoning_content");
    delta.reasoning += reasoning.empty() ? text_of(message, "reasoning") : reasoning;
    return delta;
}

std::string request_id_of(const Headers& headers, std::string_view key) {
    for (const std::string_view name :
         {"x-request-id", "request-id", "apim-request-id", "x-generation-id"})
        if (const auto value = header(headers, name); value && !value->empty())
            return one_line(*value, 128, key);
    return {};
}

std::uint32_t narrow(std::int64_t tokens) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(tokens, 0, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

OpenAiReader::OpenAiReader(chain::Dialect dialect, std::string vendor_host, std::string model,
                           Secret key)
    : dialect_(dialect),
      vendor_host_(std::move(vendor_host)),
      model_(std::move(model)),
      key_(std::move(key)) {
    reply_.model = model_;
}

void OpenAiReader::head(int status, const Headers& headers) {
    status_ = status;
    headers_ = headers;
    reply_.request_id = request_id_of(headers, key_.reveal());
    if (status < 200 || status >= 300)
        form_ = Form::body;
}

bool OpenAiReader::bytes(std::string_view bytes, const std::function<void(const Delta&)>& out) {
    if (failed())
        return false;
    if (done_) // nothing after [DONE] counts; the end of the body lets the connection be reused
        return true;
    received_ += bytes.size();
    if (received_ > max_reply_bytes) {
        fault_ = Fault::too_large;
        return false;
    }
    if (form_ == Form::unknown) {
        body_.append(bytes);
        // Blank lines before a body are DeepSeek's way to keep a connection alive.
        const std::size_t first = body_.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
        if (first == std::string::npos)
            return true;
        const char c = body_[first];
        form_ = c == '{' || c == '[' || c == '<' || c == '"' ? Form::body : Form::events;
        if (form_ == Form::body)
            return true;
        const std::string start = std::move(body_);
        body_.clear();
        return events(start, out);
    }
    if (form_ == Form::body) {
        body_.append(bytes);
        return true;
    }
    return events(bytes, out);
}

bool OpenAiReader::events(std::string_view bytes, const std::function<void(const Delta&)>& out) {
    if (!sse_.feed(bytes, [&](const SseEvent& e) { return event(e, out); }))
        fault_ = Fault::too_large;
    return !failed();
}

bool OpenAiReader::event(const SseEvent& event, const std::function<void(const Delta&)>& out) {
    std::string_view data = event.data;
    while (!data.empty() && (data.front() == ' ' || data.front() == '\t'))
        data.remove_prefix(1);
    if (data.empty())
        return true;
    if (data.starts_with("[DONE]")) {
        done_ = true;
        return false;
    }
    const auto json = parse_lenient(data);
    if (!json || (event.type != "error" && !json->is_structured())) {
        fault_ = Fault::malformed;
        body_ = data.substr(0, 4096);
        return false;
    }
    if (is_error(*json, event.type)) {
        fault_ = Fault::error_event;
        body_ = data;
        metadata(*json);
        return false;
    }
    chunk(*json, out);
    return true;
}

bool OpenAiReader::is_error(const WireJson& json, std::string_view event_type) const {
    if (event_type == "error" || json.is_array())
        return true;
    if (const WireJson* error = member(json, "error"))
        return !error->empty();
    // Flat forms (Mistral, old vLLM, FastAPI): never beside choices.
    return !json.contains("choices") &&
           (text_of(json, "object") == "error" || json.contains("detail") ||
            (json.contains("message") && (json.contains("code") || json.contains("type"))));
}

void OpenAiReader::metadata(const WireJson& json) {
    if (const auto model = text_of(json, "model"); !model.empty())
        reply_.model = one_line(model, 128, key_.reveal());
    if (reply_.request_id.empty()) {
        if (const WireJson* groq = member(json, "x_groq"))
            reply_.request_id = one_line(text_of(*groq, "id"), 128, key_.reveal());
        for (const char* key : {"request_id", "id"})
            if (reply_.request_id.empty())
                reply_.request_id = one_line(text_of(json, key), 128, key_.reveal());
    }
    const WireJson* usage = member(json, "usage");
    const WireJson* groq = member(json, "x_groq");
    if (!usage && groq)
        usage = member(*groq, "usage");
    if (usage)
        if (auto counts = openai_usage(*usage))
            reply_.usage = *counts; // the last one holds
}

void OpenAiReader::chunk(const WireJson& json, const std::function<void(const Delta&)>& out) {
    metadata(json);
    const WireJson* choices = member(json, "choices");
    if (!choices || !choices->is_array()) // moderation and usage chunks
        return;
    saw_choices_ = true;
    Delta delta;
    for (const auto& each : *choices)
        choice(each, delta);
    if (delta.empty())
        return;
    reply_.text += delta.text;
    reply_.reasoning += delta.reasoning;
    out(delta);
}

void OpenAiReader::choice(const WireJson& choice, Delta& delta) {
    if (count_of(choice, "index").value_or(0) != 0) // we ask for one answer
        return;
    const WireJson* content = member(choice, "delta");
    if (!content)
        content = member(choice, "message"); // a whole answer in one event
    if (content) {
        Delta more = content_of(*content);
        delta.text += more.text;
        delta.reasoning += more.reasoning;
    } else {
        delta.text += text_of(choice, "text"); // completions of old servers
    }
    if (const auto word = text_of(choice, "finish_reason"); !word.empty())
        reply_.finish = finish_of(word);
}

void OpenAiReader::whole_body() {
    const auto json = parse_lenient(std::string_view{body_}.substr(
        std::min(body_.size(), body_.find_first_not_of(" \t\r\n\xEF\xBB\xBF"))));
    if (!json) {
        fault_ = Fault::malformed;
        return;
    }
    if (is_error(*json, {})) {
        fault_ = Fault::error_event;
        metadata(*json);
        return;
    }
    chunk(*json, [](const Delta&) {});
    if (!saw_choices_)
        fault_ = Fault::malformed;
}

ReplyReader::End OpenAiReader::end(TransportEnd transport, bool request_sent,
                                   std::int64_t unix_now) {
    if (transport == TransportEnd::cancelled || status_ < 200 || status_ >= 300)
        return with_reply(classified(transport, request_sent, unix_now));
    const auto no_listener = [](const Delta&) {};
    if (form_ == Form::events && !done_ && !failed() && transport == TransportEnd::complete)
        sse_.finish([&](const SseEvent& e) { return event(e, no_listener); });
    else if (form_ == Form::body && transport == TransportEnd::complete && !failed())
        whole_body();

    switch (fault_) {
    case Fault::too_large:
        return with_reply(failure(OutcomeClass::failover, Cause::malformed, true,
                                  "the reply is larger than allowed"));
    case Fault::malformed:
        return with_reply(failure(OutcomeClass::failover, Cause::malformed, true,
                                  body_.find_first_of('<') == 0 ? "a web page instead of an answer"
                                                                : "the reply cannot be read"));
    case Fault::error_event:
        return with_reply(in_stream_error(unix_now));
    case Fault::none:
        break;
    }
    return with_reply(finished(transport, request_sent));
}

// A 200 without an error in it: an answer only if it says why it ended.
ReplyReader::End OpenAiReader::finished(TransportEnd transport, bool request_sent) const {
    if (reply_.finish == Finish::none) {
        if (transport == TransportEnd::too_large || transport == TransportEnd::bad_http)
            return failure(OutcomeClass::failover, Cause::malformed, request_sent,
                           "the reply cannot be read");
        return failure(OutcomeClass::failover, Cause::truncated, request_sent,
                       reply_.text.empty() ? "the reply ended before any content"
                                           : "the reply broke off without a finish reason");
    }
    if (reply_.finish == Finish::error)
        return failure(OutcomeClass::failover, Cause::error_in_stream, false,
                       "the provider gave up inside the answer");
    if (reply_.finish == Finish::content_filter && reply_.text.empty()) {
        End end;
        end.outcome.cls = OutcomeClass::reroute;
        end.outcome.cause = Cause::moderation;
        end.outcome.status = static_cast<std::uint16_t>(status_);
        end.code = "content_filter";
        end.message = "the answer was withheld by a content filter";
        return end;
    }
    End end;
    end.outcome.cls = OutcomeClass::success;
    end.outcome.status = static_cast<std::uint16_t>(status_);
    return end;
}

// After content no failure of this attempt can be hidden from the caller: it is a broken stream.
ReplyReader::End OpenAiReader::failure(OutcomeClass cls, Cause cause, bool ambiguous,
                                       std::string message) const {
    End end;
    const bool streamed = form_ == Form::events && !reply_.text.empty();
    end.outcome.cls = streamed ? OutcomeClass::broken_stream : cls;
    end.outcome.cause = cause;
    end.outcome.status = static_cast<std::uint16_t>(status_);
    end.outcome.counts_for_breaker = true;
    end.outcome.ambiguous = ambiguous;
    end.message = std::move(message);
    return end;
}

ReplyReader::End OpenAiReader::classified(TransportEnd transport, bool request_sent,
                                          std::int64_t unix_now) const {
    ReplyFacts facts;
    facts.dialect = dialect_;
    facts.vendor = vendor_host_;
    facts.transport = transport;
    facts.status = status_;
    facts.headers = &headers_;
    facts.body = body_;
    facts.request_sent = request_sent;
    facts.unix_now = unix_now;
    facts.key = key_.reveal();
    auto result = classify(facts);
    End end;
    end.outcome = result.outcome;
    end.code = std::move(result.code);
    end.message = std::move(result.message);
    return end;
}

ReplyReader::End OpenAiReader::in_stream_error(std::int64_t unix_now) const {
    ReplyFacts facts;
    facts.dialect = dialect_;
    facts.vendor = vendor_host_;
    facts.status = status_;
    facts.headers = &headers_;
    facts.body = body_;
    facts.request_sent = true;
    facts.in_stream = true;
    facts.unix_now = unix_now;
    facts.key = key_.reveal();
    auto result = classify(facts);
    End end;
    end.outcome = result.outcome;
    end.code = std::move(result.code);
    end.message = std::move(result.message);
    if (form_ == Form::events && !reply_.text.empty())
        end.outcome.cls = OutcomeClass::broken_stream;
    return end;
}

ReplyReader::End OpenAiReader::with_reply(End end) const {
    end.reply = reply_;
    end.code = one_line(end.code, max_code_bytes, key_.reveal());
    end.message = one_line(end.message, max_message_bytes, key_.reveal());
    if (reply_.usage) {
        end.outcome.input_tokens = narrow(reply_.usage->input);
        end.outcome.output_tokens = narrow(reply_.usage->output);
    }
    return end;
}

} // namespace brownout::wire
