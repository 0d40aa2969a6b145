// A scenario in virtual time: runs (replications) over threads, one report. Each run has a stream
// of its own, derived from the seed and its number; the first one draws what a rehearsal with that
// seed draws. Runs are folded in their order, so the report has the same bytes on any number of
// threads.
#pragma once

#include "chain/document.h"
#include "faults/scenario.h"
#include "sim/watch.h"

#include <atomic>
#include <chrono>
#include <functional>

namespace brownout::sim {

inline constexpr std::uint64_t most_runs = 10'000;
inline constexpr unsigned most_threads = 64;
inline constexpr std::chrono::milliseconds progress_every{100};

// The seed of run `run`, from 0.
std::uint64_t seed_of_run(std::uint64_t seed, std::uint64_t run);

struct SimulateOptions {
    std::uint64_t seed = 1;
    std::uint64_t runs = 1;      // 1 to most_runs
    std::uint64_t first_run = 0; // the number of the first: to go on where an earlier call ended
    unsigned threads = 0;        // 0: as many as the machine has
    std::string chain_sha256;
    Watch watch;                               // of the first run
    const std::atomic<bool>* cancel = nullptr; // looked at every millisecond or so
    // From the calling thread, a few times a second: the share that is done, 0 to 1.
    std::function<void(double share)> progress;
};

// Blocks until done. Cancelled, it reports what was seen so far, marked as partial. `elapsed_s` of
// the report is 0: the caller knows the clock. The error: a scenario that does not fit the
// document, an impossible model, a run that is too large.
Result<chain::Json> simulate(const chain::Document& document, const faults::Scenario& scenario,
                             const SimulateOptions& options);

} // namespace brownout::sim
