// verify TESTED_CHAIN: does the evidence belong to the chain, is it unedited, does it still hold?
#include "app/brownoutctl/context.h"

#include "chain/evidence.h"
#include "live/rehearsal.h"

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

// Runs one report's scenario again with its seed.
Result<chain::Json> replay(Context& context, const chain::Document& document,
                           const chain::Json& report, const std::string& file) {
    const auto scenario = faults::read_scenario(report.at("scenario"), file);
    context.print(scenario.problems);
    if (!scenario.ok())
        return bad_input(file, "the scenario inside the evidence cannot be read");
    const auto bound = faults::bind(*scenario.value, document, file);
    context.print(bound.problems);
    if (!bound.ok())
        return bad_input(file, "the scenario does not fit the chain any more");
    live::RehearseOptions run;
    run.seed = report.at("seed").get<std::uint64_t>();
    run.cancel = context.cancelled;
    run.chain_sha256 = report.value("chain_sha256", "");
    return live::rehearse(document, *bound.value, context.resolve_keys(document), run);
}

int verify(Context& context, const std::string& path, bool with_replay) {
    const auto loaded = context.load_chain(path);
    if (!loaded)
        return exit_bad_input;
    const auto check = chain::check_evidence(loaded->json, path);
    bool good = check.state == chain::EvidenceState::holds;
    chain::Json replays = chain::Json::array();
    if (!context.json) {
        for (const auto& problem : check.problems)
            context.out(problem.text() + "\n");
        context.out(path + ": " + sentence(check.state) + "\n");
    }
    if (good && with_replay) {
        for (const chain::Json& report : loaded->json.at("evidence").at("reports")) {
            const std::string name = report.at("scenario").value("name", "scenario");
            context.say("replaying \"" + name + "\" ...");
            const auto again = replay(context, loaded->document, report, path);
            if (!again)
                return context.fail(again.error());
            if (*context.cancelled)
                return exit_cancelled;
            const bool pass = record::all_pass(*again);
            good = good && pass;
            replays.push_back({{"scenario", name}, {"pass", pass}, {"report", *again}});
            if (!context.json) {
                context.out("replay of \"" + name + "\": " + (pass ? "holds" : "does NOT hold") +
                            "\n");
                context.out(record::report_table(*again));
            }
        }
    }
    if (context.json) {
        chain::Json problems = chain::Json::array();
        for (const auto& p : check.problems) {
            problems.push_back({{"pointer", p.pointer}, {"message", p.message}});
        }
        context.out_json({{"file", path},
                          {"evidence", word(check.state)},
                          {"holds", good},
                          {"problems", problems},
                          {"replays", replays}});
    }
    return good ? exit_done : exit_failed;
}

} // namespace

void add_verify(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("verify", "Check the evidence of a tested chain");
    auto path = std::make_shared<std::string>();
    auto with_replay = std::make_shared<bool>(false);
    command->add_option("TESTED_CHAIN", *path, "A chain file with evidence")->required();
    command->add_flag("--replay", *with_replay, "Run the rehearsals again");
    context.add_common(*command);
    command->callback(
        [&context, &code, path, with_replay] { code = verify(context, *path, *with_replay); });
}

} // namespace brownout::ctl
