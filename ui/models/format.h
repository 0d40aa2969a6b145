// Figures as people read them, the same everywhere. Pure.
#pragma once

#include "base/money.h"
#include "base/time.h"

#include <QString>

namespace brownout::ui {

// "0.004 s", "0.31 s", "12.3 s", "125 s": about three significant digits, never fewer than whole
// seconds; what is almost nothing is "< 0.001 s".
QString secondsText(double seconds);
inline QString secondsText(Duration d) {
    return secondsText(to_seconds(d));
}
// "0.00036", "0.0123", "0.41", "12.80": no unit; below ten cents more decimals, so that small sums
// can be compared.
QString formatUsd(double usd);
inline QString usdText(Money money) { // "0.00036 USD"
    return formatUsd(money.usd()) + QStringLiteral(" USD");
}
QString formatRatio(double part); // 0.372: "37.2 %"
// Whole requests that succeeded: never rounded up to 100 % while one failed.
QString formatAvailability(std::uint64_t succeeded, std::uint64_t failed);
QString formatCount(std::uint64_t n); // "5,412"

} // namespace brownout::ui
