// Traffic that goes up and down with the hour and the day of the week: what a scenario writes as
// `profile` becomes steps of its rate. Private to core/faults.
#pragma once

#include "chain/reader.h"
#include "faults/scenario.h"

namespace brownout::faults {

// Factors on the rate: one for each hour of the day, one for each day of the week from Monday.
// Either may be left out. The scenario begins `start_h` hours after midnight on Monday. An hour
// lasts `hour_s`: less than 3,600 s for a day that is played faster.
struct RateProfile {
    std::vector<double> day, week;
    int start_h = 0;
    double hour_s = 3600;
    double factor(std::int64_t hour) const; // of the hours since the scenario's start
};

// Nothing where it is absent, or wrong and reported.
std::optional<RateProfile> read_profile(chain::ObjectReader& traffic);

// The steps of `rate` times the profile until `until_s`; equal neighbours are one. Nothing where
// that makes more than most_profile_steps.
inline constexpr std::size_t most_profile_steps = 20'000;
std::optional<std::vector<RateStep>> with_profile(const std::vector<RateStep>& rate,
                                                  const RateProfile& profile, double until_s);

} // namespace brownout::faults
