// Lengths of time as numbers of seconds.
#pragma once

namespace brownout::sim {

inline constexpr double hour_s = 3600, day_s = 24 * hour_s, year_s = 365 * day_s;

} // namespace brownout::sim
