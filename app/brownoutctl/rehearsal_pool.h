// Several rehearsals at once: each on a thread with a loop, a lab and a client of its own. Most of
// a rehearsal is waiting, so many fit on one processor.
#pragma once

#include "app/brownoutctl/context.h"
#include "faults/scenario.h"

namespace brownout::ctl {

struct PlannedRun {
    std::string name;
    faults::Scenario scenario; // bound to the document
    std::uint64_t seed = 1;
    std::string log_path; // empty: none
};

struct PoolOptions {
    const chain::Document* document = nullptr;
    std::string chain_sha256;
    std::optional<int> jobs; // nothing: as many as the processors carry without being late
    bool real = false;       // then one at a time
    std::optional<double> max_spend_usd; // of all runs together
    bool hooks = false;                  // the chain's webhooks are called
};

struct PlayedRun {
    std::optional<chain::Json> report; // nothing: it was not run
    std::string why;                   // why not, a sentence
};

struct PoolResult {
    std::vector<PlayedRun> runs; // as they were planned
    double elapsed_s = 0;
    std::optional<int> code; // exit code of the first error, told on stderr
};

// Plays all, the longest first. Progress goes to stderr: on a terminal one line that is renewed,
// elsewhere a line for each run that has ended. Ctrl+C, or an error, stops those that run (their
// reports are partial) and starts no other.
PoolResult play_all(Context& context, std::vector<PlannedRun> runs, const PoolOptions& options);

// The seconds until all have ended, when `waiting` follow `running` in this order and `jobs` go at
// once; both are seconds that each still takes.
double time_left_s(const std::vector<double>& running, const std::vector<double>& waiting,
                   std::size_t jobs);

} // namespace brownout::ctl
