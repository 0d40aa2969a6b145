// JSON as documents use it: key order is kept as the user wrote it, depth is bounded, and a syntax
// error is a value with line and column.
#pragma once

#include "base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace brownout::chain {

using Json = nlohmann::ordered_json;

inline constexpr int max_json_depth = 64;

// `file` names the text in errors. Refuses trailing text, duplicate keys, invalid UTF-8 and more
// than max_json_depth levels.
Result<Json> parse_json(std::string_view text, const std::string& file);

// RFC 8785: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
std::string canonical_json(const Json& value);
// Lower-case hex SHA-256 of canonical_json(value).
std::string canonical_sha256(const Json& value);

// Two-space indented text with a final newline: what we save.
std::string pretty_json(const Json& value);

// Writes beside the file, syncs and renames: readers see the old text or the new one, never half.
// Keeps the permissions of a file that was there.
Result<void> write_file_atomically(const std::string& path, std::string_view text);
// At most `limit` bytes; larger is an error.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64u << 20);

} // namespace brownout::chain
