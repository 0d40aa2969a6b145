#include "chain/describe_words.h"

#include <cmath>
#include <cstdio>

namespace brownout::chain {

std::string plain_number(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3g", value);
    return std::abs(value) >= 999.5 ? std::to_string(std::llround(value)) : buffer;
}

std::string plain_time(Duration d) {
    return d < std::chrono::milliseconds(100) && d > Duration::zero()
               ? plain_number(to_ms(d)) + " ms"
               : plain_number(to_seconds(d)) + " s";
}

std::string plain_times(int n) {
    return n == 1 ? "once" : n == 2 ? "twice" : std::to_string(n) + " times";
}

std::string plain_percent(double ratio) {
    return plain_number(ratio * 100) + " %";
}

} // namespace brownout::chain
