// How an attempt ended, as the engine sees it. Replies are classed at the edge (wire/classify); the
// engine never sees HTTP.
#pragma once

#include "base/money.h"
#include "base/time.h"

#include <optional>

namespace brownout::engine {

// The nine outcomes. `retry`: try again here. `failover`: go on to the next. `cooldown`: busy until
// a time, go on. `disable`: bad key, no money, blocked: out for minutes. `reroute`: fine elsewhere.
// `reject`: the caller's fault, goes back at once. `broken_stream`: failed after content.
enum class OutcomeClass : std::uint8_t {
    success,
    retry,
    failover,
    cooldown,
    disable,
    reroute,
    reject,
    broken_stream,
    cancelled,
};
inline constexpr int outcome_classes = 9;

// Why, for policy switches, events and the sentence a person reads.
enum class Cause : std::uint8_t {
    none,
    http_status, // see Outcome::status
    dns,
    tls,
    connect_refused,
    connect_timeout,
    reset, // connection lost before a complete reply
    first_token_timeout,
    stall_timeout,
    attempt_timeout,
    total_deadline,
    malformed, // the reply cannot be read
    truncated, // the stream ended without a finish reason
    error_in_stream,
    rate_limited,
    overloaded,
    bad_key,
    no_money,
    blocked, // region, permission
    model_missing,
    context_exceeded,
    moderation,
    unsupported, // the target cannot do what the request asks
    bad_request,
    hedge_lost,
    caller_left,
    budget,
    unavailable, // no target may be tried: open, cooling down, disabled or held
};

struct Outcome {
    OutcomeClass cls = OutcomeClass::success;
    Cause cause = Cause::none;
    std::uint16_t status = 0;         // HTTP status, 0 where there was none
    bool counts_for_breaker = false;  // B+ in the classifier's tables
    bool provider_wide = false;       // every target of this provider is hit: DNS, TLS, bad key
    bool ambiguous = false;           // sent, and no complete reply came: it may have been billed
    std::optional<bool> should_retry; // the provider's own x-should-retry
    std::optional<Duration> retry_after; // normalised, clamped to 0..24 h
    Money cost;
    bool cost_estimated = false; // no usage was sent
    std::uint32_t input_tokens = 0, output_tokens = 0;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

constexpr const char* name(OutcomeClass cls) {
    constexpr const char* names[] = {"success", "retry",  "failover",      "cooldown", "disable",
                                     "reroute", "reject", "broken_stream", "cancelled"};
    return names[static_cast<int>(cls)];
}
constexpr const char* name(Cause cause) {
    constexpr const char* names[] = {"none",
                                     "http_status",
                                     "dns",
                                     "tls",
                                     "connect_refused",
                                     "connect_timeout",
                                     "reset",
                                     "first_token_timeout",
                                     "stall_timeout",
                                     "attempt_timeout",
                                     "total_deadline",
                                     "malformed",
                                     "truncated",
                                     "error_in_stream",
                                     "rate_limited",
                                     "overloaded",
                                     "bad_key",
                                     "no_money",
                                     "blocked",
                                     "model_missing",
                                     "context_exceeded",
                                     "moderation",
                                     "unsupported",
                                     "bad_request",
                                     "hedge_lost",
                                     "caller_left",
                                     "budget",
                                     "unavailable"};
    return names[static_cast<int>(cause)];
}

} // namespace brownout::engine
