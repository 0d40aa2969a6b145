#include "sim/simulate.h"

#include "sim/world.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace brownout::sim {
namespace {

constexpr std::uint64_t most_waiting = 64; // finished runs whose turn has not come

// Hands out runs, and folds them in their order whatever the order of their ends.
class Runs {
  public:
    Runs(const RunPlan& plan, const SimulateOptions& options)
        : plan_(plan), options_(options), total_(plan.names, plan.scenario, plan.chain_id) {}

    void work() {
        while (const auto run = take()) {
            auto world = std::make_unique<World>(
                plan_, seed_of_run(options_.seed, options_.first_run + *run));
            if (two_threads_each_)
                world->take_two_threads();
            if (*run == 0)
                world->watch(options_.watch);
            std::uint64_t told = 0;
            world->play([&](double share) {
                const auto done = std::max(told, static_cast<std::uint64_t>(share * unit));
                done_.fetch_add(done - std::exchange(told, done));
                return !cancelled();
            });
            done_.fetch_add(static_cast<std::uint64_t>(unit) - told);
            finish(*run, std::move(world));
        }
    }
    // Blocks until all threads have ended.
    void watch() {
        std::unique_lock lock(mutex_);
        while (working_ > 0) {
            ended_.wait_for(lock, progress_every);
            if (!options_.progress)
                continue;
            const double share =
                static_cast<double>(done_.load()) / unit / static_cast<double>(options_.runs);
            lock.unlock();
            options_.progress(std::min(1.0, share));
            lock.lock();
        }
    }
    void begin(unsigned threads, bool two_threads_each) {
        working_ = threads;
        two_threads_each_ = two_threads_each;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        --working_;
        ended_.notify_all();
    }
    chain::Json report() const {
        record::RunFold::Facts facts;
        facts.mode = "simulated";
        facts.partial = folded_ < options_.runs || partial_;
        facts.chain_sha256 = options_.chain_sha256;
        facts.seed = options_.seed;
        facts.runs = std::max<std::uint64_t>(folded_, 1);
        facts.virtual_s = virtual_s_;
        facts.notes = plan_.notes;
        if (folded_ > 1)
            facts.notes.push_back("counts, money and the timeline add up over " +
                                  std::to_string(folded_) +
                                  " runs; breaker changes are those of the first; expectations on "
                                  "money are judged by the mean of a run, those on times of the "
                                  "breaker, recovery and gaps by the worst run");
        else
            facts.notes.push_back("one run: the interval does not say how runs would differ");
        return total_.report(facts, last_end_);
    }

  private:
    static constexpr double unit = 1e9; // steps of progress of a run

    bool cancelled() const {
        return options_.cancel && options_.cancel->load(std::memory_order_relaxed);
    }
    std::optional<std::uint64_t> take() {
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] {
            return next_ >= options_.runs || next_ < folded_ + most_waiting || cancelled();
        });
        if (next_ >= options_.runs || cancelled())
            return std::nullopt;
        return next_++;
    }
    void finish(std::uint64_t run, std::unique_ptr<World> world) {
        const std::lock_guard lock(mutex_);
        waiting_.emplace(run, std::move(world));
        while (!waiting_.empty() && waiting_.begin()->first == folded_) {
            const World& first = *waiting_.begin()->second;
            partial_ |= !first.complete();
            total_.add_run(first.fold(), first.end());
            virtual_s_ += to_seconds(first.end());
            last_end_ = first.end();
            waiting_.erase(waiting_.begin());
            ++folded_;
        }
        turn_.notify_all();
    }

    const RunPlan& plan_;
    const SimulateOptions& options_;
    std::mutex mutex_;
    std::condition_variable turn_, ended_;
    std::map<std::uint64_t, std::unique_ptr<World>> waiting_;
    record::RunFold total_;
    std::uint64_t next_ = 0, folded_ = 0;
    double virtual_s_ = 0;
    Instant last_end_{};
    bool partial_ = false, two_threads_each_ = false;
    unsigned working_ = 0;
    std::atomic<std::uint64_t> done_{0};
};

Result<void> check_options(const SimulateOptions& options) {
    if (options.runs < 1 || options.runs > most_runs)
        return bad_input("runs", std::to_string(options.runs) + " is out of range",
                         "Give 1 to " + std::to_string(most_runs));
    if (options.threads > most_threads)
        return bad_input("threads", std::to_string(options.threads) + " is out of range",
                         "Give 1 to " + std::to_string(most_threads));
    return {};
}

} // namespace

std::uint64_t seed_of_run(std::uint64_t seed, std::uint64_t run) {
    return run == 0 ? seed : mix64(mix64(seed) + run);
}

Result<chain::Json> simulate(const chain::Document& document, const faults::Scenario& scenario,
                             const SimulateOptions& options) {
    if (auto fits = check_options(options); !fits)
        return fail(fits.error());
    const auto bound = faults::bind(scenario, document, "scenario");
    if (!bound.ok())
        return bad_input("", bound.problems.empty() ? "the scenario does not fit the chain"
                                                    : bound.problems.front().text());
    const auto plan = plan_run(document, *bound.value);
    if (!plan)
        return fail(plan.error());
    const unsigned machine = std::max(1u, std::thread::hardware_concurrency());
    const unsigned most = options.threads ? options.threads : machine;
    const auto threads = static_cast<unsigned>(std::min<std::uint64_t>(most, options.runs));
    Runs runs(*plan, options);
    runs.begin(threads, most >= 2 * threads); // where threads are left over, a run takes two
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i)
        pool.emplace_back([&runs] {
            runs.work();
            runs.end();
        });
    runs.watch();
    pool.clear();
    return runs.report();
}

} // namespace brownout::sim
