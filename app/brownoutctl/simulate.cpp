// simulate CHAIN SCENARIO: plays the scenario in virtual time, many times over, and judges it.
#include "sim/simulate.h"
#include "app/brownoutctl/rehearse.h"
#include "sim/rare_outages.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace brownout::ctl {
namespace {

struct SimulateArguments {
    std::string chain_file, scenario_file;
    std::uint64_t runs = 10;
    unsigned threads = 0;
    double years = 0; // of outages; 0: none
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void show_simulation(double share, double elapsed_s) {
    constexpr int width = 30;
    const int filled = static_cast<int>(share * width);
    std::fprintf(stderr, "\r[%.*s%*s] %3.0f %%", filled, "##############################",
                 width - filled, "", share * 100);
    if (share > 0.01)
        std::fprintf(stderr, ", %.0f s left ", elapsed_s / share * (1 - share));
    std::fflush(stderr);
}

// Availability over many years of outages, in place of that of the runs.
Result<void> add_years(Context& context, const SimulateArguments& options,
                       const chain::Document& document, const faults::Scenario& scenario,
                       const std::function<void(double)>& progress, chain::Json& report) {
    char text[80];
    std::snprintf(text, sizeof text, "simulating the outages of %.6g years ...", options.years);
    context.say(text);
    sim::RareOptions rare;
    rare.years = options.years;
    rare.seed = context.seed;
    rare.threads = options.threads;
    rare.cancel = context.cancelled;
    rare.progress = progress;
    const auto found = sim::rare_outages(document, scenario, rare);
    if (!found && found.error().kind == Error::Kind::cancelled) {
        report["partial"] = true;
        return {};
    }
    if (!found)
        return fail(found.error());
    sim::put_into(report, *found);
    return {};
}

int simulate(Context& context, const SimulateArguments& options) {
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    const auto scenario = load_scenario(context, options.scenario_file, loaded->document, {});
    if (!scenario)
        return exit_bad_input;
    if (auto code = check_files(context, {}))
        return *code;

    const auto start = Clock::now();
    context.say("simulating \"" + scenario->name + "\", " + std::to_string(options.runs) +
                (options.runs == 1 ? " run ..." : " runs ..."));
    const bool terminal = !context.quiet && isatty(STDERR_FILENO);
    sim::SimulateOptions run;
    run.seed = context.seed;
    run.runs = options.runs;
    run.threads = options.threads;
    run.chain_sha256 = loaded->sha256;
    run.cancel = context.cancelled;
    if (terminal)
        run.progress = [start](double share) { show_simulation(share, seconds_since(start)); };
    auto report = sim::simulate(loaded->document, *scenario, run);
    if (report && options.years > 0 && !report->at("partial").get<bool>()) {
        const auto began = Clock::now();
        if (terminal)
            run.progress = [began](double share) { show_simulation(share, seconds_since(began)); };
        if (auto added =
                add_years(context, options, loaded->document, *scenario, run.progress, *report);
            !added)
            return context.fail(added.error());
    }
    if (terminal)
        std::fprintf(stderr, "\r%60s\r", "");
    if (!report)
        return context.fail(report.error());
    (*report)["elapsed_s"] = std::round(seconds_since(start) * 1e3) / 1e3;
    return give_report(context, *report).value_or(verdict(context, *report));
}

} // namespace

void add_simulate(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("simulate", "Play a scenario in virtual time");
    auto options = std::make_shared<SimulateArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command->add_option("SCENARIO", options->scenario_file, "Scenario file")->required();
    command
        ->add_option("--runs", options->runs,
                     "Play it so many times; how runs differ is what the intervals tell")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{1}, sim::most_runs));
    command
        ->add_option("--threads", options->threads,
                     "Threads; the report is the same on any number (default: one a core)")
        ->check(CLI::Range(1u, sim::most_threads));
    command
        ->add_option("--years", options->years,
                     "Availability from the outages of so many years: traffic is played only where "
                     "a provider is down")
        ->check(CLI::Range(1.0, sim::most_years));
    context.add_report_files(*command);
    context.add_common(*command);
    command->callback([&context, &code, options] { code = simulate(context, *options); });
}

} // namespace brownout::ctl
