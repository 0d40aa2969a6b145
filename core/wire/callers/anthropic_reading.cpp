#include "wire/callers/anthropic_reading.h"

#include "wire/callers/caller_parts.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

#include <algorithm>
#include <set>

namespace brownout::wire {

namespace {

// Thinking goes on with the signature of whoever did it, or not at all.
bool signed_thinking(const WireJson& block) {
    const auto type = text_of(block, "type");
    return (type == "thinking" && !text_of(block, "signature").empty()) ||
           (type == "redacted_thinking" && !text_of(block, "data").empty());
}

bool is_thinking(const WireJson& block) {
    const auto type = text_of(block, "type");
    return type == "thinking" || type == "redacted_thinking";
}

// Says more than a message of ours can hold.
bool says_more(const WireJson& block) {
    if (signed_thinking(block))
        return true;
    if (is_thinking(block))
        return false;
    if (const WireJson* inner = member(block, "content"); inner && inner->is_array())
        for (const WireJson& one : *inner)
            if (one.is_object() && !more_than(one, {"type", "text"}).empty())
                return true;
    return !more_than(block, {"type", "text", "source", "id", "name", "input", "tool_use_id",
                              "content", "is_error"})
                .empty();
}

class MessagesReader {
  public:
    explicit MessagesReader(const WireJson& body) : in_(body) {}

    tl::expected<CallerRequest, CallerError> read() {
        ChatRequest& r = out_.request;
        out_.model = in_.text("model");
        r.max_tokens = in_.whole("max_tokens", 1, 100'000'000);
        if (!r.max_tokens)
            in_.complain("max_tokens", "max_tokens is missing");
        system();
        messages();
        r.stream = in_.flag("stream");
        r.temperature = in_.number("temperature", 0, 1);
        r.top_p = in_.number("top_p", 0, 1);
        r.top_k = in_.whole("top_k", 0, 1'000'000);
        r.stop = in_.texts("stop_sequences");
        tools();
        thinking();
        if (in_.problem())
            return tl::unexpected(*in_.problem());
        r.own_parameters = in_.rest();
        r.own_dialect = "anthropic";
        return std::move(out_);
    }

  private:
    // The last turn of tools must begin with the thinking that led to it; where another provider
    // took that turn there is none, and a request for more of it would be refused.
    void thinking() {
        const auto& all = out_.request.messages;
        const auto turn = std::find_if(all.rbegin(), all.rend(),
                                       [](const Message& m) { return !m.tool_calls.empty(); });
        if (turn != all.rend() &&
            !thoughtful_.contains(static_cast<std::size_t>(std::distance(turn, all.rend()) - 1)) &&
            in_.get("thinking"))
            out_.dropped.emplace_back("thinking: not in a turn of tools that began without");
    }

    void system() {
        const WireJson* system = in_.get("system");
        if (!system)
            return;
        Message message{Role::system, ""};
        texts(*system, message, "system");
        for (std::size_t i = 0; system->is_array() && !in_.problem() && i < system->size(); ++i)
            if (says_more((*system)[i]))
                message.own = json_text(*system);
        if (!message.text.empty())
            out_.request.messages.push_back(std::move(message));
    }

    // A text, or blocks that are texts.
    void texts(const WireJson& json, Message& message, const std::string& at) {
        if (json.is_string()) {
            message.text = json.get<std::string>();
            return;
        }
        if (!json.is_array())
            return in_.complain(at, at + " is a text or a list of blocks");
        for (const WireJson& block : json) {
            if (!block.is_object() || text_of(block, "type") != "text")
                return in_.complain(at, at + ": only blocks of text are passed on here");
            if (!message.text.empty())
                message.text += "\n";
            message.text += text_of(block, "text");
        }
    }

    void messages() {
        const WireJson* all = in_.get("messages");
        if (!all || !all->is_array() || all->empty())
            return in_.complain("messages", "messages is to be a list of at least one message");
        std::size_t i = 0;
        for (const WireJson& one : *all)
            message(one, "messages." + std::to_string(i++));
    }

    void message(const WireJson& json, const std::string& at) {
        const std::string role = json.is_object() ? word_of(json, "role") : std::string{};
        if (role != "user" && role != "assistant")
            return in_.complain(at + ".role", at + ".role is user or assistant");
        Message message;
        message.role = role == "user" ? Role::user : Role::assistant;
        const WireJson* content = member(json, "content");
        if (content && content->is_string()) {
            message.text = content->get<std::string>();
        } else if (content && content->is_array()) {
            std::size_t i = 0;
            for (const WireJson& one : *content)
                block(one, message, at + ".content." + std::to_string(i++));
            own(*content, message);
        } else {
            in_.complain(at + ".content", at + ".content is a text or a list of blocks");
        }
        if (!message.text.empty() || !message.pictures.empty() || !message.tool_calls.empty() ||
            !message.own.empty())
            out_.request.messages.push_back(std::move(message));
    }

    void own(const WireJson& content, Message& message) {
        WireJson blocks = WireJson::array();
        bool more = false, thought = false;
        for (const WireJson& one : content) {
            if (!one.is_object() || text_of(one, "type") == "tool_result" ||
                (is_thinking(one) && !signed_thinking(one)))
                continue;
            more = more || says_more(one);
            thought = thought || signed_thinking(one);
            blocks.push_back(one);
        }
        if (more)
            message.own = json_text(blocks);
        if (thought)
            thoughtful_.insert(out_.request.messages.size());
    }

    void block(const WireJson& json, Message& message, const std::string& at) {
        const std::string type = json.is_object() ? word_of(json, "type") : std::string{};
        if (type == "text") {
            if (!message.text.empty())
                message.text += "\n";
            message.text += text_of(json, "text");
        } else if (type == "image" && message.role == Role::user) {
            image(json, message, at);
        } else if (type == "tool_use" && message.role == Role::assistant) {
            const WireJson* input = member(json, "input");
            message.tool_calls.push_back({std::string{text_of(json, "id")},
                                          std::string{text_of(json, "name")},
                                          input ? json_text(*input) : "{}"});
        } else if (type == "tool_result" && message.role == Role::user) {
            tool_result(json, message, at);
        } else if (!json.is_object() || !is_thinking(json)) {
            in_.complain(at + ".type", "a block of type \"" + type + "\" cannot be passed on");
        }
    }

    // Results stand before what the user says with them, as every dialect wants them.
    void tool_result(const WireJson& json, const Message& message, const std::string& at) {
        Message result;
        result.role = Role::tool;
        result.tool_call_id = text_of(json, "tool_use_id");
        if (result.tool_call_id.empty())
            in_.complain(at + ".tool_use_id", "a result names the call it answers");
        if (const WireJson* content = member(json, "content"))
            texts(*content, result, at + ".content");
        if (const WireJson* failed = member(json, "is_error"))
            result.tool_failed = failed->is_boolean() && failed->get<bool>();
        if (says_more(json))
            result.own = json_text(WireJson::array({json}));
        if (!message.text.empty() || !message.pictures.empty())
            in_.complain(at, "results of tools come before the user's text");
        out_.request.messages.push_back(std::move(result));
    }

    void image(const WireJson& json, Message& message, const std::string& at) {
        const WireJson* source = member(json, "source");
        std::optional<Picture> picture;
        if (source && source->is_object() && text_of(*source, "type") == "url") {
            picture = picture_at(text_of(*source, "url"));
        } else if (source && source->is_object() && text_of(*source, "type") == "base64") {
            auto bytes = decode_base64(text_of(*source, "data"));
            if (bytes && !picture_mime(*bytes).empty()) {
                picture.emplace();
                picture->mime = picture_mime(*bytes);
                picture->bytes = std::move(*bytes);
            }
        }
        if (!picture)
            return in_.complain(at + ".source", "a picture is an address or base64 of one");
        message.pictures.push_back(std::move(*picture));
    }

    void tools() {
        in_.each("tools", [this](const WireJson& one) { tool(one); });
        const WireJson* choice = in_.get("tool_choice");
        if (!choice)
            return;
        if (const WireJson* one =
                choice->is_object() ? member(*choice, "disable_parallel_tool_use") : nullptr;
            one && one->is_boolean())
            out_.request.parallel_calls = !one->get<bool>();
        using Kind = ToolChoice::Kind;
        const std::string type = choice->is_object() ? word_of(*choice, "type") : std::string{};
        if (type == "auto")
            out_.request.tool_choice = ToolChoice{Kind::automatic, {}};
        else if (type == "none")
            out_.request.tool_choice = ToolChoice{Kind::none, {}};
        else if (type == "any")
            out_.request.tool_choice = ToolChoice{Kind::required, {}};
        else if (type == "tool" && !text_of(*choice, "name").empty())
            out_.request.tool_choice =
                ToolChoice{Kind::named, std::string{text_of(*choice, "name")}};
        else
            in_.complain("tool_choice", "tool_choice.type is auto, any, tool or none");
    }

    void tool(const WireJson& json) {
        const std::string type = json.is_object() ? word_of(json, "type") : std::string{"?"};
        if ((!type.empty() && type != "custom") || text_of(json, "name").empty())
            return in_.complain("tools",
                                "only tools of the caller's own, with a name, are passed on");
        Tool tool;
        tool.name = text_of(json, "name");
        tool.description = text_of(json, "description");
        if (const WireJson* schema = member(json, "input_schema"))
            tool.parameters = json_text(*schema);
        tool.own = more_than(json, {"type", "name", "description", "input_schema"});
        out_.request.tools.push_back(std::move(tool));
    }

    Members in_;
    CallerRequest out_;
    std::set<std::size_t> thoughtful_; // messages that hold signed thinking
};

} // namespace

tl::expected<CallerRequest, CallerError> read_anthropic(const WireJson& body) {
    return MessagesReader(body).read();
}

} // namespace brownout::wire
