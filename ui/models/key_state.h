// What the window says about a provider's keys, from a look into the stores; never a value.
#pragma once

#include "chain/keys.h"
#include "ui/widgets/state_badge.h"

#include <QString>

namespace brownout::ui {

struct KeyState {
    QString word; // "keychain", "env", "session", "no key", "simulated", "key not needed"
    Tone tone = Tone::neutral;
    QString detail; // one sentence
    bool usable() const { return tone != Tone::warn; }
};

KeyState keyState(const chain::Provider& provider, const chain::KeyStore& keys);
// Is this text likely a key's value rather than a name, a model or an address? Such text is refused
// wherever it would go into the document.
bool looksLikeKey(const QString& text);
QString sourceName(chain::KeyRef::Source source); // as on screen: "Keychain"

} // namespace brownout::ui
