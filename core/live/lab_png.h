// Pictures for simulated answers: real PNGs, small, and the same bytes for the same prompt, seed
// and size on every machine. Format: PNG (RFC 2083), deflate (RFC 1951). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brownout::live {

inline constexpr std::int64_t largest_lab_side = 4096; // pixels; more is cut to this

std::string lab_png(std::string_view prompt, std::optional<std::int64_t> seed, std::int64_t width,
                    std::int64_t height);

} // namespace brownout::live
