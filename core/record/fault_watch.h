// How long a breaker took to open after a fault began, and a target to serve again after it ended.
#pragma once

#include "record/records.h"

#include <deque>
#include <set>
#include <string_view>

namespace brownout::record {

// "*", a provider, or provider/model: can a fault on `rule` be felt on `target`? Either may be a
// provider alone.
bool concerns(std::string_view rule, std::string_view target);

// For one expectation's target, or any number of targets of one provider.
class FaultWatch {
  public:
    explicit FaultWatch(std::string target) : target_(std::move(target)) {}
    const std::string& target() const { return target_; }

    void fault(const FaultRecord& f);
    void breaker(const BreakerRecord& b);
    void served(const std::string& target, Instant answered);
    void served(Instant answered); // by a target that it concerns

    // From the start of the first fault to the breaker's first opening at or after it.
    std::optional<Duration> opened_within() const;
    // From the end of the last fault to the first answer at or after it. Nothing while one acts.
    std::optional<Duration> recovered_within() const;

  private:
    // Answers and openings may be told just before the fault's own record: the last ones are kept.
    static constexpr std::size_t remembered = 256;
    std::string target_;
    std::optional<Instant> first_fault_, last_end_, opened_, recovered_;
    std::set<std::pair<std::uint32_t, std::string>> acting_;
    std::deque<Instant> openings_, answers_;
};

} // namespace brownout::record
