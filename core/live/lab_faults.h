// What the faults that hit one request make of its reply, in the dialect's words. Pure. Private to
// the lab.
#pragma once

#include "faults/reply_plan.h"
#include "live/lab_dialect.h"

namespace brownout::live {

using faults::RateLimits;
using faults::Spoiling;
using faults::TokenBucket;

struct ReplyPlan : faults::ReplyPlan {
    LabError error; // Fate::error
    LabAnswer raw;  // Fate::raw_error
};

ReplyPlan compose(const std::vector<faults::Fault>& faults, const LabRequest& request,
                  std::int64_t output_tokens, RateLimits& limits, Instant now);

} // namespace brownout::live
