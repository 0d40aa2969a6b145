// Outages that a provider's model brings about by itself (`outages`), as rules like those that a
// scenario writes: a renewal process that severity thins out. Played by lab and simulator alike.
#pragma once

#include "faults/scenario.h"

namespace brownout::faults {

// One rule for each simulated provider of the document whose model has outages. A fault that cannot
// be read is a problem of the document.
chain::Checked<std::vector<Rule>> outage_rules(const chain::Document& document,
                                               const std::string& file);

} // namespace brownout::faults
