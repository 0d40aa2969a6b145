// Faults of which one makes another impossible. Two such rules that are sure to act on one target
// at one time say that the scenario was not meant as it is written.
#pragma once

#include "chain/reader.h"
#include "faults/scenario.h"

namespace brownout::faults {

// A problem for each rule that excludes an earlier one.
void check_exclusive(const std::vector<Rule>& rules, chain::ProblemList& problems);

} // namespace brownout::faults
