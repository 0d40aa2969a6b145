// Where an imported price table is kept.
#pragma once

#include <string>

namespace brownout::app {

// $BROWNOUT_PRICES, else brownout/prices.json in $XDG_DATA_HOME, else in ~/.local/share (XDG base
// directories). Empty: there is no home either. A relative XDG_DATA_HOME counts as none.
std::string prices_path();

} // namespace brownout::app
