#include "wire/picture.h"

#include "wire/words.h"

#include <array>

namespace brownout::wire {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> make_values() {
    std::array<signed char, 256> values{};
    for (auto& v : values)
        v = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    values['-'] = 62;
    values['_'] = 63;
    return values;
}

} // namespace

std::string_view picture_mime(std::string_view bytes) {
    using namespace std::string_view_literals;
    if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv))
        return "image/png";
    if (bytes.starts_with("\xFF\xD8\xFF"sv))
        return "image/jpeg";
    if (bytes.starts_with("RIFF"sv) && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP"sv)
        return "image/webp";
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv))
        return "image/gif";
    return {};
}

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr auto values = make_values();
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int have = 0, padding = 0;
    std::size_t digits = 0;
    for (const char c : text) {
        if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
            continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const int value = values[static_cast<unsigned char>(c)];
        if (value < 0 || padding > 0)
            return std::nullopt;
        ++digits;
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFFu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>(bits >> have & 0xFFu);
        }
    }
    if (digits % 4 == 1 || padding > 2)
        return std::nullopt;
    return out;
}

std::optional<std::string> data_url_bytes(std::string_view url) {
    const auto comma = url.find(',');
    if (comma == url.npos || comma > 200)
        return std::nullopt;
    const std::string head = lower(url.substr(0, comma));
    if (!head.starts_with("data:") || !head.ends_with(";base64"))
        return std::nullopt;
    return decode_base64(url.substr(comma + 1));
}

} // namespace brownout::wire
