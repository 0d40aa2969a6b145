// What the headers of a reply say is left of a quota, in every form that the providers send:
// `x-ratelimit-remaining-requests` and `-tokens` with their `-reset-` (OpenAI, Azure and the
// compatible vendors), `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-remaining`
// and `-reset`, and `x-ratelimit-remaining` with `x-ratelimit-reset` (requests).
//
// A number without the time of its reset says nothing that could be kept to, and is left out. So is
// what cannot be read, is negative or is in the past: some send 0 and -1 for "unknown". Pure.
#pragma once

#include "wire/message.h"

#include "base/time.h"

#include <optional>

namespace brownout::wire {

struct Left {
    std::int64_t left = 0;
    Duration resets_in{}; // above zero, at most 24 h
    friend bool operator==(const Left&, const Left&) = default;
};
struct QuotaLeft {
    std::optional<Left> requests, tokens; // of several kinds of tokens: the one that is scarcest
    bool any() const { return requests || tokens; }
};
// `unix_now`: seconds, for resets that are told as a date.
QuotaLeft quota_left(const Headers& headers, std::int64_t unix_now);

} // namespace brownout::wire
