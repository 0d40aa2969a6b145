// Alert rules in words, for lists, forms and screen readers. Pure.
#pragma once

#include "chain/document.h"

#include <QString>

namespace brownout::ui {

QString metricLabel(std::string_view metric); // "Failure rate"; an unknown one as it is
// Whom a rule is about: "first of each chain", "each target by itself", "Aster gpt-5-mini".
QString alertTargetText(const std::string& target);
// The same where it names nobody, which depends on what is measured: "whole requests".
QString alertOfAllText(std::string_view metric);

// "Failure rate above 5 %", from a rule as it is written, right or wrong.
QString alertTitle(const chain::Json& rule);
// "first of each chain, task coding, for 60 s".
QString alertScope(const chain::Json& rule);
// When it is raised and when it is over, with the border below which it is cleared: "Raised once
// the failed share of the last minute's attempts has been above 5 % for 60 s. Over once it has been
// at most 4 % for 60 s."
QString alertSentence(const chain::Alert& rule);

} // namespace brownout::ui
