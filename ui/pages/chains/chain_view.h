// What the flow shows of a chain, made from the document, the keys and the newest snapshot. Pure.
#pragma once

#include "live/snapshot.h"
#include "ui/models/key_state.h"
#include "ui/pages/chains/chain_flow.h"

#include <map>

namespace brownout::ui {

using KeyStates = std::map<std::string, KeyState>; // by provider id

// `json` is what is being edited and may be invalid; `document` is its newest valid reading.
FlowView flowView(const chain::Json& json, const chain::Document& document,
                  const std::vector<chain::Problem>& problems, const std::string& chainId,
                  const KeyStates& keys);

struct Badge {
    QString word;
    Tone tone = Tone::neutral;
};
// "Closed", "Open, probe in 4 s", "Held open", "Disabled", "No key".
Badge targetBadge(const chain::Target& target, const KeyState* key, const live::Snapshot& snapshot);

QString strategyName(engine::Strategy strategy);
// "file#/x: error: what. remedy" without the file and the pointer.
QString problemText(const chain::Problem& problem);

} // namespace brownout::ui
