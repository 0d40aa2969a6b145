// rehearse CHAIN SCENARIO: plays the scenario in wall-clock time over real sockets, and judges it.
#include "app/brownoutctl/context.h"
#include "app/brownoutctl/output_file.h"
#include "app/common/user_files.h"
#include "live/rehearsal.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace brownout::ctl {
namespace {

struct Options {
    std::string chain_file, scenario_file;
    bool real = false;
    std::optional<double> max_spend_usd;
};

void show_progress(double elapsed_s, double duration_s, std::uint64_t requests) {
    constexpr int width = 30;
    const double share = duration_s > 0 ? std::min(1.0, elapsed_s / duration_s) : 0;
    const int filled = static_cast<int>(share * width);
    std::fprintf(stderr, "\r[%.*s%*s] %3.0f of %.0f s, %llu requests ", filled,
                 "##############################", width - filled, "", elapsed_s, duration_s,
                 static_cast<unsigned long long>(requests));
    std::fflush(stderr);
}

// A real provider costs money: the estimate is printed before the first call.
std::optional<int> confirm_spend(const Context& context, const Options& options,
                                 const chain::Document& document,
                                 const faults::Scenario& scenario) {
    // Less than a pico-dollar counts as nothing, as in every sum of money.
    if (options.max_spend_usd && !(Money::from_usd(*options.max_spend_usd) > Money{})) {
        return context.fail({Error::Kind::bad_input, "--max-spend-usd",
                             "the spending limit is not above zero", "Give an amount in USD"});
    }
    if (!options.real)
        return std::nullopt;
    if (!options.max_spend_usd) {
        return context.fail({Error::Kind::bad_input, "--real", "a spending limit is missing",
                             "Add --max-spend-usd X"});
    }
    const auto estimate = live::estimate_spend(document, scenario);
    std::fprintf(stderr, "real providers are called; at most %.4f USD are spent; estimate: %s\n",
                 *options.max_spend_usd,
                 estimate ? (std::to_string(estimate->usd()) + " USD").c_str()
                          : "unknown, a price is missing");
    return std::nullopt;
}

std::optional<int> check_files(const Context& context) {
    for (const std::string* path : {&context.report, &context.junit}) {
        if (path->empty())
            continue;
        if (const auto writable = try_writing(*path); !writable)
            return context.fail(writable.error());
    }
    if (context.log.empty())
        return std::nullopt;
    if (const auto log = record::LogFile::open(context.log); !log)
        return context.fail(log.error());
    return std::nullopt;
}

// Each is tried, whatever becomes of the other; the code of the first that failed.
std::optional<int> write_files(const Context& context, const chain::Json& report) {
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
    write(context.junit, record::junit_xml(report));
    return code;
}

int verdict(const Context& context, const chain::Json& report) {
    if (*context.cancelled)
        return exit_cancelled;
    // A run that stopped early has not shown what it was to show.
    return record::all_pass(report) && !report.value("partial", false) ? exit_done : exit_failed;
}

int rehearse(Context& context, const Options& options) {
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    const auto read = faults::read_scenario_file(options.scenario_file);
    if (context.print(read.problems) || !read.ok())
        return exit_bad_input;
    const auto bound = faults::bind(*read.value, loaded->document, options.scenario_file);
    if (context.print(bound.problems) || !bound.ok())
        return exit_bad_input;
    if (auto code = check_files(context))
        return *code;
    if (auto code = confirm_spend(context, options, loaded->document, *bound.value))
        return *code;

    live::RehearseOptions run;
    run.seed = context.seed;
    run.real = options.real;
    if (options.max_spend_usd)
        run.max_spend = Money::from_usd(*options.max_spend_usd);
    run.log_path = context.log;
    run.chain_sha256 = loaded->sha256;
    run.cancel = context.cancelled;
    const bool terminal = !context.quiet && isatty(STDERR_FILENO);
    if (terminal)
        run.progress = show_progress;
    run.notice = [&context](const std::string& text) { context.say(text); };
    run.ledger_path = app::ledger_path();
    std::vector<Error> unwritten;
    run.unwritten = [&unwritten](const Error& error) { unwritten.push_back(error); };
    const auto report =
        live::rehearse(loaded->document, *bound.value, context.resolve_keys(loaded->document), run);
    if (terminal)
        std::fprintf(stderr, "\n");
    if (!report)
        return context.fail(report.error());
    // First what cannot be had again.
    if (context.json) {
        context.out_json(*report);
    } else {
        context.out(record::report_table(*report));
    }
    std::optional<int> code = write_files(context, *report);
    for (const Error& error : unwritten) {
        const int failed = context.fail(error);
        code = code.value_or(failed);
    }
    return code.value_or(verdict(context, *report));
}

} // namespace

void add_rehearse(CLI::App& app, Context& context, int& code) {
    auto* command =
        app.add_subcommand("rehearse", "Play a scenario in wall-clock time over real sockets");
    auto options = std::make_shared<Options>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command->add_option("SCENARIO", options->scenario_file, "Scenario file")->required();
    command->add_flag("--real", options->real, "Call real providers; they bill you");
    command->add_option("--max-spend-usd", options->max_spend_usd,
                        "Stop before real providers could bill more than this; above zero");
    context.add_run_files(*command);
    context.add_common(*command);
    command->callback([&context, &code, options] { code = rehearse(context, *options); });
}

} // namespace brownout::ctl
