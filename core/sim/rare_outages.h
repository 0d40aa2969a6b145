// Availability that hangs on outages which seldom meet. Playing every request of a thousand years
// would mostly play requests that nothing happens to. Instead:
//
//   1. the outages of all providers are simulated over many years, without traffic;
//   2. traffic is played only through windows in which somebody is down, with margins: those with
//      several down at once as far as the effort allows all of them, of the others a sample;
//   3. a stretch of a window in which nothing changes is played for half an hour at most; its
//      second half stands for what was left out;
//   4. what fails is weighted by how many windows each played one stands for, and by (3); the time
//      outside of all windows fails as a run without outages does.
//
// Stratified sampling and weighting are as in any text on rare events (Rubino and Tuffin, "Rare
// Event Simulation using Monte Carlo Methods", 2009, chapters 1 and 7); the interval is Student's t
// over batches of years (Law, "Simulation Modeling and Analysis", section 9.5). That it agrees with
// the product formula for independent renewal processes is tested.
#pragma once

#include "chain/document.h"
#include "faults/scenario.h"
#include "stats/interval.h"

#include <atomic>
#include <functional>

namespace brownout::sim {

inline constexpr double most_years = 100'000;

struct RareOptions {
    double years = 1000; // 1 to most_years
    std::uint64_t seed = 1;
    unsigned threads = 0;  // 0: as many as the machine has; the result is the same on any
    double requests = 4e6; // about so many are played
    const std::atomic<bool>* cancel = nullptr;
    std::function<void(double share)> progress; // from the calling thread, a hundred times at most
};

struct RareOutages {
    stats::Interval availability;
    // Of the value, over the batches. The interval is wider: it allows for failures that the time
    // without outages did not show in as many requests as were played of it.
    double standard_error = 0;
    double years = 0, played_requests = 0;
    std::size_t windows = 0, joint_windows = 0; // joint: several providers at once
    std::size_t played = 0, joint_played = 0;
    std::string note() const;
};

// Traffic is that of the scenario at its mean rate (of an open loop); of its faults those that act
// all the time. Blocks until done. The error: as simulate(); no outages; too many of them;
// cancelled.
Result<RareOutages> rare_outages(const chain::Document& document, const faults::Scenario& scenario,
                                 const RareOptions& options);

// Puts the figure in place of a report's availability, and judges what the report expects of it.
void put_into(chain::Json& report, const RareOutages& found);

} // namespace brownout::sim
