// OpenAI's chat completions as its servers write them (formats from its published specification
// and recorded streams).
#include "live/lab_images.h"
#include "live/lab_openai_errors.h"

#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/usage.h"

#include <cmath>

namespace brownout::live {

namespace {

using wire::Vendor;
using wire::WireJson;

// Azure's, before the first delta: the prompt has been looked at.
constexpr const char* azure_opening =
    R"(data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[)"
    R"({"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},)"
    R"("self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},)"
    R"("violence":{"filtered":false,"severity":"safe"}}}]})"
    "\n\n";

class OpenAiLab final : public LabDialect {
  public:
    explicit OpenAiLab(Vendor vendor) : vendor_(vendor) {}

    std::string base_path() const override { return azure() ? "/openai/v1" : "/v1"; }
    const LabImages* images() const override { return &openai_lab_images(azure()); }
    Route route(const net::ServerRequest& request) const override {
        const auto path = path_of(request).path;
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
        if (const auto path = path_of(request); !path.deployment.empty())
            out.model = path.deployment;
        if (out.model.empty())
            return bad("you must provide a model parameter");
        const auto tokens = messages(*body);
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
        if (auto refused = openai_refused_parameter(vendor_, out.model, *body))
            return tl::unexpected<LabAnswer>(std::move(*refused));
        return out;
    }

    LabAnswer models(const std::vector<std::string>& names, std::int64_t unix_s) const override {
        LabJson data = LabJson::array();
        for (const std::string& name : names)
            data.push_back({{"id", name},
                            {"object", "model"},
                            {"created", unix_s},
                            {"owned_by", "brownout-lab"}});
        return {200,
                {{"Content-Type", "application/json"}},
                lab_text({{"object", "list"}, {"data", data}})};
    }

    LabAnswer unknown(const net::ServerRequest& request) const override {
        const auto path = path_of(request).path;
        if (path == "/v1/chat/completions" || path == "/v1/models")
            return refuse(405, "Not allowed to " + request.method + " on " + path + ".", nullptr,
                          "method_not_supported");
        if (azure())
            return lab_json(404, {{"error", {{"code", "404"}, {"message", "Resource not found"}}}});
        return refuse(404,
                      "Unknown request URL: " + request.method + " " + path +
                          ". Please check the URL for typos.",
                      nullptr, "unknown_url");
    }

    LabAnswer error(const LabError& error) const override { return openai_error(vendor_, error); }

    LabAnswer whole(const LabReplyFacts& reply, const std::string& text) const override {
        LabJson body = {
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
        return {200, {{"Content-Type", "application/json"}}, lab_text(body)};
    }

    net::Headers stream_headers() const override {
        return {{"Content-Type", "text/event-stream; charset=utf-8"},
                {"Cache-Control", "no-cache"}};
    }

    std::string begin(const LabReplyFacts& reply) const override {
        return (azure() ? azure_opening : "") +
               chunk(reply, R"({"role":"assistant","content":"","refusal":null})", "null");
    }
    std::string token(const LabReplyFacts& reply, const std::string& text) const override {
        return chunk(reply, "{\"content\":" + lab_text(text) + "}", "null");
    }
    std::string malformed(const LabReplyFacts& reply) const override {
        return "data: {\"id\":\"chatcmpl-" + reply.id +
               "\",\"choices\":[{\"delta\":{\"content\"\n\n";
    }
    std::string end(const LabReplyFacts& reply) const override {
        std::string out = chunk(reply, "{}", "\"" + std::string{finish_of(reply)} + "\"");
        if (reply.include_usage && reply.tell_usage)
            out += "data: " + opening(reply) +
                   ",\"choices\":[],\"usage\":" + lab_text(usage(reply)) + "}\n\n";
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
    bool azure() const { return vendor_ == Vendor::azure; }

    OpenAiPath path_of(const net::ServerRequest& request) const {
        return azure() ? azure_path(request) : OpenAiPath{std::string{request.path()}, {}};
    }

    LabAnswer refuse(int status, const std::string& message, const LabJson& param,
                     const LabJson& code) const {
        return openai_refusal(vendor_, status, message, param, code);
    }
    tl::unexpected<LabAnswer> bad(const std::string& message, const LabJson& param = nullptr,
                                  const LabJson& code = nullptr) const {
        return tl::unexpected<LabAnswer>(refuse(400, message, param, code));
    }
    tl::unexpected<LabAnswer> wrong_type(const std::string& name, const char* wanted) const {
        return bad("Invalid type for '" + name + "': expected " + wanted + ".", name,
                   "invalid_type");
    }

    tl::expected<std::int64_t, LabAnswer> messages(const WireJson& body) const {
        const WireJson* messages = wire::member(body, "messages");
        if (!messages)
            return bad("Missing required parameter: 'messages'.", "messages",
                       "missing_required_parameter");
        if (!messages->is_array())
            return wrong_type("messages", "an array of objects");
        if (messages->empty())
            return bad("Invalid 'messages': empty array. Expected an array with minimum length 1.",
                       "messages", "empty_array");
        std::int64_t tokens =
            3; // as OpenAI's cookbook counts: 4 around each, 3 to start the answer
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
            tokens += 4 + (content ? lab_content_tokens(*content) : 0);
        }
        return tokens;
    }

    static constexpr const char* fingerprint = "fp_brownout_lab";

    static const char* finish_of(const LabReplyFacts& reply) {
        return reply.stopped_by_length ? "length" : "stop";
    }

    static LabJson usage(const LabReplyFacts& reply) {
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
               std::to_string(reply.unix_s) + ",\"model\":" + lab_text(reply.model) +
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

    Vendor vendor_;
};

} // namespace

const LabDialect& openai_lab(Vendor vendor) {
    static const std::vector<OpenAiLab> labs = [] {
        std::vector<OpenAiLab> made;
        for (int i = 0; i <= static_cast<int>(Vendor::novita); ++i) // the last one
            made.emplace_back(static_cast<Vendor>(i));
        return made;
    }();
    return labs[static_cast<std::size_t>(vendor)];
}

} // namespace brownout::live
