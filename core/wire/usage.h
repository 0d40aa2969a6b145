// Token counts of every wire in one form: input is the total, output includes reasoning.
#pragma once

#include "wire/json_lenient.h"
#include "wire/message.h"

namespace brownout::wire {

// From an OpenAI-style `usage` object (all vendors of that family). Nothing when it holds no
// counts.
std::optional<Usage> openai_usage(const WireJson& usage);

} // namespace brownout::wire
