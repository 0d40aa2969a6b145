// What faults make of the bytes of a reply that would have been a good one. Private to the lab.
// Pure.
#pragma once

#include "live/lab_faults.h"

#include "base/rng.h"

namespace brownout::live {

// What the faults of every reply have in common, of the lab or of a real provider.
inline constexpr Duration longest_fault_wait = std::chrono::hours{24 * 7}; // beyond: for good
inline constexpr std::chrono::milliseconds keep_alive_gap{250};
inline constexpr std::chrono::milliseconds split_gap{3}; // so that the pieces travel alone
inline constexpr std::size_t announced_in_vain = 4096;   // bytes, beyond those that come
inline constexpr std::size_t endless_length = 64u << 20; // of a stream that has a length

// A whole reply, spoiled: its body replaced, cut short or robbed of fields, its type mislabelled.
LabAnswer spoiled(LabAnswer answer, const Spoiling& spoiling, Rng rng);
// Events ("data: {...}" lines among others) without the fields that the pointers name. An event
// that is no JSON, or has no such field, stays as it is.
std::string without_fields(const std::string& events, const std::vector<std::string>& pointers);
// Of a stream.
net::Headers mislabelled(net::Headers headers);

// Text of the same length in characters, some of which take two bytes.
std::string with_accents(std::string text);
// Where to cut so that the first character of several bytes falls apart; npos: there is none.
std::size_t inside_a_character(std::string_view bytes);

} // namespace brownout::live
