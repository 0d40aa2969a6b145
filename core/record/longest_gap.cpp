#include "record/longest_gap.h"

#include <algorithm>

namespace brownout::record {

void LongestGap::request(Instant started, Instant ended, bool succeeded) {
    if (ended < started)
        ended = started;
    // It was due in every gap between its start and its end.
    for (auto gap = gaps_.rbegin(); gap != gaps_.rend() && gap->answer > started; ++gap) {
        if (gap->answer_before >= ended)
            continue;
        gap->due = std::min(gap->due, std::max(started, gap->answer_before));
        longest_closed_ = std::max(longest_closed_, gap->length());
    }
    due_ = std::min(due_, std::max(started, last_answer_));
    if (succeeded && ended >= last_answer_)
        close(ended);
}

void LongestGap::close(Instant answer) {
    const bool first = last_answer_ == Instant::min();
    const Gap gap{first ? Instant{} : last_answer_, std::min(due_, answer), answer};
    last_answer_ = answer;
    due_ = never;
    longest_closed_ = std::max(longest_closed_, gap.length());
    // Only a gap that a later record could still make the longest is kept.
    if (gap.possible() <= longest_closed_ && gap.length() < longest_closed_)
        return;
    gaps_.push_back(gap);
    if (gaps_.size() > 2 * max_gaps)
        thin();
}

// Keeps those that could become the longest: seldom, so that it costs nothing per request.
void LongestGap::thin() {
    std::erase_if(gaps_, [&](const Gap& g) { return g.possible() <= longest_closed_; });
    if (gaps_.size() <= max_gaps)
        return;
    std::vector<Duration> possible;
    for (const Gap& g : gaps_)
        possible.push_back(g.possible());
    const auto nth = possible.end() - static_cast<std::ptrdiff_t>(max_gaps);
    std::nth_element(possible.begin(), nth, possible.end());
    std::erase_if(gaps_, [&](const Gap& g) { return g.possible() < *nth; });
    if (gaps_.size() > max_gaps) // alike: the oldest go
        gaps_.erase(gaps_.begin(), gaps_.end() - static_cast<std::ptrdiff_t>(max_gaps));
}

Duration LongestGap::longest(Instant now) const {
    if (due_ == never || now <= due_)
        return longest_closed_;
    return std::max(longest_closed_, now - due_);
}

} // namespace brownout::record
