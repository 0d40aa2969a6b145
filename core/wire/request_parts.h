// Pieces of requests that every dialect writes: addresses, headers, texts, notes. Pure.
#pragma once

#include "chain/document.h"
#include "wire/message.h"

#include <map>
#include <string>
#include <string_view>

namespace brownout::wire {

std::string percent_encoded(std::string_view text); // all but RFC 3986's unreserved characters
std::string without_slash(std::string url);         // no '/' at its end
std::string with_query(std::string url, const std::map<std::string, std::string>& query);

// The first of this name; names are matched ignoring case.
std::optional<std::string_view> header(const Headers& headers, std::string_view name);
// Without control characters: a line break in a value would start a header of its own.
std::string header_value(std::string_view value);
void set_header(Headers& headers, const std::string& name, std::string value); // replaces
// The provider's own headers, over ours.
void set_headers(Headers& headers, const std::map<std::string, std::string>& more);

// Text whose bytes are no UTF-8 is repaired.
std::string body_text(const chain::Json& json);
// JSON that a caller gave as text (a schema, arguments); nothing where it is none, or too deep.
std::optional<chain::Json> json_of(std::string_view text);

// The system messages strung together, for dialects that keep them apart.
std::string system_text(const ChatRequest& request);
// How to ask for JSON in words, where a dialect has no mode for it.
std::string json_instruction(const ChatRequest& request);

// Where a dialect has another name for a parameter of OpenAI's: "user", "/metadata/user_id".
struct Renamed {
    const char *openai, *here; // `here`: a pointer into the body
};
// The caller's own parameters into `body`, where `dialect` is theirs or has its name for one; else
// a note for each.
void write_own(const ChatRequest& request, std::string_view dialect, chain::Json& body,
               Encoded& http, std::initializer_list<Renamed> renamed = {});

// The members of `own`, one JSON object as text, where `out` has none of that name.
void write_members(std::string_view own, chain::Json& out);

void drop(Encoded& http, std::string_view name, std::string_view why); // a note in `dropped`

} // namespace brownout::wire
