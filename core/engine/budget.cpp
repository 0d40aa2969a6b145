#include "engine/budget.h"

namespace brownout::engine {

RetryBudget::RetryBudget(std::optional<RetryBudgetPolicy> policy)
    : policy_(policy), window_(policy ? policy->ttl : Duration{std::chrono::seconds(10)}) {}

void RetryBudget::request(Instant now) {
    if (policy_)
        window_.add(now, {1, 0, 0});
}

bool RetryBudget::take(Instant now) {
    if (!policy_)
        return true;
    const WindowCounts counts = window_.counts(now);
    const double allowed =
        policy_->ratio * counts.requests + policy_->min_per_s * to_seconds(policy_->ttl);
    if (counts.failures + 1 > allowed)
        return false;
    window_.add(now, {0, 1, 0});
    return true;
}

} // namespace brownout::engine
