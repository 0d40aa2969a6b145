// A scenario played faster: its schedule shrinks, its requests stay as they are. An outage of hours
// becomes one of a minute that hits the same share of the requests.
#pragma once

#include "faults/scenario.h"

namespace brownout::faults {

// The scenario with every time of its schedule (duration, steps of traffic, when faults begin and
// end, gaps and repairs) and its number of requests divided by `factor`, which must be at least 1,
// and with the factor in its name. A trace is played so much faster, with all its requests. What
// one request meets (a delay, a Retry-After, a rate) and what is expected stay: limits and breakers
// act in their own time, and are expected to.
// `scenario` is as read_scenario() takes it; what is malformed in it is left for that to refuse.
chain::Json compressed(const chain::Json& scenario, double factor);

// How long a scenario asks for requests; nothing where that depends on the answers (closed arrivals
// without a duration).
std::optional<double> length_s(const Scenario& scenario);
// The factor with which it lasts at most so long; 1 where it does already, or nobody can tell.
double factor_to_fit(const Scenario& scenario, double seconds);

} // namespace brownout::faults
