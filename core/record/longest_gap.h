// The longest time that callers waited while no request was answered: from when one was due (or the
// last answer, whichever is later) to the next successful answer.
#pragma once

#include "base/time.h"

#include <vector>

namespace brownout::record {

// Fed with requests in the order of their ends. A request that was due all the while may end long
// after the gap, so finished gaps stay open to correction; memory is bounded.
class LongestGap {
  public:
    void request(Instant started, Instant ended, bool succeeded);
    // Until now: a gap that no answer has ended counts as far as it has come.
    Duration longest(Instant now) const;

  private:
    static constexpr std::size_t max_gaps = 512;
    struct Gap {
        Instant answer_before, due, answer; // due: when the first request of the gap was due
        Duration length() const { return answer - due; }
        Duration possible() const { return answer - answer_before; }
    };
    void close(Instant answer);
    void thin();

    std::vector<Gap> gaps_; // by answer, ascending; at most twice max_gaps
    Instant last_answer_ = Instant::min();
    Instant due_ = never; // of the running gap
    Duration longest_closed_{};
};

} // namespace brownout::record
