// Statistics over the last seconds: a ring of buckets over time with integer counts. The oldest
// bucket falls out whole, so what is counted reaches back between 9/10 and all of the length.
#pragma once

#include "base/time.h"

#include <array>

namespace brownout::engine {

struct WindowCounts {
    std::int32_t requests = 0;
    std::int32_t failures = 0;
    std::int32_t slow = 0;

    constexpr WindowCounts& operator+=(WindowCounts o) {
        requests += o.requests;
        failures += o.failures;
        slow += o.slow;
        return *this;
    }
    constexpr WindowCounts& operator-=(WindowCounts o) {
        requests -= o.requests;
        failures -= o.failures;
        slow -= o.slow;
        return *this;
    }
    friend constexpr bool operator==(WindowCounts, WindowCounts) = default;
};

class Window {
  public:
    static constexpr int buckets = 10;

    explicit Window(Duration length = std::chrono::seconds(30));

    // `now` never goes back.
    void add(Instant now, const WindowCounts& counts) {
        add(now, counts.requests, counts.failures, counts.slow);
    }
    void add(Instant now, std::int32_t requests, std::int32_t failures, std::int32_t slow);
    WindowCounts counts(Instant now) const;
    void clear();
    Duration length() const { return width_ * buckets; }

  private:
    std::int64_t bucket_of(Instant now) const { return now.time_since_epoch() / width_; }
    void advance(Instant now);

    Duration width_;
    std::int64_t newest_ = 0; // number of the bucket that is being filled
    Instant newest_ends_{};
    WindowCounts sum_;
    std::array<WindowCounts, buckets> ring_{};
};

} // namespace brownout::engine
