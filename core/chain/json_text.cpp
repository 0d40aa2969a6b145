#include "chain/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace brownout::chain {

namespace {

// What stands for a byte within a text; empty: itself. JSON's short escapes, as dump writes them.
std::string_view escape_of(char c) {
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return {};
    }
}

// What goes into a text as it is: ASCII but quotes, backslashes and control characters.
constexpr std::array<bool, 256> as_it_is = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x80; ++c)
        table[c] = c != '"' && c != '\\';
    return table;
}();

} // namespace

void JsonText::value(std::string_view text) {
    comma();
    const std::size_t before = out_.size();
    out_ += '"';
    for (std::size_t from = 0;;) {
        std::size_t i = from;
        while (i < text.size() && as_it_is[static_cast<unsigned char>(text[i])])
            ++i;
        out_.append(text, from, i - from);
        if (i == text.size())
            break;
        const std::string_view escaped = escape_of(text[i]);
        if (escaped.empty()) {
            // Control characters, and UTF-8 that may be broken: the whole text by the book.
            out_.resize(before);
            out_ += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
            return;
        }
        out_ += escaped;
        from = i + 1;
    }
    out_ += '"';
}

void JsonText::value(double number) {
    if (!std::isfinite(number))
        return value(nullptr);
    const double size = std::abs(number);
    const bool plain = number == 0 || (size >= 1e-4 && size < 1e15);
    char text[32];
    const auto end =
        plain ? std::to_chars(text, text + sizeof text, number, std::chars_format::fixed)
              : std::to_chars(text, text + sizeof text, number, std::chars_format::scientific);
    std::string_view digits{text, static_cast<std::size_t>(end.ptr - text)};
    raw(digits);
    if (plain && digits.find('.') == digits.npos)
        out_ += ".0";
}

} // namespace brownout::chain
