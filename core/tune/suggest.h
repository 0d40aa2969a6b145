// Suggestions for a chain: which order of targets, attempts, limits of time, hedge and breaker
// settings buy how much, for a scenario, under a budget and an availability target. Keys,
// providers, models, prices and weights are never touched, and nothing that lint would warn about
// is offered.
//
// How it is found:
// - Every candidate is simulated with the same seeds (common random numbers: Law, Simulation
//   Modeling and Analysis, 5th ed., 11.2), so the same requests, draws and outages meet all of
//   them, and what two differ by is judged by Student's t over the pairs.
// - Candidates are thinned by successive halving: all get a few runs, the better third three times
//   as many, and so on (Jamieson and Talwalkar, Non-stochastic Best Arm Identification and
//   Hyperparameter Optimization, AISTATS 2016). "Better" with several goals is non-dominated
//   sorting with crowding distance (Deb et al., NSGA-II, 2002). What is left is combined into the
//   next generation.
// - Of each survivor, changes that buy nothing are taken back; what the others buy is what the
//   figures lose without them, one at a time.
//
// A scenario's "@primary" is whoever stands first in the chain that is tried, as in `simulate`: so
// the figures of a suggestion are those that `simulate` gives for it with the same seed and runs.
//
// Blocks; any thread; several at once. The same seed gives the same result on any number of
// threads. Memory is bounded by `most_candidates`.
#pragma once

#include "chain/prices.h"
#include "faults/scenario.h"

#include <atomic>
#include <functional>

namespace brownout::tune {

inline constexpr std::string_view suggestion_format = "brownout.suggestion/1";
inline constexpr std::size_t most_candidates = 10'000; // simulated in one search
inline constexpr unsigned most_threads = 64;

// What is searched; each setting stays within these, whatever the policy table allows. A value that
// the chain has already is always a candidate.
struct Bounds {
    bool order = true; // of the targets, where the strategy goes by it (priority)
    int attempts_per_target = 3, max_attempts = 8;
    double first_token_ms_low = 500,
           first_token_ms_high = 60'000; // of the chain and of each target
    double stall_ms_low = 1'000, stall_ms_high = 30'000;
    double attempt_ms_low = 5'000, attempt_ms_high = 120'000;
    bool hedge = true;
    double hedge_ms_low = 100, hedge_ms_high = 10'000;
    bool breaker = true;
    int consecutive_failures = 8; // 2 to this
    double open_s_low = 5, open_s_high = 120;
};

struct Budget {
    enum class Per { run, month }; // one play of the scenario; 30 days of its traffic
    double usd = 0;
    Per per = Per::run;
};

struct Goal {
    std::optional<double> availability; // 0 to 1, at least
    std::optional<Budget> budget;       // at most
};

// Mean over the runs and its 95 % interval. Unknown (a price that nobody knows): nothing.
struct Estimate {
    double value = 0, low = 0, high = 0;
};
struct Figures {
    std::optional<Estimate> availability, p99_ms, spend_usd, spend_month_usd; // spend_usd: of a run
};

// One place of the document: RFC 6901 pointers; nothing: the place is not there.
struct Edit {
    std::string pointer;
    std::optional<chain::Json> before, after;
};
struct Change {
    std::string
        setting;      // "order", "timeouts/first_token_ms", "birch/claude-haiku-4-5 timeouts/..."
    std::string text; // "first token within 3 s (was 15 s)"
    std::vector<Edit> edits;
    // What the figures would lose without it, all other changes in place: with it minus without it.
    // Nothing after a search that was stopped before it came to that.
    std::optional<Figures> buys;
};

enum class Meets {
    no,
    probably, // the means do
    yes,      // so do the unfavourable ends of the intervals
};
std::string_view name(Meets meets);

struct Suggestion {
    std::vector<Change> changes; // none: the chain as it is
    Figures figures;
    Figures difference; // paired, to the chain as it is
    Meets meets = Meets::no;
    chain::Json document; // with the changes, without evidence
};

struct Suggestions {
    std::string chain_id;
    Suggestion original;
    // By rising spend (where that is unknown, by falling availability). No point is clearly worse
    // than another in one figure without being better in one. The original is among them when it
    // is as good.
    std::vector<Suggestion> front;
    std::optional<std::size_t> best;  // of `front`: see suggest(); nothing: none meets the goal
    bool partial = false;             // stopped; what was found until then
    std::uint64_t seed = 0, runs = 0; // runs: that each figure of `front` rests on
    std::uint64_t candidates = 0, simulated_requests = 0;
    std::vector<std::string> searched; // the settings and their values, a line each
    std::vector<std::string> notes;
};

struct Progress {
    double share = 0;  // 0 to 1, never falling
    std::string phase; // "trying 96 candidates", "what each change buys"
    std::uint64_t candidates = 0, simulated_requests = 0; // so far
};

struct SuggestOptions {
    std::uint64_t seed = 1;
    Goal goal;
    Bounds bounds;
    std::string chain_id; // empty: the one that the scenario's traffic asks
    // About so many simulated requests in all; more candidates and more runs the more there are.
    double effort = 1e8;
    unsigned threads = 0;                      // 0: as many as the machine has
    const chain::PriceTable* prices = nullptr; // of targets without a price; null: the built-in one
    const std::atomic<bool>* cancel = nullptr; // looked at every millisecond or so
    std::function<void(const Progress&)> progress; // from the calling thread, a few times a second
};

// `document`: the JSON of a valid chain document. `best` is, of the points of the front that meet
// the goal, the one that surely does before one that probably does; then, with an availability to
// reach, the cheapest, else the most available; then the one with the lower p99. The error:
// bad_input for a document or scenario that is none or do not fit, a goal out of range, a budget
// where a price is unknown, a chain that does not exist; cancelled when it was stopped before
// anything was known.
Result<Suggestions> suggest(const chain::Json& document, const faults::Scenario& scenario,
                            const SuggestOptions& options);

// The document with these edits, in order; `undo`: back from there, in reverse. The error: a place
// holds something else than the edit expects (it was edited meanwhile).
Result<chain::Json> apply(const chain::Json& document, std::span<const Change> changes);
Result<chain::Json> undo(const chain::Json& document, std::span<const Change> changes);

// `brownout.suggestion/1`, and a table for people.
chain::Json to_json(const Suggestions& s, const SuggestOptions& options,
                    const faults::Scenario& scenario);
std::string text(const Suggestions& s, const SuggestOptions& options);

} // namespace brownout::tune
