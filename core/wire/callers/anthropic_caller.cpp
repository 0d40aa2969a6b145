// Anthropic's messages as a client writes and reads them. Source: Anthropic's API reference and its
// JavaScript client 0.7x.
#include "wire/callers/caller_parts.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using chain::Json;

const char* stop_name(Finish finish, bool calls) {
    switch (finish) {
    case Finish::length:
    case Finish::none:
    case Finish::error: // what there is of it was meant to be kept: it is cut short
        return "max_tokens";
    case Finish::content_filter:
        return "refusal";
    case Finish::tool_calls:
        return "tool_use";
    case Finish::stop:
        break;
    }
    return calls ? "tool_use" : "end_turn";
}

class Reader {
  public:
    explicit Reader(const WireJson& body) : in_(body) {}

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
        if (const WireJson* stops = in_.get("stop_sequences"); stops && stops->is_array())
            for (const WireJson& one : *stops)
                if (one.is_string())
                    r.stop.push_back(one.get<std::string>());
        tools();
        thinking();
        if (in_.problem())
            return tl::unexpected(*in_.problem());
        r.own_parameters = in_.rest();
        if (!r.own_parameters.empty())
            r.own_dialect = "anthropic";
        return std::move(out_);
    }

  private:
    // Thinking that was carried over between turns is signed for its own provider and is not
    // passed on; without it a turn of tools that asks for thinking would be refused.
    void thinking() {
        const auto& all = out_.request.messages;
        const bool called = std::any_of(all.begin(), all.end(),
                                        [](const Message& m) { return !m.tool_calls.empty(); });
        if (called && in_.get("thinking"))
            out_.dropped.emplace_back("thinking: not in a turn of tools");
    }

    void system() {
        const WireJson* system = in_.get("system");
        if (!system)
            return;
        Message message{Role::system, ""};
        texts(*system, message, "system");
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
        } else {
            in_.complain(at + ".content", at + ".content is a text or a list of blocks");
        }
        if (!message.text.empty() || !message.pictures.empty() || !message.tool_calls.empty())
            out_.request.messages.push_back(std::move(message));
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
            message.tool_calls.push_back(
                {std::string{text_of(json, "id")}, std::string{text_of(json, "name")},
                 input ? input->dump(-1, ' ', false, WireJson::error_handler_t::replace) : "{}"});
        } else if (type == "tool_result" && message.role == Role::user) {
            tool_result(json, message, at);
        } else if (type != "thinking" && type != "redacted_thinking") {
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
        if (const WireJson* all = in_.get("tools")) {
            if (!all->is_array())
                return in_.complain("tools", "tools is to be a list");
            for (const WireJson& one : *all)
                tool(one);
        }
        const WireJson* choice = in_.get("tool_choice");
        if (!choice)
            return;
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
            tool.parameters = schema->dump(-1, ' ', false, WireJson::error_handler_t::replace);
        out_.request.tools.push_back(std::move(tool));
    }

    Members in_;
    CallerRequest out_;
};

// Anthropic counts cached input apart.
Json usage_json(const Usage& usage, std::optional<Money> cost) {
    Json out{{"input_tokens",
              std::max<std::int64_t>(0, usage.input - usage.cached_read - usage.cache_write)},
             {"cache_creation_input_tokens", usage.cache_write},
             {"cache_read_input_tokens", usage.cached_read},
             {"output_tokens", usage.output}};
    if (cost)
        out["cost_usd"] = cost->usd();
    return out;
}

Json call_block(const ToolCall& call) {
    auto input = json_of(call.arguments.empty() ? "{}" : call.arguments);
    if (!input || !input->is_object())
        input = Json::object();
    return {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", *input}};
}

Json message_json(const AnswerFacts& facts) {
    return {{"id", "msg_" + facts.id}, {"type", "message"},        {"role", "assistant"},
            {"model", facts.model},    {"content", Json::array()}, {"stop_reason", nullptr},
            {"stop_sequence", nullptr}};
}

class Stream final : public CallerStream {
  public:
    std::string begin(const AnswerFacts& facts) override {
        facts_ = facts;
        Usage usage;
        usage.input = facts.input_tokens;
        Json message = message_json(facts);
        message["usage"] = usage_json(usage, std::nullopt);
        return server_event("message_start", {{"type", "message_start"}, {"message", message}}) +
               keep_alive();
    }
    std::string delta(const Delta& delta) override {
        std::string out;
        if (!delta.reasoning.empty()) {
            out += open(Kind::thinking, 0,
                        {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
            out += piece(current_, {{"type", "thinking_delta"}, {"thinking", delta.reasoning}});
        }
        if (!delta.text.empty()) {
            out += open(Kind::text, 0, {{"type", "text"}, {"text", ""}});
            out += piece(current_, {{"type", "text_delta"}, {"text", delta.text}});
        }
        for (const ToolCallPiece& call : delta.tool_calls) {
            if (call.index >= calls_.size())
                calls_.resize(std::min<std::size_t>(call.index, most_calls) + 1, no_block);
            if (call.index > most_calls)
                continue;
            if (calls_[call.index] == no_block) {
                out += open(Kind::call, call.index,
                            {{"type", "tool_use"},
                             {"id", call.id},
                             {"name", call.name},
                             {"input", Json::object()}});
                calls_[call.index] = current_;
            }
            if (!call.arguments.empty())
                out += piece(calls_[call.index],
                             {{"type", "input_json_delta"}, {"partial_json", call.arguments}});
        }
        return out;
    }
    // Blocks cannot be taken back: what came is ended, and the new answer follows as a new block.
    std::string restart(const std::string& target) override {
        std::string out = close();
        calls_.clear();
        return out + server_event("restart", {{"type", "restart"}, {"target", target}});
    }
    std::string end(const Reply& reply, std::optional<Money> cost) override {
        std::string out = close();
        Json delta{{"type", "message_delta"},
                   {"delta",
                    {{"stop_reason", stop_name(reply.finish, !calls_.empty())},
                     {"stop_sequence", nullptr}}},
                   {"usage", usage_json(reply.usage.value_or(Usage{}), cost)}};
        out += server_event("message_delta", delta);
        return out + server_event("message_stop", {{"type", "message_stop"}});
    }
    std::string error(const CallerError& error) override;
    std::string keep_alive() const override { return server_event("ping", {{"type", "ping"}}); }

  private:
    enum class Kind { none, thinking, text, call };
    static constexpr std::size_t no_block = SIZE_MAX, most_calls = 255;

    std::string open(Kind kind, std::uint32_t call, Json block) {
        if (kind_ == kind && (kind != Kind::call || call == call_))
            return {};
        std::string out = close();
        kind_ = kind;
        call_ = call;
        current_ = blocks_++;
        return out + server_event("content_block_start", {{"type", "content_block_start"},
                                                          {"index", current_},
                                                          {"content_block", std::move(block)}});
    }
    std::string close() {
        if (std::exchange(kind_, Kind::none) == Kind::none)
            return {};
        return server_event("content_block_stop",
                            {{"type", "content_block_stop"}, {"index", current_}});
    }
    static std::string piece(std::size_t block, Json delta) {
        return server_event(
            "content_block_delta",
            {{"type", "content_block_delta"}, {"index", block}, {"delta", std::move(delta)}});
    }

    AnswerFacts facts_;
    Kind kind_ = Kind::none;
    std::uint32_t call_ = 0;
    std::size_t current_ = 0, blocks_ = 0;
    std::vector<std::size_t> calls_; // block of each call
};

Json error_json(const CallerError& error) {
    const char* type = error.status == 401                          ? "authentication_error"
                       : error.status == 402                        ? "billing_error"
                       : error.status == 403                        ? "permission_error"
                       : error.status == 404                        ? "not_found_error"
                       : error.status == 413                        ? "request_too_large"
                       : error.status == 429                        ? "rate_limit_error"
                       : error.status >= 400 && error.status < 500  ? "invalid_request_error"
                       : error.status == 503 || error.status == 529 ? "overloaded_error"
                       : error.status == 504                        ? "timeout_error"
                                                                    : "api_error";
    const std::string message =
        error.param.empty() ? error.message : error.param + ": " + error.message;
    return {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}};
}

std::string Stream::error(const CallerError& error) {
    return server_event("error", error_json(error));
}

class Anthropic final : public Caller {
  public:
    tl::expected<CallerRequest, CallerError> read(std::string_view body) const override {
        const auto json = request_object(body);
        if (!json)
            return tl::unexpected(json.error());
        return Reader(*json).read();
    }
    std::string whole(const AnswerFacts& facts, const Reply& reply) const override {
        Json out = message_json(facts);
        Json& blocks = out["content"];
        if (!reply.reasoning.empty())
            blocks.push_back(
                {{"type", "thinking"}, {"thinking", reply.reasoning}, {"signature", ""}});
        if (!reply.text.empty())
            blocks.push_back({{"type", "text"}, {"text", reply.text}});
        for (const ToolCall& call : reply.tool_calls)
            blocks.push_back(call_block(call));
        out["stop_reason"] = stop_name(reply.finish, !reply.tool_calls.empty());
        out["usage"] = usage_json(reply.usage.value_or(Usage{}), facts.cost);
        return body_text(out);
    }
    std::string error(const CallerError& error, const std::string& request_id) const override {
        Json out = error_json(error);
        out["request_id"] = request_id;
        return body_text(out);
    }
    std::unique_ptr<CallerStream> stream() const override { return std::make_unique<Stream>(); }
};

} // namespace

const Caller& anthropic_caller() {
    static const Anthropic caller;
    return caller;
}

} // namespace brownout::wire
