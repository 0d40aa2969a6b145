// Confidence intervals that we are willing to print.
#pragma once

#include <cstdint>
#include <span>

namespace brownout::stats {

struct Interval {
    double value = 0, low = 0, high = 0;
    const char* method = ""; // "wilson 95 %", "t 95 %"
};

// Share of successes, 95 %: Wilson (1927). Nothing observed: value 0, interval 0..1.
Interval wilson(std::uint64_t successes, std::uint64_t total);
// Mean over independent replications, 95 %, Student's t. One replication: no interval (low = high).
Interval student_t(std::span<const double> replications);

} // namespace brownout::stats
