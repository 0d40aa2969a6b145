// The files of this user that the app and brownoutctl share. Where they are follows the XDG base
// directories, unless a variable names the file itself. Empty: there is no home either. A relative
// XDG directory counts as none.
#pragma once

#include <string>

namespace brownout::app {

// What was spent: $BROWNOUT_LEDGER, else brownout/ledger.sqlite3 in $XDG_STATE_HOME, else in
// ~/.local/state.
std::string ledger_path();

// An imported price table: $BROWNOUT_PRICES, else brownout/prices.json in $XDG_DATA_HOME, else in
// ~/.local/share.
std::string prices_path();

} // namespace brownout::app
