#include "faults/arrivals.h"

#include "stats/portable_math.h"

#include <algorithm>
#include <limits>

namespace brownout::faults {

namespace {
constexpr std::uint64_t for_arrivals = 21;
constexpr double endless = std::numeric_limits<double>::infinity();
} // namespace

ArrivalPlan::ArrivalPlan(const Traffic& traffic, std::uint64_t seed)
    : rate_(traffic.rate),
      trace_(traffic.trace),
      time_scale_(traffic.time_scale),
      poisson_(traffic.arrivals == Arrivals::poisson),
      rng_(Rng::stream(seed, for_arrivals)) {}

double ArrivalPlan::next_row() {
    row_ = next_row_ < trace_->rows.size() ? &trace_->rows[next_row_++] : nullptr;
    return row_ ? row_->at_s / time_scale_ : endless;
}

// A process with unit rate, its time stretched by the rate of each step.
double ArrivalPlan::next() {
    if (trace_)
        return next_row();
    double work = poisson_ ? -stats::portable_log(1 - rng_.uniform()) : 1.0;
    for (; step_ < rate_.size(); ++step_) {
        const double until = step_ + 1 < rate_.size() ? rate_[step_ + 1].at_s : endless;
        const double rate = rate_[step_].requests_per_s;
        if (rate > 0 && at_ + work / rate <= until)
            return at_ += work / rate;
        if (until == endless)
            break;
        work -= rate * (until - at_);
        at_ = until;
    }
    return at_ = endless;
}

double expected_arrivals(const Traffic& traffic, double duration_s) {
    if (traffic.trace) {
        const auto& rows = traffic.trace->rows;
        const auto end = std::partition_point(rows.begin(), rows.end(), [&](const TraceRow& row) {
            return row.at_s / traffic.time_scale < duration_s;
        });
        return static_cast<double>(end - rows.begin());
    }
    double requests = 0;
    for (std::size_t i = 0; i < traffic.rate.size(); ++i) {
        const double until = i + 1 < traffic.rate.size() ? traffic.rate[i + 1].at_s : duration_s;
        requests += traffic.rate[i].requests_per_s *
                    std::max(0.0, std::min(until, duration_s) - traffic.rate[i].at_s);
    }
    return requests;
}

} // namespace brownout::faults
