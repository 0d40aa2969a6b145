// The search itself: generations of candidates, thinned by successive halving, then freed of
// changes that buy nothing. Private to core/tune.
#pragma once

#include "base/rng.h"
#include "tune/front.h"

namespace brownout::tune {

// How much is tried, from how large a run is and how much may be simulated.
struct SearchPlan {
    std::uint64_t runs = 8;      // of those that come to the end
    std::size_t candidates = 24; // of the first generation
    double expected_runs = 1;    // of the whole search, about: for the time left
    static SearchPlan of(double requests_of_a_run, double effort);
    static constexpr std::size_t survivors = 12, most_points = 8;
    static constexpr int generations = 3, thinned_by = 3;
};

class Search {
  public:
    Search(const Space& space, Trials& trials, const SuggestOptions& options,
           const SearchPlan& plan);

    // What to put on the front, by rising number of changes, the chain as it is among them where
    // nothing beats it. When cancelled, what was best until then. The error: the scenario does not
    // fit the chain.
    Result<std::vector<std::size_t>> run();
    // The candidate without its change of one dimension, whatever lint says of it.
    std::optional<std::size_t> without(std::size_t id, std::size_t dimension);
    const std::string& phase() const { return phase_; }
    static constexpr std::size_t original = 0; // its id

  private:
    std::vector<std::size_t> singles(std::size_t most);
    void add_random(std::vector<std::size_t>& pool, std::size_t most);
    void add_children(std::vector<std::size_t>& pool, std::size_t most);
    void add_best_of_each(std::vector<std::size_t>& pool);
    bool take(std::vector<std::size_t>& pool, const Candidate& candidate);
    Result<std::vector<std::size_t>> halve(std::vector<std::size_t> pool);
    Result<std::size_t> simplify(std::size_t id);
    std::vector<std::size_t> best_of(const std::vector<std::size_t>& ids) const;
    std::vector<Runs> runs_of(const std::vector<std::size_t>& ids) const;

    const Space& space_;
    Trials& trials_;
    const SuggestOptions& options_;
    SearchPlan plan_;
    Rng rng_;
    std::string phase_;
};

} // namespace brownout::tune
