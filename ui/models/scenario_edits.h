// The edits that the scenario editor makes, as pure functions from one document to the next; the
// document may be invalid while it is being repaired. A wrong index gives the document back
// unchanged. Times are seconds since the start.
#pragma once

#include "faults/scenario.h"

#include <optional>

namespace brownout::ui::scenario_edits {

using chain::Json;

// A minute of traffic, nothing that fails, one thing expected.
Json blank();
// A rule of this kind that passes the reader: sensible parameters, on `target`, for a time.
Json usualFault(faults::Kind kind, const std::string& target, double at_s, double for_s);
// What a metric is usually held to.
Json usualExpectation(faults::Metric metric);

int faultCount(const Json& document);
int expectationCount(const Json& document);
const Json* fault(const Json& document, int index); // null: none
const Json* expectation(const Json& document, int index);
double atOf(const Json& rule);
std::optional<double> forOf(const Json& rule);
// As the rule has it; of several, the first.
std::string targetOf(const Json& rule);

Json addFault(Json document, Json rule); // the last one then
Json removeFault(Json document, int index);
// The copy follows its original, `by_s` later.
Json duplicateFault(Json document, int index, double by_s);
// When it begins, and how long it lasts (nothing: to the end).
Json setSpan(Json document, int index, double at_s, std::optional<double> for_s);
// Whom it hits; of an outage of several, the first.
Json setTarget(Json document, int index, const std::string& target);
// Several at once: places in rising order, each once; what is no place is left out. `copies` gets
// where the copies are, each behind its original.
Json removeFaults(Json document, const std::vector<int>& faults);
Json duplicateFaults(Json document, const std::vector<int>& faults, double by_s,
                     std::vector<int>* copies);
// A fault, or a list of them, as text: what the clipboard holds. Empty: it is anything else.
std::vector<Json> rulesIn(std::string_view text);
inline constexpr std::size_t mostText = 1u << 20; // bytes that are looked at

Json addExpectation(Json document, Json expectation);
Json removeExpectation(Json document, int index);
// Another metric with its usual limit; a target stays where the metric has one.
Json setMetric(Json document, int index, faults::Metric metric);

std::optional<faults::Metric> metricNamed(const std::string& name);
bool needsTarget(faults::Metric metric);
bool hasQuantile(faults::Metric metric);
// What is written so far, right or wrong: as many rows as the document has.
std::vector<faults::Expectation> expectationsOf(const Json& document);
// How long a scenario lasts, s; without an end, or where only requests are counted, a guess for the
// time axis.
double durationOf(const Json& document);

} // namespace brownout::ui::scenario_edits
