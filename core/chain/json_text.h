// JSON straight into a string, for what is written thousands of times a second: no value is built,
// nothing is allocated but the text. It writes what Json::dump would, bad UTF-8 replaced.
//
// The caller opens, closes and names in the right order; commas come by themselves. Keys are plain
// words. Thread: any.
#pragma once

#include "chain/json.h"

#include <concepts>
#include <optional>

namespace brownout::chain {

class JsonText {
  public:
    explicit JsonText(std::string& out) : out_(out) {}

    void open(char bracket) { // '{' or '['
        comma();
        out_ += bracket;
        first_ = true;
    }
    void close(char bracket) { // '}' or ']'
        out_ += bracket;
        first_ = false;
    }
    void key(std::string_view name) {
        comma();
        out_ += '"';
        out_ += name;
        out_ += "\":";
        first_ = true; // its value follows without a comma
    }
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view{text}); }
    void value(const std::string& text) { value(std::string_view{text}); }
    void value(double number); // no number that JSON knows: null
    void value(bool is) { raw(is ? "true" : "false"); }
    void value(std::nullptr_t) { raw("null"); }
    void value(const Json& json) { raw(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }
    template <std::integral T>
    void value(T number) {
        raw(std::to_string(number));
    }
    template <class T>
    void value(const std::optional<T>& maybe) {
        maybe ? value(*maybe) : value(nullptr);
    }
    template <class T>
    void member(std::string_view name, const T& is) {
        key(name);
        value(is);
    }

  private:
    void comma() {
        if (!std::exchange(first_, false))
            out_ += ',';
    }
    void raw(std::string_view text) {
        comma();
        out_ += text;
    }
    std::string& out_;
    bool first_ = true;
};

} // namespace brownout::chain
