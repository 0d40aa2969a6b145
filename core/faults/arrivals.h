// When the requests of a scenario's open-loop traffic are due, by its own clock. Pure: the same for
// a rehearsal and a simulation of the same seed.
#pragma once

#include "faults/scenario.h"

namespace brownout::faults {

// The instants of an arrival process, or of a trace, in seconds since its start.
class ArrivalPlan {
  public:
    ArrivalPlan(const Traffic& traffic, std::uint64_t seed);
    double next(); // infinite when no request comes any more
    // The trace's row of the request that next() told last; null: there is no trace.
    const TraceRow* row() const { return row_; }

  private:
    double next_row();

    std::vector<RateStep> rate_;
    std::shared_ptr<const Trace> trace_;
    double time_scale_ = 1;
    bool poisson_;
    Rng rng_;
    double at_ = 0;
    std::size_t step_ = 0; // of rate_
    std::size_t next_row_ = 0;
    const TraceRow* row_ = nullptr;
};

// How many requests are due before `duration_s`, on average.
double expected_arrivals(const Traffic& traffic, double duration_s);

} // namespace brownout::faults
