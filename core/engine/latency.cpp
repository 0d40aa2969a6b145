#include "engine/latency.h"

#include <algorithm>
#include <utility>

namespace brownout::engine {

// Before it goes into the ring.
void Latency::keep_sorted(std::uint32_t value) {
    auto end = sorted_.begin() + count_;
    if (count_ == kept) { // the oldest goes
        const auto oldest = std::lower_bound(sorted_.begin(), end, ring_[next_]);
        std::copy(oldest + 1, end, oldest);
        --end;
    }
    const auto place = std::upper_bound(sorted_.begin(), end, value);
    std::copy_backward(place, end, end + 1);
    *place = value;
}

std::optional<Duration> Latency::quantile(double q, std::size_t at_least) const {
    if (count_ == 0 || count_ < at_least)
        return std::nullopt;
    if (!std::exchange(asked_, true)) {
        sorted_ = ring_; // full, or filled from its front
        std::sort(sorted_.begin(), sorted_.begin() + count_);
    }
    const auto rank =
        static_cast<std::size_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
    return std::chrono::microseconds(sorted_[std::min<std::size_t>(rank, count_ - 1)]);
}

} // namespace brownout::engine
