// Parts of a URL: what others are compared by, and what may be told.
#pragma once

#include <string>
#include <string_view>

namespace brownout {

// Host and port of a URL, in lower case and without user: "https://me@API.example.com:8443/v1"
// gives "api.example.com:8443". A text that is no URL counts as one without a scheme.
std::string authority_of(std::string_view url);
// The same without the port; an IPv6 address keeps its brackets.
std::string host_of(std::string_view url);
// The address that may be told to others: without user, query and fragment, which may hold a key.
std::string told_address(std::string_view url);
// "a%2Fb" gives "a/b". A '%' that two hex digits do not follow stays as it is.
std::string percent_decoded(std::string_view text);

} // namespace brownout
