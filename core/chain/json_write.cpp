#include "chain/json.h"
#include "chain/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <openssl/evp.h>

namespace brownout::chain {
namespace {

// ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20), from the shortest digits that read back.
void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null"; // no JSON has it; the same as JSON.stringify
        return;
    }
    if (value == 0) { // also -0
        out += '0';
        return;
    }
    std::array<char, 40> buffer;
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                       std::chars_format::scientific);
    std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
    if (text.front() == '-') {
        out += '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find('e');
    std::string digits(1, text[0]);
    if (e > 1)
        digits += text.substr(2, e - 2);
    int exponent = 0;
    const std::size_t sign = text[e + 1] == '+' ? 1 : 0; // from_chars takes no plus
    std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), exponent);
    const int count = static_cast<int>(digits.size());
    const int point = exponent + 1; // digits before the point
    if (count <= point && point <= 21) {
        out += digits;
        out.append(static_cast<std::size_t>(point - count), '0');
    } else if (0 < point && point <= 21) {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." +
               digits.substr(static_cast<std::size_t>(point));
    } else if (-6 < point && point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else {
        out += digits[0];
        if (count > 1)
            out += "." + digits.substr(1);
        out += exponent < 0 ? "e-" : "e+";
        out += std::to_string(std::abs(exponent));
    }
}

void append_string(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                out += "\\u00";
                out += hex[static_cast<unsigned char>(c) >> 4];
                out += hex[static_cast<unsigned char>(c) & 0xF];
            } else {
                out += c;
            }
        }
    }
    out += '"';
}

void append_canonical(std::string& out, const Json& value);

void append_object(std::string& out, const Json& value) {
    std::vector<std::pair<std::u16string, Json::const_iterator>> members;
    for (auto it = value.begin(); it != value.end(); ++it)
        members.emplace_back(to_utf16(it.key()), it);
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0)
            out += ',';
        append_string(out, members[i].second.key());
        out += ':';
        append_canonical(out, members[i].second.value());
    }
    out += '}';
}

void append_canonical(std::string& out, const Json& value) {
    switch (value.type()) {
    case Json::value_t::object:
        append_object(out, value);
        break;
    case Json::value_t::array: {
        out += '[';
        bool first = true;
        for (const auto& element : value) {
            if (!first)
                out += ',';
            first = false;
            append_canonical(out, element);
        }
        out += ']';
        break;
    }
    case Json::value_t::string:
        append_string(out, value.get_ref<const std::string&>());
        break;
    case Json::value_t::boolean:
        out += value.get<bool>() ? "true" : "false";
        break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
        append_number(out, value.get<double>()); // RFC 8785 3.2.2.3: every number is a double
        break;
    default:
        out += "null";
    }
}

} // namespace

std::string canonical_json(const Json& value) {
    std::string out;
    append_canonical(out, value);
    return out;
}

std::string canonical_sha256(const Json& value) {
    const std::string text = canonical_json(value);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    const int done =
        EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
    if (done != 1)
        return {}; // no SHA-256 in this OpenSSL; an empty hash never matches one
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += hex[digest[i] >> 4];
        out += hex[digest[i] & 0xF];
    }
    return out;
}

std::string pretty_json(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace brownout::chain
