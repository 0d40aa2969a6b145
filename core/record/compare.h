// Two reports side by side: what changed, which way, and whether chance alone would explain it.
#pragma once

#include "chain/json.h"

#include <string>

namespace brownout::record {

// Both must have passed check_report(). The document:
// {"a", "b": what each is, "figures": [{"figure", "unit", "better": "higher" or "lower", "a", "b":
// {"value", "low", "high"}, "difference": b - a, "change": "better", "worse", "same" or "unknown",
// "intervals_overlap": true, false, or null where a figure has none, "paired": null or {"mean",
// "low", "high", "method"} of b - a, run by run}], "paired_runs", "targets": [{"target", "a", "b":
// share of the requests that it served}], "expectations": [{"expectation", "a", "b": {"observed",
// "pass"} or null}], "notes": what makes them hard to compare, or easy}.
// Simulations of the same scenario and seed met the same requests and outages: they are compared
// run by run, and that interval is the one to go by. Intervals: of shares 95 %, Wilson; of
// latencies and money those over the runs of a simulation, 95
// %, Student's t. One run has none of the latter.
chain::Json compare_reports(const chain::Json& a, const chain::Json& b);

// The same for people; the names are of the two files.
std::string comparison_text(const chain::Json& comparison, const std::string& name_a,
                            const std::string& name_b);

} // namespace brownout::record
