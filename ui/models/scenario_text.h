// Values of a scenario as a field shows them and people type them: distributions, rates that change
// in steps, mixes of tasks. Pure; what cannot be read becomes a JSON string, which the reader of
// scenarios then refuses at its place.
#pragma once

#include "chain/json.h"

#include <QString>

#include <optional>

namespace brownout::ui {

std::optional<double> numberAt(const chain::Json& object, const char* key); // none: no number there

// 120; "lognormal 400 0.8" for {"lognormal": {"median": 400, "sigma": 0.8}}; "empirical 1 2 3".
QString distributionText(const chain::Json& value);
std::optional<chain::Json> distributionJson(const QString& text); // nothing: unset
// 5; "2, 60s: 10, 90s: 2" for steps.
QString rateText(const chain::Json& value);
std::optional<chain::Json> rateJson(const QString& text);
// "simple 0.8, coding 0.2".
QString mixText(const chain::Json& value);
std::optional<chain::Json> mixJson(const QString& text);

// What a rule's `when` says: "from 30 s for 60 s, every 120 s, 20 % of requests". Empty: always.
QString whenText(const chain::Json& when);
// "90 s", "2 min 30 s": seconds on an axis.
QString clockText(double seconds);

} // namespace brownout::ui
