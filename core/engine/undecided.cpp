#include "engine/undecided.h"

#include <algorithm>

namespace brownout::engine {
namespace {

constexpr Duration patience_at_first = std::chrono::seconds(5);
// The mean follows about so many successes. The last ones to come back before a target hangs are
// the slow ones: a short memory would take them for the rule.
constexpr std::int32_t memory = 512;

} // namespace

void Undecided::advance(std::int64_t bucket) {
    const std::int64_t steps = std::min(bucket - newest_, buckets);
    for (std::int64_t i = 0; i < steps; ++i)
        ring_[static_cast<std::size_t>((bucket - i) % buckets)] = 0;
    newest_ = bucket;
}

Undecided::Start Undecided::begin(Instant now) {
    const std::int64_t bucket = now.time_since_epoch() / width;
    if (bucket > newest_)
        advance(bucket);
    ++ring_[static_cast<std::size_t>(newest_ % buckets)];
    return ++begun_;
}

void Undecided::succeeded(Start start, Duration took) {
    measured_ = std::min(measured_ + 1, memory);
    mean_ += (took - mean_) / measured_;
    latest_success_ = std::max(latest_success_, start);
    if (in_run(start))
        end_run();
}

void Undecided::failed(Start start) {
    if (run_failures_ == 0) {
        run_first_ = std::max(start, latest_success_ + 1);
        run_ended_ = 0;
    }
    ++run_failures_;
    if (in_run(start))
        ++run_ended_;
}

void Undecided::dropped(Start start) {
    if (in_run(start))
        ++run_ended_;
}

Duration Undecided::patience() const {
    return measured_ == 0 ? patience_at_first : std::min(2 * mean_, Duration{buckets * width});
}

int Undecided::count(Instant now, int in_flight) const {
    const std::int64_t oldest = (now - patience()).time_since_epoch() / width;
    std::int64_t begun = 0;
    for (std::int64_t b = std::max({oldest, newest_ - buckets + 1, std::int64_t{0}}); b <= newest_;
         ++b)
        begun += ring_[static_cast<std::size_t>(b % buckets)];
    return static_cast<int>(std::min<std::int64_t>(begun, in_flight));
}

int Undecided::count_in_run(Instant now, int in_flight) const {
    const auto begun = static_cast<std::int64_t>(begun_ + 1 - run_first_);
    return static_cast<int>(std::min<std::int64_t>(begun - run_ended_, count(now, in_flight)));
}

} // namespace brownout::engine
