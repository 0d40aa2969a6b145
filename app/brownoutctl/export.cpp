// export CHAIN: the chain as it is, or with the evidence of its rehearsals inside.
#include "app/brownoutctl/context.h"

#include "chain/evidence.h"
#include "record/rehearsals.h"

#include <CLI/CLI.hpp>

namespace brownout::ctl {
namespace {

struct ExportArguments {
    std::string chain_file, to = "brownout", output;
    std::vector<std::string> reports;
};

int export_chain(Context& context, const ExportArguments& options) {
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    chain::Json document = loaded->json;
    std::size_t proven = 0;
    document.erase("evidence"); // what is exported carries the evidence named now, no older one
    if (!options.reports.empty()) {
        std::vector<chain::Json> reports;
        for (const std::string& path : options.reports) {
            const auto text = chain::read_file(path);
            if (!text)
                return context.fail(text.error());
            auto report = chain::parse_json(*text, path);
            if (!report)
                return context.fail(report.error());
            const bool several = report->is_object() && report->contains("format") &&
                                 (*report)["format"] == record::reports_format;
            if (context.print(several ? record::check_reports(*report, path)
                                      : record::check_report(*report, path)))
                return exit_bad_input;
            for (chain::Json& one : record::reports_in(*report))
                reports.push_back(std::move(one));
        }
        auto tested = chain::with_evidence(document, reports);
        if (!tested)
            return context.fail(tested.error());
        document = std::move(*tested);
        proven = reports.size();
    }
    if (options.output.empty()) {
        context.out_json(document);
        return exit_done;
    }
    const auto done = chain::write_file_atomically(options.output, chain::pretty_json(document));
    if (!done)
        return context.fail(done.error());
    if (context.json) {
        context.out_json({{"file", options.output}, {"evidence", proven}});
    } else {
        context.say("wrote " + options.output + "; check it with: brownoutctl verify " +
                    options.output);
    }
    return exit_done;
}

} // namespace

void add_export(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("export", "Write a chain with its evidence");
    auto options = std::make_shared<ExportArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command->add_option("--evidence", options->reports, "A report of rehearsals; may be repeated")
        ->take_all()
        ->expected(1);
    command->add_option("--to", options->to, "Format")->check(CLI::IsMember({"brownout"}));
    command->add_option("-o,--output", options->output, "File to write; default: stdout");
    context.add_common(*command);
    command->callback([&context, &code, options] { code = export_chain(context, *options); });
}

} // namespace brownout::ctl
