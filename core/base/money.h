// Money as an integer number of pico-US-dollars (1e-12 USD), so that sums are exact and equal on
// every machine. The cheapest cached token on record costs 2,800 pico-dollars; the largest sum that
// fits is 9.2 million dollars.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace brownout {

struct Money {
    std::int64_t pico_usd = 0;

    // Rounded to the nearest pico-dollar. Infinite, NaN or larger than fits: clamped.
    static Money from_usd(double usd) {
        const double pico = usd * 1e12;
        if (!(pico > -9.2e18))
            return {std::isnan(pico) ? 0 : INT64_MIN};
        if (pico >= 9.2e18)
            return {INT64_MAX};
        return {static_cast<std::int64_t>(std::llround(pico))};
    }
    constexpr double usd() const { return static_cast<double>(pico_usd) / 1e12; }

    constexpr Money& operator+=(Money other) {
        pico_usd += other.pico_usd;
        return *this;
    }
    constexpr Money& operator-=(Money other) {
        pico_usd -= other.pico_usd;
        return *this;
    }
    friend constexpr Money operator+(Money a, Money b) { return a += b; }
    friend constexpr Money operator-(Money a, Money b) { return a -= b; }
    friend constexpr auto operator<=>(Money, Money) = default;
};

} // namespace brownout
