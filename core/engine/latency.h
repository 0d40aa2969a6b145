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

    void add(Duration time);
    // Of the kept ones, nearest rank; q in [0, 1]. Nothing before `at_least` were measured.
    std::optional<Duration> quantile(double q, std::size_t at_least) const;

  private:
    // In microseconds; saturate at 71 minutes.
    std::array<std::uint32_t, kept> ring_{};   // in the order they came
    std::array<std::uint32_t, kept> sorted_{}; // the same, kept sorted: a quantile is one look
    std::uint32_t count_ = 0, next_ = 0;
};

} // namespace brownout::engine
