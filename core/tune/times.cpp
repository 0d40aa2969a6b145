#include "tune/times.h"

#include "tune/fit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::tune {
namespace {

constexpr std::size_t least_for_family = 200; // answers, before a family is given up
constexpr double no_family = 0.1;             // KS distance
constexpr std::size_t empirical_points = 201;

struct Rounded {
    stats::Distribution operator()(stats::Constant d) const {
        return stats::Constant{rounded(d.value)};
    }
    stats::Distribution operator()(stats::Uniform d) const {
        return stats::Uniform{rounded(d.low), rounded(d.high)};
    }
    stats::Distribution operator()(stats::Normal d) const {
        return stats::Normal{rounded(d.mean), rounded(d.sd)};
    }
    stats::Distribution operator()(stats::Lognormal d) const {
        return stats::Lognormal{rounded(d.median), rounded(d.sigma)};
    }
    stats::Distribution operator()(stats::Exponential d) const {
        return stats::Exponential{rounded(d.mean)};
    }
    stats::Distribution operator()(stats::Weibull d) const {
        return stats::Weibull{rounded(d.shape), rounded(d.scale)};
    }
    stats::Distribution operator()(stats::Pareto d) const {
        return stats::Pareto{rounded(d.minimum), rounded(d.shape)};
    }
    stats::Distribution operator()(stats::Empirical d) const {
        for (double& value : d.sorted)
            value = rounded(value);
        return d;
    }
};

void lognormal_parameters(ProviderFit& out, const std::string& what, const stats::Lognormal& d,
                          double n) {
    const double by_median = std::exp(z975 * d.sigma / std::sqrt(n));
    const double by_sigma = z975 * d.sigma / std::sqrt(2 * n);
    out.parameters.push_back(
        {what + " median", d.median, d.median / by_median, d.median * by_median});
    out.parameters.push_back({what + " sigma", d.sigma, d.sigma - by_sigma, d.sigma + by_sigma});
}

// Of any shape: between the order statistics that the median is between 19 times in 20 (binomial).
Parameter median_of(std::span<const double> sorted, const char* name) {
    const double n = static_cast<double>(sorted.size()), half = z975 * std::sqrt(n) / 2;
    const auto at = [&](double rank) {
        return sorted[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))];
    };
    return {name, at(n / 2), at(std::floor(n / 2 - half)), at(std::ceil(n / 2 + half))};
}

stats::Empirical quantiles_of(std::span<const double> sorted) {
    stats::Empirical out;
    const stats::Empirical all{{sorted.begin(), sorted.end()}};
    for (std::size_t i = 0; i < empirical_points; ++i)
        out.sorted.push_back(stats::quantile(all, static_cast<double>(i) /
                                                      static_cast<double>(empirical_points - 1)));
    return out;
}

// Answers that came in one piece: the slope of their time over their tokens, where there is one.
double slope(const std::vector<ServedAnswer>& answers, std::size_t& n) {
    double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    n = 0;
    for (const ServedAnswer& a : answers) {
        if (a.first_token_ms > 0)
            continue;
        const auto tokens = static_cast<double>(a.output_tokens);
        ++n, x += tokens, y += a.ms, xx += tokens * tokens, xy += tokens * a.ms, yy += a.ms * a.ms;
    }
    const double count = static_cast<double>(n);
    const double spread = n > 2 ? xx - x * x / count : 0;
    if (spread <= 0)
        return 0;
    const double b = (xy - x * y / count) / spread;
    const double rest = std::max(0.0, yy - y * y / count - b * b * spread);
    const double error = std::sqrt(rest / (count - 2) / spread);
    return b > 0 && b > 3 * error ? b : 0; // else it cannot be told from none
}

struct Times {
    std::vector<Answer> answers; // first token and mean gap; gap 0: not known
    std::vector<double> gaps_of; // how many gaps the mean is of
    double per_token = 0;        // ms, of answers in one piece
    bool told_apart = true;
};

Times times_of(const ObservedProvider& p) {
    Times out;
    std::size_t whole = 0;
    const double per_token = slope(p.answers.kept(), whole);
    out.per_token = per_token;
    out.told_apart = whole < p.answers.kept().size() || per_token > 0;
    // Both kinds: the streams say it better, and their first tokens are exact.
    const bool streams_do = p.answers.kept().size() - whole >= least_answers;
    for (const ServedAnswer& a : p.answers.kept()) {
        const auto tokens = static_cast<double>(a.output_tokens);
        if (a.first_token_ms > 0) {
            out.answers.push_back(
                {a.first_token_ms, tokens > 1 ? (a.ms - a.first_token_ms) / (tokens - 1) : 0});
            out.gaps_of.push_back(std::max(0.0, tokens - 1));
        } else if (!streams_do) {
            out.answers.push_back({std::max(1e-3, a.ms - per_token * tokens), 0});
            out.gaps_of.push_back(0);
        }
    }
    return out;
}

// Single gaps of which only the means by answer are known: their mean, and the variance that makes
// the means vary as they do.
void fit_tokens(ProviderFit& out, chain::ProviderModel& model, const Times& times,
                const std::vector<bool>& slow, double factor) {
    double gaps = 0, ms = 0, answers = 0;
    const auto gap = [&](std::size_t i) {
        return times.answers[i].gap_ms / (i < slow.size() && slow[i] ? factor : 1);
    };
    for (std::size_t i = 0; i < times.answers.size(); ++i) {
        const double n = times.gaps_of[i];
        gaps += n, ms += n * gap(i), answers += n > 0;
    }
    if (gaps == 0) {
        model.token_ms = stats::Constant{times.per_token};
        if (times.told_apart)
            out.parameters.push_back(
                {"token_ms mean", times.per_token, times.per_token, times.per_token});
        return;
    }
    const double mean = ms / gaps;
    double squares = 0;
    for (std::size_t i = 0; i < times.answers.size(); ++i)
        squares += times.gaps_of[i] * (gap(i) - mean) * (gap(i) - mean);
    const double var = answers > 1 ? squares / (answers - 1) : 0;
    const double half = z975 * std::sqrt(var / gaps);
    out.parameters.push_back({"token_ms mean", mean, mean - half, mean + half});
    Goodness good;
    good.n = static_cast<std::uint64_t>(answers);
    if (mean <= 0 || var <= 1e-8 * mean * mean) {
        model.token_ms = stats::Constant{mean};
        good.family = "constant";
        good.words = "all the same";
    } else {
        const double sigma = std::sqrt(std::log1p(var / (mean * mean)));
        model.token_ms = stats::Lognormal{mean * std::exp(-sigma * sigma / 2), sigma};
        good.family = "lognormal";
        std::vector<double> z; // means of many gaps are normal, by the theory
        for (std::size_t i = 0; i < times.answers.size(); ++i)
            if (times.gaps_of[i] > 0)
                z.push_back((gap(i) - mean) * std::sqrt(times.gaps_of[i] / var));
        std::sort(z.begin(), z.end());
        good.ks = ks_distance(z, stats::Normal{0, 1});
        good.words = ks_words(good.ks, z.size());
    }
    out.tokens = std::move(good);
}

} // namespace

double rounded(double value) { // to four digits: a model says no more than it knows
    if (value == 0 || !std::isfinite(value))
        return value;
    const double unit = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
    return std::round(value * unit) / unit;
}

stats::Distribution rounded(const stats::Distribution& d) {
    return std::visit(Rounded{}, d);
}

void fit_first_token(ProviderFit& out, chain::ProviderModel& model, const ObservedProvider& p,
                     const Bursts& bursts) {
    const Times times = times_of(p);
    std::vector<double> xs;
    for (const Answer& a : times.answers)
        xs.push_back(a.first_token_ms);
    std::vector<bool> slow;
    double factor = 1;
    Goodness good;
    good.n = p.answers.seen();
    const SlowMode mode = fit_slow_mode(times.answers);
    if (mode.bic_gain > 10 && mode.factor >= 1.3 && mode.ratio >= 0.002 && mode.ratio <= 0.5) {
        slow = mode.slow;
        factor = mode.factor;
        model.slow_mode = {rounded(mode.ratio), rounded(factor)};
        model.first_token_ms = stats::Lognormal{mode.median, mode.sigma};
        good.family = "lognormal with a slow mode";
        const double n = static_cast<double>(xs.size());
        lognormal_parameters(out, "first_token_ms", {mode.median, mode.sigma},
                             n * (1 - mode.ratio));
        const auto share =
            stats::wilson(static_cast<std::uint64_t>(std::llround(mode.ratio * n)), xs.size());
        out.parameters.push_back({"slow_mode ratio", mode.ratio, share.low, share.high});
        const double by = std::exp(z975 * mode.sigma / std::sqrt(n * mode.ratio));
        out.parameters.push_back({"slow_mode factor", factor, factor / by, factor * by});
        for (std::size_t i = 0; i < xs.size(); ++i)
            xs[i] /= slow[i] ? factor : 1; // to be judged as what they would have been
    } else {
        // Timeouts that the fitted tail explains are slow answers; what it does not are failures.
        std::vector<double> longer = p.given_up_ms.kept();
        const double limit = p.timeouts > 0 ? p.timeouts_ms / static_cast<double>(p.timeouts) : 0;
        const auto late = static_cast<std::size_t>(bursts.timed_out_outside());
        if (late > 0 && limit > 0) {
            const double expected = static_cast<double>(xs.size()) *
                                    (1 - cdf(fit_lognormal(xs, longer).distribution, limit));
            if (expected >= 0.2 * static_cast<double>(late))
                longer.insert(longer.end(), std::min(late, most_samples), limit);
        }
        good.given_up = longer.size();
        const Fit fit = fit_best(xs, longer);
        model.first_token_ms = fit.distribution;
        good.family = fit.family;
        if (const auto* d = std::get_if<stats::Lognormal>(&fit.distribution))
            lognormal_parameters(out, "first_token_ms", *d, static_cast<double>(xs.size()));
    }
    std::sort(xs.begin(), xs.end());
    good.ks = ks_distance(xs, model.first_token_ms);
    if (good.ks > no_family && xs.size() >= least_for_family && good.given_up == 0 && factor == 1) {
        char how[16];
        std::snprintf(how, sizeof how, "%.2f", good.ks);
        out.notes.push_back("no family of curves is near the first tokens (the best, " +
                            good.family + ", is " + how + " away): the model has their quantiles");
        model.first_token_ms = quantiles_of(xs);
        good.family = "empirical";
        good.ks = ks_distance(xs, model.first_token_ms);
        std::erase_if(out.parameters,
                      [](const Parameter& q) { return q.name.starts_with("first_token_ms"); });
    }
    if (good.family != "lognormal" && factor == 1)
        out.parameters.insert(out.parameters.begin(), median_of(xs, "first_token_ms median"));
    good.words = good.family == "constant" ? "all the same" : ks_words(good.ks, xs.size());
    out.first_token = std::move(good);
    fit_tokens(out, model, times, slow, factor);
    if (!times.told_apart)
        out.notes.push_back("answers came in one piece, and their time does not grow with their "
                            "tokens: first_token_ms is the time of the whole answer");
}

} // namespace brownout::tune
