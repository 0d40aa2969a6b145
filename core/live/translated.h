// NexaAPI as the stand-in for FAL and Replicate: which of a document's targets can be asked at all,
// and for which model. The rule is wire::nexaapi_target_model's. Pure.
#pragma once

#include "chain/document.h"

namespace brownout::live {

// Targets without a model to be asked for are no candidates of their chain.
void bar_untranslatable(const chain::Document& document, chain::Compiled& compiled);

// The model that a target of this chain is asked for: its own, or a translated one.
std::string model_for(const chain::Document& document, engine::ChainId chain,
                      const chain::Compiled::TargetInfo& target);

} // namespace brownout::live
