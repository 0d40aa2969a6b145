#include "chain/worst_case_plan.h"

#include "engine/retry_delay.h"

#include <algorithm>
#include <numeric>

namespace brownout::chain {
namespace {

constexpr double lower_end = 0.0, upper_end = 1.0; // of the uniform number that jitter draws

bool decorrelated(const engine::BackoffPolicy& backoff) {
    return backoff.kind != engine::BackoffKind::none &&
           backoff.jitter == engine::JitterKind::decorrelated;
}

// May `later` be passed over once `earlier` was tried? Its provider was switched off by a refused
// key or opened by a failure that hits them all, or its window was told to be too small.
bool skippable(const Candidate& earlier, const Candidate& later) {
    return earlier.provider == later.provider ||
           (earlier.context_tokens > 0 && later.context_tokens > 0 &&
            later.context_tokens <= earlier.context_tokens);
}

struct Best {
    double worth = 0;
    int attempts = 0; // on the candidate that was added last; 0: passed over
    bool there = false;
};

// table[p][j]: the best of plans over the first p candidates of the order with j attempts.
using Table = std::vector<std::vector<Best>>;

Table fill(const Routes& routes, const std::vector<std::size_t>& order,
           const std::function<double(const Candidate&, int)>& worth) {
    const auto most = static_cast<std::size_t>(routes.max_attempts);
    Table table(order.size() + 1, std::vector<Best>(most + 1));
    table[0][0].there = true;
    for (std::size_t p = 0; p < order.size(); ++p) {
        const Candidate& here = routes.candidates[order[p]];
        bool may_skip = routes.any_order;
        for (std::size_t q = 0; q < p && !may_skip; ++q)
            may_skip = skippable(routes.candidates[order[q]], here);
        std::vector<double> worths;
        for (int n = 1; n <= std::min(here.attempts(), routes.max_attempts); ++n)
            worths.push_back(worth(here, n));
        for (std::size_t j = 0; j <= most; ++j) {
            if (!table[p][j].there)
                continue;
            const auto offer = [&](std::size_t all, double value, int attempts) {
                Best& best = table[p + 1][all];
                if (!best.there || value > best.worth)
                    best = {value, attempts, true};
            };
            if (may_skip)
                offer(j, table[p][j].worth, 0);
            for (std::size_t n = 1; n <= worths.size() && j + n <= most; ++n)
                offer(j + n, table[p][j].worth + worths[n - 1], static_cast<int>(n));
        }
    }
    return table;
}

Plan trace(const Table& table, const std::vector<std::size_t>& order, std::size_t p,
           std::size_t all) {
    Plan plan;
    for (; p > 0; --p) {
        const int attempts = table[p][all].attempts;
        if (attempts > 0)
            plan.push_back({order[p - 1], attempts});
        all -= static_cast<std::size_t>(attempts);
    }
    std::reverse(plan.begin(), plan.end());
    return plan;
}

} // namespace

std::vector<Gap> Candidate::gaps(int n) const {
    const bool hint = retry.honour_retry_after && retry.max_wait > Duration::zero();
    std::vector<Gap> out;
    Duration low{}, high{}, all_backoff{}, all_hint{};
    for (int i = 1; i < n; ++i) {
        if (i >= tries) { // a change of key
            out.emplace_back();
            continue;
        }
        low = engine::retry_delay(retry.backoff, i, low, lower_end);
        high = engine::retry_delay(retry.backoff, i, high, upper_end);
        Gap gap{high, hint ? Duration::zero() : low, false};
        if (retry.max_wait > Duration::zero() && retry.max_wait >= high)
            gap.longest = retry.max_wait, gap.by_hint = true;
        all_backoff += high;
        all_hint += retry.max_wait;
        // Once the breaker is open a Retry-After may be waited for in vain, and then the backoff.
        if (opens_after > 0 && i >= opens_after)
            gap = {high + retry.max_wait, gap.shortest, hint};
        if (waits_for_room)
            gap.longest = high + 2 * retry.max_wait;
        out.push_back(gap);
    }
    // Decorrelated waits grow from the one before: one kind all the way is the longest.
    if (decorrelated(retry.backoff) && opens_after == 0 && !waits_for_room) {
        Duration previous{};
        for (std::size_t i = 0; i < out.size(); ++i) {
            previous =
                engine::retry_delay(retry.backoff, static_cast<int>(i) + 1, previous, upper_end);
            out[i].by_hint = retry.max_wait > Duration::zero() && all_hint >= all_backoff;
            out[i].longest = out[i].by_hint ? retry.max_wait : previous;
        }
    }
    return out;
}

Duration Candidate::longest(int n) const {
    Duration sum = before_first + attempt * n;
    for (const Gap& gap : gaps(n))
        sum += gap.longest;
    if ((opens_after > 0 && n >= opens_after) || waits_for_room)
        sum += before_leaving;
    return sum;
}

Duration Candidate::shortest_waits(int n) const {
    std::vector<Duration> waits;
    for (const Gap& gap : gaps(std::min(n, tries)))
        waits.push_back(gap.shortest);
    std::sort(waits.begin(), waits.end());
    const auto waited = static_cast<std::size_t>((std::max(n, 1) - 1) / keys);
    return std::accumulate(
        waits.begin(), waits.begin() + static_cast<std::ptrdiff_t>(std::min(waited, waits.size())),
        Duration{});
}

std::vector<Plan> best_plans(const Routes& routes,
                             const std::function<double(const Candidate&, int)>& worth) {
    const auto most = static_cast<std::size_t>(routes.max_attempts);
    std::vector<Plan> out(most + 1);
    std::vector<double> known(most + 1, -std::numeric_limits<double>::infinity());
    for (const auto& order : routes.orders) {
        const Table table = fill(routes, order, worth);
        for (std::size_t p = 1; p < table.size(); ++p)
            for (std::size_t j = 1; j <= most; ++j)
                // Another order must be better by more than rounding.
                if (table[p][j].there && table[p][j].worth > known[j] + 1e-9) {
                    known[j] = table[p][j].worth;
                    out[j] = trace(table, order, p, j);
                }
    }
    return out;
}

} // namespace brownout::chain
