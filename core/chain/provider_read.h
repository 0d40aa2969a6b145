// Reads what belongs to one provider of a chain document.
#pragma once

#include "chain/document.h"
#include "chain/reader.h"

namespace brownout::chain {

// `pointer` is the provider's place. Ids are checked for their shape here, for being unique by the
// caller.
Provider read_provider(const Json& value, const std::string& pointer, ProblemList& problems);

// Letters, digits, `.`, `_`, `-`, beginning with a letter or digit, at most 64: an id never needs
// quoting, and `provider/model` splits at its first slash.
bool is_id(std::string_view text);
// Records a problem unless `text` is http:// or https:// with a host and without user, query or
// fragment. Quotes nothing.
// `otherwise`: where what lets callers in belongs instead.
void check_url(const std::string& text, const std::string& pointer, ProblemList& problems,
               const char* otherwise = "use `key`");

} // namespace brownout::chain
