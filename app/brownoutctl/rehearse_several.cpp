// rehearse CHAIN SCENARIO...: several scenarios, or all of a folder, as one run with one table.
#include "app/brownoutctl/rehearsal_pool.h"
#include "app/brownoutctl/rehearse.h"
#include "live/rehearsal.h"
#include "record/rehearsals.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace brownout::ctl {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view suffix = ".scenario.json";
constexpr std::size_t most_scenarios = 1000;

// Files as they are named, folders as the scenarios in them by name.
Result<std::vector<std::string>> expanded(const std::vector<std::string>& paths) {
    std::vector<std::string> out;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            out.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
            if (at->path().string().ends_with(suffix) && !at->is_directory(error))
                found.push_back(at->path().string());
        if (error)
            return environment_error(path, "cannot be read: " + error.message());
        if (found.empty())
            return bad_input(path, "there is no scenario in this folder",
                             "Name a folder with *.scenario.json files");
        std::sort(found.begin(), found.end());
        out.insert(out.end(), found.begin(), found.end());
    }
    std::set<std::string> seen;
    for (const std::string& path : out)
        if (!seen.insert(fs::path(path).lexically_normal().string()).second)
            return bad_input(path, "the scenario is named twice", "Name it once");
    if (out.size() > most_scenarios)
        return bad_input(paths.front(), "more than 1000 scenarios at once",
                         "Name fewer of them at a time");
    return out;
}

// "flapping" of "resources/scenarios/flapping.scenario.json"
std::string stem_of(const std::string& path) {
    std::string name = fs::path(path).filename().string();
    if (name.ends_with(suffix))
        name.resize(name.size() - suffix.size());
    return name;
}

// A log for each: events.jsonl becomes events.flapping.jsonl, because request ids repeat.
std::vector<std::string> log_paths(const std::string& log, const std::vector<std::string>& files) {
    std::vector<std::string> out;
    if (log.empty())
        return out;
    std::set<std::string> taken;
    for (const std::string& file : files) {
        std::string name = stem_of(file);
        for (int n = 2; !taken.insert(name).second; ++n)
            name = stem_of(file) + "-" + std::to_string(n);
        fs::path path(log);
        const std::string extension = path.extension().string();
        path.replace_extension();
        out.push_back(path.string() + "." + name + extension);
    }
    return out;
}

bool load_all(const Context& context, const RehearseArguments& arguments,
              const std::vector<std::string>& files, const chain::Document& document,
              std::vector<PlannedRun>& runs) {
    bool good = true;
    for (const std::string& file : files) {
        auto scenario = load_scenario(context, file, document, arguments.within_s);
        good = good && scenario;
        if (scenario)
            runs.push_back({scenario->name, std::move(*scenario), context.seed, {}});
    }
    return good;
}

int verdict(const Context& context, const PoolResult& result, const chain::Json& reports) {
    if (*context.cancelled)
        return exit_cancelled;
    return result.code.value_or(record::all_hold(reports) ? exit_done : exit_failed);
}

} // namespace

bool are_several(const std::vector<std::string>& scenarios) {
    std::error_code ignored;
    return scenarios.size() > 1 || fs::is_directory(scenarios.front(), ignored);
}

int rehearse_several(Context& context, const RehearseArguments& arguments) {
    const auto loaded = context.load_chain(arguments.chain_file);
    if (!loaded)
        return exit_bad_input;
    const auto files = expanded(arguments.scenarios);
    if (!files)
        return context.fail(files.error());
    std::vector<PlannedRun> runs;
    if (!load_all(context, arguments, *files, loaded->document, runs))
        return exit_bad_input;
    const auto logs = log_paths(context.log, *files);
    for (std::size_t i = 0; i < logs.size(); ++i)
        runs[i].log_path = logs[i];
    if (auto code = check_files(context, logs))
        return *code;
    std::vector<std::optional<Money>> estimates;
    for (const PlannedRun& run : runs)
        estimates.push_back(live::estimate_spend(loaded->document, run.scenario));
    if (auto code = confirm_spend(context, arguments, estimates))
        return *code;

    const PoolOptions pool{&loaded->document, loaded->sha256,          arguments.jobs,
                           arguments.real,    arguments.max_spend_usd, arguments.hooks};
    std::vector<std::string> names;
    for (const PlannedRun& run : runs)
        names.push_back(run.name);
    PoolResult result = play_all(context, std::move(runs), pool);

    std::vector<chain::Json> reports;
    std::vector<record::NotRun> not_run;
    for (std::size_t i = 0; i < result.runs.size(); ++i) {
        if (result.runs[i].report)
            reports.push_back(std::move(*result.runs[i].report));
        else
            not_run.push_back({names[i], result.runs[i].why});
    }
    const chain::Json document = record::reports_json(reports, not_run, result.elapsed_s);
    if (context.json)
        context.out_json(document);
    else
        context.out(record::reports_table(document));
    const auto unwritten = write_files(context, document, record::reports_junit(document));
    return unwritten.value_or(verdict(context, result, document));
}

} // namespace brownout::ctl
