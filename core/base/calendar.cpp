#include "base/calendar.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace brownout {

std::string rfc3339(std::int64_t unix_s, std::optional<int> ms) {
    using namespace std::chrono;
    const sys_seconds at{seconds{unix_s}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    std::string text = ms ? "0000-00-00T00:00:00.000Z" : "0000-00-00T00:00:00Z";
    const auto put = [&text](std::size_t last, int digits, std::int64_t number) {
        for (; digits > 0; --digits, number /= 10)
            text[last--] = static_cast<char>('0' + number % 10);
    };
    put(3, 4, static_cast<int>(date.year()));
    put(6, 2, static_cast<unsigned>(date.month()));
    put(9, 2, static_cast<unsigned>(date.day()));
    put(12, 2, time.hours().count());
    put(15, 2, time.minutes().count());
    put(18, 2, time.seconds().count());
    if (ms)
        put(22, 3, *ms);
    return text;
}

std::string rough_time(double seconds) {
    const long s = std::lround(std::clamp(seconds, 0.0, 1e9));
    char text[64];
    if (s >= 3600)
        std::snprintf(text, sizeof text, "%ld h %ld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        std::snprintf(text, sizeof text, "%ld min %ld s", s / 60, s % 60);
    else
        std::snprintf(text, sizeof text, "%ld s", s);
    return text;
}

} // namespace brownout
