// OpenAI's errors from its published specification.
#include "live/lab_openai_errors.h"

#include "live/lab_vendor_errors.h"

#include "wire/takes.h"

#include <cmath>

namespace brownout::live {

namespace {

using wire::Vendor;
using What = LabError::What;

constexpr ErrorRow openai_errors[] = {
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
constexpr ErrorRow openai_said[] = {
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

constexpr ErrorRow openai_by_tokens = {
    429, "tokens", "rate_limit_exceeded",
    "Rate limit reached for {model} in organization org-lab on tokens per min (TPM): Limit "
    "{limit}.{wait}"};

const ErrorRow& openai_row(const LabError& error) {
    if (error.what != What::status)
        return openai_said[static_cast<std::size_t>(error.what) - 1];
    if (error.status == 429 && error.tokens_per_min > 0)
        return openai_by_tokens;
    const int status = error.status;
    const ErrorRow* best = &openai_errors[0];
    for (const ErrorRow& row : openai_errors) {
        if (row.status == status)
            return row;
        if (row.status == 500 && status >= 500)
            best = &row;
    }
    return *best;
}

bool is_one(const wire::WireJson& value) {
    return value.is_number() && value.get<double>() == 1;
}

LabJson text_or_null(const char* text) {
    return text ? LabJson(text) : LabJson(nullptr);
}

} // namespace

LabAnswer openai_error(Vendor vendor, const LabError& error) {
    const ErrorRow* own = vendor_row(vendor, error);
    const ErrorRow& row = own ? *own : openai_row(error);
    ErrorWords words{row.type, error.message.empty() ? row.message : error.message, nullptr,
                     text_or_null(row.code), own != nullptr};
    lab_fill(words.message, error);
    if (!error.code.empty()) {
        // Every limit has this code, which is OpenAI's word for it.
        words.given = error.code != "rate_limit_exceeded" || (!own && vendor != Vendor::openrouter);
        if (words.given)
            words.code = error.code;
        if (error.code == "insufficient_quota") // the one code that is also its type
            words.type = error.code;
    }
    const int status = own && error.what != What::status ? row.status : error.status;
    LabAnswer answer = vendor_answer(vendor, status, words);
    if (error.retry_after) {
        const double ms = std::ceil(to_ms(*error.retry_after));
        answer.headers.emplace_back("retry-after",
                                    std::to_string(static_cast<std::int64_t>(std::ceil(ms / 1e3))));
        answer.headers.emplace_back("retry-after-ms",
                                    std::to_string(static_cast<std::int64_t>(ms)));
    }
    return answer;
}

LabAnswer openai_refusal(Vendor vendor, int status, const std::string& message,
                         const LabJson& param, const LabJson& code) {
    return vendor_answer(vendor, status, {"invalid_request_error", message, param, code});
}

std::optional<LabAnswer> openai_refused_parameter(Vendor vendor, const std::string& model,
                                                  const wire::WireJson& body) {
    const bool strict =
        vendor == Vendor::openai || vendor == Vendor::azure || vendor == Vendor::unknown;
    if (!strict || !wire::is_openai_reasoning_model(model))
        return std::nullopt;
    const wire::Takes takes = wire::takes(chain::Dialect::openai, vendor, model);
    const auto unsupported = [&](const std::string& name, const std::string& more) {
        return openai_refusal(vendor, 400,
                              "Unsupported parameter: '" + name +
                                  "' is not supported with this model." + more,
                              name, "unsupported_parameter");
    };
    const std::string_view limit = takes.max_tokens;
    if (limit != "max_tokens" && wire::member(body, "max_tokens"))
        return unsupported("max_tokens", " Use '" + std::string{limit} + "' instead.");
    const wire::WireJson* temperature = wire::member(body, "temperature");
    if (temperature && !takes.temperature.empty() && !is_one(*temperature))
        return openai_refusal(vendor, 400,
                              "Unsupported value: 'temperature' does not support " +
                                  (temperature->is_number() ? temperature->dump() : "this") +
                                  " with this model. Only the default (1) value is supported.",
                              "temperature", "unsupported_value");
    const wire::WireJson* top_p = wire::member(body, "top_p");
    if (top_p && !takes.top_p.empty() && !is_one(*top_p))
        return unsupported("top_p", "");
    if (wire::member(body, "stop") && !takes.stop.empty())
        return unsupported("stop", "");
    return std::nullopt;
}

} // namespace brownout::live
