#include "wire/openai_reader.h"

#include "wire/json_cursor.h"
#include "wire/openai_mend.h"
#include "wire/request_parts.h"
#include "wire/usage.h"

#include <algorithm>
#include <array>
#include <span>

namespace brownout::wire {

namespace {

constexpr std::size_t most_mends = 3; // of one attempt

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
Delta whole_delta(const WireJson& message) {
    Delta delta;
    if (const WireJson* content = member(message, "content"))
        append_content(*content, delta);
    if (delta.text.empty()) // a refusal stands in the place of the content
        delta.text = text_of(message, "refusal");
    const auto reasoning = text_of(message, "reasoning_content");
    delta.reasoning += reasoning.empty() ? text_of(message, "reasoning") : reasoning;
    return delta;
}

} // namespace

OpenAiReader::OpenAiReader(chain::Dialect dialect, const Endpoint& endpoint,
                           std::vector<std::string> mended)
    : ChatReader(dialect, endpoint),
      endpoint_(endpoint),
      secret_(key()),
      dialect_(dialect),
      mended_(std::move(mended)) {
    endpoint_.key = &secret_;
    for (const std::string& parameter : mended_)
        note(parameter + ": refused by " + endpoint_.model + ", sent again without");
}

void OpenAiReader::sent(const HttpRequest& request) {
    if (mended_.size() < most_mends)
        request_ = request;
}

ReplyReader::End OpenAiReader::end(TransportEnd transport, bool request_sent,
                                   std::int64_t unix_now) {
    End end = ChatReader::end(transport, request_sent, unix_now);
    if (end.outcome.cls == engine::OutcomeClass::success && !end.next)
        end.refused = mended_;
    return end;
}

namespace {

bool is_one_of(std::string_view key, std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), key) != names.end();
}

} // namespace

// What most chunks are: one choice with a piece of text or of reasoning, and nothing else new.
// Anything that this does not know is left to the full parse.
bool OpenAiReader::common_chunk(std::string_view data, const Out& out) {
    static constexpr std::array<std::string_view, 7> unimportant = {
        "id", "object", "created", "system_fingerprint", "service_tier", "obfuscation", "provider"};
    JsonCursor json{data};
    Delta& delta = scratch_;
    delta.text.clear();
    delta.reasoning.clear();
    const auto piece = [&](std::string_view key) {
        if (key == "content")
            return json.string_or_null(delta.text);
        if (key == "reasoning_content" || key == "reasoning")
            return delta.reasoning.empty() && json.string_or_null(delta.reasoning);
        return key == "role" ? json.skip() : json.null();
    };
    const auto choice = [&](std::string_view key) {
        if (key == "delta")
            return json.object(piece);
        return key == "index"                    ? json.zero()
               : key == "content_filter_results" ? json.skip()
                                                 : json.null();
    };
    bool one = false;
    const auto top = [&](std::string_view key) {
        if (key == "choices")
            return !one &&
                   json.array([&] { return !std::exchange(one, true) && json.object(choice); });
        if (key == "model") {
            std::string_view model;
            return json.plain_string(model) && model == reply_.model;
        }
        return is_one_of(key, unimportant) ? json.skip() : json.null();
    };
    if (!json.object(top) || !json.at_end() || !one)
        return false;
    give(delta, out);
    return true;
}

// What most whole answers are: one choice with a text, why it ended, and what it cost.
bool OpenAiReader::common_whole(std::string_view data) {
    static constexpr std::array<std::string_view, 5> unimportant = {
        "object", "created", "system_fingerprint", "service_tier", "provider"};
    JsonCursor json{data};
    std::string text;
    std::string_view id, model, finish, usage;
    const auto message = [&](std::string_view key) {
        if (key == "content")
            return json.string(text);
        return key == "role" ? json.skip() : json.null();
    };
    const auto choice = [&](std::string_view key) {
        if (key == "message")
            return json.object(message);
        if (key == "finish_reason")
            return json.plain_string(finish);
        return key == "index" ? json.zero() : json.null();
    };
    bool one = false;
    const auto top = [&](std::string_view key) {
        if (key == "choices")
            return !one &&
                   json.array([&] { return !std::exchange(one, true) && json.object(choice); });
        if (key == "usage")
            return json.raw(usage);
        if (key == "id" || key == "model")
            return json.plain_string(key == "id" ? id : model);
        return is_one_of(key, unimportant) ? json.skip() : json.null();
    };
    if (!json.object(top) || !json.at_end() || !one || text.empty() || finish.empty())
        return false;
    set_model(model);
    set_request_id(id);
    if (const auto counts = openai_usage(usage))
        reply_.usage = *counts;
    saw_answer_ = true;
    Delta delta;
    delta.text = std::move(text);
    reply_.finish = finish_of(finish);
    give(delta, [](const Delta&) {});
    return true;
}

// Each parameter once, so that two names of the same cannot take turns for ever.
std::shared_ptr<FollowUp> OpenAiReader::mend(const End& end) {
    if (!request_ || end.outcome.cause != engine::Cause::unsupported)
        return nullptr;
    const std::string parameter = refused_parameter(body());
    auto body = json_of(request_->body);
    const auto renamed = body ? take_out(*body, parameter) : std::nullopt;
    const auto tried = [&](const std::string& name) {
        return std::find(mended_.begin(), mended_.end(), name) != mended_.end();
    };
    if (!renamed || tried(parameter) || tried(*renamed))
        return nullptr;
    auto next = std::make_shared<FollowUp>();
    next->request = *request_;
    next->request.body = body_text(*body);
    auto mended = mended_;
    mended.push_back(parameter);
    auto reader = std::make_unique<OpenAiReader>(dialect_, endpoint_, std::move(mended));
    reader->sent(next->request);
    next->reader = std::move(reader);
    return next;
}

bool OpenAiReader::event(std::string_view type, std::string_view data, const Out& out) {
    if (data.starts_with("[DONE]")) {
        done_ = true;
        return false;
    }
    if (type.empty() && saw_answer_ && !reply_.request_id.empty() && common_chunk(data, out))
        return true;
    const auto json = parse_lenient(data);
    if (!json || (type != "error" && !json->is_structured()))
        return fail(Fault::malformed, data);
    if (is_error(*json, type)) {
        metadata(*json);
        return fail(Fault::error_event, data);
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
    set_model(text_of(json, "model"));
    const WireJson* groq = member(json, "x_groq");
    if (groq)
        set_request_id(text_of(*groq, "id"));
    for (const char* name : {"request_id", "id"})
        set_request_id(text_of(json, name));
    const WireJson* usage = member(json, "usage");
    if (!usage && groq)
        usage = member(*groq, "usage");
    if (usage)
        if (auto counts = openai_usage(*usage))
            reply_.usage = *counts; // the last one holds
}

void OpenAiReader::chunk(const WireJson& json, const Out& out) {
    metadata(json);
    const WireJson* choices = member(json, "choices");
    if (!choices || !choices->is_array()) // moderation and usage chunks
        return;
    saw_answer_ = true;
    Delta delta;
    for (const auto& each : *choices)
        choice(each, delta);
    give(delta, out);
}

void OpenAiReader::choice(const WireJson& choice, Delta& delta) {
    if (count_of(choice, "index").value_or(0) != 0) // we ask for one answer
        return;
    const WireJson* content = member(choice, "delta");
    if (!content)
        content = member(choice, "message"); // a whole answer in one event
    if (content) {
        Delta more = whole_delta(*content);
        delta.text += more.text;
        delta.reasoning += more.reasoning;
        tool_calls(*content, delta);
    } else {
        delta.text += text_of(choice, "text"); // completions of old servers
    }
    if (const auto word = text_of(choice, "finish_reason"); !word.empty())
        reply_.finish = finish_of(word);
    // Google's and Ollama's servers say "stop" of an answer that is a call.
    if (reply_.finish == Finish::stop && !reply_.tool_calls.empty())
        reply_.finish = Finish::tool_calls;
}

void OpenAiReader::tool_calls(const WireJson& message, Delta& delta) {
    if (const WireJson* calls = member(message, "tool_calls"); calls && calls->is_array()) {
        for (const auto& piece : *calls)
            tool_piece(piece, delta);
    } else if (const WireJson* call = member(message, "function_call")) {
        tool_piece({{"index", 0}, {"function", *call}}, delta); // the form before tools
    }
}

void OpenAiReader::tool_piece(const WireJson& piece, Delta& delta) {
    const WireJson* function = member(piece, "function");
    if (!function)
        return;
    ToolCallPiece out;
    out.id = text_of(piece, "id");
    out.name = text_of(*function, "name");
    if (const WireJson* arguments = member(*function, "arguments"))
        out.arguments = arguments->is_string() ? arguments->get<std::string>() : arguments->dump();
    // Without an index (Google, Mistral, Ollama) a name begins a call.
    const std::size_t known = reply_.tool_calls.size();
    const std::size_t next = known == 0 || !out.name.empty() ? known : known - 1;
    const std::size_t index = static_cast<std::size_t>(
        count_of(piece, "index").value_or(static_cast<std::int64_t>(next)));
    ToolCall* call = tool_call(index);
    if (!call)
        return;
    out.index = static_cast<std::uint32_t>(index);
    if (!call->name.empty()) // some repeat id and name on every piece
        out.id.clear(), out.name.clear();
    call->id += out.id;
    call->name += out.name;
    call->arguments += out.arguments;
    if (!out.id.empty() || !out.name.empty() || !out.arguments.empty())
        delta.tool_calls.push_back(std::move(out));
}

void OpenAiReader::whole(const WireJson& json) {
    if (is_error(json, {})) {
        metadata(json);
        fail(Fault::error_event);
        return;
    }
    chunk(json, [](const Delta&) {});
}

} // namespace brownout::wire
