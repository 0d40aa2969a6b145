// The body of a chat completion, with what each vendor and model refuses left out.
#include "base/hash.h"
#include "wire/openai.h"
#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using chain::Json;

const char* role_name(Role role) {
    switch (role) {
    case Role::system:
        return "system";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "tool";
    case Role::user:
        break;
    }
    return "user";
}

// Mistral takes nine letters or digits. The same id always becomes the same one, so that a call
// and its result still find each other.
std::string short_id(std::string_view id) {
    static constexpr char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::uint64_t hash = fnv1a(id);
    std::string out;
    for (int i = 0; i < 9; ++i, hash /= 62)
        out += digits[hash % 62];
    return out;
}

std::string tool_id(const std::string& id, const Takes& t) {
    const bool fits =
        id.size() == 9 && std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        });
    return t.short_tool_ids && !fits ? short_id(id) : id;
}

Json content_json(const Message& message) {
    if (message.pictures.empty())
        return message.text;
    Json parts = Json::array();
    if (!message.text.empty())
        parts.push_back({{"type", "text"}, {"text", message.text}});
    for (const Picture& picture : message.pictures) {
        Json image{{"url", picture_url(picture)}};
        if (!picture.detail.empty())
            image["detail"] = picture.detail;
        parts.push_back({{"type", "image_url"}, {"image_url", std::move(image)}});
    }
    return parts;
}

Json message_json(const Message& message, const Takes& t, bool own) {
    Json out{{"role", role_name(message.role)}};
    if (own)
        write_members(message.own, out);
    if (message.role == Role::assistant && !message.tool_calls.empty()) {
        out["content"] = message.text.empty() ? Json(nullptr) : Json(message.text);
        Json& calls = out["tool_calls"] = Json::array();
        for (const ToolCall& call : message.tool_calls)
            calls.push_back({{"id", tool_id(call.id, t)},
                             {"type", "function"},
                             {"function",
                              {{"name", call.name},
                               {"arguments", call.arguments.empty() ? "{}" : call.arguments}}}});
        return out;
    }
    out["content"] = content_json(message);
    if (message.role == Role::tool)
        out["tool_call_id"] = tool_id(message.tool_call_id, t);
    return out;
}

bool says_json(const ChatRequest& request) {
    return std::any_of(request.messages.begin(), request.messages.end(), [](const Message& m) {
        return lower(m.text).find("json") != std::string::npos;
    });
}

void write_openai_messages(const ChatRequest& request, const Takes& t, Json& body, Encoded& http) {
    Json& out = body["messages"] = Json::array();
    // json_object is refused where no message names JSON.
    if (request.json && request.json_schema.empty() && !says_json(request))
        out.push_back({{"role", "system"}, {"content", json_instruction(request)}});
    for (const Message& message : request.messages) {
        if (!message.pictures.empty() && !t.pictures.empty())
            http.impossible = t.pictures;
        if (message.tool_failed)
            drop(http, "tool_failed", "this dialect has no mark for it; the result's text says it");
        out.push_back(message_json(message, t, request.own_dialect == "openai"));
    }
    const bool begun = !request.messages.empty() &&
                       request.messages.back().role == Role::assistant &&
                       request.messages.back().tool_calls.empty();
    if (begun && !t.prefill.empty())
        http.impossible = t.prefill;
    else if (begun && t.prefill_mark)
        out.back()[t.prefill_mark] = true;
}

void write_openai_sampling(const ChatRequest& request, const Takes& t, Json& body, Encoded& http) {
    if (request.max_tokens)
        body[t.max_tokens] = *request.max_tokens;
    write_sampling(request, t, body, http);
    if (request.seed && t.seed.empty())
        body[t.seed_name] = *request.seed;
    else if (request.seed)
        drop(http, "seed", t.seed);
    if (request.stop.empty())
        return;
    if (!t.stop.empty())
        return drop(http, "stop", t.stop);
    const std::size_t count = std::min(request.stop.size(), t.most_stops);
    body["stop"] = std::vector(request.stop.begin(),
                               request.stop.begin() + static_cast<std::ptrdiff_t>(count));
    if (count < request.stop.size())
        drop(http, "stop", "only the first " + std::to_string(count) + " were sent");
}

void write_openai_tools(const ChatRequest& request, const Takes& t, Json& body, Encoded& http) {
    if (request.tools.empty())
        return;
    if (!t.tools.empty()) {
        http.impossible = t.tools;
        return;
    }
    Json& out = body["tools"] = Json::array();
    for (const Tool& tool : request.tools) {
        Json function{{"name", tool.name}};
        if (!tool.description.empty())
            function["description"] = tool.description;
        if (!tool.parameters.empty()) {
            const auto schema = json_of(tool.parameters);
            if (!schema) {
                http.impossible = "the parameters of the tool " + tool.name + " are no JSON";
                return;
            }
            function["parameters"] = *schema;
        }
        if (request.own_dialect == "openai")
            write_members(tool.own, function);
        out.push_back({{"type", "function"}, {"function", std::move(function)}});
    }
    if (request.parallel_calls)
        body["parallel_tool_calls"] = *request.parallel_calls;
    if (!request.tool_choice)
        return;
    switch (request.tool_choice->kind) {
    case ToolChoice::Kind::automatic:
        body["tool_choice"] = "auto";
        break;
    case ToolChoice::Kind::none:
        body["tool_choice"] = "none";
        break;
    case ToolChoice::Kind::required:
        body["tool_choice"] = "required";
        break;
    case ToolChoice::Kind::named:
        body["tool_choice"] = {{"type", "function"},
                               {"function", {{"name", request.tool_choice->name}}}};
        break;
    }
}

void answer_format(const ChatRequest& request, const Takes& t, Json& body, Encoded& http) {
    if (!request.json && request.json_schema.empty())
        return;
    const auto schema = json_of(request.json_schema);
    if (!request.json_schema.empty() && !schema) {
        http.impossible = "the schema of the answer is no JSON";
    } else if (!schema) {
        body["response_format"] = {{"type", "json_object"}};
    } else if (t.json_schema.empty()) {
        Json named{{"name", request.json_name.empty() ? "answer" : request.json_name},
                   {"schema", *schema}};
        if (request.json_strict)
            named["strict"] = *request.json_strict;
        body["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(named)}};
    } else { // the mode without a schema; the words carry it
        body["response_format"] = {{"type", "json_object"}};
        body["messages"].insert(body["messages"].begin(),
                                Json{{"role", "system"}, {"content", json_instruction(request)}});
        drop(http, "json_schema", t.json_schema + "; asked for in words");
    }
}

// What a caller's own parameters may hold that reasoning models refuse, besides what is known here.
void no_sampling_of_callers(const Endpoint& endpoint, Json& body, Encoded& http) {
    if (!is_openai_reasoning_model(endpoint.model))
        return;
    for (const char* name : {"presence_penalty", "frequency_penalty", "repetition_penalty",
                             "logit_bias", "logprobs", "top_logprobs", "min_p", "top_a"})
        if (body.erase(name) > 0)
            drop(http, name, endpoint.model + " takes none");
}

} // namespace

chain::Json openai_chat_body(const ChatRequest& request, const Endpoint& endpoint, const Takes& t,
                             Encoded& http) {
    Json body{{"model", endpoint.model}};
    if (request.image || request.media)
        http.impossible = "this target answers chats only";
    write_openai_messages(request, t, body, http);
    write_openai_sampling(request, t, body, http);
    if (request.stream) {
        body["stream"] = true;
        if (t.stream_options)
            body["stream_options"]["include_usage"] = true;
        if (t.stream_options && t.obfuscation)
            body["stream_options"]["include_obfuscation"] = false;
    }
    write_openai_tools(request, t, body, http);
    answer_format(request, t, body, http);
    write_own(request, "openai", body, http);
    no_sampling_of_callers(endpoint, body, http);
    return body;
}

} // namespace brownout::wire
