// A distribution as documents write it (DIST): a number, uniform, normal, lognormal, exponential,
// weibull, pareto or empirical. Sampled by inverting its distribution function at a uniform number,
// with our own arithmetic: the same bytes on every platform.
#pragma once

#include "base/rng.h"

#include <variant>
#include <vector>

namespace brownout::stats {

struct Constant {
    double value = 0;
};
struct Uniform {
    double low = 0, high = 0;
};
struct Normal {
    double mean = 0, sd = 0;
};
struct Lognormal {
    double median = 0, sigma = 0;
};
struct Exponential {
    double mean = 0;
};
struct Weibull {
    double shape = 1, scale = 0;
};
struct Pareto {
    double minimum = 0, shape = 1;
};
struct Empirical {
    std::vector<double> sorted;
};

using Distribution =
    std::variant<Constant, Uniform, Normal, Lognormal, Exponential, Weibull, Pareto, Empirical>;

// The value below which a share `q` of samples falls; q in (0, 1).
double quantile(const Distribution& d, double q);
double mean(const Distribution& d); // infinite where it is (pareto with shape <= 1)
// Never negative: what we model are times and counts.
double sample(const Distribution& d, Rng& rng);

} // namespace brownout::stats
