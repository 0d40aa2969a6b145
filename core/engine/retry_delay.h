// How long to wait before trying again: a pure function, so that a test is a table and a replay is
// exact.
#pragma once

#include "engine/policy.h"

namespace brownout::engine {

// `retry`: 1 for the first retry on this target. `previous`: what this function gave last for this
// target, zero before the first. `random`: uniform in [0, 1); unused by kind none and jitter none.
//
// Growth, never above `cap`: fixed base, linear base*retry, exponential base*factor^(retry-1).
// Jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015):
//   full          random * d
//   equal         d/2 + random * d/2
//   decorrelated  min(cap, base + random * (3*previous - base)), previous at least base; the growth
//                 comes from `previous`, so the kind matters only where it is none
//   additive      d + random * base (may pass the cap by one base)
Duration retry_delay(const BackoffPolicy& policy, int retry, Duration previous, double random);

} // namespace brownout::engine
