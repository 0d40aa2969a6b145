// A request that was refused for one parameter is sent once more, without it or with its new name;
// and what a target refused once is not sent to it again.
// Source: OpenAI's 400 with code unsupported_parameter or unsupported_value, and Azure's, whose
// deployment names hide the model.
#pragma once

#include "chain/json.h"
#include "wire/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace brownout::wire {

// Which parameter an error body names, by its `param` or in its words; empty: none. Of
// "messages[0].role" the part that can stand in a request's body: what comes after it may be
// anything, the key that was sent not excepted.
std::string refused_parameter(std::string_view body);

// Takes a parameter out of a request's body. Gives the name that its value has now ("max_tokens"
// becomes "max_completion_tokens" and the other way round), empty where it was left out; nothing,
// and the body as it was, when it is none that can go or does not stand there.
std::optional<std::string> take_out(chain::Json& body, const std::string& parameter);

// Adds what was found out to what is known of a target. Of the two names of the longest answer the
// newest refusal holds, so the list never says both. Bounded: few parameters can go at all.
void remember_refused(std::vector<std::string>& known, const std::vector<std::string>& found);

} // namespace brownout::wire
