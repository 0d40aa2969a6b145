// Figures as people read them here: seconds and US dollars, with their unit. Pure.
#pragma once

#include "base/money.h"

#include <QString>

namespace brownout::ui {

// "0.004 s", "0.31 s", "12.3 s", "125 s": about three significant digits, never fewer than whole
// seconds.
QString secondsText(double seconds);
// "0.00031 USD"; five decimals below a cent, so that small sums can be compared digit by digit.
QString usdText(Money money);

} // namespace brownout::ui
