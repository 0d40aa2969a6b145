#include "tune/search.h"

#include <algorithm>
#include <cmath>

namespace brownout::tune {
namespace {

constexpr std::uint64_t use_of_draws = 71;
constexpr std::size_t most_random_changes = 4, tries_a_candidate = 10;

} // namespace

SearchPlan SearchPlan::of(double requests_of_a_run, double effort) {
    SearchPlan out;
    const double total = std::clamp(effort / std::max(1.0, requests_of_a_run), 120.0, 3000.0);
    out.runs = static_cast<std::uint64_t>(std::clamp(total / 80, 4.0, 30.0));
    out.candidates = static_cast<std::size_t>(std::clamp(total / 8, 12.0, 96.0));
    const double a_generation =
        static_cast<double>(out.candidates) * 0.8 * static_cast<double>(out.runs) / 3;
    out.expected_runs = a_generation * generations + 60 * static_cast<double>(out.runs);
    return out;
}

Search::Search(const Space& space, Trials& trials, const SuggestOptions& options,
               const SearchPlan& plan)
    : space_(space),
      trials_(trials),
      options_(options),
      plan_(plan),
      rng_(Rng::stream(options.seed, use_of_draws)) {}

bool Search::take(std::vector<std::size_t>& pool, const Candidate& candidate) {
    const auto id = trials_.add(candidate);
    if (!id || !trials_.entry(*id).warning.empty() ||
        std::find(pool.begin(), pool.end(), *id) != pool.end())
        return false;
    pool.push_back(*id);
    return true;
}

// One change each, taken from all settings in turn.
std::vector<std::size_t> Search::singles(std::size_t most) {
    std::vector<std::vector<std::uint8_t>> left;
    for (const Dimension& d : space_.dimensions()) {
        std::vector<std::uint8_t> choices;
        for (std::size_t i = 1; i < d.choices.size(); ++i)
            choices.push_back(static_cast<std::uint8_t>(i));
        for (std::size_t i = choices.size(); i > 1; --i) // shuffled: Fisher and Yates
            std::swap(choices[i - 1], choices[rng_.below(static_cast<std::uint32_t>(i))]);
        left.push_back(std::move(choices));
    }
    std::vector<std::size_t> pool{original};
    for (bool any = true; any && pool.size() < most;) {
        any = false;
        for (std::size_t d = 0; d < left.size() && pool.size() < most; ++d) {
            // Nothing decides as much as the order: more of it from the beginning.
            const bool order = space_.dimensions()[d].kind == Dimension::Kind::order;
            for (int n = order ? 5 : 1; n > 0 && !left[d].empty() && pool.size() < most; --n) {
                any = true;
                Candidate candidate = space_.as_it_is();
                candidate[d] = left[d].back();
                left[d].pop_back();
                take(pool, candidate);
            }
        }
    }
    return pool;
}

void Search::add_random(std::vector<std::size_t>& pool, std::size_t most) {
    const auto& dimensions = space_.dimensions();
    for (std::size_t tries = most * tries_a_candidate; tries > 0 && pool.size() < most; --tries) {
        Candidate candidate = space_.as_it_is();
        const auto changes = 2 + rng_.below(static_cast<std::uint32_t>(most_random_changes - 1));
        for (std::uint32_t i = 0; i < changes; ++i) {
            const auto d = rng_.below(static_cast<std::uint32_t>(dimensions.size()));
            candidate[d] = static_cast<std::uint8_t>(
                rng_.below(static_cast<std::uint32_t>(dimensions[d].choices.size())));
        }
        take(pool, candidate);
    }
}

// Of two that came far, each setting from the one or the other; now and then one drawn anew.
void Search::add_children(std::vector<std::size_t>& pool, std::size_t most) {
    const std::vector<std::size_t> parents = pool;
    const auto& dimensions = space_.dimensions();
    const auto draw = [&](std::size_t n) { return rng_.below(static_cast<std::uint32_t>(n)); };
    for (std::size_t tries = most * tries_a_candidate; tries > 0 && pool.size() < most; --tries) {
        const Candidate a = trials_.entry(parents[draw(parents.size())]).candidate;
        const Candidate b = trials_.entry(parents[draw(parents.size())]).candidate;
        Candidate child = space_.as_it_is();
        for (std::size_t d = 0; d < child.size(); ++d) {
            if (a[d] != 0 && b[d] != 0)
                child[d] = rng_.chance(0.5) ? a[d] : b[d];
            else if ((a[d] != 0 || b[d] != 0) && rng_.chance(0.75))
                child[d] = std::max(a[d], b[d]);
        }
        if (rng_.chance(0.5)) {
            const std::size_t d = draw(dimensions.size());
            child[d] = static_cast<std::uint8_t>(draw(dimensions[d].choices.size()));
        }
        take(pool, child);
    }
}

// For each figure: of every setting the value that did it best by itself, all together.
void Search::add_best_of_each(std::vector<std::size_t>& pool) {
    const auto now = trials_.of(original, Set::search);
    for (int o = 0; o < objectives; ++o) {
        const auto objective = static_cast<Objective>(o);
        Candidate together = space_.as_it_is();
        std::vector<double> gained(together.size(), margin(objective, mean_of(now, objective)));
        for (std::size_t id = 0; id < trials_.size(); ++id) {
            const auto changed = space_.changed(trials_.entry(id).candidate);
            const auto runs = trials_.of(id, Set::search);
            if (changed.size() != 1 || runs.empty() || !trials_.entry(id).warning.empty())
                continue;
            const auto gain = difference(runs, now, objective);
            const double better =
                gain ? (objective == availability ? gain->value : -gain->value) : 0;
            if (better > gained[changed[0]]) {
                gained[changed[0]] = better;
                together[changed[0]] = trials_.entry(id).candidate[changed[0]];
            }
        }
        take(pool, together);
    }
}

std::vector<Runs> Search::runs_of(const std::vector<std::size_t>& ids) const {
    std::vector<Runs> out;
    for (const std::size_t id : ids)
        out.push_back(trials_.of(id, Set::search));
    return out;
}

// All get a few runs, the best third three times as many, and so on, to `plan_.runs`. The chain as
// it is stays in: everything is measured by it.
Result<std::vector<std::size_t>> Search::halve(std::vector<std::size_t> pool) {
    std::vector<std::uint64_t> rungs{plan_.runs};
    std::size_t left = pool.size();
    while (rungs.back() > 1 && left > SearchPlan::survivors) {
        rungs.push_back(std::max<std::uint64_t>(1, rungs.back() / SearchPlan::thinned_by));
        left /= SearchPlan::thinned_by;
    }
    std::reverse(rungs.begin(), rungs.end());
    for (std::size_t r = 0; r < rungs.size(); ++r) {
        if (std::find(pool.begin(), pool.end(), original) == pool.end())
            pool.push_back(original);
        const auto played = trials_.play(pool, Set::search, rungs[r]);
        if (!played)
            return tl::unexpected(played.error());
        const std::size_t keep =
            r + 1 == rungs.size()
                ? SearchPlan::survivors
                : std::max(SearchPlan::survivors, pool.size() / SearchPlan::thinned_by);
        std::erase_if(pool, [&](std::size_t id) { return trials_.of(id, Set::search).empty(); });
        pool = select(pool, runs_of(pool), options_.goal, keep);
        if (!*played)
            break;
    }
    return pool;
}

std::optional<std::size_t> Search::without(std::size_t id, std::size_t dimension) {
    Candidate less = trials_.entry(id).candidate;
    less[dimension] = 0;
    return trials_.add(less);
}

// Takes back, one after the other, the changes that make nothing clearly better.
Result<std::size_t> Search::simplify(std::size_t id) {
    for (;;) {
        const auto changed = space_.changed(trials_.entry(id).candidate);
        std::vector<std::size_t> fewer{id};
        for (const std::size_t d : changed)
            if (const auto less = without(id, d); less && trials_.entry(*less).warning.empty())
                fewer.push_back(*less);
        const auto played = trials_.play(fewer, Set::search, plan_.runs);
        if (!played)
            return tl::unexpected(played.error());
        if (!*played)
            return id;
        const Runs all = trials_.of(id, Set::search);
        std::optional<std::size_t> next;
        int most = -1;
        for (std::size_t i = 1; i < fewer.size(); ++i) {
            const Runs less = trials_.of(fewer[i], Set::search);
            int gains = 0, losses = 0;
            for (int o = 0; o < objectives; ++o) {
                const int verdict = judged(less, all, static_cast<Objective>(o));
                gains += verdict > 0;
                losses += verdict < 0;
            }
            const bool misses = meets(figures(less), options_.goal) == Meets::no &&
                                meets(figures(all), options_.goal) != Meets::no;
            if (losses == 0 && !misses && gains > most) {
                most = gains;
                next = fewer[i];
            }
        }
        if (!next)
            return id;
        id = *next;
    }
}

std::vector<std::size_t> Search::best_of(const std::vector<std::size_t>& ids) const {
    std::vector<std::size_t> known, changes;
    for (const std::size_t id : ids)
        if (!trials_.of(id, Set::search).empty() &&
            std::find(known.begin(), known.end(), id) == known.end()) {
            known.push_back(id);
            changes.push_back(space_.changed(trials_.entry(id).candidate).size());
        }
    auto out = front(known, runs_of(known), changes);
    if (out.size() > SearchPlan::most_points)
        out = select(out, runs_of(out), options_.goal, SearchPlan::most_points);
    return out;
}

Result<std::vector<std::size_t>> Search::run() {
    const std::size_t first = plan_.candidates, later = plan_.candidates / 2;
    trials_.add(space_.as_it_is());
    std::vector<std::size_t> pool = singles(first * 3 / 4);
    if (!space_.dimensions().empty())
        add_random(pool, first);
    for (int generation = 1;; ++generation) {
        phase_ = "trying settings, generation " + std::to_string(generation) + " of " +
                 std::to_string(SearchPlan::generations);
        auto survivors = halve(std::move(pool));
        if (!survivors)
            return survivors;
        pool = std::move(*survivors);
        if (generation == SearchPlan::generations || trials_.cancelled() ||
            space_.dimensions().empty())
            break;
        if (generation == 1)
            add_best_of_each(pool);
        add_children(pool, pool.size() + later);
    }
    pool.push_back(original);
    pool = best_of(pool);
    if (trials_.cancelled())
        return pool;
    phase_ = "taking back what buys nothing";
    std::vector<std::size_t> simple{original};
    for (const std::size_t id : pool) {
        const auto fewer = simplify(id);
        if (!fewer)
            return tl::unexpected(fewer.error());
        simple.push_back(*fewer);
        if (trials_.cancelled())
            break;
    }
    return best_of(simple);
}

} // namespace brownout::tune
