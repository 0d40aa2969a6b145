// The reply to the cheapest question that a provider answers, its models list: only how it was
// answered counts, the list is not kept. Thread: the loop's.
#pragma once

#include "chain/document.h"
#include "wire/dialect.h"

namespace brownout::live {

// Success for what `language` takes for a good key, else what wire::classify makes of it. `key` is
// masked in what it says; may be null.
std::unique_ptr<wire::ReplyReader>
models_reader(const wire::Dialect& language, const chain::Provider& provider, const Secret* key);

} // namespace brownout::live
