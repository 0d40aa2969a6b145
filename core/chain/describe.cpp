#include "chain/document.h"

#include "engine/retry_delay.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::chain {
namespace {

std::string plain(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3g", value);
    return std::abs(value) >= 1000 ? std::to_string(std::llround(value)) : buffer;
}

// Seconds as a person says them: "15 s", "0.5 s", "40 ms".
std::string seconds(Duration d) {
    return d < std::chrono::milliseconds(100) && d > Duration::zero() ? plain(to_ms(d)) + " ms"
                                                                      : plain(to_seconds(d)) + " s";
}

std::string times(int n) {
    return n == 1 ? "once" : n == 2 ? "twice" : std::to_string(n) + " times";
}

struct Waits {
    Duration shortest = forever, longest{};
};

// Between which bounds the waits between the tries on one target lie.
Waits waits(const engine::BackoffPolicy& backoff, int tries) {
    Waits out;
    Duration low{}, high{};
    for (int retry = 1; retry < tries; ++retry) {
        low = engine::retry_delay(backoff, retry, low, 0);
        high = engine::retry_delay(backoff, retry, high, 1);
        out.shortest = std::min(out.shortest, low);
        out.longest = std::max(out.longest, high);
    }
    return out;
}

std::string apart(const Waits& waits) {
    if (waits.longest == Duration::zero())
        return "at once";
    if (waits.shortest == Duration::zero())
        return "up to " + seconds(waits.longest) + " apart";
    if (seconds(waits.shortest) == seconds(waits.longest))
        return seconds(waits.longest) + " apart";
    const bool both_s = waits.shortest >= std::chrono::milliseconds(100);
    return (both_s ? plain(to_seconds(waits.shortest)) : seconds(waits.shortest)) + " to " +
           seconds(waits.longest) + " apart";
}

// The longest silence that an attempt is given when the request begins with this target's turn.
std::string first_token_wait(const engine::Policy& policy, std::size_t candidates) {
    const auto& t = policy.timeouts;
    const Duration own = std::min({t.first_token, t.attempt, t.total});
    const auto rivals =
        std::min<std::int64_t>(static_cast<std::int64_t>(candidates), policy.retry.max_attempts);
    const Duration share = t.share_deadline ? t.total / std::max<std::int64_t>(rivals, 1) : forever;
    if (share < own)
        return "Waits " + seconds(share) + " for the first token (its share of " +
               seconds(t.total) + ")";
    return "Waits " + seconds(own) + " for the first token";
}

std::string percent(double ratio) {
    return plain(ratio * 100) + " %";
}

std::string breaker_sentence(const engine::BreakerPolicy& breaker, engine::BreakerHold hold) {
    if (hold == engine::BreakerHold::closed)
        return "Its breaker is held closed.";
    const std::string sample = "at least " + std::to_string(breaker.minimum_requests) +
                               " requests in " + seconds(breaker.window);
    std::string when;
    if (breaker.consecutive_failures)
        when =
            *breaker.consecutive_failures == 1
                ? "after 1 failure"
                : "after " + std::to_string(*breaker.consecutive_failures) + " failures in a row";
    else if (breaker.failure_ratio)
        when = "when " + percent(*breaker.failure_ratio) + " of " + sample + " fail";
    else if (breaker.slow_call)
        when = "when " + percent(breaker.slow_call_ratio) + " of " + sample + " take longer than " +
               seconds(*breaker.slow_call);
    else
        return "Its breaker never opens.";
    return "Opens " + when + ", probes after " + seconds(std::min(breaker.open, breaker.open_cap)) +
           ".";
}

} // namespace

std::string describe(const Document& document, const Chain& chain, const Target& target) {
    if (!target.enabled)
        return "Never used: it is switched off.";
    if (target.breaker_hold == engine::BreakerHold::open)
        return "Never used: its breaker is held open.";
    const engine::Policy policy = effective_policy(document, chain, target);
    if (target.quality < policy.minimum_quality)
        return "Never used: its quality " + plain(target.quality) + " is below the minimum " +
               plain(policy.minimum_quality) + ".";

    // Where this target stands; with a strategy other than priority any of them may come last.
    std::size_t from_here = 0, all = 0;
    bool seen = false;
    for (const Target& other : chain.targets) {
        seen = seen || &other == &target || (!seen && other.name() == target.name());
        const bool usable = other.enabled && other.breaker_hold != engine::BreakerHold::open &&
                            other.quality >= policy.minimum_quality;
        all += usable ? 1 : 0;
        from_here += usable && seen ? 1 : 0;
    }
    const bool ordered = chain.strategy == engine::Strategy::priority;
    const std::size_t candidates = std::max<std::size_t>(1, ordered ? from_here : all);
    const int tries = std::min(policy.retry.attempts_per_target, policy.retry.max_attempts);
    std::string out = first_token_wait(policy, candidates) + ", tries " + times(tries);
    if (tries > 1)
        out += " (" + apart(waits(policy.retry.backoff, tries)) + ")";
    out += candidates > 1 && tries < policy.retry.max_attempts ? ", then moves on. "
                                                               : ", then gives up. ";
    return out + breaker_sentence(policy.breaker, target.breaker_hold);
}

} // namespace brownout::chain
