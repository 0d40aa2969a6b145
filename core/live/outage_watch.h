// Sums an outage up: "Aster failed 14 times; Birch answered; users waited 0.4 s longer". Counts
// from the first fault injected by hand until the last one is taken back, against the minute
// before. Pure. Thread: one at a time.
#pragma once

#include "live/figures.h"

namespace brownout::live {

class OutageWatch {
  public:
    // `broken`: the names of the targets that the fault hits.
    void begin(const std::vector<std::string>& broken, std::optional<Figures::Baseline> before);
    void end(); // the summary stays as it is
    void clear();
    bool under_way() const { return under_way_; }

    void attempt(const record::AttemptRecord& a);
    void request(const record::RequestRecord& r);
    std::optional<OutageSummary> summary() const;

  private:
    bool is_broken(const std::string& target) const;
    bool under_way_ = false, any_ = false;
    std::vector<std::string> broken_;
    std::optional<Figures::Baseline> before_;
    std::uint64_t failures_ = 0, lost_ = 0, answered_ = 0;
    double ms_ = 0, usd_ = 0; // sums over the answered
    std::map<std::string, std::uint64_t> served_by_others_;
};

} // namespace brownout::live
