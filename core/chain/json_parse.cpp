// Our own parser, because messages about a broken file may not quote what was read (it may be a
// key), and because depth, duplicate keys and UTF-8 are refused while reading, with their place.
#include "chain/json.h"
#include "chain/utf8.h"

#include <charconv>
#include <cmath>
#include <set>

namespace brownout::chain {
namespace {

struct Failure {
    std::size_t at = 0;
    std::string message, remedy;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    bool document(Json& out) {
        if (text_.substr(0, 3) == "\xEF\xBB\xBF")
            at_ = 3; // a byte-order mark is no JSON, but editors write it
        if (!value(out, 0))
            return false;
        space();
        return at_ == text_.size() || stop("text after the end of the document",
                                           "remove what follows the last closing brace");
    }
    const Failure& failure() const { return failure_; }

  private:
    bool stop(std::string message, std::string remedy = {}) {
        failure_ = {at_, std::move(message), std::move(remedy)};
        return false;
    }
    bool ended() const { return at_ >= text_.size(); }
    char peek() const { return ended() ? '\0' : text_[at_]; }
    void space() {
        while (!ended() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++at_;
    }
    bool unfinished(const char* what) {
        return stop(std::string("the file ends inside ") + what,
                    "the end is missing; restore it from a copy");
    }

    bool value(Json& out, int depth) {
        space();
        if (ended())
            return at_ == 0 || depth == 0 ? stop("the file is empty", "write a JSON object")
                                          : unfinished("a value");
        switch (peek()) {
        case '{':
            return depth >= max_json_depth ? too_deep() : object(out, depth);
        case '[':
            return depth >= max_json_depth ? too_deep() : array(out, depth);
        case '"': {
            std::string text;
            if (!string(text))
                return false;
            out = std::move(text);
            return true;
        }
        case 't':
            return literal("true", Json(true), out);
        case 'f':
            return literal("false", Json(false), out);
        case 'n':
            return literal("null", Json(nullptr), out);
        default:
            break;
        }
        if (peek() == '-' || (peek() >= '0' && peek() <= '9'))
            return number(out);
        return stop("expected a value",
                    peek() == '}' || peek() == ']'
                        ? "remove the comma before the closing bracket"
                        : "text needs double quotes; comments are not part of JSON");
    }

    bool too_deep() {
        return stop("more than " + std::to_string(max_json_depth) + " levels of nesting");
    }

    bool literal(std::string_view word, Json meaning, Json& out) {
        const std::string_view rest = text_.substr(at_, word.size());
        if (rest != word)
            return rest.size() < word.size() && word.substr(0, rest.size()) == rest
                       ? unfinished("a value")
                       : stop("expected a value", "text needs double quotes");
        at_ += word.size();
        out = std::move(meaning);
        return true;
    }

    bool digits() {
        const std::size_t start = at_;
        while (peek() >= '0' && peek() <= '9')
            ++at_;
        return at_ > start;
    }

    bool number(Json& out) {
        const std::size_t start = at_;
        bool whole = true;
        if (peek() == '-')
            ++at_;
        if (peek() == '0') {
            ++at_;
            if (peek() >= '0' && peek() <= '9')
                return stop("a number may not begin with 0");
        } else if (!digits()) {
            return ended() ? unfinished("a number") : stop("expected a digit");
        }
        if (peek() == '.') {
            whole = false;
            ++at_;
            if (!digits())
                return ended() ? unfinished("a number") : stop("expected a digit");
        }
        if (peek() == 'e' || peek() == 'E') {
            whole = false;
            ++at_;
            if (peek() == '+' || peek() == '-')
                ++at_;
            if (!digits())
                return ended() ? unfinished("a number") : stop("expected a digit");
        }
        const char* first = text_.data() + start;
        const char* last = text_.data() + at_;
        constexpr std::int64_t exact = std::int64_t{1} << 53;
        std::int64_t integer = 0;
        if (whole && std::from_chars(first, last, integer).ec == std::errc() && integer >= -exact &&
            integer <= exact) {
            out = integer;
            return true;
        }
        double real = 0;
        const auto read = std::from_chars(first, last, real);
        if (read.ec != std::errc() && !underflows(first, last))
            return stop("a number that is too large");
        if (whole) { // the canonical form is made of doubles: an edit of it would leave the hash
            at_ = start;
            return stop("a whole number above 2^53 cannot be kept exactly",
                        "write it as a text, or with an exponent");
        }
        out = real;
        return true;
    }
    // from_chars gives one code for too large and for too small; too small is 0.
    static bool underflows(const char* first, const char* last) {
        const std::string_view number(first, static_cast<std::size_t>(last - first));
        const auto e = number.find_first_of("eE");
        if (e != number.npos)
            return number.substr(e + 1).starts_with('-');
        return number.starts_with("0") || number.starts_with("-0");
    }

    bool hex4(unsigned& out) {
        if (text_.size() - at_ < 4) {
            at_ = text_.size();
            return unfinished("a text");
        }
        const auto read = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, out, 16);
        if (read.ptr != text_.data() + at_ + 4)
            return stop("expected four hexadecimal digits after \\u");
        at_ += 4;
        return true;
    }

    bool unicode_escape(std::string& out) {
        unsigned unit = 0;
        if (!hex4(unit))
            return false;
        char32_t code = unit;
        if (unit >= 0xD800 && unit < 0xDC00) {
            unsigned low = 0;
            if (text_.substr(at_, 2) != "\\u")
                return ended() ? unfinished("a text") : stop("half of a surrogate pair");
            at_ += 2;
            if (!hex4(low))
                return false;
            if (low < 0xDC00 || low > 0xDFFF)
                return stop("half of a surrogate pair");
            code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
            return stop("half of a surrogate pair");
        }
        append_utf8(out, code);
        return true;
    }

    bool string(std::string& out) {
        ++at_; // the opening quote
        while (true) {
            if (ended())
                return unfinished("a text");
            const char c = peek();
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20)
                return stop("a control character inside a text",
                            "close the text with a double quote, or write \\n for a line break");
            if (c == '\\') {
                ++at_;
                if (ended())
                    return unfinished("a text");
                constexpr std::string_view names = "\"\\/bfnrt";
                constexpr std::string_view means = "\"\\/\b\f\n\r\t";
                const auto which = names.find(peek());
                ++at_;
                if (which != names.npos) {
                    out += means[which];
                } else if (text_[at_ - 1] == 'u') {
                    if (!unicode_escape(out))
                        return false;
                } else {
                    --at_;
                    return stop("an unknown escape after a backslash",
                                "write \\\\ for a backslash");
                }
                continue;
            }
            const std::size_t bytes = utf8_sequence(text_.substr(at_));
            if (bytes == 0)
                return stop("bytes that are not UTF-8", "save the file as UTF-8");
            out.append(text_.substr(at_, bytes));
            at_ += bytes;
        }
    }

    bool array(Json& out, int depth) {
        out = Json::array();
        ++at_;
        space();
        if (peek() == ']') {
            ++at_;
            return true;
        }
        while (true) {
            Json element;
            if (!value(element, depth + 1))
                return false;
            out.push_back(std::move(element));
            space();
            if (ended())
                return unfinished("an array");
            if (peek() == ']') {
                ++at_;
                return true;
            }
            if (peek() != ',')
                return stop("expected a comma or ]");
            ++at_;
        }
    }

    bool object(Json& out, int depth) {
        out = Json::object();
        std::set<std::string, std::less<>> seen; // an ordered object looks keys up one by one
        ++at_;
        space();
        if (peek() == '}') {
            ++at_;
            return true;
        }
        while (true) {
            space();
            if (ended())
                return unfinished("an object");
            if (peek() != '"')
                return stop("expected a key in double quotes",
                            peek() == '}' ? "remove the comma before the closing brace" : "");
            const std::size_t key_at = at_;
            std::string key;
            if (!string(key))
                return false;
            if (!seen.insert(key).second) {
                at_ = key_at;
                return stop("the same key twice in one object", "keep one of the two");
            }
            space();
            if (ended())
                return unfinished("an object");
            if (peek() != ':')
                return stop("expected a colon after the key");
            ++at_;
            Json element;
            if (!value(element, depth + 1))
                return false;
            out.get_ref<Json::object_t&>().emplace_back(std::move(key), std::move(element));
            space();
            if (ended())
                return unfinished("an object");
            if (peek() == '}') {
                ++at_;
                return true;
            }
            if (peek() != ',')
                return stop("expected a comma or }");
            ++at_;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Failure failure_;
};

std::string line_and_column(std::string_view text, std::size_t at) {
    std::size_t line = 1, column = 1;
    for (const char c : text.substr(0, at)) {
        if (c == '\n') {
            ++line;
            column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++column; // columns count characters, not bytes
        }
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

Result<Json> parse_json(std::string_view text, const std::string& file) {
    Parser parser(text);
    Json out;
    if (parser.document(out))
        return out;
    const auto& failure = parser.failure();
    const std::string where = line_and_column(text, failure.at);
    return bad_input(file.empty() ? where : file + ": " + where, "invalid JSON: " + failure.message,
                     failure.remedy);
}

} // namespace brownout::chain
