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
    std::array<std::uint32_t, kept> micros_{}; // saturates at 71 minutes
    std::uint32_t count_ = 0;                  // ever added; saturates
};

} // namespace brownout::engine
