// calibrate LOG: models of providers from what an event log says of them.
#include "tune/calibrate.h"
#include "app/brownoutctl/context.h"
#include "app/brownoutctl/output_file.h"
#include "app/brownoutctl/progress_bar.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace brownout::ctl {
namespace {

struct CalibrateArguments {
    std::string log, chain_file, output;
    tune::CalibrateOptions run;
};

int calibrate(Context& context, CalibrateArguments& options) {
    if (!options.output.empty())
        if (const auto fits = try_writing(options.output); !fits)
            return context.fail(fits.error());
    std::optional<Context::Loaded> loaded;
    if (!options.chain_file.empty()) {
        loaded = context.load_chain(options.chain_file);
        if (!loaded)
            return exit_bad_input;
        options.run.chain = &loaded->document;
    }
    options.run.seed = context.seed;
    options.run.cancel = context.cancelled;
    const bool terminal = !context.quiet && isatty(STDERR_FILENO);
    ProgressBar bar(terminal);
    std::string phase;
    options.run.progress = [&](double share, const std::string& what) {
        if (what != phase) { // each part has a time of its own
            bar.clear();
            bar = ProgressBar(terminal);
            phase = what;
        }
        bar.show(share, what);
    };
    const auto found = tune::calibrate(options.log, options.run);
    bar.clear();
    if (!found)
        return context.fail(found.error());
    if (context.json)
        context.out_json(tune::to_json(*found));
    else
        context.out(tune::text(*found));
    if (options.output.empty())
        return exit_done;
    const auto written =
        chain::write_file_atomically(options.output, chain::pretty_json(found->models()));
    if (!written)
        return context.fail(written.error());
    context.say("wrote " + options.output + ": the `models` of a scenario");
    return exit_done;
}

} // namespace

void add_calibrate(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "calibrate", "Fit models of providers to an event log, and check them against it");
    auto options = std::make_shared<CalibrateArguments>();
    command->add_option("LOG", options->log, "Event log (JSON lines, as --log writes it)")
        ->required();
    command->add_option("--chain", options->chain_file,
                        "The chain that wrote it, for the check against what happened");
    command
        ->add_option("--runs", options->run.check_runs,
                     "Simulate the log's traffic so many times for that check")
        ->check(CLI::Range(std::uint64_t{2}, std::uint64_t{1000}))
        ->capture_default_str();
    command->add_option("-o,--output", options->output,
                        "Write the models to this file: {provider: model}, a scenario's `models`");
    context.add_common(*command);
    command->callback([&context, &code, options] { code = calibrate(context, *options); });
}

} // namespace brownout::ctl
