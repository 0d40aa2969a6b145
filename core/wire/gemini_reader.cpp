#include "wire/gemini_reader.h"

#include "wire/json_cursor.h"
#include "wire/picture.h"

#include <algorithm>
#include <array>

namespace brownout::wire {

namespace {

// Unlike any of another reply, and in letters that every dialect takes.
std::string call_id(std::string_view response_id, std::size_t index) {
    std::string out = "call_";
    for (const char c : response_id.substr(0, 24))
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            out += c;
    return out + "_" + std::to_string(index + 1);
}

} // namespace

Finish gemini_finish(std::string_view word) {
    static constexpr std::array<std::string_view, 9> withheld = {
        "SAFETY",      "RECITATION",       "BLOCKLIST",
        "SPII",        "IMAGE_SAFETY",     "PROHIBITED_CONTENT",
        "IMAGE_OTHER", "IMAGE_RECITATION", "IMAGE_PROHIBITED_CONTENT"};
    static constexpr std::array<std::string_view, 6> failed = {
        "OTHER",    "LANGUAGE",           "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
        "NO_IMAGE", "TOO_MANY_TOOL_CALLS"};
    if (word == "MAX_TOKENS")
        return Finish::length;
    if (std::find(withheld.begin(), withheld.end(), word) != withheld.end())
        return Finish::content_filter;
    if (std::find(failed.begin(), failed.end(), word) != failed.end())
        return Finish::error;
    return Finish::stop;
}

std::optional<Usage> gemini_usage(const WireJson& usage) {
    const auto count = [&](const char* name) { return count_of(usage, name).value_or(0); };
    if (!member(usage, "promptTokenCount") && !member(usage, "candidatesTokenCount"))
        return std::nullopt;
    Usage u;
    u.input = count("promptTokenCount") + count("toolUsePromptTokenCount");
    u.cached_read = std::min(count("cachedContentTokenCount"), u.input);
    u.reasoning = count("thoughtsTokenCount");
    u.output = count("candidatesTokenCount") + u.reasoning;
    return u;
}

void GeminiReader::usage(const WireJson& counts) {
    if (const auto u = gemini_usage(counts)) {
        reply_.usage = u;
        pending_usage_.clear();
    }
}

// What most chunks are: one candidate with plain text. Anything else is left to the full parse.
bool GeminiReader::common_chunk(std::string_view data, const Out& out) {
    JsonCursor json{data};
    Delta& delta = scratch_;
    delta.text.clear();
    delta.reasoning.clear();
    std::string_view counts;
    bool one = false, text = false;
    const auto part = [&](std::string_view key) {
        return key == "text" && !std::exchange(text, true) && json.string(delta.text);
    };
    const auto content = [&](std::string_view key) {
        return key == "parts" ? json.array([&] { return !text && json.object(part); })
                              : key == "role" && json.skip();
    };
    const auto candidate = [&](std::string_view key) {
        return key == "content" ? json.object(content) : key == "index" && json.zero();
    };
    const auto top = [&](std::string_view key) {
        if (key == "candidates")
            return json.array([&] { return !std::exchange(one, true) && json.object(candidate); });
        if (key == "usageMetadata")
            return json.raw(counts);
        std::string_view same;
        if (key == "modelVersion")
            return json.plain_string(same) && same == reply_.model;
        return key == "responseId" && json.skip();
    };
    if (!json.object(top) || !json.at_end() || !text)
        return false;
    if (!counts.empty())
        pending_usage_ = counts;
    give(delta, out);
    return true;
}

bool GeminiReader::event(std::string_view type, std::string_view data, const Out& out) {
    if (saw_answer_ && common_chunk(data, out))
        return true;
    const auto json = parse_lenient(data);
    if (!json || !json->is_structured())
        return fail(type == "error" && json ? Fault::error_event : Fault::malformed, data);
    if (type == "error" || json->is_array() || member(*json, "error"))
        return fail(Fault::error_event, data);
    chunk(*json, out);
    return true;
}

void GeminiReader::chunk(const WireJson& json, const Out& out) {
    set_model(text_of(json, "modelVersion"));
    set_request_id(text_of(json, "responseId"));
    if (const WireJson* counts = member(json, "usageMetadata"))
        usage(*counts);
    if (const WireJson* feedback = member(json, "promptFeedback");
        feedback && !text_of(*feedback, "blockReason").empty()) {
        saw_answer_ = true;
        reply_.finish = Finish::content_filter;
    }
    const WireJson* candidates = member(json, "candidates");
    if (!candidates || !candidates->is_array())
        return;
    saw_answer_ = true;
    Delta delta;
    for (const auto& candidate : *candidates) {
        if (count_of(candidate, "index").value_or(0) != 0) // we ask for one answer
            continue;
        if (const WireJson* content = member(candidate, "content"))
            if (const WireJson* parts = member(*content, "parts"); parts && parts->is_array())
                for (const auto& each : *parts)
                    part(each, delta);
        if (const auto word = text_of(candidate, "finishReason");
            !word.empty() && word != "FINISH_REASON_UNSPECIFIED")
            reply_.finish = gemini_finish(word);
    }
    if (reply_.finish == Finish::stop && !reply_.tool_calls.empty())
        reply_.finish = Finish::tool_calls;
    give(delta, out);
}

void GeminiReader::part(const WireJson& part, Delta& delta) {
    const WireJson* thought = member(part, "thought");
    const bool thinks = thought && thought->is_boolean() && thought->get<bool>();
    (thinks ? delta.reasoning : delta.text) += text_of(part, "text");
    if (const WireJson* called = member(part, "functionCall")) {
        const std::size_t index = reply_.tool_calls.size();
        ToolCall* call = tool_call(index);
        if (!call)
            return;
        call->name = text_of(*called, "name");
        call->id = text_of(*called, "id");
        if (call->id.empty()) // older models send none; results are matched by it
            call->id = call_id(reply_.request_id, index);
        const WireJson* args = member(*called, "args");
        call->arguments =
            args ? args->dump(-1, ' ', false, WireJson::error_handler_t::replace) : "{}";
        delta.tool_calls.push_back(
            {static_cast<std::uint32_t>(index), call->id, call->name, call->arguments});
    }
    if (const WireJson* data = member(part, "inlineData");
        data && !thinks && reply_.pictures.size() < max_pictures) {
        // What kind it is its bytes say; what is no picture (a sound) is none.
        auto bytes = decode_base64(text_of(*data, "data"));
        const auto mime = bytes ? picture_mime(*bytes) : std::string_view{};
        if (!mime.empty() && bytes->size() <= max_picture_bytes)
            reply_.pictures.push_back({std::string{mime}, std::move(*bytes), {}});
    }
}

void GeminiReader::whole(const WireJson& json) {
    // A stream that was not asked for as events is a list of responses; so is an error of Google's
    // other route.
    const auto one = [&](const WireJson& response) {
        if (member(response, "error"))
            fail(Fault::error_event);
        else
            chunk(response, [](const Delta&) {});
    };
    if (!json.is_array())
        return one(json);
    for (const auto& response : json)
        if (!failed())
            one(response);
}

ReplyReader::End GeminiReader::end(TransportEnd transport, bool request_sent,
                                   std::int64_t unix_now) {
    if (!pending_usage_.empty())
        if (const auto counts = parse_lenient(pending_usage_))
            usage(*counts);
    return ChatReader::end(transport, request_sent, unix_now);
}

} // namespace brownout::wire
