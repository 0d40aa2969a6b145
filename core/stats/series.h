// A series of one-second buckets for the charts: fixed memory, cheap to look at from another
// thread. Finished chunks are immutable and shared; a view copies pointers and the unfinished tail
// only.
#pragma once

#include "stats/sketch.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace brownout::stats {

// What happened to one target in one second. Times in ms; p50 < 0: nothing was observed.
struct Bucket {
    std::int64_t second = 0; // since the start of the run
    std::uint32_t attempts = 0, failures = 0, served = 0;
    float p50_ms = -1, p95_ms = -1, p99_ms = -1; // attempt durations of successes
    double useful_usd = 0, wasted_usd = 0;
};

class SeriesView {
  public:
    std::size_t size() const;
    const Bucket& operator[](std::size_t i) const; // oldest first; seconds may have gaps
    bool empty() const { return size() == 0; }

  private:
    friend class Series;
    std::vector<std::shared_ptr<const std::vector<Bucket>>> chunks_; // each of chunk_size
    std::vector<Bucket> tail_;
};

class Series {
  public:
    static constexpr std::size_t chunk_size = 60;
    explicit Series(std::size_t keep_seconds = 3600);

    // Seconds never go back. Values go to the bucket of `second`.
    void attempt(std::int64_t second, bool failed, bool served, double ms);
    void spend(std::int64_t second, double useful_usd, double wasted_usd);
    SeriesView view() const; // the running second included, with its quantiles so far

  private:
    void advance(std::int64_t second);
    std::size_t keep_chunks_;
    std::vector<std::shared_ptr<const std::vector<Bucket>>> chunks_;
    std::vector<Bucket> tail_;
    Bucket current_;
    bool started_ = false;
    Sketch sketch_;
};

} // namespace brownout::stats
