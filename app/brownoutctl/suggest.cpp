// suggest CHAIN SCENARIO: which settings of the chain buy how much, under a budget and a target.
#include "tune/suggest.h"
#include "app/brownoutctl/context.h"
#include "app/brownoutctl/output_file.h"
#include "app/brownoutctl/progress_bar.h"
#include "app/common/user_files.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace brownout::ctl {
namespace {

struct SuggestArguments {
    std::string chain_file, scenario_file, output;
    std::optional<double> budget_usd, availability;
    std::string per = "run";
    std::optional<std::size_t> pick;
    double effort_m = 100; // millions of simulated requests
    tune::SuggestOptions run;
};

Result<void> check(const SuggestArguments& options) {
    if (options.pick && options.output.empty())
        return bad_input("--pick", "chooses what is written, and no file is named", "Add -o FILE");
    return options.output.empty() ? Result<void>{} : try_writing(options.output);
}

// Which point of the front is to be written; else why none.
Result<std::size_t> picked(const tune::Suggestions& found, const SuggestArguments& options) {
    if (options.pick) {
        if (*options.pick > found.front.size())
            return bad_input(
                "--pick", "there are only " + std::to_string(found.front.size()) + " suggestions",
                "Pick one of them, or run it with more --effort");
        return *options.pick - 1;
    }
    if (found.best)
        return *found.best;
    return bad_input("-o", "nothing meets the goal, so nothing was written",
                     "Loosen the goal, or choose a suggestion with --pick");
}

int give(const Context& context, const SuggestArguments& options, const tune::Suggestions& found,
         const faults::Scenario& scenario) {
    chain::Json json = tune::to_json(found, options.run, scenario);
    std::optional<std::size_t> point;
    std::optional<Error> unpicked;
    if (!options.output.empty() && !found.partial) {
        if (auto choice = picked(found, options))
            point = *choice;
        else
            unpicked = choice.error();
    }
    json["picked"] = point ? chain::Json(*point + 1) : chain::Json(nullptr);
    if (context.json)
        context.out_json(json);
    else
        context.out(tune::text(found, options.run));
    if (unpicked)
        context.fail(*unpicked);
    if (unpicked && options.pick)
        return exit_bad_input;
    if (point) {
        const auto written = chain::write_file_atomically(
            options.output, chain::pretty_json(found.front[*point].document));
        if (!written)
            return context.fail(written.error());
        context.say("wrote " + options.output + ": suggestion " + std::to_string(*point + 1));
    } else if (found.partial && !options.output.empty()) {
        context.say("stopped: " + options.output + " was not written");
    }
    if (found.partial)
        return exit_cancelled;
    const bool asked = options.run.goal.availability || options.run.goal.budget;
    return asked && !found.best && !point ? exit_failed : exit_done;
}

int suggest(Context& context, SuggestArguments& options) {
    if (const auto fits = check(options); !fits)
        return context.fail(fits.error());
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    const auto scenario = faults::read_scenario_file(options.scenario_file);
    if (context.print(scenario.problems) || !scenario.ok())
        return exit_bad_input;
    // Names that fit nothing are told here, with the file; each candidate binds it by itself.
    const auto bound = faults::bind(*scenario.value, loaded->document, options.scenario_file);
    if (context.print(bound.problems) || !bound.ok())
        return exit_bad_input;
    const auto prices = chain::load_prices(app::prices_path()); // its problems are told already

    tune::SuggestOptions& run = options.run;
    run.seed = context.seed;
    run.effort = options.effort_m * 1e6;
    run.goal.availability = options.availability;
    if (options.budget_usd)
        run.goal.budget = {*options.budget_usd, options.per == "month" ? tune::Budget::Per::month
                                                                       : tune::Budget::Per::run};
    run.prices = &*prices.value;
    run.cancel = context.cancelled;
    context.say("searching settings for \"" + scenario.value->name + "\" ...");
    ProgressBar bar(!context.quiet);
    run.progress = [&bar](const tune::Progress& p) { bar.show(p.share, p.phase); };
    const auto found = tune::suggest(loaded->json, *scenario.value, run);
    bar.clear();
    if (!found)
        return context.fail(found.error());
    return give(context, options, *found, *scenario.value);
}

} // namespace

void add_suggest(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "suggest", "Search settings of a chain: what buys how much availability, time and money");
    auto options = std::make_shared<SuggestArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command->add_option("SCENARIO", options->scenario_file, "Scenario file")->required();
    command->add_option("--availability", options->availability, "To reach at least, 0 to 1")
        ->check(CLI::Range(0.0, 1.0));
    command->add_option("--budget-usd", options->budget_usd, "To spend at most; see --per")
        ->check(CLI::Range(0.0, 1e12));
    command
        ->add_option("--per", options->per,
                     "What the budget is for: one play of the scenario, or 30 days of its traffic")
        ->check(CLI::IsMember({"run", "month"}))
        ->capture_default_str();
    command->add_option("--chain", options->run.chain_id,
                        "The chain to change; default: the one that the traffic asks");
    command
        ->add_option("--effort", options->effort_m,
                     "About so many million simulated requests; more is slower and surer")
        ->check(CLI::Range(0.001, 1e6))
        ->capture_default_str();
    command
        ->add_option("--threads", options->run.threads,
                     "Threads; the result is the same on any number (default: one a core)")
        ->check(CLI::Range(1u, tune::most_threads));
    command->add_option("-o,--output", options->output,
                        "Write the chain of the best suggestion that meets the goal to this file");
    command->add_option("--pick", options->pick, "Write this suggestion instead, by its number")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100}));
    context.add_common(*command);
    command->callback([&context, &code, options] { code = suggest(context, *options); });
}

} // namespace brownout::ctl
