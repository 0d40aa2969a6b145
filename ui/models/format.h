// Figures as people read them, the same everywhere. Pure.
#pragma once

#include "base/money.h"
#include "base/time.h"

#include <QString>

namespace brownout::ui {

QString formatSeconds(double seconds); // "0.04 s", "1.31 s", "12.3 s", "140 s"
inline QString formatSeconds(Duration d) {
    return formatSeconds(to_seconds(d));
}
QString formatUsd(double usd);    // "0.00036", "0.41", "12.80": no unit
QString formatRatio(double part); // 0.372: "37.2 %"
// Whole requests that succeeded: never rounded up to 100 % while one failed.
QString formatAvailability(std::uint64_t succeeded, std::uint64_t failed);
QString formatCount(std::uint64_t n); // "5,412"

} // namespace brownout::ui
