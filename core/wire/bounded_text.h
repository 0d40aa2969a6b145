// Bytes that come in from a provider, kept in no more memory than they may have. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace brownout::wire {

// Appends. Memory is set aside in doubling steps as usual, but never for more than `most` bytes;
// a text that gets longer than that is the caller's to refuse.
inline void append_within(std::string& text, std::string_view more, std::size_t most) {
    const std::size_t needed = text.size() + more.size();
    if (needed > text.capacity())
        text.reserve(std::max(needed, std::min(most, 2 * text.capacity())));
    text.append(more);
}

} // namespace brownout::wire
