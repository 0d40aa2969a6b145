// The `key` of a provider as a list of its items: "env:A", or {"key": "env:A", "limits": {...}} for
// a key with limits of its own. Edits change what they are about and keep the rest, whatever form
// it has. Pure.
#pragma once

#include "chain/json.h"

#include <optional>
#include <string>
#include <vector>

namespace brownout::ui {

using KeyItems = std::vector<chain::Json>;

// `key` as it stands in the document, null for none: a list's items, or the one; nothing for
// "none".
KeyItems keyItems(const chain::Json* key);
// What is written back: a list stays a list, one item alone stays alone, no item is "none".
chain::Json keyOf(const KeyItems& items, const chain::Json* before);

// "env:A" of either form; nothing where the item has another.
std::optional<std::string> referenceOf(const chain::Json& item);
chain::Json withReference(chain::Json item, const std::string& reference);

bool hasLimits(const chain::Json& item);
// `name`: requests_per_min, tokens_per_min or concurrency. Nothing removes; a key without limits
// and without anything else of its own is written in the short form again.
chain::Json withLimit(chain::Json item, const std::string& name, std::optional<chain::Json> value);

} // namespace brownout::ui
