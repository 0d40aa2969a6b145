// JSON from providers: read leniently, but never deeper, larger or slower than we allow. Documents
// that users write go through chain/json.h instead, which is strict.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brownout::wire {

// Keys in a map, not a list: a hostile object with a million keys stays cheap.
using WireJson = nlohmann::json;

inline constexpr int max_wire_depth = 64;
inline constexpr std::size_t max_wire_values = 500'000;

// Nothing for what is no JSON, or too deep or too large. Invalid UTF-8 is replaced by U+FFFD, a
// byte order mark and surrounding white space are skipped.
std::optional<WireJson> parse_lenient(std::string_view text);

// Members that may be absent, null or of another type than the documentation says.
const WireJson* member(const WireJson& object, const char* key);   // null: absent or null
std::string_view text_of(const WireJson& object, const char* key); // empty unless a string
// A string, or a number or boolean as text; empty otherwise.
std::string word_of(const WireJson& object, const char* key);
// Whole and not negative, from an integer, a float or a string of digits; clamped to 1e9.
std::optional<std::int64_t> count_of(const WireJson& object, const char* key);

bool is_utf8(std::string_view bytes);
// Valid UTF-8 whatever came.
std::string repair_utf8(std::string_view bytes);

} // namespace brownout::wire
