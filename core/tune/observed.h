// What an event log says, gathered line by line in bounded memory. Private to core/tune.
#pragma once

#include "base/rng.h"
#include "stats/sketch.h"
#include "tune/bursts.h"
#include "tune/calibrate.h"

#include <array>

namespace brownout::tune {

// `most_samples` of a stream, each of it with the same chance (algorithm R: Vitter, Random sampling
// with a reservoir, ACM TOMS 11, 1985).
template <class T>
class Reservoir {
  public:
    void add(const T& sample) {
        ++seen_;
        if (kept_.size() < most_samples)
            kept_.push_back(sample);
        else if (const auto at = rng_.next() % seen_; at < most_samples)
            kept_[at] = sample;
    }
    std::uint64_t seen() const { return seen_; }
    const std::vector<T>& kept() const { return kept_; }

  private:
    std::vector<T> kept_;
    std::uint64_t seen_ = 0;
    Rng rng_{41};
};

// What a request of one message is billed beside its text (wire/usage.h); simulations add it.
inline constexpr std::int64_t tokens_around = 7;

struct ServedAnswer {
    double first_token_ms = 0, ms = 0; // first_token_ms: 0 where the answer came in one piece
    std::int64_t output_tokens = 0;
};

inline constexpr std::array<int, 6> burst_lengths{3, 4, 5, 6, 8, 12};
inline constexpr std::array<int, 3> shed_statuses{429, 503, 529};
inline constexpr std::size_t most_in_flight = 4096;

struct ObservedProvider {
    std::string id;
    std::uint64_t attempts = 0, succeeded = 0, failed = 0, cancelled = 0, refused = 0;
    std::map<std::string, std::uint64_t> by_class, by_cause;
    Reservoir<ServedAnswer> answers;
    Reservoir<double> given_up_ms; // cancelled before the first token: it takes longer than that
    double timeouts_ms = 0;        // sum of the limits that were broken outside of outages, about
    std::uint64_t timeouts = 0;
    std::map<int, std::uint64_t> failed_status;
    // By how many others were in flight when it began: answered, and shed by status.
    std::vector<std::uint32_t> answered_at;
    std::array<std::vector<std::uint32_t>, shed_statuses.size()> shed_at;
    // With the sheds of a status left out of it (the last: with all failures).
    std::array<std::array<Bursts, burst_lengths.size()>, shed_statuses.size() + 1> bursts;
    std::size_t in_flight = 0;
    std::uint64_t models = 0; // targets of it that were seen
};

struct ObservedTarget {
    std::string name;
    std::uint64_t asked_first = 0, attempts = 0;
    // Normal equations of cost = in * a + out * b.
    double in_in = 0, in_out = 0, out_out = 0, in_cost = 0, out_cost = 0;
    std::uint64_t priced = 0;
};

struct Observed {
    std::uint64_t lines = 0, events = 0, unknown_lines = 0;
    std::uint64_t first_unknown = 0; // its number
    bool cut = false;
    std::vector<ObservedProvider> providers;
    std::vector<ObservedTarget> targets;
    std::map<std::string, std::uint64_t> chains; // by id; 64 at most
    std::uint64_t requests = 0, succeeded = 0, uncounted = 0, streams = 0, unpriced = 0;
    std::uint64_t attempts = 0, faults = 0, restarts = 0, left_out = 0;
    stats::Sketch latency_ms;
    double spend_usd = 0;
    std::vector<faults::TraceRow> traffic; // at_s: Unix time; not sorted
    bool too_many_providers = false;
};

// The error: as calibrate().
Result<Observed> read_log(const std::string& path, const CalibrateOptions& options);

} // namespace brownout::tune
