// Where the spend ledger of this user is; the app and brownoutctl share it.
#pragma once

#include <string>

namespace brownout::app {

// $BROWNOUT_LEDGER, else brownout/ledger.sqlite3 in $XDG_STATE_HOME, else in ~/.local/state (XDG
// base directories). Empty: there is no home either. A relative XDG_STATE_HOME counts as none.
std::string ledger_path();

} // namespace brownout::app
