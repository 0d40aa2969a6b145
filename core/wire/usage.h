// Token counts of every wire in one form (input is the total, output includes reasoning), estimates
// where nobody counted, and what they cost. Pure.
#pragma once

#include "base/money.h"
#include "chain/document.h"
#include "wire/json_lenient.h"
#include "wire/message.h"

namespace brownout::wire {

// From an OpenAI-style `usage` object (all vendors of that family). Nothing when it holds no
// counts.
std::optional<Usage> openai_usage(const WireJson& usage);
// The same from its text, without building values where it is as most are.
std::optional<Usage> openai_usage(std::string_view json);

// About four bytes a token for English text; used where no provider has counted.
std::int64_t estimate_tokens(std::string_view text);
std::int64_t estimate_input_tokens(const ChatRequest& request);

// Cost of a reply by a target's price; nothing when the price of a part that occurred is unknown.
// Cached input without a price of its own costs what input costs.
std::optional<Money> cost_of(const Usage& usage, const chain::Price& price);

} // namespace brownout::wire
