#include "live/lab_faults.h"

#include <cmath>

namespace brownout::live {

using faults::Fault;
using faults::Kind;

namespace {

void http_error(ReplyPlan& plan, const Fault& fault, const LabRequest& request) {
    std::optional<Duration> wait;
    if (fault.retry_after_s)
        wait = from_seconds(*fault.retry_after_s);
    plan.error = {fault.status, fault.code, fault.message, request.model, wait};
    if (!fault.body)
        return;
    const auto first = fault.body->find_first_not_of(" \t\r\n");
    const char initial = first == std::string::npos ? ' ' : (*fault.body)[first];
    plan.raw = {fault.status,
                {{"Content-Type", initial == '{' || initial == '[' ? "application/json"
                                  : initial == '<'                 ? "text/html"
                                                                   : "text/plain"}},
                *fault.body};
    if (wait)
        plan.raw.headers.emplace_back(
            "retry-after", std::to_string(static_cast<std::int64_t>(std::ceil(to_seconds(*wait)))));
}

void limited(ReplyPlan& plan, const Fault& fault, const LabRequest& request,
             const RateLimits::Verdict& verdict) {
    plan.error = {429, "rate_limit_exceeded", "", request.model,
                  fault.retry_after_s ? from_seconds(*fault.retry_after_s) : *verdict.wait};
    if (verdict.tokens)
        plan.error.tokens_per_min = std::max<std::int64_t>(1, verdict.quota.tokens.limit);
}

// The kinds that are nothing but a refusal.
std::optional<LabError> refusal(faults::Kind kind, const LabRequest& request) {
    using What = LabError::What;
    const auto says = [&](What what, int status) {
        return LabError{
            status,        "", "", request.model, std::nullopt, what, request.input_tokens, 0,
            request.stream};
    };
    switch (kind) {
    case Kind::quota_exhausted:
        return says(What::quota_exhausted, 429);
    case Kind::bad_key:
        return says(What::bad_key, 401);
    case Kind::model_missing:
        return says(What::model_missing, 404);
    case Kind::region_blocked:
        return says(What::region_blocked, 403);
    case Kind::overloaded:
        return says(What::overloaded, 503);
    case Kind::context_exceeded:
        return says(What::context_exceeded, 400);
    case Kind::moderation:
        return says(What::moderation, 400);
    default:
        return std::nullopt;
    }
}

} // namespace

ReplyPlan compose(const std::vector<Fault>& faults, const LabRequest& request,
                  std::int64_t output_tokens, RateLimits& limits, Instant now) {
    ReplyPlan plan{
        faults::compose(faults, request.input_tokens + output_tokens, limits, now), {}, {}};
    if (!plan.ended_by)
        return plan;
    const Fault& fault = *plan.ended_by;
    if (plan.limited)
        limited(plan, fault, request, *plan.limited);
    else if (fault.kind == Kind::http_error)
        http_error(plan, fault, request);
    else if (fault.kind == Kind::group_outage)
        plan.error = {503, "", "", request.model, std::nullopt};
    else if (auto error = refusal(fault.kind, request))
        plan.error = std::move(*error);
    return plan;
}

} // namespace brownout::live
