// Reading one rule: whom it hits, how, and when.
#pragma once

#include "chain/reader.h"
#include "faults/scenario.h"

namespace brownout::faults {

Rule read_rule(const chain::Json& value, const std::string& pointer, chain::ProblemList& problems);

} // namespace brownout::faults
