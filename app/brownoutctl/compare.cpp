// compare REPORT REPORT: two reports side by side.
#include "app/brownoutctl/context.h"

#include "chain/reader.h"
#include "record/compare.h"
#include "record/rehearsals.h"

#include <CLI/CLI.hpp>

namespace brownout::ctl {
namespace {

// A report that may be compared; what is wrong with it is printed.
std::optional<chain::Json> load_report(const Context& context, const std::string& path, int& code) {
    const auto refused = [&](const Error& error) {
        code = context.fail(error);
        return std::nullopt;
    };
    const auto text = chain::read_file(path);
    if (!text)
        return refused(text.error());
    auto report = chain::parse_json(*text, path);
    if (!report)
        return refused(report.error());
    const std::string format = report->is_object() && report->contains("format")
                                   ? chain::shown((*report)["format"])
                                   : "no format";
    if (format != "\"" + std::string{record::report_format} + "\"") {
        // One sentence, and not all that a report would have.
        context.print({{chain::Problem::Severity::error, path, "/format",
                        "this is " + format + ", not one report",
                        format == "\"" + std::string{record::reports_format} + "\""
                            ? "Rehearse the scenario alone with --report, and compare that"
                            : "Name a report, as rehearse --report writes it"}});
        code = exit_bad_input;
        return std::nullopt;
    }
    if (context.print(record::check_report(*report, path))) {
        code = exit_bad_input;
        return std::nullopt;
    }
    return std::move(*report);
}

int compare(const Context& context, const std::string& file_a, const std::string& file_b) {
    int code = exit_done;
    const auto a = load_report(context, file_a, code);
    const auto b = load_report(context, file_b, code); // both are told of at once
    if (!a || !b)
        return code;
    const chain::Json comparison = record::compare_reports(*a, *b);
    if (context.json)
        context.out_json(comparison);
    else
        context.out(record::comparison_text(comparison, file_a, file_b));
    return exit_done;
}

} // namespace

void add_compare(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("compare", "Show two reports side by side");
    auto files = std::make_shared<std::pair<std::string, std::string>>();
    command->add_option("REPORT", files->first, "A report (brownout.report/1)")->required();
    command->add_option("OTHER", files->second, "The one to compare it with")->required();
    context.add_common(*command);
    command->callback(
        [&context, &code, files] { code = compare(context, files->first, files->second); });
}

} // namespace brownout::ctl
