// Time as the engine sees it: integer nanoseconds since the start of a run, in strong types.
//
// `EngineTime` is a clock that cannot be asked for the time. Whoever drives the engine (live
// driver, rehearsal, simulator) supplies `now`, so the same code runs on wall clock and on virtual
// time.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

namespace brownout {

struct EngineTime {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<EngineTime, duration>;
    static constexpr bool is_steady = true;
    // No now(): see above.
};

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<EngineTime, Duration>;

// "No deadline". Compares greater than every real instant.
inline constexpr Instant never = Instant::max();
inline constexpr Duration forever = Duration::max();

// `t + d` that saturates at `never` instead of overflowing. `d` must not be negative.
constexpr Instant after(Instant t, Duration d) {
    return d >= never - (t < Instant{} ? Instant{} : t) ? never : t + d;
}

// From fractional units, as documents give them. Negative and NaN become zero; too large,
// `forever`.
inline Duration from_seconds(double s) {
    if (!(s > 0))
        return Duration::zero();
    const double ns = s * 1e9;
    return ns >= 9.2e18 ? forever : Duration{static_cast<std::int64_t>(std::llround(ns))};
}
inline Duration from_ms(double ms) {
    return from_seconds(ms / 1e3);
}

constexpr double to_seconds(Duration d) {
    return static_cast<double>(d.count()) / 1e9;
}
constexpr double to_ms(Duration d) {
    return static_cast<double>(d.count()) / 1e6;
}
constexpr double to_seconds(Instant t) {
    return to_seconds(t.time_since_epoch());
}

} // namespace brownout
