// What the requests of a scenario's traffic ask. On the wall clock (live/traffic) and in virtual
// time the same for the same seed; when they are due, faults/arrivals tells. Pure.
#pragma once

#include "faults/arrivals.h"
#include "stats/quantile_table.h"

namespace brownout::sim {

// What a request asks, by streams of their own, so that a change of the one never shifts the other.
class RequestDraws {
  public:
    RequestDraws(const faults::Traffic& traffic, std::uint64_t seed);
    struct Request {
        std::int64_t input_tokens = 0, output_tokens = 1;
        std::size_t task = 0; // index into tasks(); means nothing where there are none
    };
    Request next(const faults::TraceRow* row); // row: of a trace, which says the tokens itself
    Duration think();                          // of a closed loop's client, before its next request
    const std::vector<std::string>& tasks() const { return tasks_; }

  private:
    stats::QuantileTable input_, output_, think_ms_;
    std::vector<std::string> tasks_; // of the mix, in order
    std::vector<double> shares_;     // as written
    double sum_ = 0;
    Rng token_rng_, task_rng_, think_rng_;
};

} // namespace brownout::sim
