// Writes down what happens live, faults by hand and traffic, as a scenario that plays it again. Fed
// with snapshots; knows no clock. Thread: the window's.
#pragma once

#include "live/snapshot.h"

#include <optional>
#include <vector>

namespace brownout::ui {

class ScenarioRecorder {
  public:
    void start(const live::Snapshot& snapshot); // what acts already acts from 0 on
    void update(const live::Snapshot& snapshot);
    // What was recorded until the newest snapshot: faults with their times, the traffic, and that
    // the chain is to answer. The recorder is idle then.
    chain::Json stop(const std::string& name);

    bool running() const { return start_.has_value(); }
    double elapsed_s() const;
    int faults() const { return static_cast<int>(faults_.size()); }

    static constexpr std::size_t mostFaults = 500; // what comes after is not recorded

  private:
    struct Recorded {
        std::uint32_t id = 0;
        bool manual = false;
        faults::Rule rule;
        double from_s = 0;
        std::optional<double> to_s; // nothing: still acts
        bool open = true;
    };
    std::optional<Instant> start_;
    Instant now_{};
    std::vector<Recorded> faults_;
    std::vector<faults::RateStep> rate_;
    std::string chain_;
};

} // namespace brownout::ui
