#include "stats/interval.h"

#include <algorithm>
#include <cmath>

namespace brownout::stats {

namespace {

constexpr double z975 = 1.959963984540054; // standard normal, 97.5 %

// Student's t at 97.5 %. To 30 degrees of freedom from the tables; beyond, the expansion in 1/n
// (Abramowitz and Stegun 26.7.5), right to six digits there.
double t975(std::size_t degrees) {
    static constexpr double table[] = {
        12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851,
        2.364624252,  2.306004135, 2.262157163, 2.228138852, 2.200985160, 2.178812830,
        2.160368656,  2.144786688, 2.131449546, 2.119905299, 2.109815578, 2.100922040,
        2.093024054,  2.085963447, 2.079613845, 2.073873068, 2.068657610, 2.063898562,
        2.059538553,  2.055529439, 2.051830516, 2.048407142, 2.045229642, 2.042272456};
    if (degrees <= std::size(table))
        return table[degrees - 1];
    const double n = static_cast<double>(degrees);
    const double x = z975, x3 = x * x * x, x5 = x3 * x * x, x7 = x5 * x * x;
    return x + (x3 + x) / (4 * n) + (5 * x5 + 16 * x3 + 3 * x) / (96 * n * n) +
           (3 * x7 + 19 * x5 + 17 * x3 - 15 * x) / (384 * n * n * n);
}

} // namespace

Interval wilson(std::uint64_t successes, std::uint64_t total) {
    constexpr const char* method = "wilson 95 %";
    if (total == 0)
        return {0, 0, 1, method};
    const double n = static_cast<double>(total);
    const double p = static_cast<double>(std::min(successes, total)) / n;
    const double z2 = z975 * z975;
    const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = z975 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    // At the ends the bounds are exact; arithmetic would miss them by a last bit.
    return {p, successes == 0 ? 0 : std::max(0.0, centre - half),
            successes >= total ? 1 : std::min(1.0, centre + half), method};
}

Interval student_t(std::span<const double> replications) {
    constexpr const char* method = "t 95 %";
    if (replications.empty())
        return {0, 0, 0, method};
    const double n = static_cast<double>(replications.size());
    double sum = 0;
    for (const double x : replications)
        sum += x;
    const double mean = sum / n;
    if (replications.size() == 1)
        return {mean, mean, mean, method};
    double squares = 0;
    for (const double x : replications)
        squares += (x - mean) * (x - mean);
    const double half = t975(replications.size() - 1) * std::sqrt(squares / (n - 1) / n);
    return {mean, mean - half, mean + half, method};
}

} // namespace brownout::stats
