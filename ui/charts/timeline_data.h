// What the charts of the Live page draw, made from the worker's one-second buckets and records.
// Pure; any thread. Times in seconds since 1 January 1970 (UTC), so that one axis fits all.
#pragma once

#include "live/snapshot.h"

#include <QString>

#include <span>
#include <vector>

namespace brownout::ui {

// Seconds of Unix time at the start of the run.
double runStart(const record::WallClock& wall);
double toUnix(const record::WallClock& wall, Instant t);

struct Bin {
    std::int64_t second = 0;                      // its first second, since the start of the run
    double p50_ms = -1, p95_ms = -1, p99_ms = -1; // < 0: nothing was observed
    std::uint32_t attempts = 0, failures = 0, served = 0;
    double useful_usd = 0, wasted_usd = 0;
    double failureRate() const { return attempts ? double(failures) / attempts : 0; }
};

// The q-quantile, in ms, of the mixture of several seconds, each known by its 50th, 95th and 99th
// percentile and its number of successes: between known percentiles the distribution of a second is
// taken as linear, below the median as mirrored. < 0 when no second observed anything. One second
// gives its own percentiles exactly.
double mixtureQuantile(std::span<const stats::Bucket> seconds, double q);

// A series in bins of some seconds, aligned to multiples of their width. Remembers finished bins:
// an update looks at new seconds only.
class BinnedSeries {
  public:
    // Without `quantiles` the latencies stay unknown: bars of money do not need them.
    void update(const stats::SeriesView& series, int binSeconds, bool quantiles = true);
    const std::vector<Bin>& bins() const { return bins_; }
    int binSeconds() const { return width_; }

  private:
    std::vector<Bin> bins_;
    int width_ = 0;
};

// Seconds per point and seconds per spend bar for a visible range.
int binSecondsFor(double rangeSeconds);
int barSecondsFor(double rangeSeconds);

struct LaneSegment {
    double from = 0, to = 0;
    engine::BreakerState state = engine::BreakerState::closed;
    friend bool operator==(const LaneSegment&, const LaneSegment&) = default;
};
// The states of one target's breaker in [from, to], oldest first, without holes. `now` is its state
// at `to`; `records` ascend in time and may name other targets.
std::vector<LaneSegment> laneSegments(std::span<const record::BreakerRecord> records,
                                      const record::WallClock& wall, std::string_view target,
                                      engine::BreakerState now, double from, double to);
const char* breakerWord(engine::BreakerState state); // "closed", "half-open", "open"

// Upper end of an axis that holds `highest`: 1, 2 or 5 times a power of ten, at least `least`.
double niceCeiling(double highest, double least);

} // namespace brownout::ui
