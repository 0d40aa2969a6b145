// check FILE...: validates chain, scenario, tested-chain and report files, each by itself and the
// scenarios against the chains among them.
#include "app/brownoutctl/context.h"

#include "app/common/user_files.h"
#include "chain/evidence.h"
#include "chain/lint.h"
#include "chain/reader.h"
#include "faults/scenario.h"
#include "record/rehearsals.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace brownout::ctl {
namespace {

using chain::Json;
using chain::Problem;

struct Checkup {
    std::string kind = "unknown";
    std::vector<Problem> problems; // errors, and what the reader warns of
    std::vector<chain::Warning> lint;
    std::optional<chain::Document> document; // of a chain that can be read
    std::optional<faults::Scenario> scenario;
    bool has_errors() const {
        return std::any_of(problems.begin(), problems.end(),
                           [](const Problem& p) { return p.severity == Problem::Severity::error; });
    }
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

// Without its certificates a provider cannot be asked at all, and it tells only when it is.
void check_ca_files(const chain::Document& document, const std::string& path, Checkup& out) {
    for (std::size_t i = 0; i < document.providers.size(); ++i) {
        const chain::Provider& provider = document.providers[i];
        if (provider.ca_file.empty() || provider.simulated())
            continue;
        if (const auto read = chain::read_file(provider.ca_file); !read)
            out.problems.push_back({Problem::Severity::error, path,
                                    "/providers/" + std::to_string(i) + "/tls/ca_file",
                                    read.error().place + ": " + read.error().message,
                                    "Name a file of certificates (PEM), beside the chain file"});
    }
}

void check_chain(const Json& json, const std::string& path, Checkup& out) {
    out.kind = "chain";
    auto read = chain::read_document(json, path);
    out.problems = std::move(read.problems);
    if (read.ok()) {
        const auto loaded = chain::load_prices(app::prices_path());
        const auto& prices = loaded.ok() ? *loaded.value : chain::builtin_prices();
        chain::fill_prices(*read.value, prices);
        out.lint = chain::lint(*read.value, json, prices);
        check_ca_files(*read.value, path, out);
        out.document = std::move(read.value);
    }
    if (json.contains("evidence"))
        check_tested(json, path, out);
}

// Scenarios that are checked along with chains are meant for one of them.
void check_fit(std::vector<Checkup>& all, const std::vector<std::string>& paths) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].scenario)
            continue;
        std::optional<std::vector<Problem>> nearest; // of the chain that it fits best
        for (const Checkup& other : all) {
            if (!other.document)
                continue;
            auto bound = faults::bind(*all[i].scenario, *other.document, paths[i]);
            if (!nearest || bound.problems.size() < nearest->size())
                nearest = std::move(bound.problems);
        }
        if (nearest)
            all[i].problems.insert(all[i].problems.end(), nearest->begin(), nearest->end());
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
        auto read = faults::read_scenario(*json, path);
        out.problems = std::move(read.problems);
        out.scenario = std::move(read.value);
    } else if (format == record::report_format) {
        out.kind = "report";
        out.problems = record::check_report(*json, path);
    } else if (format == record::reports_format) {
        out.kind = "reports";
        out.problems = record::check_reports(*json, path);
    } else if (format == chain::chain_format) {
        check_chain(*json, path, out);
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

Json checkup_json(const std::string& path, const Checkup& checkup) {
    Json problems = Json::array();
    for (const Problem& p : checkup.problems) {
        const bool is_error = p.severity == Problem::Severity::error;
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
    return {{"file", path},
            {"kind", checkup.kind},
            {"ok", !checkup.has_errors()},
            {"problems", problems}};
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
        std::vector<Checkup> checkups;
        for (const std::string& path : *files)
            checkups.push_back(check_file(path));
        check_fit(checkups, *files);
        for (std::size_t i = 0; i < checkups.size(); ++i) {
            const std::string& path = (*files)[i];
            const Checkup& checkup = checkups[i];
            std::size_t bad = 0;
            for (const Problem& p : checkup.problems) {
                (p.severity == Problem::Severity::error ? bad : warnings) += 1;
            }
            errors += bad;
            warnings += checkup.lint.size();
            if (context.json) {
                all.push_back(checkup_json(path, checkup));
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
