#include "wire/json_lenient.h"

#include <charconv>
#include <cmath>

namespace brownout::wire {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD
constexpr std::size_t max_repaired_bytes = 8u << 20;     // three times as many may come of it

// Bytes of the well-formed UTF-8 sequence at `i`; 0 where there is none (Unicode table 3-7).
std::size_t sequence_length(std::string_view s, std::size_t i) {
    const auto byte = [&](std::size_t k) {
        return i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0u;
    };
    const auto tail = [&](std::size_t k) { return (byte(k) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(0), second = byte(1);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
        return second >= low && second <= high && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
        return second >= low && second <= high && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

// The parser itself has no limit on depth, and copying or printing a deep value would overflow the
// stack: so brackets and commas are counted first, which costs a small part of parsing.
bool within_limits(std::string_view text) {
    int depth = 0;
    std::size_t values = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_wire_depth || ++values > max_wire_values)
                return false;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == ',') {
            if (++values > max_wire_values)
                return false;
        }
    }
    return true;
}

} // namespace

bool is_utf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = sequence_length(bytes, i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

std::string repair_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        if (const std::size_t length = sequence_length(bytes, i)) {
            out.append(bytes.substr(i, length));
            i += length;
        } else {
            out.append(replacement);
            ++i;
        }
    }
    return out;
}

std::optional<WireJson> parse_lenient(std::string_view text) {
    if (!within_limits(text))
        return std::nullopt;
    auto json = WireJson::parse(text, nullptr, false);
    if (json.is_discarded()) {
        if (text.size() > max_repaired_bytes || is_utf8(text))
            return std::nullopt;
        json = WireJson::parse(repair_utf8(text), nullptr, false);
        if (json.is_discarded())
            return std::nullopt;
    }
    return json;
}

const WireJson* member(const WireJson& object, const char* key) {
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string_view text_of(const WireJson& object, const char* key) {
    const WireJson* value = member(object, key);
    return value && value->is_string()
               ? std::string_view{value->get_ref<const WireJson::string_t&>()}
               : std::string_view{};
}

std::string word_of(const WireJson& object, const char* key) {
    const WireJson* value = member(object, key);
    if (!value || value->is_structured())
        return {};
    return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<std::int64_t> count_of(const WireJson& object, const char* key) {
    constexpr double most = 1e9;
    const WireJson* value = member(object, key);
    if (!value)
        return std::nullopt;
    double number = -1;
    if (value->is_number()) {
        number = value->get<double>();
    } else if (value->is_string()) {
        const auto& text = value->get_ref<const WireJson::string_t&>();
        std::int64_t whole = -1;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
        if (error == std::errc{} && end == text.data() + text.size())
            number = static_cast<double>(whole);
    }
    if (!(number >= 0))
        return std::nullopt;
    return static_cast<std::int64_t>(std::min(std::floor(number), most));
}

} // namespace brownout::wire
