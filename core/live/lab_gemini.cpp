// Google's Gemini as its servers write it (formats from its published specification and recorded
// streams).
#include "live/lab_images.h"

#include "wire/dialect.h"
#include "wire/json_lenient.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace brownout::live {

namespace {

using wire::WireJson;

struct GeminiError {
    int status;
    const char *word, *message;
};
constexpr GeminiError gemini_errors[] = {
    {400, "INVALID_ARGUMENT", "Request contains an invalid argument."},
    {401, "UNAUTHENTICATED", "Request had invalid authentication credentials."},
    {402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."},
    {403, "PERMISSION_DENIED", "The caller does not have permission"},
    {404, "NOT_FOUND",
     "models/{model} is not found for API version v1beta, or is not supported for "
     "generateContent. Call ListModels to see the list of available models."},
    {409, "ABORTED", "The operation was aborted."},
    {429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan."},
    {499, "CANCELLED", "The operation was cancelled."},
    {500, "INTERNAL", "An internal error has occurred. Please retry."},
    {501, "UNIMPLEMENTED", "Operation is not implemented."},
    {503, "UNAVAILABLE", "The model is overloaded. Please try again later."},
    {504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."},
};
// By LabError::What, from quota_exhausted on.
constexpr GeminiError gemini_said[] = {
    {402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."},
    {400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."},
    {404, "NOT_FOUND",
     "models/{model} is not found for API version v1beta, or is not supported for "
     "generateContent. Call ListModels to see the list of available models."},
    {400, "FAILED_PRECONDITION", "User location is not supported for the API use."},
    {503, "UNAVAILABLE", "The model is overloaded. Please try again later."},
    {400, "INVALID_ARGUMENT",
     "The input token count ({tokens}) exceeds the maximum number of tokens allowed (1048576)."},
    {200, "", ""}, // moderation is an answer without candidates
};

const GeminiError& gemini_error(const LabError& error) {
    if (error.what != LabError::What::status)
        return gemini_said[static_cast<std::size_t>(error.what) - 1];
    const GeminiError* best = &gemini_errors[0];
    for (const GeminiError& row : gemini_errors) {
        if (row.status == error.status)
            return row;
        if (row.status == 500 && error.status >= 500)
            best = &row;
    }
    return *best;
}

LabAnswer refuse_content(int status, const std::string& word, const std::string& message,
                         const LabJson& details = LabJson::array()) {
    LabJson error{{"code", status}, {"message", message}, {"status", word}};
    if (!details.empty())
        error["details"] = details;
    return lab_json(status, {{"error", error}});
}

LabAnswer bad_content(const std::string& message) {
    return refuse_content(400, "INVALID_ARGUMENT", message);
}

class GeminiLab final : public LabDialect {
  public:
    std::string base_path() const override { return "/v1beta"; }
    const LabImages* images() const override { return &gemini_lab_images(); }

    Route route(const net::ServerRequest& request) const override {
        const auto path = request.path();
        const GeminiCall call = gemini_call(path);
        if (request.method == "POST" &&
            (call.method == "generateContent" || call.method == "streamGenerateContent"))
            return Route::chat;
        return request.method == "GET" && (path == "/v1beta/models" || path == "/v1/models")
                   ? Route::models
                   : Route::unknown;
    }

    tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& request) const override {
        const GeminiCall call = gemini_call(request.path());
        LabRequest out;
        out.model = call.model;
        out.stream = call.method == "streamGenerateContent";
        if (out.stream && request.target.find("alt=sse") == request.target.npos)
            return tl::unexpected<LabAnswer>(
                refuse_content(501, "UNIMPLEMENTED", "The lab streams with alt=sse only."));
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return tl::unexpected<LabAnswer>(bad_content("Invalid JSON payload received."));
        if (auto refused = unknown_names(*body))
            return tl::unexpected<LabAnswer>(*refused);
        const WireJson* contents = wire::member(*body, "contents");
        if (!contents || !contents->is_array() || contents->empty())
            return tl::unexpected<LabAnswer>(
                bad_content("* GenerateContentRequest.contents: contents is not specified\n"));
        out.input_tokens = 3;
        if (const WireJson* system = wire::member(*body, "systemInstruction"))
            out.input_tokens += 4 + parts_tokens(*system);
        for (const WireJson& content : *contents) {
            const auto role = wire::text_of(content, "role");
            if (!role.empty() && role != "user" && role != "model")
                return tl::unexpected<LabAnswer>(
                    bad_content("Please use a valid role: user, model."));
            out.input_tokens += 4 + parts_tokens(content);
        }
        if (const WireJson* config = wire::member(*body, "generationConfig"))
            out.max_tokens = wire::count_of(*config, "maxOutputTokens");
        return out;
    }

    LabAnswer models(const std::vector<std::string>& names, std::int64_t) const override {
        LabJson list = LabJson::array();
        for (const std::string& name : names)
            list.push_back({{"name", "models/" + name},
                            {"version", "001"},
                            {"displayName", name},
                            {"inputTokenLimit", 1048576},
                            {"outputTokenLimit", 65536},
                            {"supportedGenerationMethods",
                             LabJson::array({"generateContent", "countTokens"})}});
        return lab_json(200, {{"models", list}});
    }

    LabAnswer unknown(const net::ServerRequest& request) const override {
        return refuse_content(404, "NOT_FOUND",
                              "The requested URL " + std::string{request.path()} +
                                  " was not found on this server.");
    }

    LabAnswer error(const LabError& error) const override {
        const GeminiError& row = gemini_error(error);
        if (row.status == 200)
            return blocked(error);
        const bool said = error.what != LabError::What::status;
        std::string message = error.message.empty() ? row.message : error.message;
        lab_fill(message, error);
        LabJson details = LabJson::array();
        if (error.what == LabError::What::bad_key)
            details.push_back({{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                               {"reason", "API_KEY_INVALID"},
                               {"domain", "googleapis.com"},
                               {"metadata", {{"service", "generativelanguage.googleapis.com"}}}});
        if (!said && error.status == 429)
            rate_details(error, details);
        // A code of this dialect is a status word; others mean nothing here.
        const bool word = !error.code.empty() &&
                          std::all_of(error.code.begin(), error.code.end(),
                                      [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
        return refuse_content(said ? row.status : error.status, word ? error.code : row.word,
                              message, details);
    }

    LabAnswer whole(const LabReplyFacts& reply, const std::string& text) const override {
        return lab_json(200, response(reply, text, reply.output_tokens, true));
    }

    net::Headers stream_headers() const override {
        return {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}};
    }
    std::string begin(const LabReplyFacts&) const override { return {}; }
    std::string token(const LabReplyFacts& reply, const std::string& text) const override {
        return event(response(reply, text, reply.sent_tokens, false));
    }
    std::string malformed(const LabReplyFacts&) const override {
        return "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\"\r\n\r\n";
    }
    std::string end(const LabReplyFacts& reply) const override {
        return event(response(reply, "", reply.output_tokens, true));
    }
    std::string error_event(const LabError& error) const override {
        return "data: " + this->error(error).body + "\r\n\r\n";
    }

    net::Headers common_headers(const std::string&, const LabQuota&,
                                Duration processing) const override {
        return {{"Server-Timing", "gfet4t7; dur=" + std::to_string(static_cast<std::int64_t>(
                                                        std::ceil(to_ms(processing))))},
                {"Vary", "Origin"}};
    }

  private:
    static std::optional<LabAnswer> unknown_names(const WireJson& body) {
        static constexpr std::array<std::string_view, 7> known = {
            "contents",   "systemInstruction", "generationConfig", "tools",
            "toolConfig", "safetySettings",    "cachedContent"};
        for (const auto& [name, value] : body.items())
            if (std::find(known.begin(), known.end(), name) == known.end() && name != "model")
                return bad_content("Invalid JSON payload received. Unknown name \"" + name +
                                   "\": Cannot find field.");
        return std::nullopt;
    }

    static std::int64_t parts_tokens(const WireJson& content) {
        const WireJson* parts = wire::member(content, "parts");
        return parts ? lab_content_tokens(*parts) : 0;
    }

    static void rate_details(const LabError& error, LabJson& details) {
        const bool tokens = error.tokens_per_min > 0;
        LabJson violation{
            {"quotaMetric", tokens ? "generativelanguage.googleapis.com/generate_content_tokens"
                                   : "generativelanguage.googleapis.com/generate_requests"},
            {"quotaId", tokens ? "GenerateContentTokensPerMinutePerProjectPerModel"
                               : "GenerateRequestsPerMinutePerProjectPerModel"}};
        if (tokens)
            violation["quotaValue"] = std::to_string(error.tokens_per_min);
        details.push_back({{"@type", "type.googleapis.com/google.rpc.QuotaFailure"},
                           {"violations", LabJson::array({std::move(violation)})}});
        if (!error.retry_after)
            return;
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%.9gs", to_seconds(*error.retry_after));
        details.push_back(
            {{"@type", "type.googleapis.com/google.rpc.RetryInfo"}, {"retryDelay", seconds}});
    }

    static LabAnswer blocked(const LabError& error) {
        if (error.model.starts_with("imagen"))
            return lab_json(
                200, {{"predictions",
                       LabJson::array({LabJson{
                           {"raiFilteredReason",
                            "Unable to show generated images. All images were filtered out because "
                            "they violated the policies of responsible AI."}}})}});
        const LabJson body{
            {"promptFeedback", {{"blockReason", "PROHIBITED_CONTENT"}}},
            {"usageMetadata",
             {{"promptTokenCount", error.input_tokens}, {"totalTokenCount", error.input_tokens}}},
            {"modelVersion", error.model}};
        if (error.stream) // an answer like any other: one chunk, then the end
            return {200, {{"Content-Type", "text/event-stream"}}, event(body)};
        return lab_json(200, body);
    }

    static LabJson response(const LabReplyFacts& reply, const std::string& text,
                            std::int64_t output, bool last) {
        LabJson candidate{
            {"content", {{"parts", LabJson::array({LabJson{{"text", text}}})}, {"role", "model"}}}};
        if (last)
            candidate["finishReason"] = reply.stopped_by_length ? "MAX_TOKENS" : "STOP";
        candidate["index"] = 0;
        LabJson out{{"candidates", LabJson::array({candidate})},
                    {"usageMetadata",
                     {{"promptTokenCount", reply.input_tokens},
                      {"candidatesTokenCount", output},
                      {"totalTokenCount", reply.input_tokens + output},
                      {"promptTokensDetails",
                       LabJson::array(
                           {LabJson{{"modality", "TEXT"}, {"tokenCount", reply.input_tokens}}})}}},
                    {"modelVersion", reply.model},
                    {"responseId", reply.id}};
        if (!reply.tell_usage)
            out.erase("usageMetadata");
        return out;
    }
    static std::string event(const LabJson& json) { return "data: " + lab_text(json) + "\r\n\r\n"; }
};

} // namespace

const LabDialect& gemini_lab() {
    static const GeminiLab lab;
    return lab;
}

} // namespace brownout::live
