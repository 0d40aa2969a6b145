// Several runs of one chain as one document, `brownout.reports/1`: the reports in the order in
// which the scenarios were named, and what was not run.
#pragma once

#include "record/report.h"

namespace brownout::record {

inline constexpr std::string_view reports_format = "brownout.reports/1";

struct NotRun {
    std::string scenario, why; // its name, and a sentence
};

// `elapsed_s`: wall time of all together, which is less than their sum where they ran at once. The
// document is partial when a report is, or when something was not run.
chain::Json reports_json(const std::vector<chain::Json>& reports,
                         const std::vector<NotRun>& not_run, double elapsed_s);
// Is this JSON well formed, with every report in it? Problems with pointers.
std::vector<chain::Problem> check_reports(const chain::Json& reports, const std::string& file);
// The reports of a document of either format, one or several.
std::vector<chain::Json> reports_in(const chain::Json& document);
// Everything ran to its end and every expectation passed.
bool all_hold(const chain::Json& reports);

// One row for each scenario, the expectations that failed, and a sentence.
std::string reports_table(const chain::Json& reports);
// One test case for each scenario; a failure names expectation, wanted and observed value.
std::string reports_junit(const chain::Json& reports);

} // namespace brownout::record
