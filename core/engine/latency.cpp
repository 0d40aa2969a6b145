#include "engine/latency.h"

#include <algorithm>

namespace brownout::engine {

void Latency::add(Duration time) {
    const std::int64_t micros = time / std::chrono::microseconds(1);
    micros_[count_ % kept] =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(micros, 0, UINT32_MAX));
    ++count_;
    if (count_ == 2 * kept)
        count_ = kept; // same place in the ring, never wraps
}

std::optional<Duration> Latency::quantile(double q, std::size_t at_least) const {
    const std::size_t n = std::min<std::size_t>(count_, kept);
    if (n == 0 || n < at_least)
        return std::nullopt;
    std::array<std::uint32_t, kept> sorted = micros_;
    const auto rank = static_cast<std::size_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(n));
    const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(rank, n - 1));
    std::nth_element(sorted.begin(), nth, sorted.begin() + static_cast<std::ptrdiff_t>(n));
    return std::chrono::microseconds(*nth);
}

} // namespace brownout::engine
