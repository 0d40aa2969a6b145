// When providers are down over many years, without any traffic: a renewal process for each provider
// whose model has outages, and the windows in which at least one of them is down. Cheap: a thousand
// years of three providers take milliseconds. Pure.
#pragma once

#include "base/result.h"
#include "sim/run_plan.h"

namespace brownout::sim {

inline constexpr double most_simulated_outages = 5e6;

struct Outage {
    std::size_t provider = 0;    // ProviderId
    double from_s = 0, to_s = 0; // of the whole time
};

// A stretch of time in which outages lie so close together that one may bear on the next, with a
// margin before the first and after the last.
struct OutageWindow {
    double from_s = 0, to_s = 0;
    std::vector<Outage> outages; // by from_s
    std::size_t at_once = 0;     // the most providers that are down at the same time
};

struct Margins {
    double before_s = 60, after_s = 900; // breakers are at rest again by then, mostly
};

// The error: too many outages, with the figure and what would fit.
Result<std::vector<OutageWindow>> outage_windows(const RunPlan& plan, double years,
                                                 std::uint64_t seed, const Margins& margins = {});

} // namespace brownout::sim
