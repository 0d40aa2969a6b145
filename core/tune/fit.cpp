#include "tune/fit.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace brownout::tune {
namespace {

const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}
double normal_density(double z) {
    return std::exp(-0.5 * z * z - half_log_2pi);
}

double mean_of(std::span<const double> xs) {
    return std::accumulate(xs.begin(), xs.end(), 0.0) / static_cast<double>(xs.size());
}
double variance_of(std::span<const double> xs, double mean) {
    double sum = 0;
    for (const double x : xs)
        sum += (x - mean) * (x - mean);
    return sum / static_cast<double>(xs.size());
}
std::vector<double> logs(std::span<const double> xs) {
    std::vector<double> out(xs.size());
    std::transform(xs.begin(), xs.end(), out.begin(), [](double x) { return std::log(x); });
    return out;
}

struct CdfOf {
    double x;
    double operator()(const stats::Constant& d) const { return x >= d.value; }
    double operator()(const stats::Uniform& d) const {
        return d.high > d.low ? std::clamp((x - d.low) / (d.high - d.low), 0.0, 1.0) : x >= d.low;
    }
    double operator()(const stats::Normal& d) const {
        return d.sd > 0 ? normal_cdf((x - d.mean) / d.sd) : x >= d.mean;
    }
    double operator()(const stats::Lognormal& d) const {
        if (x <= 0)
            return 0;
        return d.sigma > 0 ? normal_cdf(std::log(x / d.median) / d.sigma) : x >= d.median;
    }
    double operator()(const stats::Exponential& d) const {
        return x <= 0 ? 0 : -std::expm1(-x / d.mean);
    }
    double operator()(const stats::Weibull& d) const {
        return x <= 0 ? 0 : -std::expm1(-std::pow(x / d.scale, d.shape));
    }
    double operator()(const stats::Pareto& d) const {
        return x <= d.minimum ? 0 : 1 - std::pow(d.minimum / x, d.shape);
    }
    double operator()(const stats::Empirical& d) const {
        const auto& s = d.sorted;
        if (s.empty() || x < s.front())
            return 0;
        if (x >= s.back())
            return 1;
        const auto above = std::upper_bound(s.begin(), s.end(), x);
        const double below = *(above - 1), width = *above - below;
        const double place = static_cast<double>(above - s.begin() - 1) + (x - below) / width;
        return place / static_cast<double>(s.size() - 1);
    }
};

} // namespace

double cdf(const stats::Distribution& d, double x) {
    return std::visit(CdfOf{x}, d);
}

double ks_distance(std::span<const double> sorted, const stats::Distribution& d) {
    double most = 0;
    const double n = static_cast<double>(sorted.size());
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t end = i; // equal values are one step
        while (end < sorted.size() && sorted[end] == sorted[i])
            ++end;
        const double at = cdf(d, sorted[i]);
        const double before = std::holds_alternative<stats::Constant>(d) ? 0 : at;
        most = std::max({most, std::abs(static_cast<double>(end) / n - at),
                         std::abs(before - static_cast<double>(i) / n)});
        i = end;
    }
    return most;
}

// 0.886 / sqrt(n): what a fitted normal curve exceeds by chance once in 20 (Lilliefors, J. Amer.
// Statist. Assoc. 62, 1967).
std::string ks_words(double ks, std::size_t n) {
    if (ks <= 0.886 / std::sqrt(static_cast<double>(std::max<std::size_t>(n, 1))))
        return "cannot be told from what was seen";
    if (ks <= 0.03)
        return "very close: no share of answers is off by more than 3 in 100";
    if (ks <= 0.07)
        return "close: no share of answers is off by more than 7 in 100";
    if (ks <= 0.15)
        return "rough: some share of answers is off by up to 15 in 100; quantiles may be wrong";
    return "poor: what was seen has another shape; do not rely on its quantiles";
}

double Fit::bic(std::size_t n) const {
    return parameters * std::log(static_cast<double>(n)) - 2 * log_likelihood;
}

Fit fit_lognormal(std::span<const double> xs, std::span<const double> longer_than) {
    const auto ys = logs(xs), limits = logs(longer_than);
    double mu = mean_of(ys), var = std::max(1e-12, variance_of(ys, mu));
    const double n = static_cast<double>(ys.size() + limits.size());
    const double sum = std::accumulate(ys.begin(), ys.end(), 0.0);
    const double squares = std::inner_product(ys.begin(), ys.end(), ys.begin(), 0.0);
    // Given up before the end: expectation of what they would have been, then the moments again.
    for (int i = 0; i < 500 && !limits.empty(); ++i) {
        const double sd = std::sqrt(var), was = mu;
        double s = sum, q = squares;
        for (const double c : limits) {
            const double a = (c - mu) / sd;
            const double beyond = std::max(1e-300, 1 - normal_cdf(a));
            const double hazard = a > 8 ? a + 1 / a : normal_density(a) / beyond;
            const double mean = mu + sd * hazard;
            s += mean;
            q += var * std::max(0.0, 1 + a * hazard - hazard * hazard) + mean * mean;
        }
        mu = s / n;
        var = std::max(1e-12, q / n - mu * mu);
        if (std::abs(mu - was) < 1e-9)
            break;
    }
    const double sd = std::sqrt(var);
    double likelihood = 0;
    for (const double y : ys) {
        const double z = (y - mu) / sd;
        likelihood += -0.5 * z * z - std::log(sd) - half_log_2pi - y;
    }
    for (const double c : limits)
        likelihood += std::log(std::max(1e-300, 1 - normal_cdf((c - mu) / sd)));
    return {stats::Lognormal{std::exp(mu), sd}, "lognormal", likelihood, 2};
}

Fit fit_normal(std::span<const double> xs) {
    const double mean = mean_of(xs), var = std::max(1e-12, variance_of(xs, mean));
    const double n = static_cast<double>(xs.size());
    return {stats::Normal{mean, std::sqrt(var)}, "normal",
            -n * (0.5 * std::log(var) + half_log_2pi + 0.5), 2};
}

Fit fit_exponential(std::span<const double> xs) {
    const double mean = mean_of(xs);
    return {stats::Exponential{mean}, "exponential",
            -static_cast<double>(xs.size()) * (std::log(mean) + 1), 1};
}

// The likelihood equation of the shape, by bisection: its left side rises with the shape.
Fit fit_weibull(std::span<const double> xs) {
    const auto ys = logs(xs);
    const double mean_log = mean_of(ys);
    const double largest = *std::max_element(ys.begin(), ys.end());
    const auto sums = [&](double k) { // of (x / largest)^k and that times ln x
        double s = 0, t = 0;
        for (const double y : ys) {
            const double w = std::exp(k * (y - largest));
            s += w;
            t += w * y;
        }
        return std::pair{s, t};
    };
    double low = 0.02, high = 200;
    for (int i = 0; i < 60; ++i) {
        const double k = std::sqrt(low * high);
        const auto [s, t] = sums(k);
        (t / s - 1 / k < mean_log ? low : high) = k;
    }
    const double k = std::sqrt(low * high), n = static_cast<double>(xs.size());
    const double log_scale = largest + std::log(sums(k).first / n) / k;
    double likelihood = 0;
    for (const double y : ys)
        likelihood +=
            std::log(k) - log_scale + (k - 1) * (y - log_scale) - std::exp(k * (y - log_scale));
    return {stats::Weibull{k, std::exp(log_scale)}, "weibull", likelihood, 2};
}

Fit fit_best(std::span<const double> xs, std::span<const double> longer_than) {
    const auto [least, most] = std::minmax_element(xs.begin(), xs.end());
    if (*most - *least <= 1e-6 * *most && longer_than.empty())
        return {stats::Constant{mean_of(xs)}, "constant", 0, 1};
    std::vector<Fit> fits{fit_lognormal(xs, longer_than)};
    if (longer_than.empty())
        fits.insert(fits.end(), {fit_weibull(xs), fit_normal(xs), fit_exponential(xs)});
    return *std::min_element(fits.begin(), fits.end(), [&](const Fit& a, const Fit& b) {
        return a.bic(xs.size()) < b.bic(xs.size());
    });
}

namespace {

struct Mixture {
    double mu = 0, sd = 0, nu = 0, tau = 0; // logs of first token and gap of fast answers
    double shift = 0, ratio = 0, log_likelihood = 0;
    std::vector<double> slow; // by sample: probability
};

double density(double value, double mean, double sd) {
    const double z = (value - mean) / sd;
    return -0.5 * z * z - std::log(sd) - half_log_2pi;
}

struct Logs {
    std::vector<double> x, y; // y: NaN where not known
};

void expect(Mixture& m, const Logs& logs) {
    m.log_likelihood = 0;
    for (std::size_t i = 0; i < logs.x.size(); ++i) {
        double fast = std::log(1 - m.ratio) + density(logs.x[i], m.mu, m.sd);
        double slow = std::log(m.ratio) + density(logs.x[i], m.mu + m.shift, m.sd);
        if (std::isfinite(logs.y[i])) {
            fast += density(logs.y[i], m.nu, m.tau);
            slow += density(logs.y[i], m.nu + m.shift, m.tau);
        }
        const double larger = std::max(fast, slow);
        const double both = larger + std::log(std::exp(fast - larger) + std::exp(slow - larger));
        m.slow[i] = std::exp(slow - both);
        m.log_likelihood += both;
    }
}

void maximize(Mixture& m, const Logs& logs) {
    double x = 0, y = 0, z = 0, known = 0, z_known = 0;
    for (std::size_t i = 0; i < logs.x.size(); ++i) {
        x += logs.x[i] - m.slow[i] * m.shift;
        z += m.slow[i];
        if (std::isfinite(logs.y[i])) {
            y += logs.y[i] - m.slow[i] * m.shift;
            known += 1;
            z_known += m.slow[i];
        }
    }
    const double n = static_cast<double>(logs.x.size());
    m.mu = x / n;
    m.nu = known > 0 ? y / known : 0;
    m.ratio = std::clamp(z / n, 1e-6, 1 - 1e-6);
    const double by_x = 1 / (m.sd * m.sd), by_y = 1 / (m.tau * m.tau);
    double up = 0, xs = 0, ys = 0;
    for (std::size_t i = 0; i < logs.x.size(); ++i) {
        up += m.slow[i] * (logs.x[i] - m.mu) * by_x;
        if (std::isfinite(logs.y[i]))
            up += m.slow[i] * (logs.y[i] - m.nu) * by_y;
    }
    m.shift = up / std::max(1e-12, z * by_x + z_known * by_y);
    const auto spread = [&](double value, double mean, double slow) {
        const double fast = value - mean, late = fast - m.shift;
        return (1 - slow) * fast * fast + slow * late * late;
    };
    for (std::size_t i = 0; i < logs.x.size(); ++i) {
        xs += spread(logs.x[i], m.mu, m.slow[i]);
        if (std::isfinite(logs.y[i]))
            ys += spread(logs.y[i], m.nu, m.slow[i]);
    }
    m.sd = std::max(0.01, std::sqrt(xs / n));
    m.tau = known > 0 ? std::max(0.01, std::sqrt(ys / known)) : 1;
}

} // namespace

SlowMode fit_slow_mode(std::span<const Answer> answers) {
    Logs logs;
    for (const Answer& a : answers) {
        logs.x.push_back(std::log(a.first_token_ms));
        logs.y.push_back(a.gap_ms > 0 ? std::log(a.gap_ms) : std::nan(""));
    }
    Mixture one;
    one.slow.assign(answers.size(), 0);
    one.sd = one.tau = 1;
    one.ratio = 1e-6;
    maximize(one, logs);
    one.shift = 0;
    maximize(one, logs);
    one.ratio = 1e-12;
    expect(one, logs);
    Mixture best = one;
    for (const double factor : {1.8, 4.0, 12.0}) {
        Mixture m = one;
        m.ratio = 0.05;
        m.shift = std::log(factor);
        double before = -1e300;
        for (int i = 0; i < 200; ++i) {
            expect(m, logs);
            if (m.log_likelihood - before < 1e-7 * std::abs(m.log_likelihood) && i > 5)
                break;
            before = m.log_likelihood;
            maximize(m, logs);
        }
        expect(m, logs);
        if (m.log_likelihood > best.log_likelihood)
            best = std::move(m);
    }
    SlowMode out;
    out.ratio = best.ratio;
    out.factor = std::exp(best.shift);
    out.median = std::exp(best.mu);
    out.sigma = best.sd;
    out.bic_gain = 2 * (best.log_likelihood - one.log_likelihood) -
                   2 * std::log(static_cast<double>(answers.size()));
    for (const double slow : best.slow)
        out.slow.push_back(slow > 0.5);
    return out;
}

} // namespace brownout::tune
