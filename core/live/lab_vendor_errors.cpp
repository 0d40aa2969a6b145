// From the vendors' documents and recorded replies: what they say otherwise than OpenAI. The rest
// is OpenAI's words in the vendor's form.
#include "live/lab_vendor_errors.h"

namespace brownout::live {

namespace {

using wire::Vendor;
using What = LabError::What;

struct VendorRow {
    Vendor vendor;
    What what;
    int asked; // What::status: of this status, or of a limit of tokens; else unused
    ErrorRow says;
};
constexpr int of_tokens = -429;
constexpr VendorRow vendor_rows[] = {
    {Vendor::mistral,
     What::quota_exhausted,
     0,
     {402, "payment_required", nullptr,
      "Payment required: your account has no credits remaining."}},
    {Vendor::mistral, What::bad_key, 0, {401, "unauthorized", nullptr, "Unauthorized"}},
    {Vendor::mistral,
     What::overloaded,
     0,
     {503, "service_unavailable", nullptr, "Service unavailable."}},
    {Vendor::mistral,
     What::status,
     429,
     {429, "rate_limited", "1300", "Requests rate limit exceeded"}},
    {Vendor::mistral,
     What::status,
     of_tokens,
     {429, "service_tier_capacity_exceeded", "3505",
      "Service tier capacity exceeded for this model."}},

    // The business codes of open.bigmodel.cn.
    {Vendor::zhipu,
     What::quota_exhausted,
     0,
     {429, "", "1113", "Your account is in arrears, please recharge and try again."}},
    {Vendor::zhipu, What::bad_key, 0, {401, "", "1000", "Authentication failed"}},
    {Vendor::zhipu, What::model_missing, 0, {400, "", "1211", "Model {model} does not exist"}},
    {Vendor::zhipu, What::region_blocked, 0, {403, "", "1220", "You have no permission to access"}},
    {Vendor::zhipu,
     What::overloaded,
     0,
     {429, "", "1305", "The model is currently overloaded, please try again later."}},
    {Vendor::zhipu, What::context_exceeded, 0, {400, "", "1261", "Prompt exceeds max length"}},
    {Vendor::zhipu,
     What::moderation,
     0,
     {400, "", "1301",
      "The system has detected that the input or the generated content may be sensitive."}},
    {Vendor::zhipu, What::status, 400, {400, "", "1210", "Incorrect parameters, check the API"}},
    {Vendor::zhipu, What::status, 401, {401, "", "1000", "Authentication failed"}},
    {Vendor::zhipu, What::status, 403, {403, "", "1220", "You have no permission to access"}},
    {Vendor::zhipu, What::status, 404, {404, "", "1211", "Model {model} does not exist"}},
    {Vendor::zhipu,
     What::status,
     429,
     {429, "", "1302", "The rate limit of your account is reached"}},
    {Vendor::zhipu,
     What::status,
     of_tokens,
     {429, "", "1303", "The rate limit of your account is reached"}},

    {Vendor::xai,
     What::quota_exhausted,
     0,
     {403, "", nullptr,
      "Your team has either used all available credits or reached its monthly spending limit."}},
    {Vendor::xai, What::bad_key, 0, {400, "", nullptr, "Incorrect API key provided."}},
    {Vendor::xai,
     What::moderation,
     0,
     {400, "", nullptr, "The request was rejected by content moderation"}},
    {Vendor::xai,
     What::status,
     429,
     {429, "", nullptr, "Too many requests for team lab and model {model}: rate limit reached."}},

    {Vendor::groq,
     What::quota_exhausted,
     0,
     {400, "invalid_request_error", "blocked_api_access",
      "API access is blocked: your organization has reached its spend limit."}},
    {Vendor::groq,
     What::overloaded,
     0,
     {503, "service_unavailable", nullptr,
      "{model} is currently over capacity. Please try again and back off exponentially."}},

    {Vendor::openrouter,
     What::quota_exhausted,
     0,
     {402, "payment_required", nullptr, "Insufficient credits."}},
    {Vendor::openrouter,
     What::bad_key,
     0,
     {401, "authentication", nullptr, "No auth credentials found"}},
    {Vendor::openrouter,
     What::model_missing,
     0,
     {404, "not_found", nullptr, "No endpoints found for {model}."}},
    {Vendor::openrouter,
     What::region_blocked,
     0,
     {403, "permission_denied", nullptr, "Not available in your region."}},
    {Vendor::openrouter,
     What::overloaded,
     0,
     {503, "provider_overloaded", nullptr, "Provider returned error"}},
    {Vendor::openrouter,
     What::context_exceeded,
     0,
     {400, "context_length_exceeded", nullptr,
      "This endpoint's maximum context length is exceeded: you requested about {tokens} tokens."}},
    {Vendor::openrouter,
     What::moderation,
     0,
     {403, "content_policy_violation", nullptr,
      "Your chosen model requires moderation and your input was flagged."}},

    {Vendor::dashscope,
     What::quota_exhausted,
     0,
     {400, "Arrearage", "Arrearage",
      "Access denied, please make sure your account is in good standing."}},
    {Vendor::dashscope,
     What::region_blocked,
     0,
     {403, "access_denied", "access_denied", "Access denied."}},
    {Vendor::dashscope,
     What::overloaded,
     0,
     {503, "ServiceUnavailable", "ServiceUnavailable",
      "The model service is overloaded, please try again later."}},
    {Vendor::dashscope,
     What::context_exceeded,
     0,
     {400, "invalid_request_error", "invalid_parameter_error",
      "InvalidParameter: Range of input length should be [1, 30720]"}},
    {Vendor::dashscope,
     What::moderation,
     0,
     {400, "data_inspection_failed", "data_inspection_failed",
      "Input data may contain inappropriate content."}},
    {Vendor::dashscope,
     What::status,
     429,
     {429, "limit_requests", "limit_requests", "You exceeded your current request limit."}},
    {Vendor::dashscope,
     What::status,
     of_tokens,
     {429, "Throttling.AllocationQuota", "Throttling.AllocationQuota",
      "Allocated quota exceeded, please increase your quota limit."}},

    {Vendor::deepseek,
     What::quota_exhausted,
     0,
     {402, "unknown_error", "invalid_request_error", "Insufficient Balance"}},
    {Vendor::deepseek,
     What::bad_key,
     0,
     {401, "authentication_error", "invalid_request_error",
      "Authentication Fails, your api key is invalid"}},
    {Vendor::deepseek,
     What::overloaded,
     0,
     {503, "service_unavailable_error", "service_unavailable_error", "Service is too busy."}},
    {Vendor::deepseek,
     What::status,
     429,
     {429, "rate_limit_reached", "rate_limit_reached", "Rate limit reached."}},

    {Vendor::moonshot,
     What::quota_exhausted,
     0,
     {429, "exceeded_current_quota_error", nullptr,
      "Your account is suspended, please check your plan and billing details"}},
    {Vendor::moonshot,
     What::bad_key,
     0,
     {401, "invalid_authentication_error", nullptr, "Invalid Authentication"}},
    {Vendor::moonshot,
     What::overloaded,
     0,
     {429, "engine_overloaded_error", nullptr,
      "The engine is currently overloaded, please try again later"}},
    {Vendor::moonshot,
     What::status,
     429,
     {429, "rate_limit_reached_error", nullptr, "Your account reached its max RPM."}},
    {Vendor::moonshot,
     What::status,
     of_tokens,
     {429, "rate_limit_reached_error", nullptr, "Your account reached its max TPM of {limit}."}},

    {Vendor::together,
     What::quota_exhausted,
     0,
     {402, "payment_required", nullptr, "Credit limit exceeded, please add funds."}},
    {Vendor::together,
     What::overloaded,
     0,
     {503, "service_unavailable", nullptr, "The server is overloaded or not ready yet."}},
    {Vendor::together,
     What::context_exceeded,
     0,
     {403, "invalid_request_error", nullptr,
      "Input validation error: `inputs` tokens + `max_new_tokens` exceed the model's context "
      "length. Given: {tokens} `inputs` tokens"}},
};

// xAI's code is a sentence.
const char* xai_code(int status) {
    switch (status) {
    case 401:
        return "The request does not have valid authentication credentials";
    case 403:
        return "The caller does not have permission to execute the specified operation";
    case 404:
        return "Some requested entity was not found";
    case 429:
        return "Some resource has been exhausted";
    case 503:
    case 529:
        return "The service is currently unavailable";
    default:
        return status >= 500 ? "Internal error" : "Client specified an invalid argument";
    }
}

// OpenRouter's metadata.error_type; empty: that status has none of its own.
const char* openrouter_type(int status) {
    switch (status) {
    case 400:
        return "invalid_request";
    case 401:
        return "authentication";
    case 402:
        return "payment_required";
    case 403:
        return "permission_denied";
    case 404:
        return "not_found";
    case 413:
        return "payload_too_large";
    case 422:
        return "unprocessable";
    case 429:
        return "rate_limit_exceeded";
    case 502:
        return "provider_unavailable";
    case 503:
    case 529:
        return "provider_overloaded";
    case 504:
    case 524:
        return "timeout";
    default:
        return "";
    }
}

LabJson openrouter_form(int status, const ErrorWords& words) {
    LabJson error = {{"code", status}, {"message", words.message}};
    const std::string type = words.own ? words.type : openrouter_type(status);
    if (words.given)
        error["metadata"] = {{"provider_code", words.code}};
    else if (!type.empty())
        error["metadata"] = {{"error_type", type}};
    if (type == "content_policy_violation" && !words.given)
        error["metadata"]["reasons"] = LabJson::array({"violence"});
    return {{"error", error}, {"user_id", "user_lab"}};
}

} // namespace

const ErrorRow* vendor_row(Vendor vendor, const LabError& error) {
    const bool tokens = error.status == 429 && error.tokens_per_min > 0;
    const ErrorRow* best = nullptr;
    for (const VendorRow& row : vendor_rows) {
        if (row.vendor != vendor || row.what != error.what)
            continue;
        if (row.what != What::status || (tokens && row.asked == of_tokens))
            return &row.says;
        if (row.asked == error.status)
            best = &row.says;
    }
    return best;
}

LabAnswer vendor_answer(Vendor vendor, int status, const ErrorWords& words) {
    const bool own_code = words.own || words.given;
    LabJson body;
    switch (vendor) {
    case Vendor::mistral:
        body = {{"object", "error"},
                {"message", words.message},
                {"type", words.type},
                {"param", words.param},
                {"code", words.code}};
        break;
    case Vendor::zhipu: {
        const LabJson code = own_code ? words.code : LabJson(std::to_string(status));
        body = {{"error", {{"code", code}, {"message", words.message}}}};
        break;
    }
    case Vendor::xai: {
        const LabJson code = words.given ? words.code : LabJson(xai_code(status));
        body = {{"code", code}, {"error", words.message}};
        break;
    }
    case Vendor::openrouter:
        body = openrouter_form(status, words);
        break;
    case Vendor::groq:
    case Vendor::moonshot:
        body = {{"error", {{"message", words.message}, {"type", words.type}}}};
        if (!words.code.is_null())
            body["error"]["code"] = words.code;
        break;
    default:
        body = {{"error",
                 {{"message", words.message},
                  {"type", words.type},
                  {"param", words.param},
                  {"code", words.code}}}};
    }
    return lab_json(status, body);
}

} // namespace brownout::live
