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

struct DataUrl {
    std::string_view mime, data;
};
std::optional<DataUrl> data_url(std::string_view url) {
    constexpr std::string_view scheme = "data:", mark = ";base64";
    const auto comma = url.substr(0, 256).find(',');
    if (comma == url.npos)
        return std::nullopt;
    const std::string head = lower(url.substr(0, comma));
    if (!head.starts_with(scheme) || !head.ends_with(mark) ||
        head.size() < scheme.size() + mark.size())
        return std::nullopt;
    return DataUrl{url.substr(scheme.size(), comma - scheme.size() - mark.size()),
                   url.substr(comma + 1)};
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

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
        };
        const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
        out += alphabet[three >> 18];
        out += alphabet[three >> 12 & 63];
        out += i + 1 < bytes.size() ? alphabet[three >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? alphabet[three & 63] : '=';
    }
    return out;
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
    const auto parts = data_url(url);
    return parts ? decode_base64(parts->data) : std::nullopt;
}

PictureText picture_text(const Picture& picture) {
    if (picture.bytes.empty())
        if (const auto parts = data_url(picture.url))
            return {std::string{parts->mime}, std::string{parts->data}};
    return {picture.mime.empty() ? "image/png" : picture.mime, base64(picture.bytes)};
}

std::string picture_url(const Picture& picture) {
    const PictureText text = picture_text(picture);
    return text.data.empty() ? picture.url : "data:" + text.mime + ";base64," + text.data;
}

} // namespace brownout::wire
