// OpenAI's chat completions as its servers write them (formats from its published specification
// and recorded streams).
#include "live/lab_images.h"

#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/usage.h"

#include <cmath>

namespace brownout::live {

namespace {

using wire::WireJson;
using Json = nlohmann::ordered_json; // members in the provider's order

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct ErrorRow {
    int status;
    const char *type, *code, *message; // code null: null
};
constexpr ErrorRow error_rows[] = {
    {400, "invalid_request_error", nullptr, "The request was malformed."},
    {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."},
    {403, "request_forbidden", "unsupported_country_region_territory",
     "Country, region, or territory not supported"},
    {404, "invalid_request_error", "model_not_found",
     "The model `{model}` does not exist or you do not have access to it."},
    {408, "timeout", nullptr, "Request timed out."},
    {413, "invalid_request_error", nullptr, "The request body is too large."},
    {429, "requests", "rate_limit_exceeded",
     "Rate limit reached for {model} in organization org-lab on requests per min (RPM).{wait}"},
    {500, "server_error", nullptr,
     "The server had an error while processing your request. Sorry about that!"},
    {502, "server_error", nullptr, "Bad gateway."},
    {503, "service_unavailable_error", "server_is_overloaded", "Overloaded"},
    {504, "server_error", nullptr, "Gateway timeout."},
};

// By LabError::What, from quota_exhausted on.
constexpr ErrorRow said_rows[] = {
    {429, "insufficient_quota", "insufficient_quota",
     "You exceeded your current quota, please check your plan and billing details."},
    {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."},
    {404, "invalid_request_error", "model_not_found",
     "The model `{model}` does not exist or you do not have access to it."},
    {403, "request_forbidden", "unsupported_country_region_territory",
     "Country, region, or territory not supported"},
    {503, "service_unavailable_error", "server_is_overloaded",
     "The model is currently overloaded with other requests."},
    {400, "invalid_request_error", "context_length_exceeded",
     "This model's maximum context length is exceeded: your messages resulted in {tokens} tokens. "
     "Please reduce the length of the messages."},
    {400, "invalid_request_error", "invalid_prompt",
     "Invalid prompt: your prompt was flagged as potentially violating our usage policy."},
};

constexpr ErrorRow by_tokens = {
    429, "tokens", "rate_limit_exceeded",
    "Rate limit reached for {model} in organization org-lab on tokens per min (TPM): Limit "
    "{limit}.{wait}"};

const ErrorRow& row_for(const LabError& error) {
    if (error.what != LabError::What::status)
        return said_rows[static_cast<std::size_t>(error.what) - 1];
    if (error.status == 429 && error.tokens_per_min > 0)
        return by_tokens;
    const int status = error.status;
    const ErrorRow* best = &error_rows[0];
    for (const ErrorRow& row : error_rows) {
        if (row.status == status)
            return row;
        if (row.status == 500 && status >= 500)
            best = &row;
    }
    return *best;
}

void replace(std::string& text, std::string_view what, const std::string& with) {
    if (const auto at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), with);
}

// Go's notation, as the reset headers use it: "12ms", "1.5s", "6m0s".
std::string go_duration(Duration d) {
    const double seconds = to_seconds(d);
    char out[48];
    if (seconds < 1)
        std::snprintf(out, sizeof out, "%.0fms", std::ceil(seconds * 1e3));
    else if (seconds < 60)
        std::snprintf(out, sizeof out, "%.4gs", seconds);
    else
        std::snprintf(out, sizeof out, "%dm%ds", static_cast<int>(seconds) / 60,
                      static_cast<int>(seconds) % 60);
    return out;
}

LabAnswer refuse(int status, const std::string& message, const Json& param, const Json& code) {
    const Json body = {{"error",
                        {{"message", message},
                         {"type", "invalid_request_error"},
                         {"param", param},
                         {"code", code}}}};
    return {status, {{"Content-Type", "application/json"}}, text_of(body)};
}

tl::unexpected<LabAnswer> bad(const std::string& message, const Json& param = nullptr,
                              const Json& code = nullptr) {
    return tl::unexpected<LabAnswer>(refuse(400, message, param, code));
}

tl::unexpected<LabAnswer> wrong_type(const std::string& name, const char* wanted) {
    return bad("Invalid type for '" + name + "': expected " + wanted + ".", name, "invalid_type");
}

// Text of a message: a string, or parts of which those with text count.
std::int64_t content_tokens(const WireJson& content) {
    if (content.is_string())
        return wire::estimate_tokens(content.get_ref<const std::string&>());
    std::int64_t tokens = 0;
    if (content.is_array())
        for (const WireJson& part : content)
            if (part.is_object())
                tokens += wire::estimate_tokens(wire::text_of(part, "text"));
    return tokens;
}

tl::expected<std::int64_t, LabAnswer> read_messages(const WireJson& body) {
    const WireJson* messages = wire::member(body, "messages");
    if (!messages)
        return bad("Missing required parameter: 'messages'.", "messages",
                   "missing_required_parameter");
    if (!messages->is_array())
        return wrong_type("messages", "an array of objects");
    if (messages->empty())
        return bad("Invalid 'messages': empty array. Expected an array with minimum length 1.",
                   "messages", "empty_array");
    std::int64_t tokens = 3; // as OpenAI's cookbook counts: 4 around each, 3 to start the answer
    for (std::size_t i = 0; i < messages->size(); ++i) {
        const WireJson& message = (*messages)[i];
        const std::string place = "messages[" + std::to_string(i) + "]";
        if (!message.is_object())
            return wrong_type(place, "an object");
        if (wire::text_of(message, "role").empty())
            return bad("Missing required parameter: '" + place + ".role'.", place + ".role",
                       "missing_required_parameter");
        const WireJson* content = wire::member(message, "content");
        if (content && !content->is_string() && !content->is_array())
            return wrong_type(place + ".content", "one of a string or array of objects");
        tokens += 4 + (content ? content_tokens(*content) : 0);
    }
    return tokens;
}

class OpenAiLab final : public LabDialect {
  public:
    const LabImages* images() const override { return &openai_lab_images(); }
    Route route(const net::ServerRequest& request) const override {
        const auto path = request.path();
        if (path == "/v1/chat/completions" && request.method == "POST")
            return Route::chat;
        if (path == "/v1/models" && request.method == "GET")
            return Route::models;
        return Route::unknown;
    }

    tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& request) const override {
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return bad(
                "We could not parse the JSON body of your request. (HINT: This likely means "
                "you aren't using your HTTP library correctly. The OpenAI API expects a JSON "
                "payload, but what was sent was not valid JSON.)");
        LabRequest out;
        const WireJson* model = wire::member(*body, "model");
        if (model && !model->is_string())
            return wrong_type("model", "a string");
        out.model = wire::text_of(*body, "model");
        if (out.model.empty())
            return bad("you must provide a model parameter");
        const auto tokens = read_messages(*body);
        if (!tokens)
            return tl::unexpected<LabAnswer>(tokens.error());
        out.input_tokens = *tokens;
        if (const WireJson* stream = wire::member(*body, "stream")) {
            if (!stream->is_boolean())
                return wrong_type("stream", "a boolean");
            out.stream = stream->get<bool>();
        }
        if (const WireJson* options = wire::member(*body, "stream_options")) {
            if (!out.stream)
                return bad(
                    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                    "stream_options");
            const WireJson* usage = wire::member(*options, "include_usage");
            out.include_usage = usage && usage->is_boolean() && usage->get<bool>();
        }
        for (const char* name : {"max_completion_tokens", "max_tokens"}) {
            const WireJson* limit = wire::member(*body, name);
            if (!limit)
                continue;
            if (!limit->is_number_integer())
                return wrong_type(name, "an integer");
            if (limit->get<double>() < 1)
                return bad("Invalid '" + std::string{name} +
                               "': integer below minimum value. Expected a value >= 1.",
                           name, "integer_below_min_value");
            out.max_tokens = static_cast<std::int64_t>(std::min(limit->get<double>(), 1e9));
            break;
        }
        return out;
    }

    LabAnswer models(const std::vector<std::string>& names, std::int64_t unix_s) const override {
        Json data = Json::array();
        for (const std::string& name : names)
            data.push_back({{"id", name},
                            {"object", "model"},
                            {"created", unix_s},
                            {"owned_by", "brownout-lab"}});
        return {200,
                {{"Content-Type", "application/json"}},
                text_of({{"object", "list"}, {"data", data}})};
    }

    LabAnswer unknown(const net::ServerRequest& request) const override {
        const std::string path{request.path()};
        if (path == "/v1/chat/completions" || path == "/v1/models")
            return refuse(405, "Not allowed to " + request.method + " on " + path + ".", nullptr,
                          "method_not_supported");
        return refuse(404,
                      "Unknown request URL: " + request.method + " " + path +
                          ". Please check the URL for typos.",
                      nullptr, "unknown_url");
    }

    LabAnswer error(const LabError& error) const override {
        const ErrorRow& row = row_for(error);
        std::string message = error.message.empty() ? row.message : error.message;
        if (error.message.empty()) {
            replace(message, "{model}", error.model);
            replace(message, "{tokens}", std::to_string(error.input_tokens));
            replace(message, "{limit}", std::to_string(error.tokens_per_min));
            replace(message, "{wait}",
                    error.retry_after
                        ? " Please try again in " + go_duration(*error.retry_after) + "."
                        : "");
        }
        Json code = row.code ? Json(row.code) : Json(nullptr);
        std::string type = row.type;
        if (!error.code.empty()) {
            code = error.code;
            if (error.code == "insufficient_quota") // the one code that is also its type
                type = error.code;
        }
        const Json body = {
            {"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", code}}}};
        LabAnswer answer{error.status, {{"Content-Type", "application/json"}}, text_of(body)};
        if (error.retry_after) {
            const double ms = std::ceil(to_ms(*error.retry_after));
            answer.headers.emplace_back(
                "retry-after", std::to_string(static_cast<std::int64_t>(std::ceil(ms / 1e3))));
            answer.headers.emplace_back("retry-after-ms",
                                        std::to_string(static_cast<std::int64_t>(ms)));
        }
        return answer;
    }

    LabAnswer whole(const LabReplyFacts& reply, const std::string& text) const override {
        Json body = {
            {"id", "chatcmpl-" + reply.id},
            {"object", "chat.completion"},
            {"created", reply.unix_s},
            {"model", reply.model},
            {"choices",
             {{{"index", 0},
               {"message", {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
               {"logprobs", nullptr},
               {"finish_reason", finish_of(reply)}}}},
            {"usage", usage(reply)},
            {"service_tier", "default"},
            {"system_fingerprint", fingerprint}};
        if (!reply.tell_usage)
            body.erase("usage");
        return {200, {{"Content-Type", "application/json"}}, text_of(body)};
    }

    net::Headers stream_headers() const override {
        return {{"Content-Type", "text/event-stream; charset=utf-8"},
                {"Cache-Control", "no-cache"}};
    }

    std::string begin(const LabReplyFacts& reply) const override {
        return chunk(reply, R"({"role":"assistant","content":"","refusal":null})", "null");
    }
    std::string token(const LabReplyFacts& reply, const std::string& text) const override {
        return chunk(reply, "{\"content\":" + text_of(text) + "}", "null");
    }
    std::string malformed(const LabReplyFacts& reply) const override {
        return "data: {\"id\":\"chatcmpl-" + reply.id +
               "\",\"choices\":[{\"delta\":{\"content\"\n\n";
    }
    std::string end(const LabReplyFacts& reply) const override {
        std::string out = chunk(reply, "{}", "\"" + std::string{finish_of(reply)} + "\"");
        if (reply.include_usage && reply.tell_usage)
            out += "data: " + opening(reply) +
                   ",\"choices\":[],\"usage\":" + text_of(usage(reply)) + "}\n\n";
        return out + "data: [DONE]\n\n";
    }

    net::Headers common_headers(const std::string& id, const LabQuota& quota,
                                Duration processing) const override {
        const auto whole = [](std::int64_t n) { return std::to_string(n); };
        return {{"x-request-id", "req_" + id},
                {"openai-processing-ms", whole(static_cast<std::int64_t>(to_ms(processing)))},
                {"openai-version", "2020-10-01"},
                {"x-ratelimit-limit-requests", whole(quota.requests.limit)},
                {"x-ratelimit-limit-tokens", whole(quota.tokens.limit)},
                {"x-ratelimit-remaining-requests", whole(quota.requests.remaining)},
                {"x-ratelimit-remaining-tokens", whole(quota.tokens.remaining)},
                {"x-ratelimit-reset-requests", go_duration(quota.requests.reset)},
                {"x-ratelimit-reset-tokens", go_duration(quota.tokens.reset)}};
    }

  private:
    static constexpr const char* fingerprint = "fp_brownout_lab";

    static const char* finish_of(const LabReplyFacts& reply) {
        return reply.stopped_by_length ? "length" : "stop";
    }

    static Json usage(const LabReplyFacts& reply) {
        return {{"prompt_tokens", reply.input_tokens},
                {"completion_tokens", reply.output_tokens},
                {"total_tokens", reply.input_tokens + reply.output_tokens},
                {"prompt_tokens_details", {{"cached_tokens", 0}, {"audio_tokens", 0}}},
                {"completion_tokens_details",
                 {{"reasoning_tokens", 0},
                  {"audio_tokens", 0},
                  {"accepted_prediction_tokens", 0},
                  {"rejected_prediction_tokens", 0}}}};
    }

    static std::string opening(const LabReplyFacts& reply) {
        return "{\"id\":\"chatcmpl-" + reply.id +
               "\",\"object\":\"chat.completion.chunk\",\"created\":" +
               std::to_string(reply.unix_s) + ",\"model\":" + text_of(reply.model) +
               ",\"service_tier\":\"default\",\"system_fingerprint\":\"" + fingerprint + "\"";
    }

    static std::string chunk(const LabReplyFacts& reply, const std::string& delta,
                             const std::string& finish) {
        std::string out = "data: " + opening(reply) +
                          ",\"choices\":[{\"index\":0,\"delta\":" + delta +
                          ",\"logprobs\":null,\"finish_reason\":" + finish + "}]";
        if (reply.include_usage)
            out += ",\"usage\":null";
        return out += "}\n\n";
    }
};

} // namespace

const LabDialect& openai_lab() {
    static const OpenAiLab lab;
    return lab;
}

} // namespace brownout::live
