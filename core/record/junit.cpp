// JUnit XML, as continuous integration servers show it: of one run a test case for each
// expectation, of several a test case for each scenario.
#include "record/rehearsals.h"
#include "record/report_words.h"

namespace brownout::record {

using chain::Json;

namespace {

constexpr const char* xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string wanted_text(const Json& e) {
    std::string text;
    if (field(e, "at_least").is_number())
        text += "at least " + short_number(field(e, "at_least"));
    if (field(e, "at_most").is_number())
        text += (text.empty() ? "at most " : " and at most ") + short_number(field(e, "at_most"));
    return text;
}

// "availability: wanted at least 0.999, observed 0.97"
std::string failure_text(const Json& e) {
    std::string what = word(e, "metric");
    if (field(e, "quantile").is_number())
        what += " (quantile " + short_number(field(e, "quantile")) + ")";
    if (const auto target = word(e, "target"); !target.empty())
        what += " of " + target;
    return what + ": wanted " + wanted_text(e) + ", observed " + observed_text(e);
}

struct Case {
    std::string body; // what stands inside <testcase>; empty: it passed
    bool failed = false, skipped = false;
};

Case case_of(const Json& report) {
    Case out;
    std::vector<std::string> failures;
    const Json& list = field(report, "expectations");
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i)
        if (field(list[i], "pass") != true)
            failures.push_back(failure_text(list[i]));
    const std::size_t expectations = list.is_array() ? list.size() : 0;
    std::string message = std::to_string(failures.size()) + " of " + std::to_string(expectations) +
                          " expectations failed";
    if (failures.empty() && field(report, "partial") != true)
        return out;
    if (field(report, "partial") == true)
        message = "stopped before its end" + (failures.empty() ? "" : "; " + message);
    out.failed = true;
    out.body = "      <failure type=\"expectation\" message=\"" + xml_escaped(message) + "\">";
    for (std::size_t i = 0; i < failures.size(); ++i)
        out.body += (i == 0 ? "" : "\n") + xml_escaped(failures[i]);
    out.body += "</failure>\n";
    return out;
}

} // namespace

std::string junit_xml(const Json& report) {
    std::string cases;
    int tests = 0, failures = 0;
    const std::string scenario = xml_escaped(word(field(report, "scenario"), "name"));
    const Json& list = field(report, "expectations");
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
        const Json& e = list[i];
        ++tests;
        cases += "    <testcase classname=\"" + scenario + "\" name=\"" +
                 xml_escaped(expectation_text(e)) + "\"";
        if (field(e, "pass") == true) {
            cases += "/>\n";
            continue;
        }
        ++failures;
        cases += ">\n      <failure message=\"observed: " + xml_escaped(observed_text(e)) +
                 "\"/>\n    </testcase>\n";
    }
    const std::string counts =
        "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\"";
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
           ">\n  <testsuite name=\"" + scenario + "\" " + counts + " time=\"" +
           number_text(field(report, "elapsed_s"), "%.3f") + "\">\n" + cases +
           "  </testsuite>\n</testsuites>\n";
}

std::string reports_junit(const Json& reports) {
    std::string cases;
    std::size_t tests = 0, failed = 0, skipped = 0;
    const auto add = [&](const std::string& name, const std::string& time, const Case& c) {
        ++tests;
        failed += c.failed;
        skipped += c.skipped;
        cases += "    <testcase classname=\"brownout.rehearsal\" name=\"" + xml_escaped(name) +
                 "\" time=\"" + time + "\"";
        cases += c.body.empty() ? "/>\n" : ">\n" + c.body + "    </testcase>\n";
    };
    if (field(reports, "reports").is_array())
        for (const Json& report : field(reports, "reports"))
            add(word(field(report, "scenario"), "name"),
                number_text(field(report, "elapsed_s"), "%.3f"), case_of(report));
    if (field(reports, "not_run").is_array())
        for (const Json& row : field(reports, "not_run"))
            add(word(row, "scenario"), "0.000",
                {"      <skipped message=\"" + xml_escaped(word(row, "why")) + "\"/>\n", false,
                 true});
    const std::string counts = "tests=\"" + std::to_string(tests) + "\" failures=\"" +
                               std::to_string(failed) + "\" errors=\"0\" skipped=\"" +
                               std::to_string(skipped) + "\" time=\"" +
                               number_text(field(reports, "elapsed_s"), "%.3f") + "\"";
    return std::string{xml_head} + "<testsuites " + counts +
           ">\n  <testsuite name=\"brownout rehearse\" " + counts + ">\n" + cases +
           "  </testsuite>\n</testsuites>\n";
}

} // namespace brownout::record
