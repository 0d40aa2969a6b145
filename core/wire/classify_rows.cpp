#include "wire/classify_rows.h"

namespace brownout::wire {

namespace {

using engine::Cause;
using enum Action;

constexpr Verdict bad_key{disable, Cause::bad_key};
constexpr Verdict no_money{disable, Cause::no_money};
constexpr Verdict blocked{disable, Cause::blocked};
constexpr Verdict moderated{reroute, Cause::moderation};
constexpr Verdict too_long{reroute, Cause::context_exceeded};
constexpr Verdict no_model{reroute, Cause::model_missing};
constexpr Verdict rate_limited{cooldown, Cause::rate_limited};
constexpr Verdict overloaded{failover, Cause::overloaded};
constexpr Verdict broken{failover, Cause::http_status};
constexpr Verdict try_again{retry, Cause::http_status};
constexpr Verdict malformed{reject, Cause::bad_request};
constexpr Verdict unsupported{reject, Cause::unsupported};
constexpr Verdict limited_for(int seconds) {
    return {cooldown, Cause::rate_limited, seconds};
}

// Business codes of open.bigmodel.cn. 1304, 1308 and 1310 last until next_flush_time.
constexpr CodeRow zhipu[] = {
    {"1000", bad_key},           {"1001", bad_key},           {"1003", bad_key},
    {"1005", bad_key},           {"1110", blocked},           {"1111", blocked},
    {"1112", blocked},           {"1121", blocked},           {"1113", no_money},
    {"1302", rate_limited},      {"1303", rate_limited},      {"1304", limited_for(3600)},
    {"1308", limited_for(3600)}, {"1310", limited_for(3600)}, {"1305", overloaded},
    {"1312", overloaded},        {"1309", no_money},          {"1311", no_money},
    {"1313", no_money},          {"1210", malformed},         {"1213", malformed},
    {"1214", malformed},         {"1215", malformed},         {"1211", no_model},
    {"1220", blocked},           {"1261", too_long},          {"1301", moderated},
    {"1200", try_again},         {"1230", try_again},         {"1234", try_again},
    {"500", try_again},
};

constexpr CodeRow mistral[] = {
    {"service_tier_capacity_exceeded", limited_for(20)},
    {"3505", limited_for(20)},
    {"rate_limited", rate_limited},
    {"1300", rate_limited},
};

// `insufficient_quota` here is a token rate, the opposite of OpenAI's; see classify.cpp.
constexpr CodeRow dashscope[] = {
    {"Throttling.BurstRate", limited_for(30)},
    {"Throttling*", rate_limited},
    {"limit_requests", rate_limited},
    {"insufficient_quota", rate_limited},
};

constexpr CodeRow groq[] = {
    {"tool_use_failed", {retry_uncounted, Cause::http_status}, 422},
};

constexpr CodeRow deepseek[] = {
    {"rate_limit_reached", limited_for(2)},
};

constexpr CodeRow moonshot[] = {
    {"exceeded_current_quota_error", no_money},
    {"rate_limit_reached_error", rate_limited},
    {"engine_overloaded_error", overloaded},
};

constexpr CodeRow openrouter_types[] = {
    {"context_length_exceeded", too_long},
    {"max_tokens_exceeded", too_long},
    {"token_limit_exceeded", too_long},
    {"string_too_long", too_long},
    {"payload_too_large", too_long},
    {"authentication", bad_key},
    {"permission_denied", blocked},
    {"payment_required", no_money},
    {"rate_limit_exceeded", rate_limited},
    {"provider_overloaded", overloaded},
    {"provider_unavailable", broken},
    {"server", broken},
    {"timeout", broken},
    {"unmapped", broken},
    {"content_policy_violation", moderated},
    {"refusal", moderated},
    {"not_found", no_model},
    {"invalid_request", malformed},
    {"invalid_prompt", malformed},
    {"precondition_failed", malformed},
    {"unprocessable", malformed},
    {"image*", malformed},
    {"invalid_image*", malformed},
    // fal's platform errors
    {"request_timeout", broken},
    {"startup_timeout", broken},
    {"runner_*", broken},
};

constexpr CodeRow codes[] = {
    // money
    {"insufficient_quota", no_money},
    {"credit_balance_exhausted", no_money},
    {"organization_spend_limit_exceeded", no_money},
    {"project_spend_limit_exceeded", no_money},
    {"organization_usage_limit_exceeded", no_money},
    {"billing_hard_limit_reached", no_money},
    {"billing_not_active", no_money},
    {"enforced_spend_limit_reached", no_money},
    {"contract_spend_limit_reached", no_money},
    {"linked_organization_*", no_money},
    {"billing_error", no_money},
    {"payment_required", no_money},
    {"Arrearage", no_money},
    // keys and permissions
    {"API_KEY_INVALID", bad_key},
    {"invalid_api_key", bad_key},
    {"InvalidApiKey", bad_key},
    {"authentication_error", bad_key},
    {"UNAUTHENTICATED", bad_key},
    {"authentication", bad_key},
    {"ip_not_authorized", blocked},
    {"unsupported_country_region_territory", blocked},
    {"access_denied", blocked},
    {"AccessDenied", blocked},
    {"organization_on_hold", blocked},
    {"cmek_key_disabled", blocked},
    {"cmek_key_network_blocked", blocked},
    {"claude_code_*", blocked},
    {"sandbox_egress_restricted", blocked},
    // moderation
    {"content_policy_violation", moderated},
    {"invalid_prompt", moderated},
    {"bio_policy", moderated},
    {"cyber_policy", moderated},
    {"moderation_blocked", moderated},
    {"content_filter", moderated},
    {"ResponsibleAIPolicyViolation", moderated},
    {"data_inspection_failed", moderated},
    {"DataInspectionFailed", moderated},
    // size
    {"context_length_exceeded", too_long},
    {"exceed_context_size_error", too_long},
    {"request_too_large", too_long},
    {"request_body_too_large_after_decoding", too_long},
    {"rate_limit_exceeded", too_long, 413}, // Groq: this one request is above the minute's tokens
    // model
    {"model_not_found", no_model},
    {"ModelNotFound", no_model},
    {"DeploymentNotFound", no_model},
    // rate
    {"rate_limit_exceeded", rate_limited},
    {"slow_down", rate_limited},
    {"ramp_limit_exceeded", rate_limited},
    {"capacity_exceeded", rate_limited, 498},
    {"limit_requests", rate_limited},
    {"Throttling*", rate_limited},
    {"quota_exceeded", limited_for(3600)},
    // load
    {"server_is_overloaded", overloaded},
    {"overloaded_error", overloaded},
    {"unavailable_error", overloaded},
    {"service_unavailable", overloaded},
    {"UNAVAILABLE", overloaded},
    {"cmek_context_unavailable", try_again},
    {"cmek_key_unreachable", try_again},
    {"DEADLINE_EXCEEDED", broken},
    {"timeout_error", broken, 504},
    {"CANCELLED", {failover_uncounted, Cause::http_status}},
    // the request
    {"unsupported_parameter", unsupported},
    {"unsupported_value", unsupported},
    {"unknown_parameter", unsupported},
    {"available_tools_limit_exceeded", malformed},
    {"request_body_encoding_*", malformed},
    {"not_supported_error", {reroute, Cause::unsupported}},
};

constexpr CodeRow types[] = {
    {"permission_error", blocked},
    {"PERMISSION_DENIED", blocked},
    {"permission_denied", blocked},
    {"FAILED_PRECONDITION", blocked},
    {"not_found_error", no_model},
    {"NotFoundError", no_model},
    {"NOT_FOUND", no_model},
    {"not_found", no_model},
    {"tokens", rate_limited, 429},
    {"requests", rate_limited, 429},
    {"rate_limit_error", rate_limited},
    {"RESOURCE_EXHAUSTED", rate_limited},
    {"service_unavailable_error", overloaded},
    {"INTERNAL", try_again, 500},
    {"capacity_exceeded", rate_limited},
};

// Statuses in which each kind of phrase is believed: the text may quote the caller's own words.
constexpr std::uint32_t refusals = in_400 | in_403 | in_4xx | in_200;
constexpr std::uint32_t money = in_400 | in_402 | in_403 | in_429 | in_200;
constexpr std::uint32_t keys = in_400 | in_401 | in_403 | in_200;
constexpr std::uint32_t sizes = in_400 | in_403 | in_413 | in_429 | in_5xx | in_200;
constexpr std::uint32_t rates = in_400 | in_403 | in_429 | in_4xx | in_200;
constexpr std::uint32_t loads = in_429 | in_5xx | in_200;

constexpr PhraseRow phrases[] = {
    {"allocated quota exceeded", rate_limited, in_403 | in_429}, // DashScope: tokens a minute
    {"insufficient_quota", no_money, money},
    {"insufficient balance", no_money, money},
    {"credit balance is too low", no_money, money},
    {"no credits remaining", no_money, money},
    {"all available credits", no_money, money},
    {"exhausted balance", no_money, money},
    {"spending limit", no_money, money},
    {"spend limit", no_money, money},
    {"api usage limits", no_money, money},
    {"exceeded your current quota", no_money, money},
    {"check your plan and billing", no_money, money},
    {"billing hard limit", no_money, money},
    {"account is not active", no_money, money},
    {"arrear", no_money, money},
    {"incorrect api key", bad_key, keys},
    {"invalid api key", bad_key, keys},
    {"api key not valid", bad_key, keys},
    {"api_key_invalid", bad_key, keys},
    {"invalid x-api-key", bad_key, keys},
    {"must be a member of an organization", bad_key, keys},
    {"country, region, or territory", blocked, in_400 | in_403},
    {"location is not supported", blocked, in_400 | in_403},
    {"content moderation", moderated, refusals},
    {"moderation", moderated, in_403},
    {"content policy", moderated, refusals},
    {"content management policy", moderated, refusals},
    {"content filtering policy", moderated, refusals},
    {"safety system", moderated, refusals},
    {"flagged", moderated, in_403},
    {"guardrail", moderated, in_403},
    {"maximum context length", too_long, sizes},
    {"context window", too_long, sizes},
    {"context size", too_long, sizes},
    {"context length", too_long, sizes},
    {"context too long", too_long, sizes},
    {"prompt is too long", too_long, sizes},
    {"input is too long", too_long, sizes},
    {"token count exceeds", too_long, sizes},
    {"maximum number of tokens allowed", too_long, sizes}, // "token count (N) exceeds the ..."
    {"range of input length", too_long, sizes},
    {"max_new_tokens", too_long, in_403},
    {"max_tokens", too_long, in_403},
    {"request too large", too_long, in_413 | in_429},
    {"access to model", no_model, in_400 | in_403},
    {"access to the model", no_model, in_400 | in_403},
    {"model not found", no_model, refusals | in_404},
    {"no such model", no_model, refusals | in_404},
    {"unknown model", no_model, refusals | in_404},
    {"overloaded", overloaded, loads},
    {"at capacity", overloaded, in_5xx | in_200},
    {"server busy", overloaded, in_5xx | in_200},
    {"rate limit", rate_limited, rates},
    {"too many requests", rate_limited, rates},
    {"throttled", rate_limited, rates},
};

} // namespace

std::uint32_t group_of(int status) {
    switch (status) {
    case 400:
    case 422:
        return in_400;
    case 401:
        return in_401;
    case 402:
        return in_402;
    case 403:
        return in_403;
    case 404:
        return in_404;
    case 413:
        return in_413;
    case 425:
    case 429:
    case 498:
        return in_429;
    default:
        return status >= 500 ? in_5xx : status >= 400 ? in_4xx : in_200;
    }
}

std::span<const CodeRow> vendor_rows(Vendor vendor) {
    switch (vendor) {
    case Vendor::zhipu:
    case Vendor::unknown: // a gateway passes these on; nobody else has four such digits
    case Vendor::portkey:
        return zhipu;
    case Vendor::mistral:
        return mistral;
    case Vendor::dashscope:
        return dashscope;
    case Vendor::groq:
        return groq;
    case Vendor::deepseek:
        return deepseek;
    case Vendor::moonshot:
        return moonshot;
    default:
        return {};
    }
}
std::span<const CodeRow> openrouter_error_types() {
    return openrouter_types;
}
std::span<const CodeRow> code_rows() {
    return codes;
}
std::span<const PhraseRow> phrase_rows() {
    return phrases;
}
std::span<const CodeRow> type_rows() {
    return types;
}

Verdict status_verdict(int status) {
    switch (status) {
    case 401:
        return bad_key;
    case 402:
        return no_money;
    case 403:
        return blocked;
    case 404:
        return no_model;
    case 408:
        return try_again;
    case 409:
        return {retry_uncounted, Cause::http_status};
    case 413:
        return too_long;
    case 424: // Groq: a dependency failed
        return broken;
    case 425:
    case 429:
    case 498:
        return rate_limited;
    case 451:
        return moderated;
    case 499:
        return {failover_uncounted, Cause::http_status};
    case 500:
        return try_again;
    case 501:
        return {reroute, Cause::unsupported};
    case 503:
    case 529:
        return overloaded;
    default:
        return status >= 500 || status < 200 ? broken : malformed;
    }
}

} // namespace brownout::wire
