// When a provider says to come back, in every form, in headers and in sentences; and the headers
// that say what is left of a limit. Pure. Source: the providers' documents and captured replies.
#pragma once

#include "wire/message.h"

#include "base/time.h"

#include <optional>
#include <span>
#include <string_view>

namespace brownout::wire {

// Seconds, HTTP date, "34.4s", "6m0s", "292.5ms", RFC 3339, epoch. Negative, NaN or past: nothing.
// Clamped to 24 h.
std::optional<Duration> parse_retry_hint(std::string_view text, std::int64_t unix_now);

// The headers of one limit; what counts is tokens, or else requests.
struct LimitHeaders {
    std::string_view remaining, reset;
    bool tokens;
};
std::span<const LimitHeaders> limit_headers();

// From headers: retry-after-ms, x-ms-retry-after-ms and retry-after; without these, the rate-limit
// reset headers, of an exhausted limit first. The smallest positive one; a zero only where nothing
// else is said (Azure sends 0 and -1 for "unknown").
std::optional<Duration> hint_in_headers(const Headers& headers, std::int64_t unix_now);

// "Please try again in 1.4s", "Please retry in 10h17m5.7s", "retry after 37 seconds", "resets in
// ~30s", "regain access on 2026-09-01 at 00:00 UTC".
std::optional<Duration> hint_in_message(std::string_view message, std::int64_t unix_now);

} // namespace brownout::wire
