// Counters and histograms of live traffic in Prometheus' text format, version 0.0.4. Memory grows
// with the number of targets, not of requests. Thread: one at a time.
#pragma once

#include "record/alerts.h"

#include <array>
#include <map>

namespace brownout::record {

class Metrics {
  public:
    void request(const RequestRecord& finished);
    void attempt(const RequestRecord& request, const AttemptRecord& finished);
    void check(const AttemptRecord& finished); // a health check: its cost served nobody
    // The breaker's state now, of every target that is to be listed.
    struct Breaker {
        std::string target;
        engine::BreakerState state = engine::BreakerState::closed;
    };
    // A webhook's calls, and its own breaker.
    struct Hook {
        std::string name; // "on_failover"
        std::uint64_t delivered = 0, failed = 0, dropped = 0;
        engine::BreakerState state = engine::BreakerState::closed;
    };
    std::string text(const std::vector<Breaker>& breakers,
                     const std::vector<Alerts::Gauge>& alerts = {},
                     const std::vector<Hook>& hooks = {}) const;

  private:
    static constexpr std::array<double, 16> bounds = {
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300};
    struct Histogram { // seconds
        std::array<std::uint64_t, bounds.size() + 1> counts{};
        double sum = 0;
        void add(double seconds);
        void write(std::string& out, const char* name, const std::string& labels) const;
    };
    using Pair = std::pair<std::string, std::string>;

    std::map<Pair, std::uint64_t> requests_;                                      // chain, result
    std::map<std::tuple<std::string, std::string, int>, std::uint64_t> attempts_; // chain, target
    std::map<std::string, Histogram> durations_, first_tokens_;                   // by target
    std::map<Pair, std::uint64_t> failovers_;                                     // from, to
    std::map<std::string, Money> useful_, wasted_;                                // by target
    std::map<std::string, std::uint64_t> input_tokens_, output_tokens_;           // by target
};

} // namespace brownout::record
