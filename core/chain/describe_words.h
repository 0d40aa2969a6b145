// Numbers as the sentences of this folder say them.
#pragma once

#include "base/time.h"

#include <string>

namespace brownout::chain {

// Three significant digits; whole numbers from a thousand on.
std::string plain_number(double value);
// Seconds as a person says them: "15 s", "0.5 s", "40 ms".
std::string plain_time(Duration d);
std::string plain_times(int n);          // "once", "twice", "3 times"
std::string plain_percent(double ratio); // 0.5: "50 %"

} // namespace brownout::chain
