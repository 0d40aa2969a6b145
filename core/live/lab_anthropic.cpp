// Anthropic's Messages as its servers write them (formats from its published reference and
// recorded streams).
#include "live/lab_dialect.h"
#include "live/lab_words.h"

#include "base/calendar.h"
#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/takes.h"

#include <cmath>

namespace brownout::live {

namespace {

using wire::WireJson;

struct AnthropicError {
    int status;
    const char *type, *message, *code; // code: of details, null: no details
};
constexpr AnthropicError anthropic_errors[] = {
    {400, "invalid_request_error", "The request was malformed.", nullptr},
    {401, "authentication_error", "invalid x-api-key", nullptr},
    {402, "billing_error", "There is a problem with your billing or payment information.", nullptr},
    {403, "permission_error", "Your API key does not have permission to use this resource.",
     nullptr},
    {404, "not_found_error", "model: {model}", nullptr},
    {408, "timeout_error", "Request timed out.", nullptr},
    {409, "conflict_error", "The request conflicts with another one.", nullptr},
    {413, "request_too_large", "Request exceeds the maximum size", nullptr},
    {429, "rate_limit_error",
     "This request would exceed your organization's rate limit. Please reduce the rate of your "
     "requests.",
     nullptr},
    {500, "api_error", "Internal server error", nullptr},
    {503, "api_error", "The service is unavailable.", nullptr},
    {504, "timeout_error", "Request timed out", nullptr},
    {529, "overloaded_error", "Overloaded", nullptr},
};
// By LabError::What, from quota_exhausted on.
constexpr AnthropicError anthropic_said[] = {
    {429, "rate_limit_error",
     "You have reached your API usage limits: your organization has crossed its monthly API usage "
     "threshold, set based on your organization's API tier.",
     "enforced_spend_limit_reached"},
    {401, "authentication_error", "invalid x-api-key", nullptr},
    {404, "not_found_error", "model: {model}", nullptr},
    {403, "forbidden", "Request not allowed", nullptr},
    {529, "overloaded_error", "Overloaded", nullptr},
    {400, "invalid_request_error", "prompt is too long: {tokens} tokens > 200000 maximum", nullptr},
    {400, "invalid_request_error", "Output blocked by content filtering policy", nullptr},
};

constexpr AnthropicError anthropic_by_tokens = {
    429, "rate_limit_error",
    "This request would exceed your organization's rate limit of {limit} tokens per minute "
    "(model: {model}). Please reduce the prompt length or the maximum tokens requested, or try "
    "again later.",
    nullptr};

const AnthropicError& anthropic_error(const LabError& error) {
    if (error.what != LabError::What::status)
        return anthropic_said[static_cast<std::size_t>(error.what) - 1];
    if (error.status == 429 && error.tokens_per_min > 0)
        return anthropic_by_tokens;
    const AnthropicError* best = &anthropic_errors[0];
    for (const AnthropicError& row : anthropic_errors) {
        if (row.status == error.status)
            return row;
        if (row.status == 500 && error.status >= 500)
            best = &row;
    }
    return *best;
}

LabAnswer refuse_message(int status, const char* type, const std::string& message,
                         const LabJson& details = nullptr) {
    LabJson error{{"details", details}, {"type", type}, {"message", message}};
    return lab_json(status, {{"type", "error"}, {"error", error}, {"request_id", "req_lab"}});
}

LabAnswer bad_message(const std::string& message) {
    return refuse_message(400, "invalid_request_error", message);
}

class AnthropicLab final : public LabDialect {
  public:
    std::string base_path() const override { return ""; }

    Route route(const net::ServerRequest& request) const override {
        const auto path = request.path();
        if (path == "/v1/messages" && request.method == "POST")
            return Route::chat;
        return path == "/v1/models" && request.method == "GET" ? Route::models : Route::unknown;
    }

    tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& request) const override {
        if (request.header("anthropic-version").empty())
            return tl::unexpected<LabAnswer>(bad_message("anthropic-version: header is required"));
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return tl::unexpected<LabAnswer>(bad_message("The request body is not valid JSON"));
        LabRequest out;
        out.model = wire::text_of(*body, "model");
        if (out.model.empty())
            return tl::unexpected<LabAnswer>(bad_message("model: Field required"));
        out.max_tokens = wire::count_of(*body, "max_tokens");
        out.must_limit = true;
        if (!wire::member(*body, "max_tokens"))
            return tl::unexpected<LabAnswer>(bad_message("max_tokens: Field required"));
        if (out.max_tokens.value_or(0) < 1)
            return tl::unexpected<LabAnswer>(
                bad_message("max_tokens: Input should be greater than or equal to 1"));
        if (const WireJson* stream = wire::member(*body, "stream"))
            out.stream = stream->is_boolean() && stream->get<bool>();
        if (auto refused = sampling(*body, out.model))
            return tl::unexpected<LabAnswer>(*refused);
        if (auto refused = messages(*body, out))
            return tl::unexpected<LabAnswer>(*refused);
        return out;
    }

    LabAnswer models(const std::vector<std::string>& names, std::int64_t unix_s) const override {
        LabJson data = LabJson::array();
        for (const std::string& name : names)
            data.push_back({{"type", "model"},
                            {"id", name},
                            {"display_name", name},
                            {"created_at", rfc3339(unix_s)}});
        LabJson first = names.empty() ? LabJson(nullptr) : LabJson(names.front());
        LabJson last = names.empty() ? LabJson(nullptr) : LabJson(names.back());
        return lab_json(
            200, {{"data", data}, {"has_more", false}, {"first_id", first}, {"last_id", last}});
    }

    LabAnswer unknown(const net::ServerRequest& request) const override {
        const auto path = request.path();
        if (path == "/v1/messages" || path == "/v1/models")
            return refuse_message(405, "invalid_request_error", "Method Not Allowed");
        return refuse_message(404, "not_found_error", "Not Found");
    }

    LabAnswer error(const LabError& error) const override {
        const AnthropicError& row = anthropic_error(error);
        std::string type = row.type, message = error.message.empty() ? row.message : error.message;
        LabJson details = row.code ? LabJson{{"error_code", row.code}} : LabJson(nullptr);
        // A code of this dialect is its type or stands in the details; others mean nothing here.
        if (error.code.ends_with("_error"))
            type = error.code;
        else if (!error.code.empty() && error.what == LabError::What::status &&
                 error.code != "rate_limit_exceeded")
            details = {{"error_code", error.code}};
        lab_fill(message, error);
        const bool own_status = error.what != LabError::What::status;
        LabAnswer answer =
            refuse_message(own_status ? row.status : error.status, type.c_str(), message, details);
        lab_retry_after(answer, error);
        return answer;
    }

    LabAnswer whole(const LabReplyFacts& reply, const std::string& text) const override {
        LabJson message = head(reply);
        message["content"] = LabJson::array({LabJson{{"type", "text"}, {"text", text}}});
        message["stop_reason"] = stop_reason(reply);
        if (reply.tell_usage)
            message["usage"] = usage(reply, reply.output_tokens);
        return lab_json(200, message);
    }

    net::Headers stream_headers() const override {
        return {{"Content-Type", "text/event-stream; charset=utf-8"},
                {"Cache-Control", "no-cache"}};
    }
    std::string begin(const LabReplyFacts& reply) const override {
        LabJson message = head(reply);
        if (reply.tell_usage)
            message["usage"] = usage(reply, 1);
        return event("message_start", ",\"message\":" + lab_text(message)) +
               event("content_block_start",
                     R"(,"index":0,"content_block":{"type":"text","text":""})") +
               event("ping", "");
    }
    std::string token(const LabReplyFacts&, const std::string& text) const override {
        return event("content_block_delta",
                     R"(,"index":0,"delta":{"type":"text_delta","text":)" + lab_text(text) + "}");
    }
    std::string malformed(const LabReplyFacts&) const override {
        return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":\n\n";
    }
    std::string end(const LabReplyFacts& reply) const override {
        std::string delta = std::string{R"(,"delta":{"stop_reason":")"} + stop_reason(reply) +
                            R"(","stop_sequence":null})";
        if (reply.tell_usage)
            delta += ",\"usage\":" + lab_text(usage(reply, reply.output_tokens));
        return event("content_block_stop", R"(,"index":0)") + event("message_delta", delta) +
               event("message_stop", "");
    }
    std::string error_event(const LabError& error) const override {
        return "event: error\ndata: " + this->error(error).body + "\n\n";
    }
    std::string keep_alive() const override { return event("ping", ""); }

    net::Headers common_headers(const std::string& id, const LabQuota& quota,
                                Duration) const override {
        net::Headers out{{"request-id", "req_" + id},
                         {"anthropic-organization-id", "00000000-0000-4000-8000-000000000000"}};
        const auto of = [&](const std::string& what, const LabQuota::Of& left) {
            const std::string name = "anthropic-ratelimit-" + what;
            const auto reset = static_cast<std::int64_t>(std::ceil(to_seconds(left.reset)));
            out.emplace_back(name + "-limit", std::to_string(left.limit));
            out.emplace_back(name + "-remaining", std::to_string(left.remaining));
            out.emplace_back(name + "-reset", rfc3339(quota.unix_s + reset));
        };
        of("requests", quota.requests);
        of("tokens", quota.tokens);
        return out;
    }

  private:
    static const char* stop_reason(const LabReplyFacts& reply) {
        return reply.stopped_by_length ? "max_tokens" : "end_turn";
    }

    static std::optional<LabAnswer> sampling(const WireJson& body, const std::string& model) {
        const int version = wire::claude_version(model);
        const auto number = [&](const char* name) -> std::optional<double> {
            const WireJson* value = wire::member(body, name);
            return value && value->is_number() ? std::optional{value->get<double>()} : std::nullopt;
        };
        if (number("temperature").value_or(1) > 1)
            return bad_message("temperature: range: 0..1");
        if (version > 406 && number("temperature").value_or(1) != 1)
            return bad_message("`temperature` is deprecated for this model.");
        if (version > 406 && number("top_p").value_or(1) < 0.99)
            return bad_message("`top_p` is deprecated for this model.");
        if (version > 406 && wire::member(body, "top_k"))
            return bad_message("`top_k` is deprecated for this model.");
        if (version >= 401 && number("temperature") && number("top_p"))
            return bad_message(
                "`temperature` and `top_p` cannot both be specified for this model. Please "
                "use only one.");
        for (const char* unknown :
             {"seed", "stop", "n", "max_completion_tokens", "response_format", "stream_options"})
            if (wire::member(body, unknown))
                return bad_message(std::string{unknown} + ": Extra inputs are not permitted");
        return std::nullopt;
    }

    static std::optional<LabAnswer> messages(const WireJson& body, LabRequest& out) {
        const WireJson* messages = wire::member(body, "messages");
        if (!messages)
            return bad_message("messages: Field required");
        if (!messages->is_array() || messages->empty())
            return bad_message("messages: at least one message is required");
        out.input_tokens = 3;
        if (const WireJson* system = wire::member(body, "system"))
            out.input_tokens += 4 + lab_content_tokens(*system);
        for (std::size_t i = 0; i < messages->size(); ++i) {
            const WireJson& message = (*messages)[i];
            const std::string place = "messages." + std::to_string(i);
            const auto role = wire::text_of(message, "role");
            if (role != "user" && role != "assistant")
                return bad_message(place + ".role: Input should be 'user' or 'assistant'");
            const WireJson* content = wire::member(message, "content");
            if (!content || (!content->is_string() && !content->is_array()))
                return bad_message(place + ".content: Field required");
            out.input_tokens += 4 + lab_content_tokens(*content);
            if (i + 1 == messages->size() && role == "assistant")
                out.begun = text_at_end(*content);
        }
        return begun(out);
    }

    // The text that a message ends in; none: it ends in a call or a picture.
    static std::string text_at_end(const WireJson& content) {
        if (content.is_string())
            return content.get<std::string>();
        std::string text;
        for (const WireJson& block : content) {
            if (wire::text_of(block, "type") != "text")
                text.clear();
            text += wire::text_of(block, "text");
        }
        return text;
    }
    static std::optional<LabAnswer> begun(const LabRequest& request) {
        if (request.begun.empty())
            return std::nullopt;
        if (wire::claude_version(request.model) >= 406)
            return bad_message(
                "This model does not support assistant message prefill. The conversation "
                "must end with a user message.");
        if (std::string_view{" \t\r\n"}.find(request.begun.back()) != std::string_view::npos)
            return bad_message(
                "messages: final assistant content cannot end with trailing whitespace");
        return std::nullopt;
    }

    static LabJson head(const LabReplyFacts& reply) {
        return {{"id", "msg_" + reply.id}, {"type", "message"},           {"role", "assistant"},
                {"model", reply.model},    {"content", LabJson::array()}, {"stop_reason", nullptr},
                {"stop_sequence", nullptr}};
    }
    static LabJson usage(const LabReplyFacts& reply, std::int64_t output) {
        return {{"input_tokens", reply.input_tokens},
                {"cache_creation_input_tokens", 0},
                {"cache_read_input_tokens", 0},
                {"output_tokens", output},
                {"service_tier", "standard"}};
    }
    static std::string event(const std::string& type, const std::string& rest) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
    }
};

} // namespace

const LabDialect& anthropic_lab() {
    static const AnthropicLab lab;
    return lab;
}

} // namespace brownout::live
