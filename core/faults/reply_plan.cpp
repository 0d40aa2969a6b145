#include "faults/reply_plan.h"

#include <algorithm>
#include <cmath>

namespace brownout::faults {

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
        return Left{static_cast<std::int64_t>(b.per_min),
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

// The kinds that change what a reply says, not when or whether it comes.
void spoil(ReplyPlan& plan, const Fault& fault) {
    Spoiling& bytes = plan.spoiling;
    switch (fault.kind) {
    case Kind::truncate:
        bytes.keep = std::min(bytes.keep.value_or(1), fault.fraction);
        break;
    case Kind::garbage:
        bytes.instead = Spoiling::Instead::garbage;
        break;
    case Kind::html_page:
        bytes.instead = Spoiling::Instead::html;
        break;
    case Kind::wrong_content_type:
        bytes.wrong_type = true;
        break;
    case Kind::wrong_length:
        bytes.wrong_length = true;
        break;
    case Kind::drop_field:
        bytes.dropped.push_back(fault.pointer);
        break;
    case Kind::no_usage:
        plan.tell_usage = false;
        break;
    case Kind::split_utf8:
        plan.split_characters = true;
        break;
    case Kind::empty_answer:
        plan.empty = true;
        break;
    case Kind::length_stop:
        plan.stopped_by_length = true;
        break;
    case Kind::wrong_model:
        plan.other_model = true;
        break;
    case Kind::bandwidth:
        if (plan.bytes_per_s <= 0 || fault.kbyte_per_s * 1e3 < plan.bytes_per_s)
            plan.bytes_per_s = fault.kbyte_per_s * 1e3;
        break;
    case Kind::slow_close:
        plan.closes = plan.closes.value_or(Duration::zero()) + from_ms(drawn_ms(fault));
        break;
    default:
        break;
    }
}

// What ends a request at once. Kinds of the connection come here only when they are not by the
// clock alone: the connection is there already.
std::optional<ReplyPlan::Fate> ending(const Fault& fault) {
    using Fate = ReplyPlan::Fate;
    switch (fault.kind) {
    case Kind::http_error:
        return fault.body ? Fate::raw_error : Fate::error;
    case Kind::group_outage:
    case Kind::quota_exhausted:
    case Kind::bad_key:
    case Kind::model_missing:
    case Kind::region_blocked:
    case Kind::overloaded:
    case Kind::context_exceeded:
    case Kind::moderation:
        return Fate::error;
    case Kind::connect_refused:
    case Kind::dns_failure:
    case Kind::tls_failure:
        return Fate::reset;
    case Kind::empty_close:
        return Fate::close;
    case Kind::reset:
        return fault.stage == ResetStage::headers ? Fate::half_headers : Fate::reset;
    case Kind::hang:
    case Kind::connect_hang:
        if (drawn_ms(fault) > 0)
            return std::nullopt;
        return Fate::hang;
    default:
        return std::nullopt;
    }
}

void take_earlier(std::optional<int>& at, int other) {
    at = std::min(at.value_or(other), other);
}

// What happens on the way of a reply that is being served.
void disturb(ReplyPlan& plan, const Fault& fault) {
    const Duration time = from_ms(drawn_ms(fault));
    const Duration or_ever = time > Duration::zero() ? time : forever;
    switch (fault.kind) {
    case Kind::latency:
    case Kind::hang:
    case Kind::connect_hang:
        plan.silence += time;
        break;
    case Kind::slow_first_token:
        plan.more_before_first += time;
        break;
    case Kind::slow_tokens:
        plan.more_per_token_ms += drawn_ms(fault);
        break;
    case Kind::keepalive_only:
        plan.keep_alives = or_ever;
        break;
    case Kind::stream_stall:
        plan.stalls.push_back({fault.after_tokens, or_ever});
        break;
    case Kind::stream_cut:
        if (!plan.cut_after || fault.after_tokens < *plan.cut_after) {
            plan.cut_after = fault.after_tokens;
            plan.cut_how = fault.how;
        }
        break;
    case Kind::stream_error:
        take_earlier(plan.error_after, fault.after_tokens);
        break;
    case Kind::bad_event:
        take_earlier(plan.bad_event_at, fault.at_token);
        break;
    case Kind::duplicate_event:
        take_earlier(plan.duplicate_at, fault.at_token);
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
    default:
        spoil(plan, fault);
    }
}

} // namespace

ReplyPlan compose(const std::vector<Fault>& faults, std::int64_t tokens, RateLimits& limits,
                  Instant now) {
    ReplyPlan plan;
    int rate_limits = 0;
    for (const Fault& fault : faults) {
        if (const auto fate = ending(fault)) {
            plan.fate = *fate;
            plan.ended_by = fault;
            return plan;
        }
        disturb(plan, fault);
        if (fault.kind != Kind::rate_limit)
            continue;
        const auto verdict = limits.take(fault, rate_limits++, tokens, now);
        if (verdict.quota.requests.limit > 0)
            plan.quota.requests = verdict.quota.requests;
        if (verdict.quota.tokens.limit > 0)
            plan.quota.tokens = verdict.quota.tokens;
        if (verdict.wait) {
            plan.fate = ReplyPlan::Fate::error;
            plan.ended_by = fault;
            plan.limited = verdict;
            return plan;
        }
    }
    std::stable_sort(plan.stalls.begin(), plan.stalls.end(),
                     [](const auto& a, const auto& b) { return a.after_tokens < b.after_tokens; });
    return plan;
}

std::int64_t tokens_said(const ReplyPlan& plan, std::int64_t tokens) {
    if (plan.empty)
        return 0;
    return plan.stopped_by_length ? std::max<std::int64_t>(1, tokens / 2) : tokens;
}

Stop where_it_stops(const ReplyPlan& plan, std::int64_t tokens) {
    using Why = Stop::Why;
    Stop out{tokens, Why::complete};
    // At one token, the first in this order.
    const auto stops = [&](std::optional<std::int64_t> after, Why why) {
        if (after && (*after < out.tokens || (*after == out.tokens && out.why == Why::complete)))
            out = {*after, why};
    };
    stops(plan.cut_after, Why::cut);
    if (plan.spoiling.keep) {
        const double kept = *plan.spoiling.keep * static_cast<double>(tokens);
        stops(static_cast<std::int64_t>(std::ceil(kept)), Why::cut);
    }
    stops(plan.error_after, Why::error_event);
    if (plan.bad_event_at && *plan.bad_event_at < tokens)
        stops(plan.bad_event_at, Why::bad_event);
    if (plan.no_terminator)
        stops(tokens, Why::cut);
    return out;
}

} // namespace brownout::faults
