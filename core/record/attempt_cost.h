// What one attempt cost, where that is known. Pure.
#pragma once

#include "record/records.h"

#include <optional>

namespace brownout::record {

// Nothing: the attempt produced something, and its price is not known. Unknown is never shown as
// zero.
inline std::optional<Money> known_cost(const AttemptRecord& attempt) {
    if (attempt.cost_unknown)
        return std::nullopt;
    return attempt.outcome.cost;
}

} // namespace brownout::record
