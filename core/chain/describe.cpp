#include "chain/describe_words.h"
#include "chain/document.h"
#include "engine/retry_delay.h"

#include <algorithm>

namespace brownout::chain {
namespace {

// What the engine goes by: the first chain that names a target decides about its breaker.
struct Upstream {
    engine::BreakerPolicy breaker;
    engine::BreakerHold hold = engine::BreakerHold::none;
};

Upstream upstream(const Document& document, const Target& target) {
    for (const Chain& chain : document.chains)
        for (const Target& other : chain.targets)
            if (other.name() == target.name())
                return {effective_policy(document, chain).breaker, other.breaker_hold};
    return {{}, target.breaker_hold};
}

// How often a target is tried on errors that may pass, and how long the waits between are.
struct Tries {
    int most = 1;
    bool certain = true; // the waits fit the whole answer however they are drawn
    Duration shortest = forever, longest{};
};

Tries count_tries(const engine::Policy& policy) {
    const engine::RetryPolicy& retry = policy.retry;
    Tries out;
    const int allowed = std::min(retry.attempts_per_target, retry.max_attempts);
    Duration low{}, high{}, least{}, longest{};
    for (int n = 1; n < allowed; ++n) {
        low = engine::retry_delay(retry.backoff, n, low, 0);
        high = engine::retry_delay(retry.backoff, n, high, 1);
        least += low;
        longest += high;
        if (least >= policy.timeouts.total)
            break; // a wait beyond the deadline is not begun
        out.most = n + 1;
        out.certain = longest < policy.timeouts.total;
        out.shortest = std::min(out.shortest, low);
        out.longest = std::max(out.longest, high);
    }
    return out;
}

std::string apart(const Tries& tries) {
    if (tries.longest == Duration::zero())
        return "at once";
    if (tries.shortest == Duration::zero())
        return "up to " + plain_time(tries.longest) + " apart";
    std::string shortest = plain_time(tries.shortest);
    const std::string longest = plain_time(tries.longest);
    if (shortest == longest)
        return longest + " apart";
    if (shortest.ends_with(" s")) // the longer one is in seconds, too
        shortest.resize(shortest.size() - 2);
    return shortest + " to " + longest + " apart";
}

std::string tries_text(const engine::Policy& policy) {
    const Tries tries = count_tries(policy);
    const engine::RetryPolicy& retry = policy.retry;
    if (tries.most == 1)
        return ", tries once";
    std::string out = ", tries " + std::string(tries.certain ? "" : "up to ") +
                      plain_times(tries.most) + " on passing errors (" + apart(tries);
    if (retry.honour_retry_after && retry.max_wait > Duration::zero())
        out += ", or a Retry-After of up to " + plain_time(retry.max_wait);
    out += ")";
    return retry.budget ? out + " while the retry budget lasts" : out;
}

// A busy or refused key costs no try.
std::string keys_text(const Document& document, const Target& target,
                      const engine::Policy& policy) {
    const Provider* provider = document.provider(target.provider);
    if (!provider || provider->keys.size() < 2 || policy.retry.max_attempts < 2)
        return "";
    return ", goes on at once with the next of its " + std::to_string(provider->keys.size()) +
           " keys when one is busy or refused";
}

// The longest silence of the first attempt, when the request begins with this target's turn.
std::string first_token_text(const engine::Policy& policy, std::size_t candidates) {
    const auto& t = policy.timeouts;
    const Duration own = std::min({t.first_token, t.attempt, t.total});
    const auto rivals =
        std::min<std::int64_t>(static_cast<std::int64_t>(candidates), policy.retry.max_attempts);
    const Duration share = t.share_deadline ? t.total / std::max<std::int64_t>(rivals, 1) : forever;
    if (share < own)
        return "Waits " + plain_time(share) + " for the first token (its share of " +
               plain_time(t.total) + ")";
    return "Waits " + plain_time(own) + " for the first token";
}

std::string breaker_text(const Upstream& upstream) {
    const engine::BreakerPolicy& breaker = upstream.breaker;
    if (upstream.hold == engine::BreakerHold::closed)
        return "Its breaker is held closed.";
    std::vector<std::string> rules;
    if (breaker.consecutive_failures)
        rules.push_back(*breaker.consecutive_failures == 1
                            ? "after 1 failure"
                            : "after " + std::to_string(*breaker.consecutive_failures) +
                                  " failures in a row");
    const std::string sample = "at least " + std::to_string(breaker.minimum_requests) +
                               " requests in " + plain_time(breaker.window);
    if (breaker.failure_ratio)
        rules.push_back("when " + plain_percent(*breaker.failure_ratio) + " of " + sample +
                        " fail");
    if (breaker.slow_call)
        rules.push_back("when " + plain_percent(breaker.slow_call_ratio) + " of " +
                        (breaker.failure_ratio ? "these" : sample) + " take longer than " +
                        plain_time(*breaker.slow_call));
    if (rules.empty())
        return "Its breaker never opens.";
    std::string out = "Opens ";
    for (std::size_t i = 0; i < rules.size(); ++i)
        out += (i ? " or " : "") + rules[i];
    out += ", probes after " + plain_time(breaker.open);
    // The cap never shortens the first open time.
    if (breaker.open_growth > 1 && breaker.open_cap > breaker.open)
        out += " (later up to " + plain_time(breaker.open_cap) + ")";
    return out + ".";
}

struct Rivals {
    std::size_t from_here = 0, all = 0;
};

bool usable(const Document& document, const Target& target, double minimum_quality) {
    return target.enabled && upstream(document, target).hold != engine::BreakerHold::open &&
           target.quality >= minimum_quality;
}

// Where this target stands; with a strategy other than priority any of them may come last.
Rivals rivals_of(const Document& document, const Chain& chain, const Target& target,
                 double minimum_quality) {
    const bool inside = std::any_of(chain.targets.begin(), chain.targets.end(),
                                    [&](const Target& other) { return &other == &target; });
    Rivals out;
    bool seen = false;
    for (const Target& other : chain.targets) {
        seen = seen || (inside ? &other == &target : other.name() == target.name());
        if (!usable(document, other, minimum_quality))
            continue;
        ++out.all;
        out.from_here += seen ? 1 : 0;
    }
    return out;
}

} // namespace

std::string describe(const Document& document, const Chain& chain, const Target& target) {
    if (!target.enabled)
        return "Never used: it is switched off.";
    const Upstream breaker = upstream(document, target);
    if (breaker.hold == engine::BreakerHold::open)
        return "Never used: its breaker is held open.";
    const engine::Policy policy = effective_policy(document, chain, target);
    if (target.quality < policy.minimum_quality)
        return "Never used: its quality " + plain_number(target.quality) +
               " is below the minimum " + plain_number(policy.minimum_quality) + ".";

    const Rivals rivals = rivals_of(document, chain, target, policy.minimum_quality);
    const bool ordered = chain.strategy == engine::Strategy::priority;
    const std::size_t candidates =
        std::max<std::size_t>(1, ordered ? rivals.from_here : rivals.all);
    std::string out = first_token_text(policy, candidates) + tries_text(policy) +
                      keys_text(document, target, policy);
    const bool moves_on = candidates > 1 && count_tries(policy).most < policy.retry.max_attempts;
    out += moves_on ? ", then moves on. " : ", then gives up. ";
    return out + breaker_text(breaker);
}

} // namespace brownout::chain
