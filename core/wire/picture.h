// Pictures as bytes: what kind they are, base64 and data: URLs. Pure; hostile input gives nothing.
#pragma once

#include "wire/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace brownout::wire {

inline constexpr std::size_t max_picture_bytes = 32u << 20; // of one
inline constexpr std::size_t max_pictures = 16;             // of one reply

// "image/png", "image/jpeg", "image/webp" or "image/gif" by their first bytes; empty: no picture.
std::string_view picture_mime(std::string_view bytes);

std::string base64(std::string_view bytes);
// Standard or URL-safe alphabet, white space skipped, padding optional; nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text);

// The bytes of "data:image/png;base64,...."; nothing for what is no such URL.
std::optional<std::string> data_url_bytes(std::string_view url);

// A picture in base64, from its bytes or a data: address; empty `data`: it has only an address.
struct PictureText {
    std::string mime, data;
};
PictureText picture_text(const Picture& picture);
std::string picture_url(const Picture& picture); // its address, or a data: one

} // namespace brownout::wire
