#include "faults/rate_profile.h"

#include <algorithm>
#include <cmath>

namespace brownout::faults {
namespace {

using chain::Json;
using chain::ObjectReader;

constexpr std::size_t hours = 24, days = 7;

std::vector<double> read_factors(ObjectReader& in, std::string_view key, std::size_t count) {
    std::vector<double> factors;
    const Json* value = in.get(key);
    if (!value)
        return factors;
    if (!value->is_array() || value->size() != count) {
        in.error(key, "expected " + std::to_string(count) + " numbers",
                 count == hours ? "Give a factor for each hour of the day"
                                : "Give a factor for each day of the week, from Monday");
        return factors;
    }
    double sum = 0;
    for (const Json& factor : *value) {
        const double number = factor.is_number() ? factor.get<double>() : -1;
        if (!(number >= 0 && number <= 1000)) {
            in.error(key, "has a factor that is no number from 0 to 1000",
                     "1 is the rate as it is written");
            return {};
        }
        sum += number;
        factors.push_back(number);
    }
    if (!(sum > 0)) {
        in.error(key, "the factors add up to nothing", "Leave it out for the rate as it is");
        return {};
    }
    return factors;
}

} // namespace

double RateProfile::factor(std::int64_t hour) const {
    const auto of_week = static_cast<std::size_t>(hour + start_h) % (hours * days);
    return (day.empty() ? 1 : day[of_week % hours]) * (week.empty() ? 1 : week[of_week / hours]);
}

std::optional<RateProfile> read_profile(ObjectReader& traffic) {
    if (!traffic.has("profile"))
        return std::nullopt;
    ObjectReader in = traffic.object("profile");
    RateProfile profile;
    profile.day = read_factors(in, "day", hours);
    profile.week = read_factors(in, "week", days);
    profile.start_h = static_cast<int>(in.integer("start_h", 0, {0, 167}));
    profile.hour_s = in.number("hour_s", 3600, {0, 3600, true});
    if (!in.has("day") && !in.has("week"))
        in.error("day", "is missing", "Give `day` with 24 factors, `week` with 7, or both");
    in.finish();
    return profile;
}

std::optional<std::vector<RateStep>> with_profile(const std::vector<RateStep>& rate,
                                                  const RateProfile& profile, double until_s) {
    if (until_s / profile.hour_s + static_cast<double>(rate.size()) >
        static_cast<double>(most_profile_steps))
        return std::nullopt;
    std::vector<RateStep> out;
    std::size_t step = 0;
    const auto add = [&](double at, std::int64_t hour) {
        const double now = rate[step].requests_per_s * profile.factor(hour);
        if (out.empty() || out.back().requests_per_s != now)
            out.push_back({at, now});
    };
    for (std::int64_t hour = 0;; ++hour) {
        const double at = static_cast<double>(hour) * profile.hour_s, end = at + profile.hour_s;
        if (hour > 0 && at >= until_s)
            return out;
        add(at, hour);
        for (; step + 1 < rate.size() && rate[step + 1].at_s <= end;) {
            const double next = rate[++step].at_s;
            if (next < end) // one at its end comes with the next hour
                add(next, hour);
        }
    }
}

} // namespace brownout::faults
