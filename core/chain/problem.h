// What is wrong with a document, and where: file, JSON pointer, message, remedy.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace brownout::chain {

struct Problem {
    enum class Severity { error, warning };
    Severity severity = Severity::error;
    std::string file;    // as the user named it
    std::string pointer; // RFC 6901, "" is the whole document; "line 3, column 7" for bad JSON
    std::string message; // "expected a number from 0 to 1, found \"high\""
    std::string remedy;  // "did you mean `timeouts`?"; may be empty

    std::string text() const; // "file#/pointer: error: message. remedy"
};

// A value, and all that is wrong with what it was read from. No value when any problem is an error.
template <class T>
struct Checked {
    std::optional<T> value;
    std::vector<Problem> problems;
    bool ok() const { return value.has_value(); }
};

} // namespace brownout::chain
