// OpenAI Chat Completions as a client writes and reads it. Source: OpenAI's API reference and its
// JavaScript client 6; `reasoning_content` is the name that compatible vendors and clients share.
#include "chain/json_text.h"
#include "wire/callers/caller_parts.h"
#include "wire/callers/openai_words.h"
#include "wire/request_parts.h"

namespace brownout::wire {

namespace {

using chain::Json;
using chain::JsonText;

const char* finish_name(Finish finish, bool calls) {
    constexpr const char* names[] = {"stop", "length", "content_filter", "tool_calls"};
    return names[static_cast<int>(ending_of(finish, calls))];
}

void write_usage(JsonText& out, const Usage& usage, std::optional<Money> cost) {
    out.key("usage");
    out.open('{');
    out.member("prompt_tokens", usage.input);
    out.member("completion_tokens", usage.output);
    out.member("total_tokens", usage.input + usage.output);
    out.key("prompt_tokens_details");
    out.open('{');
    out.member("cached_tokens", usage.cached_read);
    out.close('}');
    out.key("completion_tokens_details");
    out.open('{');
    out.member("reasoning_tokens", usage.reasoning);
    out.close('}');
    if (cost)
        out.member("cost_usd", cost->usd());
    out.close('}');
}

// What an answer and each piece of a streamed one begin with.
void write_frame(JsonText& out, const char* object, const AnswerFacts& facts) {
    out.open('{');
    out.member("id", "chatcmpl-" + facts.id);
    out.member("object", object);
    out.member("created", facts.unix_s);
    out.member("model", facts.model);
}

class ChunkStream final : public CallerStream {
  public:
    std::string begin(const AnswerFacts& facts) override {
        facts_ = facts;
        return chunk(
            [](JsonText& out) {
                out.member("role", "assistant");
                out.member("content", "");
            },
            nullptr);
    }
    std::string delta(const Delta& delta) override {
        if (delta.empty())
            return {};
        return chunk([&](JsonText& out) { write_delta(out, delta); }, nullptr);
    }
    std::string restart(const std::string& target) override {
        calls_ = false;
        return server_event("restart", {{"restart", {{"target", target}}}});
    }
    std::string end(const Reply& reply, std::optional<Money> cost) override {
        std::string all = chunk([](JsonText&) {}, finish_name(reply.finish, calls_));
        if (facts_.include_usage && reply.usage) {
            all += "data: ";
            JsonText out(all);
            write_frame(out, "chat.completion.chunk", facts_);
            out.key("choices");
            out.open('[');
            out.close(']');
            write_usage(out, *reply.usage, cost);
            out.close('}');
            all += "\n\n";
        }
        return all + "data: [DONE]\n\n";
    }
    std::string error(const CallerError& error) override {
        return server_event(nullptr, openai_error(error));
    }

  private:
    void write_delta(JsonText& out, const Delta& delta) {
        if (!delta.text.empty())
            out.member("content", delta.text);
        if (!delta.reasoning.empty())
            out.member("reasoning_content", delta.reasoning);
        if (delta.tool_calls.empty())
            return;
        calls_ = true;
        Json calls = Json::array();
        for (const ToolCallPiece& piece : delta.tool_calls) {
            Json& call = calls.emplace_back(Json{{"index", piece.index}});
            if (!piece.id.empty()) {
                call["id"] = piece.id;
                call["type"] = "function";
            }
            Json& function = call["function"] = Json::object();
            if (!piece.name.empty())
                function["name"] = piece.name;
            function["arguments"] = piece.arguments;
        }
        out.member("tool_calls", calls);
    }
    // One for each token: written straight as text.
    template <class WriteDelta>
    std::string chunk(WriteDelta&& write, const char* finish) const {
        std::string all = "data: ";
        all.reserve(256);
        JsonText out(all);
        write_frame(out, "chat.completion.chunk", facts_);
        out.key("choices");
        out.open('[');
        out.open('{');
        out.member("index", 0);
        out.key("delta");
        out.open('{');
        write(out);
        out.close('}');
        out.member("logprobs", nullptr);
        out.member("finish_reason",
                   finish ? std::optional<std::string_view>{finish} : std::nullopt);
        out.close('}');
        out.close(']');
        if (facts_.include_usage)
            out.member("usage", nullptr);
        out.close('}');
        return all += "\n\n";
    }

    AnswerFacts facts_;
    bool calls_ = false;
};

void write_message(JsonText& out, const Reply& reply) {
    out.open('{');
    out.member("role", "assistant");
    const bool calls = !reply.tool_calls.empty();
    out.member("content", calls && reply.text.empty()
                              ? std::nullopt
                              : std::optional<std::string_view>{reply.text});
    out.member("refusal", nullptr);
    if (!reply.reasoning.empty())
        out.member("reasoning_content", reply.reasoning);
    if (calls) {
        Json all = Json::array();
        for (const ToolCall& call : reply.tool_calls)
            all.push_back({{"id", call.id},
                           {"type", "function"},
                           {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
        out.member("tool_calls", all);
    }
    out.close('}');
}

class OpenAiChat final : public Caller {
  public:
    tl::expected<CallerRequest, CallerError> read(std::string_view body) const override {
        return read_openai_chat(body);
    }
    std::string whole(const AnswerFacts& facts, const Reply& reply) const override {
        std::string all;
        all.reserve(512 + reply.text.size());
        JsonText out(all);
        write_frame(out, "chat.completion", facts);
        out.key("choices");
        out.open('[');
        out.open('{');
        out.member("index", 0);
        out.key("message");
        write_message(out, reply);
        out.member("logprobs", nullptr);
        out.member("finish_reason", finish_name(reply.finish, !reply.tool_calls.empty()));
        out.close('}');
        out.close(']');
        if (reply.usage)
            write_usage(out, *reply.usage, facts.cost);
        out.close('}');
        return all;
    }
    std::string error(const CallerError& error, const std::string&) const override {
        return body_text(openai_error(error));
    }
    std::unique_ptr<CallerStream> stream() const override {
        return std::make_unique<ChunkStream>();
    }
};

} // namespace

Json openai_error(const CallerError& error) {
    const char* type = error.status == 401                         ? "authentication_error"
                       : error.status == 403                       ? "permission_error"
                       : error.status == 404                       ? "not_found_error"
                       : error.status == 429                       ? "rate_limit_error"
                       : error.status >= 400 && error.status < 500 ? "invalid_request_error"
                                                                   : "server_error";
    return {{"error",
             {{"message", error.message},
              {"type", type},
              {"param", error.param.empty() ? Json(nullptr) : Json(error.param)},
              {"code", error.code.empty() ? Json(nullptr) : Json(error.code)}}}};
}

const Caller& openai_chat_caller() {
    static const OpenAiChat caller;
    return caller;
}

} // namespace brownout::wire
