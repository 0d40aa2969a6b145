// Who may serve a call, and in what order they are asked.
#pragma once

#include "base/rng.h"
#include "engine/call.h"

namespace brownout::engine {

// Fills `call.order` with the chain's candidates for this request and bars the rest: disabled
// entries, missing capabilities, a context window that is too small, quality below the minimum.
// Whether a candidate is ready now is asked later, each time one is needed.
//
//   priority  as written
//   weighted  drawn by weight without replacement, so that a failed pick is followed by a fair draw
//             among the rest; weight 0 comes last
//   cheapest  by expected cost; an unknown price comes last; ties as written
//   fastest   by the median of recent times; one call in twenty draws its first target at random,
//             so that a slow one is measured again; one never tried comes first
void route(Call& call, const Setup& setup, const ChainSetup& chain, const Targets& targets,
           Rng& rng);

// Why nobody may serve it (call.entries == 0).
Cause why_no_candidate(const Call& call, const Setup& setup, const ChainSetup& chain);

} // namespace brownout::engine
