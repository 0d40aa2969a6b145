#include "wire/image_size.h"

#include <charconv>
#include <cmath>

namespace brownout::wire {

namespace {

struct Named {
    std::string_view name;
    ImageSize size;
};
constexpr Named fal_sizes[] = {
    {"square_hd", {1024, 1024}},    {"square", {512, 512}},         {"portrait_4_3", {768, 1024}},
    {"portrait_16_9", {576, 1024}}, {"landscape_4_3", {1024, 768}}, {"landscape_16_9", {1024, 576}},
};

std::optional<ImageSize> two_numbers(std::string_view text, char between) {
    const auto at = text.find(between);
    if (at == text.npos)
        return std::nullopt;
    const auto number = [](std::string_view digits) -> std::int64_t {
        std::int64_t n = 0;
        const auto end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, n);
        return read.ec == std::errc{} && read.ptr == end && n <= max_image_side ? n : 0;
    };
    const ImageSize size{number(text.substr(0, at)), number(text.substr(at + 1))};
    if (size.width <= 0 || size.height <= 0)
        return std::nullopt;
    return size;
}

double shape(ImageSize size) {
    return std::log(static_cast<double>(size.width) / static_cast<double>(size.height));
}

} // namespace

bool drawable(ImageSize size) {
    const auto side = [](std::int64_t n) { return n >= 1 && n <= max_image_side; };
    return side(size.width) && side(size.height);
}

std::optional<ImageSize> fal_size(std::string_view name) {
    for (const auto& row : fal_sizes)
        if (row.name == name)
            return row.size;
    return std::nullopt;
}

std::string_view fal_size_name(ImageSize size) {
    for (const auto& row : fal_sizes)
        if (row.size == size)
            return row.name;
    return {};
}

std::optional<ImageSize> parse_size(std::string_view text) {
    return two_numbers(text, 'x');
}

std::optional<ImageSize> size_of_ratio(std::string_view ratio) {
    const auto parts = two_numbers(ratio, ':');
    if (!parts || std::abs(shape(*parts)) > std::log(8.01))
        return std::nullopt;
    constexpr std::int64_t longest = 1024, step = 8; // models draw in blocks of 8 pixels
    const auto other = [&](std::int64_t small, std::int64_t large) {
        const double exact = static_cast<double>(longest * small) / static_cast<double>(large);
        return static_cast<std::int64_t>(std::lround(exact / step)) * step;
    };
    if (parts->width >= parts->height)
        return ImageSize{longest, other(parts->height, parts->width)};
    return ImageSize{other(parts->width, parts->height), longest};
}

Nearest nearest_ratio(ImageSize size, std::span<const std::string_view> ratios) {
    if (!drawable(size))
        return {ratios.front()};
    Nearest best;
    double distance = 1e9;
    for (const auto name : ratios) {
        const auto ratio = two_numbers(name, ':');
        if (!ratio)
            continue;
        const double d = std::abs(shape(*ratio) - shape(size));
        if (d < distance) {
            distance = d;
            best = {name, size_of_ratio(name) == size ||
                              ratio->width * size.height == ratio->height * size.width};
        }
    }
    return best;
}

Nearest nearest_size(ImageSize size, std::span<const std::string_view> sizes) {
    if (!drawable(size))
        return {sizes.front()};
    Nearest best;
    double distance = 1e9;
    for (const auto name : sizes) {
        const auto candidate = parse_size(name);
        if (!candidate)
            continue;
        const double pixels =
            std::abs(std::log(static_cast<double>(candidate->width * candidate->height) /
                              static_cast<double>(size.width * size.height)));
        const double d = 10 * std::abs(shape(*candidate) - shape(size)) + pixels;
        if (d < distance) {
            distance = d;
            best = {name, *candidate == size};
        }
    }
    return best;
}

} // namespace brownout::wire
