// What Add provider offers: a row per preset with the state of its key, and what adding it does.
// Pure but for a look into the key stores.
#pragma once

#include "chain/keys.h"
#include "chain/presets.h"
#include "chain/prices.h"
#include "ui/models/row_list.h"

namespace brownout::ui {

struct PresetOffer {
    ListRow row;          // id: the preset's, empty for a simulated provider
    QString detail;       // where its key is or what to do about it, and what the first target is
    QString words;        // what typing finds
    chain::KeyRef key;    // what the provider's `key` becomes
    bool keyFound = true; // or none is needed
};

// In the order of the presets, the simulated one first. Asks the keychain for its list of names
// once, and for no value.
std::vector<PresetOffer> presetOffers(const chain::KeyStore& keys, const chain::PriceTable& prices);

// Those that hold every typed word, in any order and case; what begins with it comes first.
std::vector<PresetOffer> matching(const std::vector<PresetOffer>& offers, const QString& typed);

} // namespace brownout::ui
