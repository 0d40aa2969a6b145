// Keys in the system keychain (Secret Service, KWallet, macOS Keychain) through QtKeychain. Needs a
// QCoreApplication; calls wait, with its event loop running but no user input, at most ten seconds
// for a read and two minutes for a write, which may ask for a password. Keychains cannot be listed
// through QtKeychain, so an entry of our own there keeps the names.
#pragma once

#include "chain/keys.h"

#include <memory>

namespace brownout::app {

// Null where there is no keychain; `why` then says what is missing and what to use instead.
std::unique_ptr<chain::Keychain> open_keychain(std::string* why = nullptr);

} // namespace brownout::app
