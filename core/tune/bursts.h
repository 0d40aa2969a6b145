// Outages as they show in a row of attempts: failures in a row. Private to core/tune.
#pragma once

#include <cstdint>
#include <vector>

namespace brownout::tune {

struct Outage {
    double from_s = 0, to_s = 0; // halfway to the attempts before and after
    double unsure_s = 0;         // how far its two ends together could be off
    bool ended = true;           // else the log ended, or paused, while it lasted
};

// Fed with a provider's attempts in the order of their starts. Constant memory but for the outages.
class Bursts {
  public:
    static constexpr std::size_t most_outages = 100'000; // later ones are counted only
    static constexpr double pause_s = 3600;              // nobody looked for so long

    explicit Bursts(int failures_in_a_row = 3) : in_a_row_(failures_in_a_row) {}
    // `timed_out`: of a failure, that it took too long to answer.
    void add(double start_s, bool failed, bool timed_out = false);
    void finish(); // the log is over

    int failures_in_a_row() const { return in_a_row_; }
    const std::vector<Outage>& outages() const { return outages_; }
    std::uint64_t count() const { return count_; }
    // Attempts outside of outages, and within.
    std::uint64_t outside() const { return outside_; }
    std::uint64_t failed_outside() const { return failed_outside_; }
    std::uint64_t timed_out_outside() const { return timed_out_outside_; }
    std::uint64_t inside() const { return inside_; }
    std::uint64_t failed_inside() const { return failed_inside_; }
    double up_s() const { return up_s_; } // watched, and not down
    double watched_s() const { return watched_s_; }
    double error_ratio() const {
        return outside_ ? static_cast<double>(failed_outside_) / static_cast<double>(outside_) : 0;
    }

  private:
    static constexpr int successes_in_a_row = 3;
    void failure(double start_s, bool timed_out);
    void success(double start_s);
    void close(double end_s, double unsure_s, bool ended);

    int in_a_row_;
    bool down_ = false;
    Outage now_;
    std::vector<Outage> outages_;
    std::uint64_t count_ = 0, outside_ = 0, failed_outside_ = 0, timed_out_outside_ = 0;
    std::uint64_t inside_ = 0, failed_inside_ = 0;
    std::uint64_t run_ = 0, run_timed_out_ = 0; // of failures, or of successes while down
    double first_of_run_ = 0, before_run_ = 0, last_ = 0, last_failure_ = 0;
    double up_s_ = 0, watched_s_ = 0, down_s_ = 0;
    bool any_ = false;
};

} // namespace brownout::tune
