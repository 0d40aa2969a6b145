#include "live/driver.h"

namespace brownout::live {

Clock::Clock()
    : zero_(std::chrono::steady_clock::now()),
      unix_ns_at_zero_(std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count()) {}

Instant Clock::now() const {
    return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - zero_)};
}

record::WallClock Clock::wall() const {
    return {unix_ns_at_zero_};
}

std::int64_t Clock::unix_s(Instant at) const {
    return (unix_ns_at_zero_ + at.time_since_epoch().count()) / 1'000'000'000;
}

} // namespace brownout::live
