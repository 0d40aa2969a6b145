// Answers as Anthropic writes its messages. Source: Anthropic's API reference and its
// JavaScript client 1.
#include "wire/callers/anthropic_reading.h"
#include "wire/callers/caller_parts.h"
#include "wire/request_parts.h"

#include <algorithm>
#include <map>

namespace brownout::wire {

namespace {

using chain::Json;

const char* stop_name(Finish finish, bool calls) {
    constexpr const char* names[] = {"end_turn", "max_tokens", "refusal", "tool_use"};
    return names[static_cast<int>(ending_of(finish, calls))];
}

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

Json thinking_block(const std::string& text, const std::string& signature) {
    return {{"type", "thinking"}, {"thinking", text}, {"signature", signature}};
}

Json redacted_block(const std::string& data) {
    return {{"type", "redacted_thinking"}, {"data", data}};
}

Json empty_message(const AnswerFacts& facts) {
    return {{"id", "msg_" + facts.id}, {"type", "message"},        {"role", "assistant"},
            {"model", facts.model},    {"content", Json::array()}, {"stop_reason", nullptr},
            {"stop_sequence", nullptr}};
}

class MessagesStream final : public CallerStream {
  public:
    std::string begin(const AnswerFacts& facts) override {
        facts_ = facts;
        Usage usage;
        usage.input = facts.input_tokens;
        Json message = empty_message(facts);
        message["usage"] = usage_json(usage, std::nullopt);
        return server_event("message_start", {{"type", "message_start"}, {"message", message}}) +
               keep_alive();
    }
    std::string delta(const Delta& delta) override {
        std::string out;
        if (!delta.reasoning.empty()) {
            out += open(Kind::thinking, 0, thinking_block("", ""));
            out += piece(current_, {{"type", "thinking_delta"}, {"thinking", delta.reasoning}});
        }
        if (!delta.signature.empty()) {
            out += open(Kind::thinking, 0, thinking_block("", ""));
            out += piece(current_, {{"type", "signature_delta"}, {"signature", delta.signature}});
            out += close();
        }
        if (!delta.redacted.empty()) {
            out += close();
            out += open(Kind::thinking, 0, redacted_block(delta.redacted));
            out += close();
        }
        if (!delta.text.empty()) {
            out += open(Kind::text, 0, {{"type", "text"}, {"text", ""}});
            out += piece(current_, {{"type", "text_delta"}, {"text", delta.text}});
        }
        for (const ToolCallPiece& call : delta.tool_calls)
            if (call.index <= most_calls)
                out += call_piece(call);
        return out;
    }
    // Blocks cannot be taken back: what came is ended, and the new answer follows as a new block.
    std::string restart(const std::string& target) override {
        std::string out = close();
        calls_.clear();
        waiting_.clear();
        return out + server_event("restart", {{"type", "restart"}, {"target", target}});
    }
    std::string end(const Reply& reply, std::optional<Money> cost) override {
        std::string out = close();
        for (const auto& [index, call] : std::exchange(waiting_, {})) {
            out += call_piece(call);
            out += close();
        }
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
    // Blocks follow one another, and nothing can be added to one that has ended: while one call is
    // open, others wait for the end. Providers may write several at once.
    std::string call_piece(const ToolCallPiece& call) {
        if (call.index >= calls_.size())
            calls_.resize(call.index + 1u, no_block);
        std::string out;
        if (calls_[call.index] == no_block) {
            if (kind_ == Kind::call) {
                ToolCallPiece& waits = waiting_[call.index];
                waits.index = call.index;
                waits.id += call.id;
                waits.name += call.name;
                waits.arguments += call.arguments;
                return {};
            }
            out = open(Kind::call, call.index,
                       {{"type", "tool_use"},
                        {"id", call.id},
                        {"name", call.name},
                        {"input", Json::object()}});
            calls_[call.index] = current_;
        }
        if (!call.arguments.empty())
            out += piece(calls_[call.index],
                         {{"type", "input_json_delta"}, {"partial_json", call.arguments}});
        return out;
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
    std::map<std::uint32_t, ToolCallPiece> waiting_;
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
    return {{"type", "error"}, {"error", {{"type", type}, {"message", text_of(error)}}}};
}

std::string MessagesStream::error(const CallerError& error) {
    return server_event("error", error_json(error));
}

class Anthropic final : public Caller {
  public:
    tl::expected<CallerRequest, CallerError> read(std::string_view body) const override {
        const auto json = request_object(body);
        if (!json)
            return tl::unexpected(json.error());
        return read_anthropic(*json);
    }
    std::string whole(const AnswerFacts& facts, const Reply& reply) const override {
        Json out = empty_message(facts);
        Json& blocks = out["content"];
        for (const Thinking& one : reply.thinking)
            blocks.push_back(one.redacted.empty() ? thinking_block(one.text, one.signature)
                                                  : redacted_block(one.redacted));
        if (!reply.reasoning.empty() && reply.thinking.empty())
            blocks.push_back(thinking_block(reply.reasoning, ""));
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
    std::unique_ptr<CallerStream> stream() const override {
        return std::make_unique<MessagesStream>();
    }
};

} // namespace

const Caller& anthropic_caller() {
    static const Anthropic caller;
    return caller;
}

} // namespace brownout::wire
