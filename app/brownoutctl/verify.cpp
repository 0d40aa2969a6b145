// verify TESTED_CHAIN: does the evidence belong to the chain, is it unedited, does it still hold?
#include "app/brownoutctl/rehearsal_pool.h"

#include "chain/evidence.h"
#include "record/rehearsals.h"
#include "sim/simulate.h"

#include <CLI/CLI.hpp>

namespace brownout::ctl {
namespace {

std::string_view word(chain::EvidenceState state) {
    switch (state) {
    case chain::EvidenceState::none:
        return "none";
    case chain::EvidenceState::holds:
        return "holds";
    case chain::EvidenceState::stale:
        return "stale";
    case chain::EvidenceState::broken:
        return "broken";
    case chain::EvidenceState::failed:
        return "failed";
    }
    return "";
}

std::string sentence(chain::EvidenceState state) {
    switch (state) {
    case chain::EvidenceState::none:
        return "there is no evidence in this file; make some: brownoutctl rehearse, then export";
    case chain::EvidenceState::holds:
        return "the evidence holds";
    case chain::EvidenceState::stale:
        return "the evidence is stale: the chain was edited after it was tested";
    case chain::EvidenceState::broken:
        return "the evidence is broken: a figure or a hash in it was edited";
    case chain::EvidenceState::failed:
        return "the evidence is genuine, but an expectation did not pass";
    }
    return "";
}

// A run of one report's scenario with its seed. check_evidence has found both in order.
Result<PlannedRun> planned(const Context& context, const chain::Document& document,
                           const chain::Json& report, const std::string& file) {
    const auto scenario = faults::read_scenario(report.at("scenario"), file);
    context.print(scenario.problems);
    if (!scenario.ok())
        return bad_input(file, "the scenario inside the evidence cannot be read");
    auto bound = faults::bind(*scenario.value, document, file);
    context.print(bound.problems);
    if (!bound.ok())
        return bad_input(file, "the scenario does not fit the chain any more");
    PlannedRun run;
    run.name = bound.value->name;
    run.scenario = std::move(*bound.value);
    run.seed = report.at("seed").get<std::uint64_t>();
    return run;
}

struct Verdict {
    chain::EvidenceCheck check;
    bool good = false;
    chain::Json replays = chain::Json::array();
};

// Evidence is anyone's text: a field may be missing, or of another type.
chain::Json part(const chain::Json& report, const char* key) {
    const auto at = report.find(key);
    return at == report.end() ? chain::Json() : *at;
}

bool is_simulated(const chain::Json& report) {
    return part(report, "mode") == "simulated";
}

// The same seed gives the same figures, to the last digit; money apart, since a price that the
// document leaves out comes from the table of whoever asks. In canonical form: how a file is
// written, the order of its keys and 1.0 for 1, is no figure.
bool same_figures(const chain::Json& told, const chain::Json& again) {
    for (const char* key : {"requests", "succeeded", "failed", "truncated", "availability",
                            "latency_ms", "first_token_ms", "attempts", "fallbacks", "hedges"})
        if (chain::canonical_json(part(told, key)) != chain::canonical_json(part(again, key)))
            return false;
    return true;
}

// Simulated evidence is run again each time: it takes no sockets, and little time. False as below.
bool simulate_all(Context& context, const Context::Loaded& loaded, const std::string& path,
                  Verdict& verdict, int& code) {
    for (const chain::Json& report : loaded.json.at("evidence").at("reports")) {
        if (!is_simulated(report))
            continue;
        const auto run = planned(context, loaded.document, report, path);
        if (!run) {
            code = context.fail(run.error());
            return false;
        }
        sim::SimulateOptions options;
        options.seed = run->seed;
        if (const chain::Json runs = part(report, "runs"); runs.is_number_integer())
            options.runs = runs.get<std::uint64_t>();
        options.chain_sha256 = loaded.sha256;
        options.cancel = context.cancelled;
        const auto again = sim::simulate(loaded.document, run->scenario, options);
        if (!again || *context.cancelled) {
            code = again ? exit_cancelled : context.fail(again.error());
            return false;
        }
        // Another version of the engine may do better or worse, and must still pass.
        const bool same_engine = part(report, "engine_version") == record::engine_version;
        const bool same = same_figures(report, *again);
        const bool holds = record::all_pass(*again) && (same || !same_engine);
        verdict.good = verdict.good && holds;
        verdict.replays.push_back(
            {{"scenario", run->name}, {"pass", holds}, {"same", same}, {"report", *again}});
        if (!context.json)
            context.out("simulation of \"" + run->name + "\": " +
                        (holds  ? same ? "holds, with the same figures"
                                       : "holds, with other figures: they are of another version"
                         : same ? "does NOT hold"
                                : "does NOT hold: the figures are others") +
                        "\n");
    }
    return true;
}

// Plays all rehearsals again, at once. False when a run could not be made or was cancelled; `code`
// then says why.
bool replay_all(Context& context, const Context::Loaded& loaded, const std::string& path,
                std::optional<int> jobs, Verdict& verdict, int& code) {
    std::vector<PlannedRun> runs;
    for (const chain::Json& report : loaded.json.at("evidence").at("reports")) {
        if (is_simulated(report))
            continue;
        auto run = planned(context, loaded.document, report, path);
        if (!run) {
            code = context.fail(run.error());
            return false;
        }
        context.say("replaying \"" + run->name + "\" ...");
        runs.push_back(std::move(*run));
    }
    if (runs.empty())
        return true;
    std::vector<std::string> names;
    for (const PlannedRun& run : runs)
        names.push_back(run.name);
    PoolResult result = play_all(context, std::move(runs),
                                 {&loaded.document, loaded.sha256, jobs, false, std::nullopt});
    if (*context.cancelled || result.code) {
        code = *context.cancelled ? exit_cancelled : *result.code;
        return false;
    }
    std::vector<chain::Json> reports;
    for (std::size_t i = 0; i < result.runs.size(); ++i) {
        const chain::Json& again = *result.runs[i].report;
        const bool pass = record::all_pass(again);
        verdict.good = verdict.good && pass;
        verdict.replays.push_back({{"scenario", names[i]}, {"pass", pass}, {"report", again}});
        reports.push_back(again);
        if (!context.json)
            context.out("replay of \"" + names[i] + "\": " + (pass ? "holds" : "does NOT hold") +
                        "\n");
    }
    if (!context.json)
        context.out(reports.size() == 1 ? record::report_table(reports.front())
                                        : record::reports_table(
                                              record::reports_json(reports, {}, result.elapsed_s)));
    return true;
}

int print(const Context& context, const std::string& path, const Verdict& verdict) {
    if (context.json) {
        chain::Json problems = chain::Json::array();
        for (const auto& p : verdict.check.problems) {
            problems.push_back({{"pointer", p.pointer}, {"message", p.message}});
        }
        context.out_json({{"file", path},
                          {"evidence", word(verdict.check.state)},
                          {"holds", verdict.good},
                          {"problems", problems},
                          {"replays", verdict.replays}});
    }
    return verdict.good ? exit_done : exit_failed;
}

int verify(Context& context, const std::string& path, bool with_replay, std::optional<int> jobs) {
    const auto text = chain::read_file(path);
    if (!text)
        return context.fail(text.error());
    const auto json = chain::parse_json(*text, path);
    if (!json)
        return context.fail(json.error());
    Verdict verdict{chain::check_evidence(*json, path)};
    using State = chain::EvidenceState;
    verdict.good = verdict.check.state == State::holds;
    // An edit that also made the chain invalid is an edit all the same: that verdict comes first.
    const bool edited = verdict.check.state == State::stale || verdict.check.state == State::broken;
    std::optional<Context::Loaded> loaded;
    if (!edited && !(loaded = context.load_chain(path)))
        return exit_bad_input;
    if (!context.json) {
        for (const auto& problem : verdict.check.problems)
            context.out(problem.text() + "\n");
        context.out(path + ": " + sentence(verdict.check.state) + "\n");
    }
    int code = exit_done;
    if (verdict.good && !simulate_all(context, *loaded, path, verdict, code))
        return code;
    if (verdict.good && with_replay && !replay_all(context, *loaded, path, jobs, verdict, code)) {
        return code;
    }
    return print(context, path, verdict);
}

} // namespace

void add_verify(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("verify", "Check the evidence of a tested chain");
    auto path = std::make_shared<std::string>();
    auto with_replay = std::make_shared<bool>(false);
    auto jobs = std::make_shared<std::optional<int>>();
    command->add_option("TESTED_CHAIN", *path, "A chain file with evidence")->required();
    command->add_flag("--replay", *with_replay, "Run the rehearsals again");
    command
        ->add_option("--jobs", *jobs,
                     "So many rehearsals at once; default: what the processors carry")
        ->check(CLI::Range(1, 1000));
    context.add_common(*command);
    command->callback([&context, &code, path, with_replay, jobs] {
        code = verify(context, *path, *with_replay, *jobs);
    });
}

} // namespace brownout::ctl
