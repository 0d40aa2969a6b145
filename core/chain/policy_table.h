// The policy table: every setting of `policy` in one place, in the order of the format's own table.
// Reading, defaults, inheritance and the app's inspector all go by it, so that what is shown, what
// is accepted and what the engine gets cannot differ.
#pragma once

#include "chain/json.h"
#include "chain/reader.h"
#include "engine/policy.h"

#include <span>

namespace brownout::chain {

enum class RowKind {
    integer,
    number,
    duration, // a number in `unit` (ms or s)
    money,    // USD
    boolean,
    choice,  // one of `choices`
    group,   // an object: the rows below it follow
    amounts, // an object from provider id to USD
    commit,  // "first_token", "complete" or {"tokens": N}
};

enum class PolicyLevel { document, chain, target };

struct PolicyRow {
    std::string_view pointer; // "retry/max_attempts", from the policy object
    RowKind kind = RowKind::number;
    std::string_view label, unit; // unit: "ms", "s", "USD", "tokens" or empty
    std::string_view default_json;
    Range range;
    std::string_view help;                     // one sentence
    std::span<const std::string_view> choices; // choice and commit
    bool nullable = false;                     // null switches it off
    bool whole_request = false; // about all attempts together: a target cannot change it
    // Puts a validated value into the policy; the rows of a group come after the group.
    void (*apply)(engine::Policy&, const Json&) = nullptr;

    // `timeouts` and `retry` can be set for one target, everything for a document or a chain.
    bool allowed_at(PolicyLevel level) const;
    std::string_view parent() const; // "retry" for "retry/max_attempts", empty at the top
    std::string_view name() const;   // the last part of `pointer`
};

std::span<const PolicyRow> policy_table();
const PolicyRow* policy_row(std::string_view pointer); // null: no such row

// Checks one level of policy: the `policy` of a document or chain, or, for a target, an object with
// `timeouts` and `retry`.
void check_policy(const Json& value, PolicyLevel level, const std::string& pointer,
                  ProblemList& problems);

// The value at `pointer` (as in PolicyRow) of one level; null pointer: the level says nothing.
const Json* find_value(const Json& level, std::string_view pointer);

// Lays a validated level over `policy`; what it leaves out stays. Amounts by provider are left to
// effective_policy, which knows the providers.
void apply_policy(engine::Policy& policy, const Json& level);

// The value that holds when `levels` (outermost first) are laid over the defaults; null for a row
// that is switched off, or whose group is.
Json policy_value(const PolicyRow& row, std::span<const Json> levels);

} // namespace brownout::chain
