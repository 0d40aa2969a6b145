// What one attempt cost, where that is known. Pure.
#pragma once

#include "record/records.h"

#include <optional>

namespace brownout::record {

// Nothing: the attempt produced something, and its price is not known. A record keeps that for the
// whole request only, so that of several attempts the free ones count as unknown, too: unknown is
// never shown as zero.
inline std::optional<Money> known_cost(const RequestRecord& request, const AttemptRecord& attempt) {
    const engine::Outcome& o = attempt.outcome;
    const bool produced = o.input_tokens > 0 || o.output_tokens > 0 || o.cost_estimated ||
                          o.cls == engine::OutcomeClass::success;
    if (request.cost_unknown && produced && o.cost == Money{})
        return std::nullopt;
    return o.cost;
}

} // namespace brownout::record
