// rehearse CHAIN SCENARIO: plays the scenario in wall-clock time over real sockets, and judges it.
// Several scenarios are in rehearse_several.cpp.
#include "app/brownoutctl/rehearse.h"

#include "app/brownoutctl/output_file.h"
#include "app/common/user_files.h"
#include "faults/compress.h"
#include "live/rehearsal.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace brownout::ctl {
namespace {

void show_rehearsal(double elapsed_s, double duration_s, std::uint64_t requests) {
    constexpr int width = 30;
    const double share = duration_s > 0 ? std::min(1.0, elapsed_s / duration_s) : 0;
    const int filled = static_cast<int>(share * width);
    std::fprintf(stderr, "\r[%.*s%*s] %3.0f of %.0f s, %llu requests ", filled,
                 "##############################", width - filled, "", elapsed_s, duration_s,
                 static_cast<unsigned long long>(requests));
    std::fflush(stderr);
}

int rehearse_one(Context& context, const RehearseArguments& options) {
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    const auto scenario =
        load_scenario(context, options.scenarios.front(), loaded->document, options.within_s);
    if (!scenario)
        return exit_bad_input;
    std::vector<std::string> logs;
    if (!context.log.empty())
        logs.push_back(context.log);
    if (auto code = check_files(context, logs))
        return *code;
    if (auto code =
            confirm_spend(context, options, {live::estimate_spend(loaded->document, *scenario)}))
        return *code;

    live::RehearseOptions run;
    run.seed = context.seed;
    run.real = options.real;
    run.hooks = options.hooks;
    if (options.max_spend_usd)
        run.max_spend = Money::from_usd(*options.max_spend_usd);
    run.log_path = context.log;
    run.log_content = context.log_content;
    context.tell_content();
    run.chain_sha256 = loaded->sha256;
    run.cancel = context.cancelled;
    const bool terminal = !context.quiet && isatty(STDERR_FILENO);
    if (terminal)
        run.progress = show_rehearsal;
    run.notice = [&context](const std::string& text) { context.say(text); };
    run.ledger_path = app::ledger_path();
    std::vector<Error> unwritten;
    run.unwritten = [&unwritten](const Error& error) { unwritten.push_back(error); };
    const auto report =
        live::rehearse(loaded->document, *scenario, context.resolve_keys(loaded->document), run);
    if (terminal)
        std::fprintf(stderr, "\n");
    if (!report)
        return context.fail(report.error());
    std::optional<int> code = give_report(context, *report);
    for (const Error& error : unwritten) {
        const int failed = context.fail(error);
        code = code.value_or(failed);
    }
    return code.value_or(verdict(context, *report));
}

} // namespace

std::optional<faults::Scenario> load_scenario(const Context& context, const std::string& path,
                                              const chain::Document& document,
                                              std::optional<double> within_s) {
    auto read = faults::read_scenario_file(path);
    if (context.print(read.problems) || !read.ok())
        return std::nullopt;
    if (within_s) {
        const double factor = faults::factor_to_fit(*read.value, *within_s);
        read = faults::read_scenario(faults::compressed(read.value->source, factor), path);
        if (!read.ok()) {
            context.print(read.problems);
            return std::nullopt;
        }
    }
    auto bound = faults::bind(*read.value, document, path);
    if (context.print(bound.problems) || !bound.ok())
        return std::nullopt;
    return std::move(*bound.value);
}

std::optional<int> confirm_spend(const Context& context, const RehearseArguments& arguments,
                                 const std::vector<std::optional<Money>>& estimates) {
    // Less than a pico-dollar counts as nothing, as in every sum of money.
    if (arguments.max_spend_usd && !(Money::from_usd(*arguments.max_spend_usd) > Money{})) {
        return context.fail({Error::Kind::bad_input, "--max-spend-usd",
                             "the spending limit is not above zero", "Give an amount in USD"});
    }
    if (!arguments.real)
        return std::nullopt;
    if (!arguments.max_spend_usd) {
        return context.fail({Error::Kind::bad_input, "--real", "a spending limit is missing",
                             "Add --max-spend-usd X"});
    }
    std::optional<double> sum = 0;
    for (const auto& estimate : estimates)
        sum = sum && estimate ? std::optional{*sum + estimate->usd()} : std::nullopt;
    std::fprintf(stderr, "real providers are called; at most %.4f USD are spent; estimate: %s\n",
                 *arguments.max_spend_usd,
                 sum ? (std::to_string(*sum) + " USD").c_str() : "unknown, a price is missing");
    return std::nullopt;
}

std::optional<int> check_files(const Context& context, const std::vector<std::string>& logs) {
    for (const std::string* path : {&context.report, &context.junit}) {
        if (path->empty())
            continue;
        if (const auto writable = try_writing(*path); !writable)
            return context.fail(writable.error());
    }
    for (const std::string& path : logs)
        if (const auto log = record::LogFile::open(path); !log)
            return context.fail(log.error());
    return std::nullopt;
}

std::optional<int> write_files(const Context& context, const chain::Json& report,
                               const std::string& junit) {
    std::optional<int> code;
    const auto write = [&](const std::string& path, const std::string& text) {
        if (path.empty())
            return;
        const auto done = chain::write_file_atomically(path, text);
        if (!done) {
            const int failed = context.fail(done.error());
            code = code.value_or(failed);
        }
    };
    write(context.report, chain::pretty_json(report));
    write(context.junit, junit);
    return code;
}

std::optional<int> give_report(const Context& context, const chain::Json& report) {
    // First what cannot be had again.
    if (context.json)
        context.out_json(report);
    else
        context.out(record::report_table(report));
    return write_files(context, report, record::junit_xml(report));
}

int verdict(const Context& context, const chain::Json& report) {
    if (*context.cancelled)
        return exit_cancelled;
    // A run that stopped early has not shown what it was to show.
    return record::all_pass(report) && !report.value("partial", false) ? exit_done : exit_failed;
}

void add_rehearse(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "rehearse", "Play scenarios in wall-clock time over real sockets, and judge them");
    auto options = std::make_shared<RehearseArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command
        ->add_option("SCENARIO", options->scenarios,
                     "Scenario files, or folders of them; several make one table")
        ->required();
    command->add_flag("--real", options->real, "Call real providers; they bill you");
    command->add_flag("--hooks", options->hooks,
                      "Call the chain's webhooks, too; else nobody is told of what is only played");
    command->add_option("--max-spend-usd", options->max_spend_usd,
                        "Stop before real providers could bill more than this, all scenarios "
                        "together; above zero");
    command
        ->add_option("--jobs", options->jobs,
                     "So many scenarios at once; default: what the processors carry, and one "
                     "with --real")
        ->check(CLI::Range(1, 1000));
    command
        ->add_option("--within", options->within_s,
                     "Play the schedule of a longer scenario so much faster that it lasts this "
                     "many seconds")
        ->check(CLI::Range(1.0, 1e6));
    context.add_run_files(*command);
    context.add_common(*command);
    command->callback([&context, &code, options] {
        code = are_several(options->scenarios) ? rehearse_several(context, *options)
                                               : rehearse_one(context, *options);
    });
}

} // namespace brownout::ctl
