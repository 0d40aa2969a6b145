// Attempts that have begun and may still succeed.
//
// Failures return sooner than successes. A target that has just been loaded, cold or after another
// target's breaker opened, therefore shows failures first: at 5,000 requests/s and 1 % errors the
// first second returns 50 failures and nothing else, and a breaker that judges by what has finished
// opens every healthy target in turn. So a breaker here judges by what was started: its rules hold
// only once the failures are no fewer than the attempts that are still undecided.
//
// Undecided: in flight for no longer than twice what a success takes on average (5 s until one was
// measured, 16 s at most). What takes longer has had its chance, so that a target which hangs is
// found out.
#pragma once

#include "base/time.h"

#include <array>

namespace brownout::engine {

class Undecided {
  public:
    // Attempts on a target in the order in which they began, from 1.
    using Start = std::uint64_t;

    Start begin(Instant now); // `now` never goes back
    void succeeded(Start start, Duration took);
    void failed(Start start);
    void dropped(Start start); // cancelled, or it says nothing about the target's health

    // Of all `in_flight`.
    int count(Instant now, int in_flight) const;

    // Failures in a row, in the order of starting: only a success that began after the run did ends
    // it. Late successes from before an outage say nothing about what came later.
    int failures_in_run() const { return run_failures_; }
    int count_in_run(Instant now, int in_flight) const;
    void end_run() { run_failures_ = 0; }

  private:
    static constexpr std::int64_t buckets = 64;
    static constexpr Duration width = std::chrono::milliseconds(250);

    Duration patience() const;
    bool in_run(Start start) const { return run_failures_ > 0 && start >= run_first_; }
    void advance(std::int64_t bucket);

    Start begun_ = 0, latest_success_ = 0;
    Start run_first_ = 0; // began the run; counts only while run_failures_ > 0
    std::int64_t run_ended_ = 0;
    int run_failures_ = 0;
    std::int32_t measured_ = 0; // successes in the mean
    Duration mean_{};
    std::int64_t newest_ = 0;
    std::array<std::uint32_t, buckets> ring_{}; // begun, by time
};

} // namespace brownout::engine
