// Sizes of pictures as providers name them: by pixels, by name, by aspect ratio. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace brownout::wire {

struct ImageSize {
    std::int64_t width = 0, height = 0; // pixels
    friend bool operator==(const ImageSize&, const ImageSize&) = default;
    std::string text() const { return std::to_string(width) + "x" + std::to_string(height); }
};
inline constexpr std::int64_t max_image_side = 16384;
bool drawable(ImageSize size); // both sides from 1 to max_image_side

// FAL's names: "square_hd" 1024x1024, "square" 512x512, "portrait_4_3" 768x1024, "portrait_16_9"
// 576x1024, "landscape_4_3" 1024x768, "landscape_16_9" 1024x576. Nothing for others.
std::optional<ImageSize> fal_size(std::string_view name);
// Empty where FAL has no name for it.
std::string_view fal_size_name(ImageSize size);

// "16:9" as FAL's sizes: the longer side is 1024. Nothing for what is no ratio up to 8:1.
std::optional<ImageSize> size_of_ratio(std::string_view ratio);

// Which of `ratios` ("16:9") or `sizes` ("1024x1024") has the shape nearest to `size`, and whether
// the shape is the same. Of a size that is not drawable the first one, not exact.
struct Nearest {
    std::string_view name;
    bool exact = false;
};
Nearest nearest_ratio(ImageSize size, std::span<const std::string_view> ratios);
Nearest nearest_size(ImageSize size, std::span<const std::string_view> sizes); // exact: same pixels

// "1024x576"; nothing for anything else or a side beyond max_image_side.
std::optional<ImageSize> parse_size(std::string_view text);

} // namespace brownout::wire
