#include "tune/trials.h"

#include "sim/run_plan.h"
#include "sim/simulate.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

namespace brownout::tune {

using chain::Json;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double month_s = 30.0 * 24 * 3600;
constexpr std::uint64_t first_search_run = 1'000'000; // far from those that judge
constexpr double requests_together = 20'000;          // a plan costs about as much as some hundred

double number_or_none(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_number() ? at->get<double>() : none;
}

// One value a run: of the report itself where it is of one run.
std::vector<double> values(const Json& report, const char* key, double single) {
    const auto per_run = report.find("per_run");
    if (per_run == report.end())
        return {single};
    std::vector<double> out;
    for (const Json& value : (*per_run)[key]["values"])
        out.push_back(value.is_number() ? value.get<double>() : none);
    return out;
}

} // namespace

Trials::Trials(const Space& space, const faults::Scenario& scenario, const SuggestOptions& options)
    : space_(space), scenario_(scenario), options_(options) {
    const double requests = std::max(1.0, sim::expected_requests(scenario));
    together_ = static_cast<std::uint64_t>(std::clamp(requests_together / requests, 1.0, 64.0));
}

std::optional<std::size_t> Trials::add(const Candidate& candidate) {
    if (const auto known = known_.find(candidate); known != known_.end())
        return known->second;
    std::optional<std::size_t> id;
    if (entries_.size() < most_candidates)
        if (auto variant = space_.variant(candidate)) {
            id = entries_.size();
            std::string warning = space_.new_warning(*variant);
            entries_.push_back({candidate, std::move(*variant), std::move(warning), {}});
        }
    known_.emplace(candidate, id);
    return id;
}

std::vector<RunFigures> Trials::of(std::size_t id, Set set) const {
    std::vector<RunFigures> out;
    for (const auto& run : entries_[id].runs[static_cast<std::size_t>(set)]) {
        if (!run)
            break;
        out.push_back(*run);
    }
    return out;
}

Result<std::vector<RunFigures>> Trials::simulate(const Job& job, Set set) const {
    sim::SimulateOptions run;
    run.seed = options_.seed;
    run.first_run = job.from + (set == Set::search ? first_search_run : 0);
    run.runs = job.count;
    run.threads = 1;
    run.cancel = options_.cancel;
    const auto report = sim::simulate(entries_[job.id].variant.document, scenario_, run);
    if (!report)
        return tl::unexpected(report.error());
    std::vector<RunFigures> out;
    if ((*report)["partial"] == true)
        return out; // stopped: half a run says nothing
    const double runs = static_cast<double>(job.count);
    const double length_s =
        scenario_.duration_s.value_or(number_or_none(*report, "virtual_s") / runs);
    const auto of = [&](const char* key, double single) { return values(*report, key, single); };
    const auto up = of("availability", number_or_none((*report)["availability"], "value"));
    const auto slow = of("latency_p99_ms", number_or_none((*report)["latency_ms"], "p99"));
    const auto usd = of("spend_usd", number_or_none(*report, "spend_usd"));
    for (std::size_t i = 0; i < job.count && i < up.size(); ++i) {
        RunFigures figures;
        figures.value = {up[i], slow[i], usd[i]};
        figures.spend_month = length_s > 0 ? usd[i] * month_s / length_s : none;
        figures.requests = number_or_none(*report, "requests") / runs;
        out.push_back(figures);
    }
    return out;
}

Result<bool> Trials::play(const std::vector<std::size_t>& ids, Set set, std::uint64_t runs) {
    std::vector<Job> jobs;
    for (const std::size_t id : ids) {
        played_ += entries_[id].runs[0].empty() && entries_[id].runs[1].empty();
        auto& have = entries_[id].runs[static_cast<std::size_t>(set)];
        if (have.size() < runs)
            have.resize(runs);
        for (std::uint64_t at = 0; at < runs; ++at) {
            if (have[at])
                continue;
            if (!jobs.empty() && jobs.back().id == id && jobs.back().count < together_ &&
                jobs.back().from + jobs.back().count == at)
                ++jobs.back().count;
            else
                jobs.push_back({id, at, 1});
        }
    }
    // Twice the same candidate would be twice the same work.
    std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
        return std::pair(a.from, a.id) < std::pair(b.from, b.id);
    });
    jobs.erase(
        std::unique(jobs.begin(), jobs.end(),
                    [](const Job& a, const Job& b) { return a.id == b.id && a.from == b.from; }),
        jobs.end());
    return work(jobs, set);
}

Result<bool> Trials::work(const std::vector<Job>& jobs, Set set) {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t next = 0, working = 0;
    std::optional<std::pair<std::size_t, Error>> failed; // the first by its place, not by the clock
    const auto one_thread = [&] {
        std::unique_lock lock(mutex);
        while (next < jobs.size() && !failed && !cancelled()) {
            const std::size_t at = next++;
            lock.unlock();
            auto figures = simulate(jobs[at], set);
            lock.lock();
            if (!figures) {
                if (!failed || at < failed->first)
                    failed = {at, figures.error()};
                continue;
            }
            auto& runs = entries_[jobs[at].id].runs[static_cast<std::size_t>(set)];
            for (std::size_t i = 0; i < figures->size(); ++i) {
                runs[jobs[at].from + i] = (*figures)[i];
                requests_ += static_cast<std::uint64_t>(std::llround((*figures)[i].requests));
                ++runs_done_;
            }
        }
        --working;
        ended.notify_all();
    };
    const unsigned machine = std::max(1u, std::thread::hardware_concurrency());
    working = std::min<std::size_t>(options_.threads ? options_.threads : machine, jobs.size());
    std::vector<std::jthread> pool;
    for (std::size_t i = 0, n = working; i < n; ++i)
        pool.emplace_back(one_thread);
    std::unique_lock lock(mutex);
    while (working > 0) {
        ended.wait_for(lock, sim::progress_every);
        lock.unlock();
        if (tell)
            tell();
        lock.lock();
    }
    lock.unlock();
    pool.clear();
    if (failed)
        return tl::unexpected(failed->second);
    return !cancelled();
}

} // namespace brownout::tune
