// Distributions from samples, by maximum likelihood, and how near they come. Pure; results do not
// depend on the order of samples beyond the last bits. Private to core/tune.
#pragma once

#include "stats/distribution.h"

#include <span>
#include <string>
#include <vector>

namespace brownout::tune {

double cdf(const stats::Distribution& d, double x);
// The largest distance between the empirical curve of `sorted` and the fitted one.
double ks_distance(std::span<const double> sorted, const stats::Distribution& d);
std::string ks_words(double ks, std::size_t n);

struct Fit {
    stats::Distribution distribution;
    std::string family;
    double log_likelihood = 0;
    int parameters = 0;
    double bic(std::size_t n) const;
};

// All samples above 0, and not all the same for those with two parameters.
Fit fit_lognormal(std::span<const double> xs, std::span<const double> longer_than = {});
Fit fit_normal(std::span<const double> xs);
Fit fit_exponential(std::span<const double> xs);
Fit fit_weibull(std::span<const double> xs);
// The lowest BIC; a constant where all are the same. `longer_than`: what is known of those that
// were given up; only the lognormal takes them.
Fit fit_best(std::span<const double> xs, std::span<const double> longer_than = {});

// Fast and slow answers: each answer's first token and mean gap (0: not known) are lognormal; a
// share `ratio` of answers takes `factor` times as long in both.
struct SlowMode {
    double ratio = 0, factor = 1;
    double median = 0, sigma = 0; // of the first token of fast answers
    double bic_gain = 0;          // over one mode
    std::vector<bool> slow;       // by sample
};
struct Answer {
    double first_token_ms = 0, gap_ms = 0;
};
SlowMode fit_slow_mode(std::span<const Answer> answers);

} // namespace brownout::tune
