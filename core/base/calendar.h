// Times as people and other programs write them. Pure. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace brownout {

// UTC by RFC 3339: "2026-08-20T12:00:00Z"; with milliseconds (0 to 999) "2026-08-20T12:00:00.123Z".
std::string rfc3339(std::int64_t unix_s, std::optional<int> ms = {});

// How long something will take, to the two largest units: "3 h 5 min", "4 min 10 s", "9 s".
std::string rough_time(double seconds);

} // namespace brownout
