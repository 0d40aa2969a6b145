#include "stats/distribution.h"

#include "stats/portable_math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace brownout::stats {

namespace {

double polynomial(std::span<const double> coefficients, double x) {
    double sum = 0;
    for (auto c = coefficients.rbegin(); c != coefficients.rend(); ++c)
        sum = sum * x + *c;
    return sum;
}

// Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988): relative error about 1e-16.
double inverse_normal(double p) {
    static constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                   1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                   4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                   3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr double b[] = {1.0,
                                   4.2313330701600911252e+1,
                                   6.8718700749205790830e+2,
                                   5.3941960214247511077e+3,
                                   2.1213794301586595867e+4,
                                   3.9307895800092710610e+4,
                                   2.8729085735721942674e+4,
                                   5.2264952788528545610e+3};
    static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                   5.76949722146069140550e0,  3.64784832476320460504e0,
                                   1.27045825245236838258e0,  2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr double d[] = {1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
    static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                   1.78482653991729133580e0,  2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double f[] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (std::fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
    double x = 0;
    if (r <= 5) {
        r -= 1.6;
        x = polynomial(c, r) / polynomial(d, r);
    } else {
        r -= 5;
        x = polynomial(e, r) / polynomial(f, r);
    }
    return q < 0 ? -x : x;
}

// Lanczos' approximation (g = 7, nine terms; Godfrey's coefficients) for x >= 1: relative error
// about 1e-15.
double gamma_function(double x) {
    static constexpr double c[] = {
        676.5203681218851,  -1259.1392167224028,  771.32342877765313,    -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7};
    x -= 1;
    double sum = 0.99999999999980993;
    for (int i = 0; i < 8; ++i)
        sum += c[i] / (x + i + 1);
    const double t = x + 7.5;
    return 2.5066282746310002 * portable_pow(t, x + 0.5) * portable_exp(-t) * sum;
}

// -ln(1 - q), exact for small q as well: 1 - q loses no bits that a 53-bit uniform number has.
double exponential_quantile(double q) {
    return -portable_log(1 - q);
}

// Linear between order statistics (Hyndman and Fan, 1996, type 7).
double empirical_quantile(const std::vector<double>& sorted, double q) {
    if (sorted.empty())
        return 0;
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto i = static_cast<std::size_t>(place);
    if (i + 1 >= sorted.size())
        return sorted.back();
    return sorted[i] + (place - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]);
}

struct QuantileOf {
    double q;
    double operator()(const Constant& d) const { return d.value; }
    double operator()(const Uniform& d) const { return d.low + q * (d.high - d.low); }
    double operator()(const Normal& d) const { return d.mean + d.sd * inverse_normal(q); }
    double operator()(const Lognormal& d) const {
        return d.median * portable_exp(d.sigma * inverse_normal(q));
    }
    double operator()(const Exponential& d) const { return d.mean * exponential_quantile(q); }
    double operator()(const Weibull& d) const {
        return d.scale * portable_pow(exponential_quantile(q), 1 / d.shape);
    }
    double operator()(const Pareto& d) const {
        return d.minimum * portable_exp(exponential_quantile(q) / d.shape);
    }
    double operator()(const Empirical& d) const { return empirical_quantile(d.sorted, q); }
};

struct MeanOf {
    double operator()(const Constant& d) const { return d.value; }
    double operator()(const Uniform& d) const { return (d.low + d.high) / 2; }
    double operator()(const Normal& d) const { return d.mean; }
    double operator()(const Lognormal& d) const {
        return d.median * portable_exp(d.sigma * d.sigma / 2);
    }
    double operator()(const Exponential& d) const { return d.mean; }
    double operator()(const Weibull& d) const { return d.scale * gamma_function(1 + 1 / d.shape); }
    double operator()(const Pareto& d) const {
        return d.shape > 1 ? d.shape * d.minimum / (d.shape - 1)
                           : std::numeric_limits<double>::infinity();
    }
    double operator()(const Empirical& d) const {
        double sum = 0;
        for (const double x : d.sorted)
            sum += x;
        return d.sorted.empty() ? 0 : sum / static_cast<double>(d.sorted.size());
    }
};

} // namespace

double quantile(const Distribution& d, double q) {
    // The tails end where a 53-bit uniform number ends: about 8.2 standard deviations.
    constexpr double least = 0x1.0p-54;
    return std::visit(QuantileOf{std::clamp(q, least, 1 - 0x1.0p-53)}, d);
}

double mean(const Distribution& d) {
    return std::visit(MeanOf{}, d);
}

double sample(const Distribution& d, Rng& rng) {
    // Half a step to the right: never exactly 0, where half of the quantiles are infinite.
    return std::max(0.0, quantile(d, rng.uniform() + 0x1.0p-54));
}

} // namespace brownout::stats
