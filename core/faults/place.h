// Places in a chain, such as @primary, that stand for whatever target is there; and one rule of its
// own, outside of a scenario, bound to a chain.
#pragma once

#include "chain/reader.h"
#include "faults/scenario.h"

#include <limits>

namespace brownout::faults {

inline constexpr std::size_t last_place = std::numeric_limits<std::size_t>::max();

// From 1, among the enabled targets: @primary 1, @2 2, @last last_place. Nothing where `target`
// names no place that any chain could have.
std::optional<std::size_t> place_of(std::string_view target);

// A problem at `pointer` where `target` begins as a place does, and is none.
void check_place(const std::string& target, const std::string& pointer,
                 chain::ProblemList& problems);

// As bind() does with a scenario: places are those of the chain that `chain_id` names, by default
// the document's default. Problems point into the rule: "/target".
chain::Checked<Rule> bind_rule(const Rule& rule, const chain::Document& document,
                               const std::string& chain_id, const std::string& file);

// "body#/target: the chain has no target \"x\". It has the providers a, b".
Error as_error(const chain::Problem& problem);

} // namespace brownout::faults
