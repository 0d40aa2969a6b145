#include "chain/json_text.h"

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

bool needs_care(char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x80;
}

} // namespace

void JsonText::value(std::string_view text) {
    comma();
    const std::size_t before = out_.size();
    out_ += '"';
    std::size_t plain = 0; // where the part begins that goes as it is
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view escaped = escape_of(text[i]);
        if (escaped.empty()) {
            if (!needs_care(text[i]))
                continue;
            // Control characters, and UTF-8 that may be broken: the whole text by the book.
            out_.resize(before);
            out_ += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
            return;
        }
        out_.append(text, plain, i - plain);
        out_ += escaped;
        plain = i + 1;
    }
    out_.append(text, plain);
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
