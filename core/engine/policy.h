// What a chain promises to do when things go wrong: every row of the policy table, fully resolved.
// Defaults are those of the chain file format (`brownout.chain/1`); the chain reader fills this in.
#pragma once

#include "base/money.h"
#include "base/time.h"

#include <optional>
#include <vector>

namespace brownout::engine {

using namespace std::chrono_literals;

enum class BackoffKind : std::uint8_t { none, fixed, linear, exponential };
// Names as in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015); additive adds up to
// one base on top.
enum class JitterKind : std::uint8_t { none, full, equal, decorrelated, additive };

struct BackoffPolicy {
    BackoffKind kind = BackoffKind::exponential;
    Duration base = 500ms;
    double factor = 2.0; // >= 1
    Duration cap = 8000ms;
    JitterKind jitter = JitterKind::full;
};

// Retries allowed as a share of requests over `ttl`, never fewer than `min_per_s` (Finagle's and
// Linkerd's retry budget).
struct RetryBudgetPolicy {
    double ratio = 0.2;
    double min_per_s = 1.0;
    Duration ttl = 10s;
};

struct RetryPolicy {
    // First try included; for class retry and for a cooldown whose Retry-After is worth the wait.
    // Other failures use what is left of it where no other candidate is left.
    int attempts_per_target = 2;
    int max_attempts = 6; // over the whole request
    BackoffPolicy backoff;
    bool honour_retry_after = true;
    // A Retry-After up to this is waited for on the same target, with no backoff besides; a longer
    // one becomes a cooldown and the next target is tried at once.
    Duration max_wait = 2000ms;
    std::optional<RetryBudgetPolicy> budget;
};

struct TimeoutPolicy {
    Duration connect = 3s;
    Duration first_token = 15s; // to the first content or reasoning delta, or a whole reply
    Duration stall = 15s;       // between deltas; comments and pings are not progress
    Duration attempt = 60s;
    Duration total = 120s; // nothing outlasts it
    bool share_deadline = true;
};

enum class WhenAllOpen : std::uint8_t { try_soonest, refuse };
enum class BreakerHold : std::uint8_t { none, open, closed };

// consecutive_failures, failure_ratio: judged by what was started. Either opens the breaker only
// once its failures are no fewer than the attempts that may still succeed (undecided.h), so a burst
// that returns its failures first opens nothing. slow_call: a call is slow by its time to the first
// token or, where it comes in one piece, to the whole reply.
struct BreakerPolicy {
    std::optional<int> consecutive_failures = 3;
    std::optional<double> failure_ratio = 0.5;
    int minimum_requests = 10;
    Duration window = 30s;
    std::optional<Duration> slow_call;
    double slow_call_ratio = 1.0;
    Duration open = 30s;
    double open_growth = 2.0;
    Duration open_cap = 300s;
    int half_open_probes = 1;
    int close_after_successes = 1;
    WhenAllOpen when_all_open = WhenAllOpen::try_soonest;
};

struct HedgePolicy {
    std::optional<Duration> delay;  // one of the two
    std::optional<double> quantile; // of the target's recent first-token times, 0..1
    int max_extra = 1;
};

enum class OnExceeded : std::uint8_t { skip_target, reject };
// An attempt is made only where what is spent, what the attempts in flight will probably cost and
// what it will probably cost itself stay within every cap; afterwards its actual cost counts. So a
// cap can be passed by no more than what the attempts in flight cost beyond their estimates.
//
// per_hour, per_day: any stretch of 60 minutes or 24 hours. Spend of all chains counts, whichever
// chain's cap is asked: a cap that is written for the document holds for the document, and one that
// is written for a chain leaves the rest to more important ones. Engine::add_spend tells what was
// spent before this run.
//
// A target of unknown price fits under no cap that applies to it: unknown is not zero, and a cap
// that an unpriced fallback escapes is none. Where something costs nothing, its price is 0, known.
struct BudgetPolicy {
    std::optional<Money> per_request, per_hour, per_day;
    std::vector<std::optional<Money>> per_provider_day; // by ProviderId; empty: none
    // skip_target: on to the next target that fits, refused when none does. reject: the first
    // target in order that does not fit refuses the whole request.
    OnExceeded on_exceeded = OnExceeded::skip_target;
};

enum class CommitWhen : std::uint8_t { first_token, tokens, complete };
struct CommitPolicy {
    CommitWhen when = CommitWhen::first_token;
    int tokens = 0; // for CommitWhen::tokens
};

enum class OnBrokenStream : std::uint8_t { restart, resume, partial, error }; // resume = "continue"
enum class Route : std::uint8_t { next_target, propagate };
enum class ResendAmbiguous : std::uint8_t { idempotent_only, always, never };

struct Policy {
    RetryPolicy retry;
    TimeoutPolicy timeouts;
    BreakerPolicy breaker;
    std::optional<HedgePolicy> hedge;
    std::optional<BudgetPolicy> budget;
    double minimum_quality = 0.0;
    CommitPolicy commit_after;
    OnBrokenStream on_broken_stream = OnBrokenStream::restart;
    Route on_moderation = Route::propagate;
    Route on_context_exceeded = Route::next_target;
    Route on_bad_key = Route::next_target;
    Route on_model_missing = Route::next_target;
    Duration disable = 600s;
    ResendAmbiguous resend_after_ambiguous_failure = ResendAmbiguous::idempotent_only;
};

} // namespace brownout::engine
