// Edits of a chain document as pure functions: the document goes in, a new one comes out, so that
// undo is keeping the old one. They keep the order of keys and everything that they do not touch;
// they check that what they name exists, and leave the rest to read_document. Errors are bad_input
// with the JSON pointer as place.
#pragma once

#include "chain/json.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace brownout::chain {

// A level of policy: the document (chain empty), a chain, or one target of it.
struct PolicyPlace {
    std::string chain; // id; empty: the document
    int target = -1;   // index in the chain; -1: the chain itself
};

// Targets are named by the chain's id and their index. `at` beyond the end means the end.
Result<Json> add_target(const Json& document, std::string_view chain, const Json& target,
                        std::size_t at = static_cast<std::size_t>(-1));
Result<Json> remove_target(const Json& document, std::string_view chain, std::size_t index);
// `to` is the index after the move.
Result<Json> move_target(const Json& document, std::string_view chain, std::size_t from,
                         std::size_t to);
// `field` is a key or a path such as "price/input_usd_per_mtok"; null removes it, and what is left
// empty by that.
Result<Json> set_target_field(const Json& document, std::string_view chain, std::size_t index,
                              std::string_view field, const Json& value);

// `row` as in PolicyRow::pointer. A value equal to the inherited one is removed instead, so that a
// later change further out is not hidden. null is a value here ("switched off"): reset_policy
// removes.
Result<Json> set_policy(const Json& document, const PolicyPlace& place, std::string_view row,
                        const Json& value);
Result<Json> reset_policy(const Json& document, const PolicyPlace& place, std::string_view row);
// What holds at a place, and what would hold there if the place said nothing.
Result<Json> policy_at(const Json& document, const PolicyPlace& place, std::string_view row);
Result<Json> inherited_policy(const Json& document, const PolicyPlace& place, std::string_view row);

Result<Json> add_provider(const Json& document, const Json& provider);
// Refused while a target, alert or budget names it.
Result<Json> remove_provider(const Json& document, std::string_view id);
// Everywhere: targets, alerts, budgets.
Result<Json> rename_provider(const Json& document, std::string_view from, std::string_view to);
Result<Json> set_provider_field(const Json& document, std::string_view id, std::string_view field,
                                const Json& value);

Result<Json> add_chain(const Json& document, const Json& chain);
Result<Json> remove_chain(const Json& document, std::string_view id); // not the last one
Result<Json> set_chain_field(const Json& document, std::string_view id, std::string_view field,
                             const Json& value);

} // namespace brownout::chain
