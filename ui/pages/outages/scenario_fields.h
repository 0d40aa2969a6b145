// The fields of the scenario editor: what the reader of scenarios accepts, in words. A fault's are
// made from the parameters that its kind has.
#pragma once

#include "faults/scenario.h"
#include "ui/widgets/json_form.h"

namespace brownout::ui {

// Parameters of a kind, below the rule: "/status".
std::vector<FieldSpec> parameterFields(faults::Kind kind);
// Whom, its parameters, when, and which requests.
std::vector<FormSection> faultSections(faults::Kind kind, const chain::Document& chain);
FormSection unknownKindSection(); // what can be repaired of a rule whose kind nobody knows
std::vector<FormSection> expectationSections(faults::Metric metric, const chain::Document& chain);
// Name, length and traffic. `closed`: callers that wait for their answers.
std::vector<FormSection> scenarioSections(bool closed, const chain::Document& chain);

QString metricLabel(faults::Metric metric);

} // namespace brownout::ui
