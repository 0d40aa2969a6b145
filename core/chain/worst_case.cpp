#include "chain/worst_case.h"

#include "engine/retry_delay.h"

#include <algorithm>

namespace brownout::chain {

namespace {

constexpr double upper_end = 1.0; // of the uniform number that jitter draws

struct Try {
    std::size_t target = 0;
    double seconds = 0; // the wait before it and the attempt itself
};

// One entry per try on one target, each with the longest wait that may come before it.
void add_tries(const engine::Policy& policy, std::size_t target, std::vector<Try>& out) {
    const double longest_wait =
        policy.retry.honour_retry_after ? to_seconds(policy.retry.max_wait) : 0.0;
    const double attempt = to_seconds(std::min(policy.timeouts.attempt, policy.timeouts.total));
    Duration previous{};
    for (int n = 1; n <= policy.retry.attempts_per_target; ++n) {
        double wait = longest_wait; // before the first try: for a target that is cooling down
        if (n > 1) {
            previous = engine::retry_delay(policy.retry.backoff, n - 1, previous, upper_end);
            wait = std::max(wait, to_seconds(previous));
        }
        out.push_back({target, wait + attempt});
    }
}

double longest(std::vector<Try> tries, int attempts) {
    std::sort(tries.begin(), tries.end(),
              [](const Try& a, const Try& b) { return a.seconds > b.seconds; });
    double sum = 0;
    for (int i = 0; i < attempts; ++i)
        sum += tries[static_cast<std::size_t>(i)].seconds;
    return sum;
}

} // namespace

std::optional<Money> attempt_cost(const std::optional<Price>& price, const RequestSize& size) {
    if (!price)
        return std::nullopt;
    if (!price->input_usd_per_mtok && !price->output_usd_per_mtok)
        return price->image_usd ? std::optional{Money::from_usd(*price->image_usd)} : std::nullopt;
    if (!price->input_usd_per_mtok || !price->output_usd_per_mtok)
        return std::nullopt;
    return Money::from_usd((*price->input_usd_per_mtok * static_cast<double>(size.input_tokens) +
                            *price->output_usd_per_mtok * static_cast<double>(size.output_tokens)) /
                           1e6);
}

WorstCase worst_case(const Document& document, const Chain& chain, const RequestSize& size) {
    WorstCase out;
    const engine::Policy whole = effective_policy(document, chain);
    std::vector<Try> tries;
    struct Priced {
        std::size_t target;
        int tries;
        Money cost;
    };
    std::vector<Priced> priced;
    for (std::size_t i = 0; i < chain.targets.size(); ++i) {
        const Target& target = chain.targets[i];
        if (!target.enabled || target.breaker_hold == engine::BreakerHold::open ||
            target.quality < whole.minimum_quality)
            continue;
        const engine::Policy own = effective_policy(document, chain, target);
        add_tries(own, i, tries);
        if (const auto cost = attempt_cost(target.price, size))
            priced.push_back({i, own.retry.attempts_per_target, *cost});
        else
            out.unpriced.push_back(target.name());
    }
    out.attempts = std::min(std::max(whole.retry.max_attempts, 0), static_cast<int>(tries.size()));
    const double sum = longest(tries, out.attempts);
    const double total = to_seconds(whole.timeouts.total);
    out.capped_by_total = total < sum;
    out.seconds = std::min(total, sum);
    if (priced.empty())
        return out;

    std::stable_sort(priced.begin(), priced.end(),
                     [](const Priced& a, const Priced& b) { return a.cost > b.cost; });
    Money cost;
    int left = out.attempts;
    for (Priced& p : priced) {
        p.tries = std::min(p.tries, left);
        left -= p.tries;
        cost += Money{p.cost.pico_usd * p.tries};
    }
    if (whole.budget && whole.budget->per_request && *whole.budget->per_request < cost) {
        cost = *whole.budget->per_request;
        out.capped_by_budget = true;
    }
    out.cost = cost;
    std::sort(priced.begin(), priced.end(),
              [](const Priced& a, const Priced& b) { return a.target < b.target; });
    for (const Priced& p : priced)
        if (p.tries > 0)
            out.dearest.push_back({chain.targets[p.target].name(), p.tries});
    return out;
}

} // namespace brownout::chain
