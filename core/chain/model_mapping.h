// Which models of FAL and Replicate NexaAPI has under which name, and what its model "auto" stands
// for in a chain. Pure; any thread. Source of the table: the product's requirements.
#pragma once

#include "chain/document.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace brownout::chain {

struct NexaModel {
    enum class Makes { picture, video, transcription };
    Dialect from = Dialect::fal; // fal or replicate
    std::string_view model, nexaapi;
    Makes makes = Makes::picture;
};
std::span<const NexaModel> nexaapi_models();
// Replicate's "owner/name:version" counts as "owner/name". Null: there is no mapping.
const NexaModel* nexaapi_model(Dialect from, std::string_view model);

// A NexaAPI target in a chain: which model it is asked for.
//
// Model "auto" stands for the FAL or Replicate target nearest before it in the chain that has a
// mapping: its model, translated. A model that the target names itself is the user's choice and is
// kept. Either way a target behind nothing but FAL and Replicate targets without a mapping is not
// asked (nothing is returned): the failure of a model without a counterpart is the answer.
std::optional<std::string> nexaapi_target_model(const Document& document, const Chain& chain,
                                                std::size_t target);

// Whether a target of this provider and model is the "auto" above.
bool is_translated(const Provider& provider, std::string_view model);

} // namespace brownout::chain
