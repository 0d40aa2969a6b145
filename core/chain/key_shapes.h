// What the values of keys look like, for places that must not take one in. Pure.
#pragma once

#include <string_view>

namespace brownout::chain {

// Is the value of a key somewhere in `text`, by its shape? Every word is looked at; of an address,
// each part of its path as the reader does it. What this holds for belongs into no file.
bool may_hold_key(std::string_view text);

} // namespace brownout::chain
