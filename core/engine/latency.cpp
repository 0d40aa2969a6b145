#include "engine/latency.h"

#include <algorithm>

namespace brownout::engine {

void Latency::add(Duration time) {
    const auto micros = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time / std::chrono::microseconds(1), 0, UINT32_MAX));
    auto end = sorted_.begin() + count_;
    if (count_ == kept) { // the oldest goes
        const auto oldest = std::lower_bound(sorted_.begin(), end, ring_[next_]);
        std::copy(oldest + 1, end, oldest);
        --end;
    } else {
        ++count_;
    }
    const auto place = std::upper_bound(sorted_.begin(), end, micros);
    std::copy_backward(place, end, end + 1);
    *place = micros;
    ring_[next_] = micros;
    next_ = (next_ + 1) % kept;
}

std::optional<Duration> Latency::quantile(double q, std::size_t at_least) const {
    if (count_ == 0 || count_ < at_least)
        return std::nullopt;
    const auto rank =
        static_cast<std::size_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
    return std::chrono::microseconds(sorted_[std::min<std::size_t>(rank, count_ - 1)]);
}

} // namespace brownout::engine
