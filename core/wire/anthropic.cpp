#include "wire/anthropic.h"

#include "wire/anthropic_beta.h"
#include "wire/anthropic_reader.h"
#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/takes.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using chain::Json;

HttpRequest request_to(const Endpoint& endpoint, const char* method, std::string_view path,
                       const char* type, const char* accept) {
    HttpRequest http =
        http_request(endpoint, method, base_with(endpoint.base_url, "/v1") + std::string{path},
                     type, {"x-api-key", ""}, accept);
    if (!header(http.headers, "anthropic-version"))
        set_header(http.headers, "anthropic-version", "2023-06-01");
    return http;
}

Json picture_block(const Picture& picture) {
    const PictureText text = picture_text(picture);
    Json source = text.data.empty()
                      ? Json{{"type", "url"}, {"url", picture.url}}
                      : Json{{"type", "base64"}, {"media_type", text.mime}, {"data", text.data}};
    return {{"type", "image"}, {"source", std::move(source)}};
}

// The blocks as a caller of this dialect wrote them; null: there is nothing that only they say.
std::optional<Json> own_blocks(const Message& message, const ChatRequest& request) {
    if (message.own.empty() || request.own_dialect != "anthropic")
        return std::nullopt;
    auto blocks = json_of(message.own);
    return blocks && blocks->is_array() && !blocks->empty() ? std::move(blocks) : std::nullopt;
}

// The content blocks of one message; empty for one that says nothing.
Json blocks_of(const Message& message, const ChatRequest& request, Encoded& http) {
    if (auto own = own_blocks(message, request))
        return std::move(*own);
    Json blocks = Json::array();
    if (message.role == Role::tool) {
        Json result{{"type", "tool_result"},
                    {"tool_use_id", message.tool_call_id},
                    {"content", message.text}};
        if (message.tool_failed)
            result["is_error"] = true;
        blocks.push_back(std::move(result));
        return blocks;
    }
    if (!message.text.empty()) // an empty block is refused
        blocks.push_back({{"type", "text"}, {"text", message.text}});
    for (const Picture& picture : message.pictures)
        blocks.push_back(picture_block(picture));
    for (const ToolCall& call : message.tool_calls) {
        auto input = json_of(call.arguments.empty() ? "{}" : call.arguments);
        if (!input || !input->is_object()) {
            http.impossible = "the arguments of the call to " + call.name + " are no JSON object";
            input = Json::object();
        }
        blocks.push_back(
            {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", *input}});
    }
    return blocks;
}

// True: the request ends in the beginning of the answer, to be carried on. White space at its end
// is refused and goes, whatever system message stood after it.
bool ends_in_text_of_assistant(Json& messages) {
    while (!messages.empty() && messages.back()["role"] == "assistant") {
        Json& content = messages.back()["content"];
        if (content.back()["type"] != "text")
            return false; // a call, a picture
        auto& text = content.back()["text"].get_ref<std::string&>();
        text.resize(text.find_last_not_of(" \t\r\n") + 1);
        if (!text.empty())
            return true;
        content.erase(content.size() - 1);
        if (content.empty())
            messages.erase(messages.size() - 1);
    }
    return false;
}

// Roles take turns on this wire: what follows with the same role joins, results of tools as the
// user's.
void write_anthropic_messages(const ChatRequest& request, const Takes& t, Json& body,
                              Encoded& http) {
    Json& out = body["messages"] = Json::array();
    for (const Message& message : request.messages) {
        if (message.role == Role::system)
            continue;
        const char* role = message.role == Role::assistant ? "assistant" : "user";
        const Json blocks = blocks_of(message, request, http);
        if (blocks.empty())
            continue;
        if (out.empty() || out.back()["role"] != role)
            out.push_back({{"role", role}, {"content", Json::array()}});
        for (const Json& block : blocks)
            out.back()["content"].push_back(block);
    }
    if (ends_in_text_of_assistant(out) && !t.prefill.empty())
        http.impossible = t.prefill;
}

// A text; blocks where the caller wrote blocks that say more.
Json system(const ChatRequest& request, Encoded& http) {
    std::string instruction;
    if (request.json || !request.json_schema.empty()) {
        instruction = json_instruction(request);
        drop(http, "json", "Anthropic has no mode for it; asked for in words");
    }
    Json blocks = Json::array();
    bool own = false;
    const auto say = [&](const std::string& text) {
        if (!text.empty())
            blocks.push_back({{"type", "text"}, {"text", text}});
    };
    for (const Message& message : request.messages) {
        if (message.role != Role::system)
            continue;
        const auto written = own_blocks(message, request);
        own = own || written;
        if (!written)
            say(message.text);
        for (std::size_t i = 0; written && i < written->size(); ++i)
            blocks.push_back((*written)[i]);
    }
    if (own) {
        say(instruction);
        return blocks;
    }
    std::string text = system_text(request);
    if (!text.empty() && !instruction.empty())
        text += "\n\n";
    text += instruction;
    return text.empty() ? Json{} : Json(text);
}

void write_anthropic_sampling(const ChatRequest& request, const Takes& t, Json& body,
                              Encoded& http) {
    write_sampling(request, t, body, http);
    if (request.seed)
        drop(http, "seed", t.seed);
    for (const std::string& stop : request.stop) {
        if (stop.find_first_not_of(" \t\r\n") == stop.npos)
            drop(http, "stop", "a sequence of white space is refused");
        else
            body["stop_sequences"].push_back(stop);
    }
}

void write_anthropic_tools(const ChatRequest& request, Json& body, Encoded& http) {
    if (request.tools.empty())
        return;
    Json& out = body["tools"] = Json::array();
    for (const Tool& tool : request.tools) {
        const auto schema = json_of(tool.parameters);
        if (!tool.parameters.empty() && !schema)
            http.impossible = "the parameters of the tool " + tool.name + " are no JSON";
        Json entry{{"name", tool.name}};
        if (!tool.description.empty())
            entry["description"] = tool.description;
        entry["input_schema"] = schema.value_or(Json{{"type", "object"}});
        if (request.own_dialect == "anthropic")
            write_members(tool.own, entry);
        out.push_back(std::move(entry));
    }
    if (!request.tool_choice && !request.parallel_calls)
        return;
    const ToolChoice wanted = request.tool_choice.value_or(ToolChoice{});
    static constexpr const char* names[] = {"auto", "none", "any", "tool"};
    Json choice{{"type", names[static_cast<int>(wanted.kind)]}};
    if (wanted.kind == ToolChoice::Kind::named)
        choice["name"] = wanted.name;
    if (request.parallel_calls && wanted.kind != ToolChoice::Kind::none)
        choice["disable_parallel_tool_use"] = !*request.parallel_calls;
    body["tool_choice"] = std::move(choice);
}

} // namespace

Encoded AnthropicDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    Encoded http{request_to(endpoint, "POST", "/messages", json_type,
                            request.stream ? events_type : json_type),
                 {},
                 {}};
    if (request.image || request.media)
        http.impossible = "Anthropic answers chats only";

    const Takes t = takes(chain::Dialect::anthropic, vendor_of(endpoint.base_url), endpoint.model);
    Json body{{"model", endpoint.model},
              {"max_tokens", request.max_tokens.value_or(default_anthropic_max_tokens)}};
    if (Json said = system(request, http); !said.empty())
        body["system"] = std::move(said);
    write_anthropic_messages(request, t, body, http);
    write_anthropic_sampling(request, t, body, http);
    write_anthropic_tools(request, body, http);
    if (request.stream)
        body["stream"] = true;
    write_own(request, "anthropic", body, http, {{"user", "/metadata/user_id"}});
    write_beta(body, http);
    http.body = body_text(body);
    return http;
}

std::unique_ptr<ReplyReader> AnthropicDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<AnthropicReader>(endpoint);
}

HttpRequest AnthropicDialect::key_test(const Endpoint& endpoint) const {
    return request_to(endpoint, "GET", "/models", nullptr, json_type);
}

} // namespace brownout::wire
