// Random chain documents: any policy that the reader accepts, at sizes that a test can play out.
#pragma once

#include "base/rng.h"
#include "chain/document.h"

namespace brownout::chain::random {

enum class Taste {
    plain,  // distinct providers, one key, no breaker that one request can open, no provider caps
    exotic, // anything
};

inline int between(Rng& rng, int low, int high) {
    return low + static_cast<int>(rng.below(static_cast<std::uint32_t>(high - low + 1)));
}
template <std::size_t N>
Json word(Rng& rng, const char* const (&words)[N]) {
    return words[rng.below(N)];
}

inline Json backoff(Rng& rng, bool jitter) {
    const char* const kinds[] = {"none", "fixed", "linear", "exponential"};
    const char* const jitters[] = {"none", "full", "equal", "decorrelated", "additive"};
    return {{"kind", word(rng, kinds)},
            {"base_ms", between(rng, 0, 900)},
            {"factor", 1 + between(rng, 0, 8) / 4.0},
            {"cap_ms", between(rng, 300, 3000)},
            {"jitter", jitter ? word(rng, jitters) : Json("none")}};
}

inline Json retry(Rng& rng, bool jitter) {
    Json out = {{"attempts_per_target", between(rng, 1, 3)}};
    if (rng.chance(0.8))
        out["backoff"] = backoff(rng, jitter);
    if (rng.chance(0.3))
        out["honour_retry_after"] = false;
    if (rng.chance(0.6))
        out["max_wait_ms"] = between(rng, 0, 3000);
    return out;
}

inline Json timeouts(Rng& rng) {
    const int attempt = between(rng, 200, 9000);
    return {{"connect_ms", between(rng, 100, 3000)},
            {"first_token_ms", between(rng, 150, 9000)},
            {"stall_ms", between(rng, attempt / 20 + 1, 6000)},
            {"attempt_ms", attempt}};
}

inline Json breaker(Rng& rng) {
    Json out = {{"minimum_requests", between(rng, 1, 20)},
                {"window_s", between(rng, 10, 60)},
                {"open_s", between(rng, 1, 90)},
                {"open_growth", 1 + between(rng, 0, 4) / 2.0},
                {"open_cap_s", between(rng, 1, 300)}};
    out["consecutive_failures"] = rng.chance(0.25) ? Json() : Json(between(rng, 1, 12));
    out["failure_ratio"] = rng.chance(0.4) ? Json() : Json(between(rng, 1, 10) / 10.0);
    if (rng.chance(0.3)) {
        out["slow_call_ms"] = between(rng, 100, 3000);
        out["slow_call_ratio"] = between(rng, 1, 10) / 10.0;
    }
    if (rng.chance(0.3))
        out["when_all_open"] = "refuse";
    return out;
}

inline Json policy(Rng& rng, Taste taste, bool jitter) {
    Json out = {{"retry", retry(rng, jitter)}, {"timeouts", timeouts(rng)}};
    out["retry"]["max_attempts"] = between(rng, 1, 9);
    out["timeouts"]["total_ms"] = between(rng, 400, 40000);
    out["timeouts"]["share_deadline"] = rng.chance(0.6);
    if (rng.chance(0.3))
        out["budget"] = {{"per_request_usd", between(rng, 1, 80) / 10000.0}};
    if (taste == Taste::plain) {
        out["breaker"] = {{"consecutive_failures", 100}, {"failure_ratio", nullptr}};
        return out;
    }
    out["breaker"] = breaker(rng);
    if (rng.chance(0.3))
        out["hedge"] = {{"after_ms", between(rng, 0, 1500)}, {"max_extra", between(rng, 1, 3)}};
    if (rng.chance(0.2))
        out["retry"]["budget"] = {{"ratio", between(rng, 0, 10) / 10.0},
                                  {"min_per_s", between(rng, 0, 10) / 10.0},
                                  {"ttl_s", between(rng, 1, 10)}};
    if (rng.chance(0.2)) {
        out["budget"]["per_provider_day_usd"] = {{"p0", between(rng, 1, 60) / 10000.0}};
        if (rng.chance(0.5))
            out["budget"]["on_exceeded"] = "reject";
    }
    const char* const broken[] = {"restart", "continue", "partial", "error"};
    out["on_broken_stream"] = word(rng, broken);
    if (rng.chance(0.3))
        out["on_moderation"] = "next_target";
    if (rng.chance(0.2))
        out["minimum_quality"] = 0.3;
    return out;
}

inline Json target(Rng& rng, Taste taste, int provider, bool jitter) {
    const bool exotic = taste == Taste::exotic;
    Json out = {{"provider", "p" + std::to_string(provider)},
                {"model", exotic && rng.chance(0.3) ? std::string("m")
                                                    : "m" + std::to_string(rng.below(1000))},
                {"weight", between(rng, 1, 4)},
                {"quality", between(rng, 2, 10) / 10.0}};
    if (!exotic || rng.chance(0.85))
        out["price"] = {{"input_usd_per_mtok", between(rng, 0, 40) / 20.0},
                        {"output_usd_per_mtok", between(rng, 0, 200) / 20.0}};
    if (rng.chance(0.3))
        out["timeouts"] = timeouts(rng);
    if (rng.chance(0.3))
        out["retry"] = retry(rng, jitter);
    if (exotic && rng.chance(0.1))
        out["enabled"] = false;
    if (exotic && rng.chance(0.4))
        out["context_tokens"] = 2000 * between(rng, 1, 4);
    if (exotic && rng.chance(0.1))
        out["breaker_hold"] = rng.chance(0.5) ? "open" : "closed";
    return out;
}

inline Json document(Rng& rng, Taste taste) {
    const char* const strategies[] = {"priority", "weighted", "cheapest", "fastest"};
    const int count = between(rng, 1, 5);
    const std::string strategy = rng.chance(0.5) ? "priority" : strategies[rng.below(4)];
    // A weighted order and a high draw of the backoff are found by looking for a seed: one of them.
    const bool jitter = taste == Taste::exotic || (strategy == "priority" && rng.chance(0.5));
    Json providers = Json::array(), targets = Json::array();
    for (int i = 0; i < count; ++i) {
        Json provider = {
            {"id", "p" + std::to_string(i)}, {"dialect", "openai"}, {"base_url", "lab:"}};
        if (taste == Taste::exotic && rng.chance(0.2))
            provider["key"] =
                rng.chance(0.7) ? Json{"env:A", "env:B"} : Json{"env:A", "env:B", "env:C"};
        if (taste == Taste::exotic && rng.chance(0.15))
            provider["limits"] = {{"requests_per_min", between(rng, 1, 5)},
                                  {"tokens_per_min", between(rng, 1000, 9000)}};
        providers.push_back(std::move(provider));
        const int of = taste == Taste::exotic && rng.chance(0.3) ? int(rng.below(i + 1)) : i;
        targets.push_back(target(rng, taste, of, jitter));
    }
    return {{"format", "brownout.chain/1"},
            {"providers", providers},
            {"chains", {{{"id", "default"}, {"strategy", strategy}, {"targets", targets}}}},
            {"policy", policy(rng, taste, jitter)}};
}

} // namespace brownout::chain::random
