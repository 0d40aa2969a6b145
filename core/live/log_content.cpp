#include "live/log_content.h"

#include "wire/words.h"

namespace brownout::live {

namespace {

using chain::Json;

void add_text(Json& to, const char* key, const std::string& text) {
    if (!text.empty())
        to[key] = wire::mask_keys(text);
}

void add_count(Json& to, std::size_t pictures) {
    if (pictures > 0)
        to["pictures"] = pictures;
}

void add_calls(Json& to, const std::vector<wire::ToolCall>& calls) {
    for (const wire::ToolCall& call : calls)
        to["tool_calls"].push_back(
            {{"name", call.name}, {"arguments", wire::mask_keys(call.arguments)}});
}

const char* role_name(wire::Role role) {
    switch (role) {
    case wire::Role::system:
        return "system";
    case wire::Role::assistant:
        return "assistant";
    case wire::Role::tool:
        return "tool";
    case wire::Role::user:
        break;
    }
    return "user";
}

} // namespace

Json prompt_content(const wire::ChatRequest& request) {
    Json out = Json::object();
    if (request.image) {
        add_text(out, "prompt", request.image->prompt);
        return out;
    }
    if (request.media) {
        add_text(out, "prompt", request.media->prompt);
        return out;
    }
    out["messages"] = Json::array();
    for (const wire::Message& message : request.messages) {
        Json one{{"role", role_name(message.role)}};
        add_text(one, "text", message.text);
        add_count(one, message.pictures.size());
        add_calls(one, message.tool_calls);
        out["messages"].push_back(std::move(one));
    }
    return out;
}

Json answer_content(const wire::Reply& reply) {
    Json out = Json::object();
    add_text(out, "text", reply.text);
    add_text(out, "reasoning", reply.reasoning);
    add_calls(out, reply.tool_calls);
    add_count(out, reply.pictures.size());
    return out;
}

} // namespace brownout::live
