#include "record/rehearsals.h"

#include "chain/reader.h"
#include "record/report_words.h"

#include <algorithm>
#include <cmath>

namespace brownout::record {

using chain::Json;

namespace {

bool passes(const Json& report) {
    return all_pass(report) && field(report, "partial") != true;
}

std::string name_of(const Json& report) {
    const std::string name = word(field(report, "scenario"), "name");
    return name.empty() ? "run" : name;
}

// For a column that leaves room for the others on most terminals; cut between two characters.
std::string clipped(const std::string& name) {
    constexpr std::size_t most = 56;
    std::size_t characters = 0;
    for (std::size_t i = 0; i < name.size(); ++i)
        if ((static_cast<unsigned char>(name[i]) & 0xC0) != 0x80 && ++characters > most)
            return name.substr(0, i) + "...";
    return name;
}

// "3.1 %" of the requests were answered by another target than the first.
std::string fallback_share(const Json& report) {
    const Json &fallbacks = field(report, "fallbacks"), &requests = field(report, "requests");
    if (!fallbacks.is_number() || !requests.is_number() || requests.get<double>() <= 0)
        return "-";
    return number_text(Json(fallbacks.get<double>() / requests.get<double>() * 100), "%.1f %%");
}

std::string availability_text(const Json& report) {
    const Json& value = field(field(report, "availability"), "value");
    if (!value.is_number())
        return "-";
    return number_text(Json(value.get<double>() * 100), "%.2f %%");
}

std::string verdict(const Json& report) {
    const bool partial = field(report, "partial") == true;
    return all_pass(report) ? (partial ? "partial" : "pass") : partial ? "FAIL, partial" : "FAIL";
}

std::string counted(std::size_t n, const char* one, const char* several) {
    return std::to_string(n) + " " + (n == 1 ? one : several);
}

std::string sentence(const Json& reports, std::size_t passed, std::size_t all,
                     std::size_t not_run) {
    std::string text = std::to_string(passed) + " of " + counted(all, "scenario", "scenarios") +
                       " met every expectation";
    if (not_run > 0)
        text += "; " + counted(not_run, "was", "were") + " not run";
    text += ", in " + number_text(field(reports, "elapsed_s"), "%.0f s");
    if (field(reports, "partial") == true)
        text += "; PARTIAL";
    return text + "\n";
}

} // namespace

Json reports_json(const std::vector<Json>& reports, const std::vector<NotRun>& not_run,
                  double elapsed_s) {
    Json rows = Json::array();
    for (const NotRun& row : not_run)
        rows.push_back({{"scenario", row.scenario}, {"why", row.why}});
    const bool partial =
        !not_run.empty() || std::any_of(reports.begin(), reports.end(), [](const Json& report) {
            return field(report, "partial") == true;
        });
    return {{"format", reports_format},
            {"partial", partial},
            {"elapsed_s", std::round(elapsed_s * 1e3) / 1e3},
            {"reports", reports},
            {"not_run", std::move(rows)}};
}

std::vector<chain::Problem> check_reports(const Json& reports, const std::string& file) {
    chain::ProblemList problems(file);
    chain::ObjectReader in(reports, "", problems);
    const std::string format = in.require_text("format", "\"brownout.reports/1\"");
    if (!format.empty() && format != reports_format)
        in.error("format", "these are no reports", "expected \"brownout.reports/1\"");
    in.require("partial", "true or false");
    in.boolean("partial", false);
    in.require("elapsed_s", "seconds");
    in.number("elapsed_s", 0, {0, 1e12});
    in.require("reports", "a list of reports");
    in.array("reports", [&](const Json& report, const std::string& pointer) {
        for (chain::Problem problem : check_report(report, file)) {
            problem.pointer = pointer + problem.pointer;
            problems.error(problem.pointer, problem.message, problem.remedy);
        }
    });
    in.require("not_run", "a list, empty where everything ran");
    in.array("not_run", [&](const Json& row, const std::string& pointer) {
        chain::ObjectReader reader(row, pointer, problems);
        reader.require_text("scenario", "the scenario's name");
        reader.require_text("why", "a sentence");
        reader.finish();
    });
    in.finish();
    return problems.take();
}

std::vector<Json> reports_in(const Json& document) {
    if (word(document, "format") != reports_format)
        return {document};
    const Json& list = field(document, "reports");
    return list.is_array() ? list.get<std::vector<Json>>() : std::vector<Json>{};
}

bool all_hold(const Json& reports) {
    const std::vector<Json> list = reports_in(reports);
    return field(reports, "partial") != true && std::all_of(list.begin(), list.end(), passes);
}

std::string reports_table(const Json& reports) {
    std::vector<std::vector<std::string>> rows{
        {"scenario", "availability", "p99 ms", "fallback", "spend USD", "verdict"}};
    std::string failed;
    std::size_t passed = 0;
    const std::vector<Json> list = reports_in(reports);
    for (const Json& report : list) {
        passed += passes(report);
        rows.push_back({clipped(name_of(report)), availability_text(report),
                        number_text(field(field(report, "latency_ms"), "p99"), "%.0f"),
                        fallback_share(report), money_text(field(report, "spend_usd")),
                        verdict(report)});
        const Json& expectations = field(report, "expectations");
        for (std::size_t i = 0; expectations.is_array() && i < expectations.size(); ++i)
            if (field(expectations[i], "pass") != true)
                failed += "  FAIL  " + name_of(report) + ": " + expectation_text(expectations[i]) +
                          ": " + observed_text(expectations[i]) + "\n";
    }
    std::size_t not_run = 0;
    std::string left;
    if (field(reports, "not_run").is_array())
        for (const Json& row : field(reports, "not_run")) {
            ++not_run;
            rows.push_back({clipped(word(row, "scenario")), "-", "-", "-", "-", "not run"});
            left += "  not run  " + word(row, "scenario") + ": " + word(row, "why") + "\n";
        }
    return text_table(rows) + (failed.empty() && left.empty() ? "" : "\n") + failed + left + "\n" +
           sentence(reports, passed, list.size() + not_run, not_run);
}

} // namespace brownout::record
