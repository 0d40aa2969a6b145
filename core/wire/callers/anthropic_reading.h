// Anthropic's messages as a client writes them. Source: Anthropic's API reference. Private to
// wire/callers. Pure.
//
// What only this dialect can say goes to targets that speak it as it was written: marks of the
// cache (cache_control), citations, thinking that its provider has signed, parameters of its own.
// Others do without: parameters with a note, thinking without, for nobody else can read it. Refused
// by name: tools and blocks that run at the provider, and documents.
#pragma once

#include "wire/callers/caller.h"
#include "wire/json_lenient.h"

namespace brownout::wire {

tl::expected<CallerRequest, CallerError> read_anthropic(const WireJson& body);

} // namespace brownout::wire
