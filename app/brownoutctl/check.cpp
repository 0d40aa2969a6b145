// check FILE...: validates chain, scenario, tested-chain and report files.
#include "app/brownoutctl/context.h"

#include "app/common/user_files.h"
#include "chain/evidence.h"
#include "chain/lint.h"
#include "chain/reader.h"
#include "faults/scenario.h"
#include "record/rehearsals.h"

#include <CLI/CLI.hpp>

namespace brownout::ctl {
namespace {

using chain::Json;
using chain::Problem;

struct Checkup {
    std::string kind = "unknown";
    std::vector<Problem> problems; // errors, and what the reader warns of
    std::vector<chain::Warning> lint;
};

void check_tested(const Json& json, const std::string& path, Checkup& out) {
    const auto evidence = chain::check_evidence(json, path);
    out.kind = "tested chain";
    // Evidence that does not hold is told by every reader; `verify` is where it fails.
    for (Problem problem : evidence.problems) {
        problem.severity = Problem::Severity::warning;
        out.problems.push_back(std::move(problem));
    }
}

Checkup check_file(const std::string& path) {
    Checkup out;
    const auto error = [&](const Error& e, const std::string& pointer) {
        out.problems.push_back({Problem::Severity::error, path, pointer, e.message, e.remedy});
    };
    const auto text = chain::read_file(path);
    if (!text) {
        error(text.error(), "");
        return out;
    }
    const auto json = chain::parse_json(*text, path);
    if (!json) {
        std::string place = json.error().place;
        if (place.starts_with(path))
            place.erase(0, path.size());
        while (!place.empty() && (place.front() == ':' || place.front() == ' '))
            place.erase(0, 1);
        error(json.error(), place);
        return out;
    }
    const std::string format =
        json->is_object() && json->contains("format") && (*json)["format"].is_string()
            ? (*json)["format"].get<std::string>()
            : "";
    if (format == faults::scenario_format) {
        out.kind = "scenario";
        out.problems = faults::read_scenario(*json, path).problems;
    } else if (format == record::report_format) {
        out.kind = "report";
        out.problems = record::check_report(*json, path);
    } else if (format == record::reports_format) {
        out.kind = "reports";
        out.problems = record::check_reports(*json, path);
    } else if (format == chain::chain_format) {
        out.kind = "chain";
        auto read = chain::read_document(*json, path);
        out.problems = std::move(read.problems);
        if (read.ok()) {
            const auto loaded = chain::load_prices(app::prices_path());
            const auto& prices = loaded.ok() ? *loaded.value : chain::builtin_prices();
            chain::fill_prices(*read.value, prices);
            out.lint = chain::lint(*read.value, *json, prices);
        }
        if (json->contains("evidence"))
            check_tested(*json, path, out);
    } else {
        const std::string_view known[] = {chain::chain_format, faults::scenario_format,
                                          record::report_format, record::reports_format};
        const std::string near = chain::nearest(format, known);
        error({Error::Kind::bad_input, "",
               format.empty() ? "no format is named" : "unknown format \"" + format + "\"",
               near.empty()
                   ? "Use one of brownout.chain/1, brownout.scenario/1, brownout.report/1, "
                     "brownout.reports/1"
                   : "did you mean \"" + near + "\"?"},
              "/format");
    }
    return out;
}

Json to_json(const std::string& path, const Checkup& checkup) {
    Json problems = Json::array();
    bool ok = true;
    for (const Problem& p : checkup.problems) {
        const bool is_error = p.severity == Problem::Severity::error;
        ok = ok && !is_error;
        problems.push_back({{"severity", is_error ? "error" : "warning"},
                            {"pointer", p.pointer},
                            {"message", p.message},
                            {"remedy", p.remedy}});
    }
    for (const chain::Warning& w : checkup.lint) {
        problems.push_back({{"severity", "warning"},
                            {"code", w.code},
                            {"pointer", w.pointer},
                            {"message", w.message},
                            {"remedy", w.remedy}});
        if (w.fix)
            problems.back()["fix"] = w.fix->label;
    }
    return {{"file", path}, {"kind", checkup.kind}, {"ok", ok}, {"problems", problems}};
}

// "FILE#/pointer: warning: message [code]. remedy"
std::string text_of(const chain::Warning& warning, const std::string& path) {
    Problem problem = warning.problem(path);
    problem.message += " [" + warning.code + "]";
    return problem.text() + "\n";
}

} // namespace

void add_check(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "check", "Validate chain, scenario and report files, and warn of what is hardly meant");
    auto files = std::make_shared<std::vector<std::string>>();
    auto strict = std::make_shared<bool>(false);
    command->add_option("FILE", *files, "Files to check")->required();
    command->add_flag("--strict", *strict, "Warnings alone exit 1");
    context.add_common(*command);
    command->callback([&context, &code, files, strict] {
        Json all = Json::array();
        std::size_t errors = 0, warnings = 0;
        for (const std::string& path : *files) {
            const Checkup checkup = check_file(path);
            std::size_t bad = 0;
            for (const Problem& p : checkup.problems) {
                (p.severity == Problem::Severity::error ? bad : warnings) += 1;
            }
            errors += bad;
            warnings += checkup.lint.size();
            if (context.json) {
                all.push_back(to_json(path, checkup));
                continue;
            }
            for (const Problem& p : checkup.problems)
                context.out(p.text() + "\n");
            for (const chain::Warning& w : checkup.lint)
                context.out(text_of(w, path));
            if (bad == 0)
                context.out(path + ": " + checkup.kind + ", valid\n");
        }
        if (context.json)
            context.out_json({{"files", all}});
        code = errors ? exit_bad_input : (*strict && warnings ? exit_failed : exit_done);
    });
}

} // namespace brownout::ctl
