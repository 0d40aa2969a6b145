// What the streams of random numbers of a run are for. Every use has a number of its own, so that
// no two draw the same numbers of one seed; the live driver and the live provider take those of the
// simulator, as they do the same. Pure.
#pragma once

#include <cstdint>

namespace brownout::sim {

enum RandomUse : std::uint64_t { // 1 and 2 are the engine's, 21 those of arrivals (faults)
    for_engine = 11,
    for_ids = 12,
    for_tokens = 22,
    for_tasks = 23,
    for_think = 24,
    for_model = 31,
    for_text = 32,
    for_timing = 33,
    for_id = 34,
    for_outages = 41,
    for_sampling = 42 // 71: of the search for a better chain (tune)
};

} // namespace brownout::sim
