// Reads the JSON of a common stream chunk in place, without building values: twenty times as fast
// as a parse, which is what a stream of thousands of chunks costs. It knows only plain, well formed
// text. Every step says false at the first thing that is not as expected, and the caller then
// parses the chunk in full; so it never has to be lenient.
#pragma once

#include <string>
#include <string_view>

namespace brownout::wire {

class JsonCursor {
  public:
    explicit JsonCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    // Calls `member` with each key; it consumes the value.
    template <class Member>
    bool object(Member&& member) {
        if (!take('{'))
            return false;
        if (take('}'))
            return true;
        do {
            std::string_view key;
            if (!plain_string(key) || !take(':') || !member(key))
                return false;
        } while (take(','));
        return take('}');
    }
    // Calls `element` at each element; it consumes it.
    template <class Element>
    bool array(Element&& element) {
        if (!take('['))
            return false;
        if (take(']'))
            return true;
        do {
            if (!element())
                return false;
        } while (take(','));
        return take(']');
    }
    bool plain_string(std::string_view& out); // one without escapes
    bool string(std::string& out);            // any but with surrogates in \u
    bool string_or_null(std::string& out);    // null: cleared
    bool null();                              // false: something else is here; nothing consumed
    bool zero();                              // the number 0
    bool skip(int depth = 0);                 // any value
    bool raw(std::string_view& out);          // any value, as its text
    bool at_end();                            // nothing but white space is left

  private:
    void blanks() {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
            ++at_;
    }
    bool take(char c) {
        blanks();
        if (at_ == end_ || *at_ != c)
            return false;
        ++at_;
        return true;
    }
    bool literal(std::string_view word);
    const char* string_end(bool& escaped); // behind the closing quote; null: malformed
    const char* at_;
    const char* end_;
};

} // namespace brownout::wire
