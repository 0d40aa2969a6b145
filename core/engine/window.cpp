#include "engine/window.h"

#include <algorithm>

namespace brownout::engine {

Window::Window(Duration length) : width_(std::max(length / buckets, Duration{1})) {}

void Window::advance(Instant now) {
    if (now < newest_ends_)
        return;
    const std::int64_t bucket = bucket_of(now);
    const std::int64_t steps = std::min<std::int64_t>(bucket - newest_, buckets);
    for (std::int64_t i = 1; i <= steps; ++i) {
        WindowCounts& oldest = ring_[static_cast<std::size_t>((newest_ + i) % buckets)];
        sum_ -= oldest;
        oldest = {};
    }
    newest_ = bucket;
    newest_ends_ = after(Instant{width_ * bucket}, width_);
}

void Window::add(Instant now, std::int32_t requests, std::int32_t failures, std::int32_t slow) {
    advance(now);
    for (WindowCounts* counts : {&ring_[static_cast<std::size_t>(newest_ % buckets)], &sum_}) {
        counts->requests += requests;
        counts->failures += failures;
        counts->slow += slow;
    }
}

WindowCounts Window::counts(Instant now) const {
    if (now < newest_ends_)
        return sum_;
    Window copy = *this;
    copy.advance(now);
    return copy.sum_;
}

void Window::clear() {
    ring_ = {};
    sum_ = {};
}

} // namespace brownout::engine
