// The model of a simulated provider, from a chain's `model` or a scenario's `models`.
#pragma once

#include "chain/document.h"
#include "chain/reader.h"

namespace brownout::chain {

ProviderModel read_provider_model(const Json& value, const std::string& pointer,
                                  ProblemList& problems);

} // namespace brownout::chain
