// The edits of alert rules that the Chains page makes, as pure functions from one chain document to
// the next; the document may be invalid while it is being repaired. A wrong index gives the
// document back unchanged.
#pragma once

#include "chain/document.h"

#include <span>

namespace brownout::ui::alert_edits {

using chain::Json;

// Those of a document's `alerts`, in the order in which they are offered.
std::span<const std::string_view> metrics();
// A rule that the reader takes, with sensible numbers; about the first of each chain where the
// metric is one of targets.
Json usualRule(std::string_view metric);

Json defaultRule(); // as it would be written
// A document without `alerts` has the default rule; one whose list is empty has none.
bool hasDefaultOnly(const Json& document);
int ruleCount(const Json& document); // that are written
const Json* rule(const Json& document, int index);
std::string metricOf(const Json& rule); // empty: it says none

// The last one then. Where none was written the default one is written before it: who adds a rule
// does not mean to lose the one that he has.
Json addRule(Json document, Json rule);
Json duplicateRule(Json document, int index); // the copy follows
Json removeRule(Json document, int index);    // without the last one: no alerts
Json removeAll(Json document);                // no alerts
Json useDefault(Json document);
// Another metric: its limit is of another kind, so it gets the usual one, but for a share that
// stays a share. Whom the rule is about and for how long stays.
Json setMetric(Json document, int index, std::string_view metric);

} // namespace brownout::ui::alert_edits
