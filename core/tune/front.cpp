#include "tune/front.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace brownout::tune {
namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

// Higher is better, so that one rule serves all.
double score(double value, Objective objective) {
    return objective == availability ? value : -value;
}

std::optional<Estimate> over(std::vector<double> values) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty())
        return std::nullopt;
    const stats::Interval t = stats::student_t(values);
    return Estimate{t.value, t.low, t.high};
}

template <class Of>
std::vector<double> collect(const Runs& runs, Of of) {
    std::vector<double> out;
    for (const RunFigures& run : runs)
        out.push_back(of(run));
    return out;
}

template <class Of>
std::optional<Estimate> paired(const Runs& with, const Runs& without, Of of) {
    std::vector<double> out;
    for (std::size_t i = 0; i < std::min(with.size(), without.size()); ++i)
        out.push_back(of(with[i]) - of(without[i])); // NaN where one has none
    return over(std::move(out));
}

std::vector<double> means(const Runs& runs) {
    std::vector<double> out;
    for (int o = 0; o < objectives; ++o)
        out.push_back(mean_of(runs, static_cast<Objective>(o)));
    return out;
}

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
    bool better = false;
    for (int o = 0; o < objectives; ++o) {
        const auto objective = static_cast<Objective>(o);
        const auto i = static_cast<std::size_t>(o);
        if (a[i] == b[i])
            continue;
        const double gain = score(a[i], objective) - score(b[i], objective);
        const double enough = margin(objective, b[i]);
        if (gain < -enough)
            return false;
        better |= gain > enough;
    }
    return better;
}

std::vector<int> ranks(const std::vector<std::vector<double>>& points) {
    std::vector<int> rank(points.size(), -1);
    std::size_t left = points.size();
    for (int level = 0; left > 0; ++level) {
        std::vector<std::size_t> now;
        for (std::size_t i = 0; i < points.size(); ++i) {
            bool beaten = false;
            for (std::size_t j = 0; j < points.size() && !beaten && rank[i] < 0; ++j)
                beaten = j != i && rank[j] < 0 && dominates(points[j], points[i]);
            if (rank[i] < 0 && !beaten)
                now.push_back(i);
        }
        if (now.empty()) // margins can make a circle: they are all alike then
            for (std::size_t i = 0; i < points.size(); ++i)
                if (rank[i] < 0)
                    now.push_back(i);
        for (const std::size_t i : now)
            rank[i] = level;
        left -= now.size();
    }
    return rank;
}

std::vector<double> crowding(const std::vector<std::vector<double>>& points,
                             const std::vector<int>& rank) {
    std::vector<double> out(points.size(), 0);
    for (std::size_t o = 0; o < objectives; ++o) {
        std::vector<std::size_t> order(points.size());
        std::iota(order.begin(), order.end(), 0u);
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(rank[a], points[a][o]) < std::pair(rank[b], points[b][o]);
        });
        for (std::size_t at = 0; at < order.size();) {
            std::size_t end = at;
            while (end < order.size() && rank[order[end]] == rank[order[at]])
                ++end;
            const std::size_t last = end - 1;
            const double span = points[order[last]][o] - points[order[at]][o];
            out[order[at]] = out[order[last]] = endless;
            for (std::size_t i = at + 1; i < last; ++i)
                if (span > 0 && std::isfinite(span))
                    out[order[i]] += (points[order[i + 1]][o] - points[order[i - 1]][o]) / span;
            at = end;
        }
    }
    return out;
}

} // namespace

double margin(Objective objective, double value) {
    if (!std::isfinite(value))
        return 0;
    switch (objective) {
    case availability:
        return std::max(1e-5, 0.02 * (1 - value));
    case p99:
        return 0.01 * value;
    case spend:
        return 0.005 * value;
    }
    return 0;
}

double mean_of(const Runs& runs, Objective objective) {
    const auto known = estimate(runs, objective);
    if (known)
        return known->value;
    return objective == availability ? 0 : objective == p99 ? endless : 0;
}

std::optional<Estimate> estimate(const Runs& runs, Objective objective) {
    auto out = over(collect(runs, [&](const RunFigures& r) { return r.value[objective]; }));
    if (!out)
        return out;
    out->low = std::max(0.0, out->low);
    if (objective == availability) {
        // No run differs: how many requests there were says how sure that is.
        if (out->low == out->high) {
            double requests = 0;
            for (const RunFigures& run : runs)
                requests += run.requests;
            const auto all = static_cast<std::uint64_t>(std::llround(requests));
            const auto wilson =
                stats::wilson(static_cast<std::uint64_t>(std::llround(requests * out->value)), all);
            out->low = std::min(out->value, wilson.low);
            out->high = std::max(out->value, wilson.high);
        }
        out->high = std::min(1.0, out->high);
    }
    return out;
}

std::optional<Estimate> month(const Runs& runs) {
    auto out = over(collect(runs, [](const RunFigures& r) { return r.spend_month; }));
    if (out)
        out->low = std::max(0.0, out->low);
    return out;
}

Figures figures(const Runs& runs) {
    return {estimate(runs, availability), estimate(runs, p99), estimate(runs, spend), month(runs)};
}

std::optional<Estimate> difference(const Runs& with, const Runs& without, Objective objective) {
    return paired(with, without, [&](const RunFigures& r) { return r.value[objective]; });
}

Figures difference(const Runs& with, const Runs& without) {
    return {difference(with, without, availability), difference(with, without, p99),
            difference(with, without, spend),
            paired(with, without, [](const RunFigures& r) { return r.spend_month; })};
}

int judged(const Runs& a, const Runs& b, Objective objective) {
    const auto gain = difference(a, b, objective);
    if (!gain) {
        // One has the figure and the other has none: no answer at all is the worst p99.
        const double of_a = mean_of(a, objective), of_b = mean_of(b, objective);
        return of_a == of_b ? 0 : score(of_a, objective) > score(of_b, objective) ? 1 : -1;
    }
    if (std::abs(gain->value) <= margin(objective, mean_of(b, objective)))
        return 0;
    if (gain->low <= 0 && gain->high >= 0)
        return 0;
    return score(gain->value, objective) > 0 ? 1 : -1;
}

bool dominates(const Runs& a, const Runs& b) {
    bool better = false;
    for (int o = 0; o < objectives; ++o) {
        const int verdict = judged(a, b, static_cast<Objective>(o));
        if (verdict < 0)
            return false;
        better |= verdict > 0;
    }
    return better;
}

Meets meets(const Figures& figures, const Goal& goal) {
    Meets out = Meets::yes;
    const auto asked = [&](bool means, bool ends) {
        if (!means)
            out = Meets::no;
        else if (!ends && out == Meets::yes)
            out = Meets::probably;
    };
    if (goal.availability) {
        const auto& up = figures.availability;
        asked(up && up->value >= *goal.availability, up && up->low >= *goal.availability);
    }
    if (goal.budget) {
        const auto& usd =
            goal.budget->per == Budget::Per::run ? figures.spend_usd : figures.spend_month_usd;
        asked(usd && usd->value <= goal.budget->usd, usd && usd->high <= goal.budget->usd);
    }
    return out;
}

std::vector<std::size_t> select(const std::vector<std::size_t>& ids, const std::vector<Runs>& runs,
                                const Goal& goal, std::size_t keep) {
    std::vector<std::vector<double>> points;
    std::vector<int> misses;
    for (const Runs& of : runs) {
        points.push_back(means(of));
        misses.push_back(meets(figures(of), goal) == Meets::no);
    }
    const auto rank = ranks(points);
    const auto room = crowding(points, rank);
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tuple(rank[a], misses[a], -room[a]) < std::tuple(rank[b], misses[b], -room[b]);
    });
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < std::min(keep, order.size()); ++i)
        out.push_back(ids[order[i]]);
    return out;
}

std::vector<std::size_t> front(const std::vector<std::size_t>& ids, const std::vector<Runs>& runs,
                               const std::vector<std::size_t>& changes) {
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return changes[a] < changes[b]; });
    std::vector<std::size_t> kept;
    for (const std::size_t candidate : order) {
        // It has to be better than each that is there already, in something.
        const bool new_to_all = std::all_of(kept.begin(), kept.end(), [&](std::size_t k) {
            return judged(runs[candidate], runs[k], availability) > 0 ||
                   judged(runs[candidate], runs[k], p99) > 0 ||
                   judged(runs[candidate], runs[k], spend) > 0;
        });
        if (!new_to_all)
            continue;
        std::erase_if(kept, [&](std::size_t k) { return dominates(runs[candidate], runs[k]); });
        kept.push_back(candidate);
    }
    std::sort(kept.begin(), kept.end());
    std::vector<std::size_t> out;
    for (const std::size_t i : kept)
        out.push_back(ids[i]);
    return out;
}

} // namespace brownout::tune
