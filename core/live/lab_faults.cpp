#include "live/lab_faults.h"

#include <algorithm>
#include <cmath>

namespace brownout::live {

using faults::Fault;
using faults::Kind;

void TokenBucket::refill(Instant now) {
    level = std::min(capacity, level + per_min / 60 * to_seconds(now - filled));
    filled = now;
}

Duration TokenBucket::until(double wanted) const {
    if (level >= wanted)
        return Duration::zero();
    return per_min > 0 ? from_seconds((wanted - level) * 60 / per_min) : std::chrono::hours{24};
}

RateLimits::Verdict RateLimits::take(const Fault& fault, int twin, std::int64_t tokens,
                                     Instant now) {
    const double rpm = fault.requests_per_min.value_or(-1), tpm = fault.tokens_per_min.value_or(-1);
    const std::tuple key{rpm, tpm, twin};
    if (!buckets_.contains(key) && buckets_.size() >= 256)
        buckets_.clear(); // limits of rules long gone
    auto& [requests, toks] = buckets_
                                 .try_emplace(key, TokenBucket{rpm, std::max(1.0, rpm / 60), now},
                                              TokenBucket{tpm, std::max(1.0, tpm / 60), now})
                                 .first->second;
    requests.refill(now);
    toks.refill(now);
    Verdict verdict;
    if (rpm >= 0 && requests.level < 1)
        verdict.wait = requests.until(1);
    if (tpm >= 0 && toks.level <= 0) {
        const Duration wait = toks.until(1);
        verdict.tokens = !verdict.wait || wait > *verdict.wait;
        verdict.wait = std::max(wait, verdict.wait.value_or(wait));
    }
    if (!verdict.wait) {
        requests.level -= rpm >= 0 ? 1 : 0;
        toks.level -= tpm >= 0 ? static_cast<double>(tokens) : 0;
    }
    const auto quota = [](const TokenBucket& b) {
        return LabQuota::Of{static_cast<std::int64_t>(b.per_min),
                            std::max<std::int64_t>(0, static_cast<std::int64_t>(b.level)),
                            b.until(b.capacity)};
    };
    if (rpm >= 0)
        verdict.quota.requests = quota(requests);
    if (tpm >= 0)
        verdict.quota.tokens = quota(toks);
    return verdict;
}

namespace {

double drawn_ms(const Fault& fault) {
    // The injector has drawn it: the distribution is a constant by now.
    return stats::quantile(fault.ms, 0.5);
}

void http_error(ReplyPlan& plan, const Fault& fault, const LabRequest& request) {
    std::optional<Duration> wait;
    if (fault.retry_after_s)
        wait = from_seconds(*fault.retry_after_s);
    plan.fate = ReplyPlan::Fate::error;
    plan.error = {fault.status, fault.code, fault.message, request.model, wait};
    if (!fault.body)
        return;
    plan.fate = ReplyPlan::Fate::raw_error;
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
    plan.fate = ReplyPlan::Fate::error;
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
    ReplyPlan plan;
    int rate_limits = 0;
    for (const Fault& fault : faults) {
        if (auto error = refusal(fault.kind, request)) {
            plan.fate = ReplyPlan::Fate::error;
            plan.error = std::move(*error);
            return plan;
        }
        switch (fault.kind) {
        case Kind::http_error:
            http_error(plan, fault, request);
            return plan;
        case Kind::connect_refused: // not by the clock alone: the connection is there already
            plan.fate = ReplyPlan::Fate::reset;
            return plan;
        case Kind::latency:
            plan.silence += from_ms(drawn_ms(fault));
            break;
        case Kind::hang:
            if (drawn_ms(fault) <= 0) {
                plan.fate = ReplyPlan::Fate::hang;
                return plan;
            }
            plan.silence += from_ms(drawn_ms(fault));
            break;
        case Kind::reset:
            plan.fate = fault.stage == faults::ResetStage::headers ? ReplyPlan::Fate::half_headers
                                                                   : ReplyPlan::Fate::reset;
            return plan;
        case Kind::stream_stall:
            plan.stalls.push_back(
                {fault.after_tokens, drawn_ms(fault) > 0 ? from_ms(drawn_ms(fault)) : forever});
            break;
        case Kind::stream_cut:
            if (!plan.cut_after || fault.after_tokens < *plan.cut_after) {
                plan.cut_after = fault.after_tokens;
                plan.cut_how = fault.how;
            }
            break;
        case Kind::bad_event:
            if (!plan.bad_event_at || fault.at_token < *plan.bad_event_at)
                plan.bad_event_at = fault.at_token;
            break;
        case Kind::no_terminator:
            plan.no_terminator = true;
            break;
        case Kind::job_failed:
            plan.job_fails = true;
            break;
        case Kind::job_never_ready:
            plan.job_never_ready = true;
            break;
        case Kind::expired_url:
            plan.url_expired = true;
            break;
        case Kind::corrupt_image:
            plan.picture_corrupt = true;
            break;
        case Kind::rate_limit: {
            const auto verdict =
                limits.take(fault, rate_limits++, request.input_tokens + output_tokens, now);
            if (verdict.quota.requests.limit > 0)
                plan.quota.requests = verdict.quota.requests;
            if (verdict.quota.tokens.limit > 0)
                plan.quota.tokens = verdict.quota.tokens;
            if (verdict.wait) {
                limited(plan, fault, request, verdict);
                return plan;
            }
            break;
        }
        default:
            break; // refusals, handled above
        }
    }
    std::stable_sort(plan.stalls.begin(), plan.stalls.end(),
                     [](const auto& a, const auto& b) { return a.after_tokens < b.after_tokens; });
    return plan;
}

} // namespace brownout::live
