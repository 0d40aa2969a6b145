// Which candidates are better, with several goals at once and runs that vary: paired differences,
// non-dominated sorting with crowding (Deb et al., A fast and elitist multiobjective genetic
// algorithm: NSGA-II, IEEE Trans. Evol. Comput. 6, 2002), and the front that is shown. Pure.
// Private to core/tune.
#pragma once

#include "stats/interval.h"
#include "tune/trials.h"

namespace brownout::tune {

using Runs = std::vector<RunFigures>;

// What is too small to be a difference: 2 % of the failures (0.001 points at least), 1 % of p99,
// 0.5 % of the spend.
double margin(Objective objective, double value);

// The mean over the runs; the worst there is where no run has one, nothing where the figure is not
// known at all (spend without prices).
double mean_of(const Runs& runs, Objective objective);
std::optional<Estimate> estimate(const Runs& runs, Objective objective);
std::optional<Estimate> month(const Runs& runs);
Figures figures(const Runs& runs);
// with - without, run by run.
std::optional<Estimate> difference(const Runs& with, const Runs& without, Objective objective);
Figures difference(const Runs& with, const Runs& without);

// Of a against b: 1 better, -1 worse, 0 not to be told apart, or too little to matter.
int judged(const Runs& a, const Runs& b, Objective objective);
// Clearly better in one figure and clearly worse in none.
bool dominates(const Runs& a, const Runs& b);

Meets meets(const Figures& figures, const Goal& goal);

// The `keep` best, best first: by rank of non-domination over the means, then those that meet the
// goal, then the least crowded.
std::vector<std::size_t> select(const std::vector<std::size_t>& ids, const std::vector<Runs>& runs,
                                const Goal& goal, std::size_t keep);
// Those that no other dominates; of those that cannot be told apart the one with the fewest
// changes. In the order given.
std::vector<std::size_t> front(const std::vector<std::size_t>& ids, const std::vector<Runs>& runs,
                               const std::vector<std::size_t>& changes);

} // namespace brownout::tune
