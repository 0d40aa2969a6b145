// When a provider says to come back: the forms are parse_retry_hint's (wire/classify.h); this finds
// them in headers and sentences.
#pragma once

#include "wire/message.h"

#include "base/time.h"

#include <optional>
#include <string_view>

namespace brownout::wire {

// From headers: retry-after-ms, x-ms-retry-after-ms and retry-after; without these, the rate-limit
// reset headers, of an exhausted limit first. The smallest positive one; a zero only where nothing
// else is said (Azure sends 0 and -1 for "unknown").
std::optional<Duration> hint_in_headers(const Headers& headers, std::int64_t unix_now);

// "Please try again in 1.4s", "Please retry in 10h17m5.7s", "retry after 37 seconds", "resets in
// ~30s", "regain access on 2026-09-01 at 00:00 UTC".
std::optional<Duration> hint_in_message(std::string_view message, std::int64_t unix_now);

} // namespace brownout::wire
