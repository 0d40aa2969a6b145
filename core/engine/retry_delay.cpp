#include "engine/retry_delay.h"

#include <algorithm>

namespace brownout::engine {
namespace {

// In double nanoseconds: whole numbers up to 2^53 ns (104 days) are exact.
double grown(const BackoffPolicy& policy, int retry) {
    const double base = static_cast<double>(policy.base.count());
    const double cap = static_cast<double>(policy.cap.count());
    double delay = base;
    switch (policy.kind) {
    case BackoffKind::none:
        return 0;
    case BackoffKind::fixed:
        break;
    case BackoffKind::linear:
        delay = base * retry;
        break;
    case BackoffKind::exponential:
        for (int i = 1; i < retry && delay < cap; ++i)
            delay *= policy.factor;
        break;
    }
    return std::min(delay, cap);
}

Duration whole(double ns) {
    return ns >= 9.2e18 ? forever : Duration{static_cast<std::int64_t>(ns)};
}

} // namespace

Duration retry_delay(const BackoffPolicy& policy, int retry, Duration previous, double random) {
    if (policy.kind == BackoffKind::none)
        return Duration::zero();
    const double base = static_cast<double>(policy.base.count());
    const double cap = static_cast<double>(policy.cap.count());
    const double delay = grown(policy, retry);
    switch (policy.jitter) {
    case JitterKind::none:
        break;
    case JitterKind::full:
        return whole(random * delay);
    case JitterKind::equal:
        return whole(delay / 2 + random * delay / 2);
    case JitterKind::decorrelated: {
        const double last = std::max(base, static_cast<double>(previous.count()));
        return whole(std::min(cap, base + random * (3 * last - base)));
    }
    case JitterKind::additive:
        return whole(delay + random * base);
    }
    return whole(delay);
}

} // namespace brownout::engine
