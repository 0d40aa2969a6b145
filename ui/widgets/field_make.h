// What the fields of scenarios and of a forecast's assumptions are made with. Pure.
#pragma once

#include "chain/document.h"
#include "ui/models/words.h"
#include "ui/widgets/json_field.h"

namespace brownout::ui::fields {

// The object name is `prefix` and the pointer with underscores.
FieldSpec make(const char* prefix, const std::string& pointer, const QString& label,
               FieldSpec::Kind kind, const QString& unit, const QString& help);
FieldSpec placeholder(FieldSpec spec, const QString& text);
FieldSpec required(FieldSpec spec);
FieldSpec percent(FieldSpec spec);      // shown in %, written as a ratio
FieldSpec distribution(FieldSpec spec); // a number or a distribution, as scenario_text.h has them
FieldSpec choice(FieldSpec spec, std::vector<FieldSpec::Choice> choices);
// Places, providers and models of a chain; `all`: everybody at once, too.
std::vector<FieldSpec::Choice> targetChoices(const chain::Document& chain, bool all);

} // namespace brownout::ui::fields
