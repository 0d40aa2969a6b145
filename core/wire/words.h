// A provider's words made fit for people and logs: one line, bounded, no key in it.
#pragma once

#include <string>
#include <string_view>

namespace brownout::wire {

inline constexpr std::size_t max_message_bytes = 300;
inline constexpr std::size_t max_code_bytes = 64;

// `key` becomes "[key]" wherever it stands in `text`, and so does every piece of its beginning of
// at least 12 bytes: what is left of a key that somebody else cut. White space around `key` does
// not count. A key of less than 4 bytes is left alone: it would blank ordinary words.
std::string mask_exact(std::string_view text, std::string_view key);

// Whatever looks like a key becomes "[key]": known prefixes (sk-, r8_, AIza ...), what follows
// "Bearer", "api key provided:" or "key=", and long runs of letters and digits. `key`, when not
// empty, is replaced as by mask_exact.
std::string mask_keys(std::string_view text, std::string_view key = {});

// One line of at most `limit` bytes of valid UTF-8, keys masked; an ellipsis where it was cut.
std::string one_line(std::string_view text, std::size_t limit, std::string_view key = {});

std::string lower(std::string_view text); // ASCII only

} // namespace brownout::wire
