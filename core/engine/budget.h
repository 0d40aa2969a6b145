// Retries as a share of requests (Finagle's RetryBudget, Linkerd): when everything fails, retries
// must not multiply the load.
#pragma once

#include "engine/policy.h"
#include "engine/window.h"

namespace brownout::engine {

class RetryBudget {
  public:
    explicit RetryBudget(std::optional<RetryBudgetPolicy> policy);

    void request(Instant now);
    // Takes one retry, if ratio * requests + min_per_s * ttl of the last `ttl` allow it.
    bool take(Instant now);

  private:
    std::optional<RetryBudgetPolicy> policy_;
    Window window_; // requests, and retries counted as its failures
};

} // namespace brownout::engine
