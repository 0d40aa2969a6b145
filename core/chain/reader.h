// Reads JSON objects by name and collects every problem with its JSON pointer: wrong type, out of
// range, unknown key (with "did you mean"), missing key. The one way in which documents are read,
// so that every format gives the same errors. A failed read returns the default and records a
// problem.
#pragma once

#include "chain/json.h"
#include "chain/problem.h"

#include <functional>
#include <limits>
#include <span>

namespace brownout::chain {

struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool open_low = false; // low itself is not allowed
};

class ProblemList {
  public:
    explicit ProblemList(std::string file) : file_(std::move(file)) {}
    void error(std::string pointer, std::string message, std::string remedy = {});
    void warning(std::string pointer, std::string message, std::string remedy = {});
    bool has_errors() const;
    std::vector<Problem> take() { return std::move(problems_); }
    const std::vector<Problem>& all() const { return problems_; }
    const std::string& file() const { return file_; }

  private:
    std::string file_;
    std::vector<Problem> problems_;
};

class ObjectReader {
  public:
    // Records a problem when `value` is no object; every read then gives its default.
    ObjectReader(const Json& value, std::string pointer, ProblemList& problems);

    bool has(std::string_view key) const;  // there and not null
    const Json* get(std::string_view key); // marks the key as known; null when absent
    const Json* require(std::string_view key, std::string_view what);

    std::string text(std::string_view key, std::string fallback = {});
    std::string require_text(std::string_view key, std::string_view what);
    double number(std::string_view key, double fallback, Range range = {});
    std::int64_t integer(std::string_view key, std::int64_t fallback, Range range = {});
    bool boolean(std::string_view key, bool fallback);
    std::optional<double> maybe_number(std::string_view key, Range range = {});
    std::optional<std::int64_t> maybe_integer(std::string_view key, Range range = {});
    // Index into `names`; an unknown word is a problem with a suggestion.
    int choice(std::string_view key, int fallback, std::span<const std::string_view> names);
    // Calls `each(value, pointer)` for every element; absent: nothing, no array: a problem.
    void array(std::string_view key,
               const std::function<void(const Json&, const std::string& pointer)>& each,
               std::size_t at_most = 10'000);
    ObjectReader object(std::string_view key); // absent: an empty object

    // Every key that was not asked for is a problem with a suggestion. Call it last.
    void finish();

    std::string pointer_to(std::string_view key) const;
    ProblemList& problems() { return *problems_; }
    void error(std::string_view key, std::string message, std::string remedy = {});

  private:
    const Json* object_ = nullptr; // null: not an object
    std::string pointer_;
    ProblemList* problems_;
    std::vector<std::string> known_;
};

// Could this be a key that someone wrote where it does not belong? Such text is never quoted in a
// problem. Wrong alarms only cost a quotation.
bool may_be_secret(std::string_view text);
// A value as problems may quote it: short, and never what may be a secret.
std::string shown(const Json& value);

// The nearest of `names` by edit distance, or empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> names);
std::string escape_pointer(std::string_view key); // RFC 6901: ~ and /

} // namespace brownout::chain
