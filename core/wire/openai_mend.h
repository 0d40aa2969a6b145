// A request that was refused for one parameter is sent once more, without it or with its new name.
// Source: OpenAI's 400 with code unsupported_parameter or unsupported_value, and Azure's, whose
// deployment names hide the model.
#pragma once

#include "wire/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace brownout::wire {

// Which parameter an error body names, by its `param` or in its words; empty: none. Of
// "messages[0].role" the part that can stand in a request's body: what comes after it may be
// anything, the key that was sent not excepted.
std::string refused_parameter(std::string_view body);

// `parameter` is the error's `param` ("max_tokens", "messages[0].role"); nothing when it is not one
// that can go, or does not stand in the request.
std::optional<HttpRequest> without_refused_parameter(const HttpRequest& request,
                                                     std::string_view parameter);

} // namespace brownout::wire
