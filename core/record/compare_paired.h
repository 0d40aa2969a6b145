// Runs of two simulations pair by pair. Simulated with the same seed and scenario, the n-th runs of
// both met the same requests and outages (common random numbers), so what they differ by is known
// better than either figure: Law, Simulation Modeling and Analysis, 5th ed., 10.2 and 11.2. Private
// to core/record.
#pragma once

#include "chain/json.h"
#include "stats/interval.h"

#include <optional>

namespace brownout::record {

// Whether the runs of both can be paired: simulated, same seed, same scenario, neither cut short.
bool same_draws(const chain::Json& a, const chain::Json& b);
// How many runs can be paired: 0 where there are no pairs or one report does not list its runs.
std::size_t paired_runs(const chain::Json& a, const chain::Json& b);
// b - a of the figure `key` of `per_run`, each side times its factor, over the runs where both have
// one: mean and 95 % interval by Student's t. Nothing for fewer than two such runs.
std::optional<stats::Interval> paired_difference(const chain::Json& a, const chain::Json& b,
                                                 const char* key, double times_a = 1,
                                                 double times_b = 1);

} // namespace brownout::record
