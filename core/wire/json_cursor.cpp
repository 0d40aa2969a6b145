#include "wire/json_cursor.h"

#include "wire/json_lenient.h"

namespace brownout::wire {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_code_point(std::string& out, unsigned code) { // below the surrogates, or above them
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 63));
    } else {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 63));
        out += static_cast<char>(0x80 | (code & 63));
    }
}

// The escape behind a backslash; the bytes it took, 0: none that is known here.
std::size_t append_escape(std::string& out, std::string_view rest) {
    static constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    if (rest.empty())
        return 0;
    if (const auto which = names.find(rest[0]); which != names.npos) {
        out += values[which];
        return 1;
    }
    if (rest[0] != 'u' || rest.size() < 5)
        return 0;
    unsigned code = 0;
    for (std::size_t i = 1; i < 5; ++i) {
        const int digit = hex_digit(rest[i]);
        if (digit < 0)
            return 0;
        code = code << 4 | static_cast<unsigned>(digit);
    }
    if (code >= 0xD800 && code <= 0xDFFF)
        return 0;
    append_code_point(out, code);
    return 5;
}

} // namespace

const char* JsonCursor::string_end(bool& escaped) {
    blanks();
    if (at_ == end_ || *at_ != '"')
        return nullptr;
    bool ascii = true;
    escaped = false;
    const char* c = at_ + 1;
    for (; c < end_ && *c != '"'; ++c) {
        const auto byte = static_cast<unsigned char>(*c);
        if (byte < 0x20)
            return nullptr;
        ascii = ascii && byte < 0x80;
        if (*c == '\\') {
            escaped = true;
            if (++c == end_)
                return nullptr;
        }
    }
    if (c >= end_)
        return nullptr;
    if (!ascii && !is_utf8({at_ + 1, static_cast<std::size_t>(c - at_ - 1)}))
        return nullptr;
    return c + 1;
}

bool JsonCursor::plain_string(std::string_view& out) {
    bool escaped = false;
    const char* end = string_end(escaped);
    if (!end || escaped)
        return false;
    out = {at_ + 1, static_cast<std::size_t>(end - at_ - 2)};
    at_ = end;
    return true;
}

bool JsonCursor::string(std::string& out) {
    bool escaped = false;
    const char* end = string_end(escaped);
    if (!end)
        return false;
    const std::string_view text{at_ + 1, static_cast<std::size_t>(end - at_ - 2)};
    at_ = end;
    out.clear();
    if (!escaped) {
        out = text;
        return true;
    }
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '\\') {
            out += text[i++];
            continue;
        }
        const std::size_t taken = append_escape(out, text.substr(i + 1));
        if (taken == 0)
            return false;
        i += 1 + taken;
    }
    return true;
}

bool JsonCursor::literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::string_view{at_, word.size()} != word)
        return false;
    at_ += word.size();
    return true;
}

bool JsonCursor::null() {
    blanks();
    return literal("null");
}

bool JsonCursor::zero() {
    blanks();
    if (at_ == end_ || *at_ != '0' || at_ + 1 == end_)
        return false;
    if (at_[1] != ',' && at_[1] != '}' && at_[1] != ']')
        return false;
    ++at_;
    return true;
}

bool JsonCursor::string_or_null(std::string& out) {
    if (null()) {
        out.clear();
        return true;
    }
    return string(out);
}

bool JsonCursor::skip(int depth) {
    blanks();
    if (at_ == end_ || depth > max_wire_depth / 2)
        return false;
    switch (*at_) {
    case '"': {
        std::string escapes; // an unknown escape is an error here, too
        bool escaped = false;
        const char* end = string_end(escaped);
        if (end && escaped)
            return string(escapes);
        if (end)
            at_ = end;
        return end != nullptr;
    }
    case '{':
        return object([&](std::string_view) { return skip(depth + 1); });
    case '[':
        return array([&] { return skip(depth + 1); });
    case 't':
        return literal("true");
    case 'f':
        return literal("false");
    case 'n':
        return literal("null");
    default:
        break;
    }
    // Whole numbers and plain fractions: digits, a point, digits.
    if (*at_ == '-')
        ++at_;
    const char* first = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9')
        ++at_;
    if (at_ == first || (*first == '0' && at_ - first > 1))
        return false;
    if (at_ < end_ && *at_ == '.') {
        const char* point = at_++;
        while (at_ < end_ && *at_ >= '0' && *at_ <= '9')
            ++at_;
        if (at_ - point == 1)
            return false;
    }
    return at_ < end_ && *at_ != 'e' && *at_ != 'E';
}

bool JsonCursor::raw(std::string_view& out) {
    blanks();
    const char* from = at_;
    if (!skip())
        return false;
    out = {from, static_cast<std::size_t>(at_ - from)};
    return true;
}

bool JsonCursor::at_end() {
    blanks();
    return at_ == end_;
}

} // namespace brownout::wire
