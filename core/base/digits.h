// Digits of ASCII, whatever the locale is. Pure.
#pragma once

namespace brownout {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

} // namespace brownout
