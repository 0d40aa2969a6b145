// The header anthropic-beta: names of features that a request to Anthropic makes use of. A caller's
// names go to targets that speak the dialect, beside those that the chain's provider has in its own
// `headers`; other targets do without, with a note. Source: Anthropic's API reference. Pure.
//
// On its way a caller's list is a member of his own parameters (ChatRequest::own_parameters), named
// like the header.
#pragma once

#include "chain/json.h"
#include "wire/callers/caller.h"

namespace brownout::wire {

inline constexpr const char* beta_header = "anthropic-beta";
inline constexpr std::size_t most_beta_names = 32, longest_beta_name = 64; // bytes

// Takes the header of a caller's request, where there is one: names of letters, digits and "-_.".
// What is none, or too many, is left out and noted in `dropped`.
void read_beta(const Headers& headers, CallerRequest& request);

// From the body, as write_own has written it, into a header.
void write_beta(chain::Json& body, Encoded& http);

} // namespace brownout::wire
