#include "wire/anthropic_reader.h"

#include "wire/json_cursor.h"

namespace brownout::wire {

namespace {

Finish finish_of_stop_reason(std::string_view word) {
    if (word == "max_tokens" || word == "model_context_window_exceeded")
        return Finish::length;
    if (word == "tool_use")
        return Finish::tool_calls;
    if (word == "refusal")
        return Finish::content_filter;
    return Finish::stop; // end_turn, stop_sequence, pause_turn, and whatever comes next
}

void keep(std::optional<std::int64_t>& count, const WireJson& usage, const char* name) {
    if (const auto value = count_of(usage, name))
        count = value;
}

} // namespace

void AnthropicReader::usage(const WireJson& usage) {
    keep(fresh_, usage, "input_tokens");
    keep(cached_, usage, "cache_read_input_tokens");
    keep(written_, usage, "cache_creation_input_tokens");
    keep(output_, usage, "output_tokens");
    if (const WireJson* details = member(usage, "output_tokens_details"))
        for (const char* name : {"reasoning_tokens", "thinking_tokens"})
            keep(reasoning_, *details, name);
    if (!fresh_ && !output_)
        return;
    Usage u;
    u.cached_read = cached_.value_or(0);
    u.cache_write = written_.value_or(0);
    u.input = fresh_.value_or(0) + u.cached_read + u.cache_write;
    u.output = output_.value_or(0);
    u.reasoning = std::min(reasoning_.value_or(0), u.output);
    reply_.usage = u;
}

// False: this is not how the answer began that the listener already has.
bool AnthropicReader::pass(const Delta& delta, const Out& out) {
    if (!repeating_) {
        delivered_ += delta.text;
        give(delta, out);
        return true;
    }
    // Text of the new beginning: known until it is longer than what was delivered.
    Delta rest = delta;
    reply_.text += delta.text;
    reply_.reasoning += delta.reasoning;
    const std::size_t known = repeated_.size(); // and found the same
    repeated_ += delta.text;
    const std::size_t common = std::min(repeated_.size(), delivered_.size());
    if (repeated_.compare(known, common - known, delivered_, known, common - known) != 0)
        return fail(Fault::restarted);
    if (repeated_.size() <= delivered_.size()) {
        rest.text.clear();
    } else {
        rest.text = repeated_.substr(delivered_.size());
        delivered_ = repeated_;
    }
    repeating_ = repeated_.size() < delivered_.size();
    if (!rest.empty())
        out(rest);
    return true;
}

// What most events are: a piece of text or of thinking. Anything else is left to the full parse.
bool AnthropicReader::common_delta(std::string_view data, const Out& out) {
    JsonCursor json{data};
    Delta& delta = scratch_;
    delta.text.clear();
    delta.reasoning.clear();
    std::string_view type, kind;
    const auto piece = [&](std::string_view key) {
        if (key == "type")
            return json.plain_string(kind);
        if (key == "text")
            return json.string(delta.text);
        return key == "thinking" && json.string(delta.reasoning);
    };
    const auto top = [&](std::string_view key) {
        if (key == "type")
            return json.plain_string(type);
        if (key == "index")
            return json.skip();
        return key == "delta" && json.object(piece);
    };
    if (!json.object(top) || !json.at_end() || type != "content_block_delta")
        return false;
    const bool fits = kind == "text_delta" ? delta.reasoning.empty()
                                           : kind == "thinking_delta" && delta.text.empty();
    if (fits)
        pass(delta, out);
    return fits;
}

bool AnthropicReader::event(std::string_view name, std::string_view data, const Out& out) {
    if (in_message_ && !repeating_ && common_delta(data, out))
        return true;
    const auto json = parse_lenient(data);
    if (!json || !json->is_object()) {
        if (name == "error" && json) // words instead of an object
            return fail(Fault::error_event, data);
        return fail(Fault::malformed, data);
    }
    const auto said = text_of(*json, "type");
    const std::string_view type = said.empty() ? name : said;
    if (type == "error" || member(*json, "error")) {
        set_request_id(text_of(*json, "request_id"));
        return fail(Fault::error_event, data);
    }
    if (type == "message_start")
        return message_start(*json, out);
    if (type == "content_block_start") {
        block_start(*json, out);
    } else if (type == "content_block_delta") {
        block_delta(*json, out);
    } else if (type == "content_block_stop") {
        block_stop(*json, out);
    } else if (type == "message_delta") {
        if (const WireJson* delta = member(*json, "delta"))
            if (const auto word = text_of(*delta, "stop_reason"); !word.empty())
                reply_.finish = finish_of_stop_reason(word);
        if (const WireJson* counts = member(*json, "usage"))
            usage(*counts);
        if (repeating_ && reply_.finish != Finish::none) // shorter than what the listener has
            return fail(Fault::restarted);
    } else if (type == "message_stop") {
        if (repeating_)
            return fail(Fault::restarted);
        done_ = true;
        return false;
    }
    return !failed(); // pings, and events of times to come
}

bool AnthropicReader::message_start(const WireJson& json, const Out&) {
    const WireJson* message = member(json, "message");
    if (!message)
        return true;
    saw_answer_ = true;
    set_model(text_of(*message, "model"));
    set_request_id(text_of(*message, "id"));
    if (in_message_ && has_content()) {
        if (!reply_.tool_calls.empty()) // pieces of a call cannot be taken back
            return fail(Fault::restarted);
        repeating_ = !delivered_.empty();
        repeated_.clear();
        reply_.text.clear();
    }
    // What the first one said of its end is not true of the second.
    reply_.finish = Finish::none;
    reply_.reasoning.clear();
    reply_.thinking.clear();
    signed_until_ = 0;
    in_message_ = true;
    calls_.clear();
    if (const WireJson* counts = member(*message, "usage"))
        usage(*counts);
    return true;
}

void AnthropicReader::block_start(const WireJson& json, const Out& out) {
    const WireJson* block = member(json, "content_block");
    if (!block)
        return;
    const auto type = text_of(*block, "type");
    Delta delta;
    if (type == "text") {
        delta.text = text_of(*block, "text");
    } else if (type == "thinking") {
        delta.reasoning = text_of(*block, "thinking");
    } else if (type == "redacted_thinking") {
        delta.redacted = text_of(*block, "data");
        reply_.thinking.push_back({{}, {}, delta.redacted});
    } else if (type == "fallback") { // another model took over inside the provider
        if (const WireJson* to = member(*block, "to"))
            set_model(text_of(*to, "model"));
    } else if (type == "tool_use") {
        const std::size_t index = reply_.tool_calls.size();
        ToolCall* call = tool_call(index);
        if (!call)
            return;
        call->id = text_of(*block, "id");
        call->name = text_of(*block, "name");
        calls_[count_of(json, "index").value_or(0)] = index;
        delta.tool_calls.push_back({static_cast<std::uint32_t>(index), call->id, call->name, {}});
        // The pieces that follow are the input; a server that sends none has it here.
        if (const WireJson* input = member(*block, "input"); input && !input->empty()) {
            call->arguments = input->dump(-1, ' ', false, WireJson::error_handler_t::replace);
            delta.tool_calls.back().arguments = call->arguments;
        }
    }
    pass(delta, out);
}

void AnthropicReader::block_delta(const WireJson& json, const Out& out) {
    const WireJson* piece = member(json, "delta");
    if (!piece)
        return;
    const auto type = text_of(*piece, "type");
    Delta delta;
    if (type == "text_delta") {
        delta.text = text_of(*piece, "text");
    } else if (type == "thinking_delta") {
        delta.reasoning = text_of(*piece, "thinking");
    } else if (type == "input_json_delta") {
        const auto found = calls_.find(count_of(json, "index").value_or(0));
        const std::string more{text_of(*piece, "partial_json")};
        if (found == calls_.end() || more.empty())
            return;
        reply_.tool_calls[found->second].arguments += more;
        delta.tool_calls.push_back({static_cast<std::uint32_t>(found->second), {}, {}, more});
    } else if (type == "signature_delta") {
        delta.signature = text_of(*piece, "signature");
        sign(delta.signature);
    }
    pass(delta, out); // citations are no text
}

void AnthropicReader::sign(std::string_view signature) {
    if (signature.empty())
        return;
    reply_.thinking.push_back({reply_.reasoning.substr(signed_until_), std::string{signature}});
    signed_until_ = reply_.reasoning.size();
}

void AnthropicReader::block_stop(const WireJson& json, const Out& out) {
    const auto found = calls_.find(count_of(json, "index").value_or(0));
    if (found == calls_.end())
        return;
    ToolCall& call = reply_.tool_calls[found->second];
    if (call.arguments.empty()) { // a tool without parameters
        call.arguments = "{}";
        Delta delta;
        delta.tool_calls.push_back({static_cast<std::uint32_t>(found->second), {}, {}, "{}"});
        pass(delta, out);
    }
    calls_.erase(found);
}

void AnthropicReader::message(const WireJson& message) {
    set_model(text_of(message, "model"));
    set_request_id(text_of(message, "id"));
    const WireJson* content = member(message, "content");
    if (!content || !content->is_array())
        return;
    saw_answer_ = true;
    for (const auto& block : *content) {
        const auto type = text_of(block, "type");
        if (type == "text") {
            reply_.text += text_of(block, "text");
        } else if (type == "thinking") {
            reply_.reasoning += text_of(block, "thinking");
            sign(text_of(block, "signature"));
        } else if (type == "redacted_thinking") {
            reply_.thinking.push_back({{}, {}, std::string{text_of(block, "data")}});
        } else if (type == "tool_use") {
            ToolCall* call = tool_call(reply_.tool_calls.size());
            if (!call)
                continue;
            call->id = text_of(block, "id");
            call->name = text_of(block, "name");
            const WireJson* input = member(block, "input");
            call->arguments =
                input ? input->dump(-1, ' ', false, WireJson::error_handler_t::replace) : "{}";
        }
    }
    if (const auto word = text_of(message, "stop_reason"); !word.empty())
        reply_.finish = finish_of_stop_reason(word);
    if (const WireJson* counts = member(message, "usage"))
        usage(*counts);
}

void AnthropicReader::whole(const WireJson& json) {
    set_request_id(text_of(json, "request_id"));
    if (text_of(json, "type") == "error" || member(json, "error")) {
        fail(Fault::error_event);
        return;
    }
    message(json);
}

// A refusal is a 200; asking another model is what Anthropic itself suggests. What was streamed
// before it stays with the caller, marked.
bool AnthropicReader::withheld() const {
    return reply_.finish == Finish::content_filter && (whole_body() || reply_.text.empty());
}

} // namespace brownout::wire
