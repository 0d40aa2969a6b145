// The fields of the assumptions. Pure.
#pragma once

#include "ui/widgets/json_form.h"

namespace brownout::ui {

FormSection trafficFields();
FormSection yearsFields();
// `fromFile`: the chain file has a model of its own to go back to.
FormSection outageFields(bool fromFile);
FormSection latencyFields(bool fromFile);
FormSection priceFields(const QString& title, const std::string& target);

} // namespace brownout::ui
