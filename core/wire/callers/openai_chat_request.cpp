// A chat completion's request as a client writes it. Source: OpenAI's API reference.
//
// What is done with each member of a request: what every dialect knows is read (messages, limits,
// sampling, seed, stop, tools, the answer's format, streaming). What changes the shape of the
// answer and cannot be given is refused by its name (n above 1, logprobs, audio, the functions that
// tools have replaced). Everything else only tunes (penalties, logit_bias, reasoning_effort, user,
// metadata, service_tier, store, prediction ...): targets of this dialect get it as it is, others
// by their own name for it where they have one, or do without, with a note. Of a message beyond its
// role, content and calls, its name goes on; reasoning, audio and annotations of an earlier answer
// do not.
#include "wire/callers/caller_parts.h"
#include "wire/callers/openai_words.h"
#include "wire/json_cursor.h"
#include "wire/request_parts.h"

#include <charconv>

namespace brownout::wire {

namespace {

class ChatRequestReader {
  public:
    explicit ChatRequestReader(const WireJson& body) : in_(body) {}

    tl::expected<CallerRequest, CallerError> read() {
        ChatRequest& r = out_.request;
        out_.model = in_.text("model");
        messages();
        r.stream = in_.flag("stream");
        if (const WireJson* options = in_.get("stream_options"); options && options->is_object())
            if (const WireJson* usage = member(*options, "include_usage"))
                out_.include_usage = usage->is_boolean() && usage->get<bool>();
        r.max_tokens = in_.whole("max_completion_tokens", 1, 100'000'000);
        if (const auto older = in_.whole("max_tokens", 1, 100'000'000); !r.max_tokens)
            r.max_tokens = older;
        r.temperature = in_.number("temperature", 0, 2);
        r.top_p = in_.number("top_p", 0, 1);
        r.top_k = in_.whole("top_k", 0, 1'000'000);
        r.seed = in_.whole("seed", -9'007'199'254'740'991, 9'007'199'254'740'991);
        r.stop = in_.texts("stop");
        tools();
        format();
        cannot();
        if (in_.problem())
            return tl::unexpected(*in_.problem());
        r.own_parameters = in_.rest();
        r.own_dialect = "openai";
        return std::move(out_);
    }

  private:
    void cannot() {
        if (const auto n = in_.whole("n", 1, 128); n && *n != 1)
            in_.complain("n", "one answer is made for a request: leave out n");
        in_.refuse("logprobs", "probabilities are not passed back: leave it out");
        in_.refuse("audio", "answers are text: leave it out");
        in_.refuse("functions", "use tools");
        in_.refuse("function_call", "use tool_choice");
        for (const std::string& kind : in_.texts("modalities"))
            if (kind != "text")
                in_.complain("modalities", "answers are text: leave out modalities");
    }

    void messages() {
        const WireJson* all = in_.get("messages");
        if (!all || !all->is_array() || all->empty())
            return in_.complain("messages", "messages is to be a list of at least one message");
        std::size_t i = 0;
        for (const WireJson& one : *all)
            message(one, "messages[" + std::to_string(i++) + "]");
    }

    void message(const WireJson& json, const std::string& at) {
        if (!json.is_object())
            return in_.complain(at, at + " is to be an object");
        Message message;
        const std::string_view role = text_of(json, "role");
        if (role == "system" || role == "developer")
            message.role = Role::system;
        else if (role == "assistant")
            message.role = Role::assistant;
        else if (role == "tool")
            message.role = Role::tool;
        else if (role != "user")
            return in_.complain(at + ".role",
                                at + ".role is system, developer, user, assistant or tool");
        content(json, message, at + ".content");
        if (const auto name = text_of(json, "name"); !name.empty() && message.role != Role::tool)
            message.own = body_text({{"name", name}});
        if (message.role == Role::assistant)
            tool_calls(json, message, at + ".tool_calls");
        if (message.role == Role::tool) {
            message.tool_call_id = text_of(json, "tool_call_id");
            if (message.tool_call_id.empty())
                in_.complain(at + ".tool_call_id", "a tool's message names the call it answers");
        }
        out_.request.messages.push_back(std::move(message));
    }

    void content(const WireJson& json, Message& message, const std::string& at) {
        const WireJson* content = member(json, "content");
        if (!content) {
            message.text = text_of(json, "refusal");
            if (message.role != Role::assistant)
                in_.complain(at, at + " is missing");
            return;
        }
        if (content->is_string()) {
            message.text = content->get<std::string>();
            return;
        }
        if (!content->is_array())
            return in_.complain(at, at + " is a text or a list of parts");
        std::size_t i = 0;
        for (const WireJson& one : *content)
            part(one, message, at + "[" + std::to_string(i++) + "]");
    }

    void part(const WireJson& json, Message& message, const std::string& at) {
        const std::string type = json.is_object() ? word_of(json, "type") : std::string{};
        if (type == "text" || type == "refusal") {
            message.text += text_of(json, type.c_str());
            return;
        }
        if (type != "image_url" || message.role != Role::user)
            return in_.complain(at + ".type",
                                "a part of type \"" + type + "\" cannot be passed on");
        const WireJson* address = member(json, "image_url");
        const std::string_view url = !address               ? std::string_view{}
                                     : address->is_object() ? text_of(*address, "url")
                                                            : text_of(json, "image_url");
        auto picture = picture_at(url);
        if (!picture)
            return in_.complain(at + ".image_url",
                                "a picture is an http(s) address or a data: URL of one");
        if (address->is_object())
            picture->detail = word_of(*address, "detail");
        message.pictures.push_back(std::move(*picture));
    }

    void tool_calls(const WireJson& json, Message& message, const std::string& at) {
        const WireJson* calls = member(json, "tool_calls");
        if (!calls)
            return;
        if (!calls->is_array())
            return in_.complain(at, at + " is to be a list");
        for (const WireJson& one : *calls) {
            const WireJson* function = one.is_object() ? member(one, "function") : nullptr;
            if (!function || !function->is_object() || text_of(*function, "name").empty())
                return in_.complain(at, "a tool call names a function");
            message.tool_calls.push_back({std::string{text_of(one, "id")},
                                          std::string{text_of(*function, "name")},
                                          std::string{text_of(*function, "arguments")}});
        }
    }

    void tools() {
        in_.each("tools", [this](const WireJson& one) { tool(one); });
        if (in_.get("parallel_tool_calls"))
            out_.request.parallel_calls = in_.flag("parallel_tool_calls");
        const WireJson* choice = in_.get("tool_choice");
        if (!choice)
            return;
        using Kind = ToolChoice::Kind;
        if (*choice == "auto")
            out_.request.tool_choice = ToolChoice{Kind::automatic, {}};
        else if (*choice == "none")
            out_.request.tool_choice = ToolChoice{Kind::none, {}};
        else if (*choice == "required")
            out_.request.tool_choice = ToolChoice{Kind::required, {}};
        else if (const WireJson* function =
                     choice->is_object() ? member(*choice, "function") : nullptr;
                 function && function->is_object() && !text_of(*function, "name").empty())
            out_.request.tool_choice =
                ToolChoice{Kind::named, std::string{text_of(*function, "name")}};
        else
            in_.complain("tool_choice", "tool_choice is auto, none, required or a function");
    }

    void tool(const WireJson& json) {
        const WireJson* function = json.is_object() ? member(json, "function") : nullptr;
        if (!function || !function->is_object() || text_of(*function, "name").empty())
            return in_.complain("tools", "only tools of type function, with a name, are passed on");
        Tool tool;
        tool.name = text_of(*function, "name");
        tool.description = text_of(*function, "description");
        if (const WireJson* parameters = member(*function, "parameters"))
            tool.parameters = json_text(*parameters);
        tool.own = more_than(*function, {"name", "description", "parameters"});
        out_.request.tools.push_back(std::move(tool));
    }

    void format() {
        const WireJson* format = in_.get("response_format");
        if (!format)
            return;
        const std::string type = format->is_object() ? word_of(*format, "type") : std::string{};
        if (type == "text")
            return;
        if (type == "json_object") {
            out_.request.json = true;
            return;
        }
        const WireJson* named = type == "json_schema" ? member(*format, "json_schema") : nullptr;
        const WireJson* schema = named && named->is_object() ? member(*named, "schema") : nullptr;
        if (!schema)
            return in_.complain(
                "response_format",
                "response_format is text, json_object or json_schema with a schema");
        out_.request.json = true;
        out_.request.json_schema = json_text(*schema);
        out_.request.json_name = text_of(*named, "name");
        if (const WireJson* strict = member(*named, "strict"); strict && strict->is_boolean())
            out_.request.json_strict = strict->get<bool>();
    }

    Members in_;
    CallerRequest out_;
};

// What most requests are: texts and a few plain numbers, read in place, in a tenth of the time that
// building values takes. Nothing: there is something else in it, or something wrong; the Reader
// tells.
class QuickReader {
  public:
    explicit QuickReader(std::string_view body) : json_(body) {}

    std::optional<CallerRequest> read() {
        const bool plain = json_.object([this](std::string_view key) { return member(key); });
        if (!plain || !json_.at_end() || out_.request.messages.empty())
            return std::nullopt;
        out_.request.max_tokens = newer_max_ ? newer_max_ : older_max_;
        return std::move(out_);
    }

  private:
    bool member(std::string_view key) {
        ChatRequest& r = out_.request;
        if (key == "messages")
            return r.messages.empty() && json_.array([this] { return message(); });
        if (key == "model")
            return json_.string(out_.model);
        if (key == "stream")
            return flag(r.stream);
        if (key == "max_completion_tokens")
            return count(newer_max_);
        if (key == "max_tokens")
            return count(older_max_);
        if (key == "temperature")
            return number(r.temperature, 2);
        if (key == "top_p")
            return number(r.top_p, 1);
        if (key == "stream_options")
            return json_.object([this](std::string_view name) {
                return name == "include_usage" && flag(out_.include_usage);
            });
        return json_.null();
    }
    bool message() {
        Message made;
        std::string_view role;
        bool said = false;
        const bool plain = json_.object([&](std::string_view key) {
            if (key == "role")
                return json_.plain_string(role);
            said = true;
            return key == "content" && json_.string(made.text);
        });
        if (role == "system" || role == "developer")
            made.role = Role::system;
        else if (role == "assistant")
            made.role = Role::assistant;
        else if (role != "user")
            return false;
        out_.request.messages.push_back(std::move(made));
        return plain && said;
    }
    bool flag(bool& out) {
        std::string_view word;
        if (!json_.raw(word) || (word != "true" && word != "false"))
            return false;
        out = word == "true";
        return true;
    }
    bool count(std::optional<std::int64_t>& out) {
        std::string_view digits;
        std::int64_t value = 0;
        if (!json_.raw(digits) || digits.size() > 8)
            return false;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        out = value;
        return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && value >= 1;
    }
    bool number(std::optional<double>& out, double most) {
        std::string_view digits;
        double value = 0;
        if (!json_.raw(digits))
            return false;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        out = value;
        return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && value >= 0 &&
               value <= most;
    }

    JsonCursor json_;
    CallerRequest out_;
    std::optional<std::int64_t> newer_max_, older_max_;
};

} // namespace

tl::expected<CallerRequest, CallerError> read_openai_chat(std::string_view body) {
    if (auto quick = QuickReader(body).read())
        return std::move(*quick);
    const auto json = request_object(body);
    if (!json)
        return tl::unexpected(json.error());
    return ChatRequestReader(*json).read();
}

} // namespace brownout::wire
