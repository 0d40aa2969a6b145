// What OpenAI's chats and pictures share on the caller's side. Private to wire/callers. Pure.
#pragma once

#include "chain/json.h"
#include "wire/callers/caller.h"

namespace brownout::wire {

tl::expected<CallerRequest, CallerError> read_openai_chat(std::string_view body);
chain::Json openai_error(const CallerError& error); // {"error": {...}}

} // namespace brownout::wire
