// The fields of an alert rule and of the webhooks. Pure.
#pragma once

#include "ui/widgets/json_form.h"

namespace brownout::ui {

// Of a rule with this metric; whom and what it can be about comes from the document.
std::vector<FieldSpec> alertFields(const std::string& metric, const chain::Document& document);
// `name` is on_failover or on_alert.
FieldSpec hookField(const char* name);
// The field of "/alerts/2/above" or "/hooks/on_alert" in this document; nothing: none shows it.
std::optional<FieldSpec> alertFieldAt(const std::string& pointer, const chain::Json& json);

} // namespace brownout::ui
