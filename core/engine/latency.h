// A target's recent times to the first token (or to a whole reply): what `fastest` and a hedge's
// quantile go by.
#pragma once

#include "base/time.h"

#include <array>
#include <optional>

namespace brownout::engine {

class Latency {
  public:
    static constexpr std::size_t kept = 32;

    void add(Duration time) {
        const std::int64_t micros = time / std::chrono::microseconds(1);
        const auto value = static_cast<std::uint32_t>(micros < 0            ? 0
                                                      : micros > UINT32_MAX ? UINT32_MAX
                                                                            : micros);
        if (asked_)
            keep_sorted(value);
        ring_[next_] = value;
        next_ = (next_ + 1) % kept;
        count_ += count_ < kept;
    }
    // Of the kept ones, nearest rank; q in [0, 1]. Nothing before `at_least` were measured.
    std::optional<Duration> quantile(double q, std::size_t at_least) const;

  private:
    void keep_sorted(std::uint32_t value);

    // In microseconds; saturate at 71 minutes.
    std::array<std::uint32_t, kept> ring_{}; // in the order they came
    std::uint32_t count_ = 0, next_ = 0;
    // Most chains never ask for a quantile. From the first question on the same are kept sorted,
    // and each further one is a look.
    mutable bool asked_ = false;
    mutable std::array<std::uint32_t, kept> sorted_{};
};

} // namespace brownout::engine
