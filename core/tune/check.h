// Forecast against what happened: the traffic of a log, simulated with the models that were fitted
// to it. Private to core/tune.
#pragma once

#include "tune/observed.h"

namespace brownout::tune {

// Fills `out.check`. What keeps it from being made is a note of `out`; the error: cancelled.
Result<void> check_against_log(const Observed& seen, const CalibrateOptions& options,
                               Calibration& out);

} // namespace brownout::tune
