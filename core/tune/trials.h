// Candidates and what their simulations gave: each run once, over threads, kept. The n-th run of
// every candidate has the same seed. Two sets of runs: one to search by, and one that no choice was
// made by, so that the figures of what was chosen are not flattered by the choice. Private to
// core/tune.
#pragma once

#include "tune/space.h"

#include <array>
#include <map>

namespace brownout::tune {

enum class Set { search, judge }; // judge: runs 0, 1, 2 ... of the seed, as `simulate` plays them

enum Objective { availability, p99, spend };
inline constexpr int objectives = 3;

struct RunFigures { // of one run; NaN where it has none
    std::array<double, objectives> value{};
    double spend_month = 0;
    double requests = 0; // a mean over the runs of one call
};

class Trials {
  public:
    Trials(const Space& space, const faults::Scenario& scenario, const SuggestOptions& options);

    struct Entry {
        Candidate candidate;
        Variant variant;
        std::string warning; // of lint's, and new: not to be offered
        std::array<std::vector<std::optional<RunFigures>>, 2> runs;
    };
    // Once for each candidate. Nothing: an invalid one, or there are most_candidates already.
    std::optional<std::size_t> add(const Candidate& candidate);
    const Entry& entry(std::size_t id) const { return entries_[id]; }
    std::size_t size() const { return entries_.size(); }
    // Those that were to be simulated; others were only looked at.
    std::uint64_t played() const { return played_; }

    // Until each has `runs` runs. False: cancelled. The error: a scenario that does not fit.
    Result<bool> play(const std::vector<std::size_t>& ids, Set set, std::uint64_t runs);
    // The runs from the first that are there.
    std::vector<RunFigures> of(std::size_t id, Set set) const;

    bool cancelled() const { return options_.cancel && options_.cancel->load(); }
    std::uint64_t runs_done() const { return runs_done_; }
    std::uint64_t simulated_requests() const { return requests_; }
    // Asked now and then while runs go on, from the thread that plays.
    std::function<void()> tell;

  private:
    struct Job {
        std::size_t id = 0;
        std::uint64_t from = 0, count = 0;
    };
    Result<std::vector<RunFigures>> simulate(const Job& job, Set set) const;
    Result<bool> work(const std::vector<Job>& jobs, Set set);

    const Space& space_;
    const faults::Scenario& scenario_;
    const SuggestOptions& options_;
    std::vector<Entry> entries_;
    std::map<Candidate, std::optional<std::size_t>> known_;
    std::uint64_t together_ = 1; // runs of one job
    std::uint64_t played_ = 0;
    std::atomic<std::uint64_t> runs_done_{0}, requests_{0};
};

} // namespace brownout::tune
