#include "tune/bursts.h"

#include <algorithm>

namespace brownout::tune {

void Bursts::add(double start_s, bool failed, bool timed_out) {
    start_s = any_ ? std::max(start_s, last_) : start_s;
    const double since = any_ ? start_s - last_ : 0;
    if (since > pause_s && down_)
        close(last_failure_, 0, false);
    if (since <= pause_s)
        watched_s_ += since;
    any_ = true;
    if (failed)
        failure(start_s, timed_out);
    else
        success(start_s);
    last_ = start_s;
}

void Bursts::failure(double start_s, bool timed_out) {
    if (down_) {
        inside_ += run_ + 1; // successes in between were luck
        ++failed_inside_;
        run_ = 0;
        last_failure_ = start_s;
        return;
    }
    if (run_ == 0) {
        first_of_run_ = start_s;
        before_run_ = outside_ + inside_ > 0 ? last_ : start_s; // the first of all: none before
    }
    ++run_;
    run_timed_out_ += timed_out;
    last_failure_ = start_s;
    if (run_ < static_cast<std::uint64_t>(in_a_row_))
        return;
    down_ = true;
    inside_ += run_;
    failed_inside_ += run_;
    const double gap = std::min(first_of_run_ - before_run_, pause_s);
    now_ = {first_of_run_ - gap / 2, 0, gap, true};
    run_ = run_timed_out_ = 0;
}

void Bursts::success(double start_s) {
    if (!down_) {
        outside_ += run_ + 1;
        failed_outside_ += run_;
        timed_out_outside_ += run_timed_out_;
        run_ = run_timed_out_ = 0;
        return;
    }
    if (run_ == 0)
        first_of_run_ = start_s;
    if (++run_ < successes_in_a_row)
        return;
    outside_ += run_;
    run_ = 0;
    const double gap = std::min(first_of_run_ - last_failure_, pause_s);
    close(last_failure_ + gap / 2, gap, true);
}

void Bursts::close(double end_s, double unsure_s, bool ended) {
    now_.to_s = end_s;
    now_.unsure_s += unsure_s;
    now_.ended = ended;
    down_s_ += now_.to_s - now_.from_s;
    down_ = false;
    if (!ended) {
        outside_ += run_;
        run_ = 0;
    }
    ++count_;
    if (outages_.size() < most_outages)
        outages_.push_back(now_);
}

void Bursts::finish() {
    if (down_)
        close(last_failure_, 0, false);
    outside_ += run_;
    failed_outside_ += run_;
    timed_out_outside_ += run_timed_out_;
    run_ = run_timed_out_ = 0;
    up_s_ = std::max(0.0, watched_s_ - down_s_);
}

} // namespace brownout::tune
