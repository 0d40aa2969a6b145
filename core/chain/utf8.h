// UTF-8, as far as JSON needs it.
#pragma once

#include <string>
#include <string_view>

namespace brownout::chain {

// The length of the well-formed sequence at the start of `text` (Unicode 15, table 3-7), 0 when it
// is not one: overlong, a surrogate, above U+10FFFF, cut off or empty.
std::size_t utf8_sequence(std::string_view text);
void append_utf8(std::string& out, char32_t code);
// For ordering keys as RFC 8785 wants it; what is not UTF-8 becomes U+FFFD.
std::u16string to_utf16(std::string_view text);

} // namespace brownout::chain
