// Which fields the inspector shows for what is selected. Policy fields come from the policy table;
// the rest of the format is listed here.
#pragma once

#include "chain/policy_table.h"
#include "ui/widgets/json_field.h"

namespace brownout::ui {

struct FieldSection {
    QString title;
    struct Entry {
        FieldSpec spec;
        const chain::PolicyRow* row = nullptr; // null: no policy, nothing is inherited
    };
    std::vector<Entry> entries;
};

// `prefix`: where the policy object lies from the form's base, "/policy" or "" for a target.
std::vector<FieldSection> policySections(chain::PolicyLevel level, const std::string& prefix,
                                         const chain::Document& document);
FieldSection documentSection();
FieldSection chainSection();
std::vector<FieldSection> targetSections(const chain::Document& document);
// The field of a place in the document; nothing where no field shows it.
std::optional<FieldSpec> specAt(const std::string& pointer);
// `provider` as it is in the document: a simulated one has a model, a real one has not.
std::vector<FieldSection> providerSections(const chain::Json& provider);

} // namespace brownout::ui
