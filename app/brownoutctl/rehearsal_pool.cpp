#include "app/brownoutctl/rehearsal_pool.h"

#include "app/common/user_files.h"
#include "faults/compress.h"
#include "live/rehearsal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace brownout::ctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto look_every = std::chrono::milliseconds{100};
constexpr std::size_t slots_per_core = 32;
constexpr double requests_per_slot = 10; // a second: then a core is half busy at most

// Both ends of every connection are ours, and many labs are open at once.
void allow_many_sockets() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// The most requests that come within a second of the clock.
double busiest_second(const faults::Trace& trace, double time_scale) {
    std::size_t most = 0, first = 0;
    for (std::size_t last = 0; last < trace.rows.size(); ++last) {
        while (trace.rows[last].at_s - trace.rows[first].at_s > time_scale)
            ++first;
        most = std::max(most, last - first + 1);
    }
    return static_cast<double>(most);
}

// How much of the machine a scenario takes, in shares of its busiest second.
std::size_t slots_of(const faults::Scenario& scenario) {
    const faults::Traffic& traffic = scenario.traffic;
    double busiest = 0;
    if (traffic.trace)
        busiest = busiest_second(*traffic.trace, traffic.time_scale);
    else if (traffic.arrivals == faults::Arrivals::closed)
        busiest = traffic.clients;
    else
        for (const faults::RateStep& step : traffic.rate)
            busiest = std::max(busiest, step.requests_per_s);
    return std::max<std::size_t>(1, static_cast<std::size_t>(busiest / requests_per_slot + 0.999));
}

// "1 min 20 s"
std::string span_text(double seconds) {
    const auto whole = static_cast<long>(seconds + 0.5);
    const std::string s = std::to_string(whole % 60) + " s";
    return whole < 60 ? s : std::to_string(whole / 60) + " min " + s;
}

double usd_in(const chain::Json& value) {
    return value.is_number() ? value.get<double>() : 0;
}

// What a report says that real providers billed; health checks are in it.
double real_spend_usd(const chain::Json& report) {
    double sum = 0;
    for (const chain::Json& target : report.at("targets"))
        if (target.at("was") == "real")
            sum += usd_in(target.at("spend_usd"));
    return sum;
}

class Pool {
  public:
    Pool(Context& context, std::vector<PlannedRun> planned, const PoolOptions& options)
        : context_(context),
          options_(options),
          keys_(context.resolve_keys(*options.document)),
          terminal_(!context.quiet && isatty(STDERR_FILENO)) {
        for (PlannedRun& run : planned)
            jobs_.emplace_back(std::move(run));
        for (std::size_t i = 0; i < jobs_.size(); ++i)
            order_.push_back(i);
        std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return jobs_[a].length_s > jobs_[b].length_s;
        });
        if (options.real)
            slots_ = 1;
        else if (options.jobs)
            slots_ = static_cast<std::size_t>(*options.jobs);
        else
            slots_ = slots_per_core * std::max(1u, std::thread::hardware_concurrency());
    }

    PoolResult play() {
        allow_many_sockets();
        const auto began = Clock::now();
        {
            std::unique_lock lock(mutex_);
            for (;;) {
                if (*context_.cancelled)
                    stop_ = true;
                start_what_fits();
                if (running_ == 0 && (stop_ || next_ == order_.size()))
                    break;
                changed_.wait_for(lock, look_every);
                show_progress();
            }
        }
        threads_.clear(); // joins
        if (terminal_)
            std::fprintf(stderr, "\n");
        PoolResult result;
        result.elapsed_s = std::chrono::duration<double>(Clock::now() - began).count();
        result.code = code_;
        for (Job& job : jobs_)
            result.runs.push_back(std::move(job.played));
        return result;
    }

  private:
    struct Job {
        explicit Job(PlannedRun planned)
            : run(std::move(planned)),
              length_s(faults::length_s(run.scenario).value_or(0)),
              slots(slots_of(run.scenario)) {}
        PlannedRun run;
        double length_s;
        std::size_t slots;
        // Guarded by the pool's mutex.
        bool running = false;
        double elapsed_s = 0;
        std::uint64_t requests = 0;
        PlayedRun played{std::nullopt, "it was stopped before its turn came"};
    };

    std::size_t taken(const Job& job) const {
        return options_.jobs || options_.real ? 1 : std::min(job.slots, slots_);
    }

    // All below with the mutex held, but for run().
    void start_what_fits() {
        while (!stop_ && next_ < order_.size()) {
            Job& job = jobs_[order_[next_]];
            if (used_ + taken(job) > slots_)
                return;
            std::optional<Money> limit;
            if (options_.max_spend_usd) {
                limit = Money::from_usd(*options_.max_spend_usd - spent_usd_);
                if (!(*limit > Money{})) {
                    job.played.why = "the spending limit was reached";
                    ++next_;
                    continue;
                }
            }
            ++next_;
            ++running_;
            used_ += taken(job);
            job.running = true;
            threads_.emplace_back([this, &job, limit] { run(job, limit); });
        }
    }

    void run(Job& job, std::optional<Money> limit) {
        live::RehearseOptions run;
        run.seed = job.run.seed;
        run.real = options_.real;
        run.hooks = options_.hooks;
        run.max_spend = limit;
        run.log_path = job.run.log_path;
        run.ledger_path = app::ledger_path();
        run.chain_sha256 = options_.chain_sha256;
        run.cancel = &stop_;
        run.progress = [&](double elapsed_s, double, std::uint64_t requests) {
            const std::lock_guard lock(mutex_);
            job.elapsed_s = elapsed_s;
            job.requests = requests;
        };
        run.notice = [&](const std::string& text) {
            const std::lock_guard lock(mutex_);
            if (told_.insert(text).second)
                context_.say(text);
        };
        run.unwritten = [&](const Error& error) {
            const std::lock_guard lock(mutex_);
            failed(error);
        };
        const auto report = live::rehearse(*options_.document, job.run.scenario, keys_, run);
        const std::lock_guard lock(mutex_);
        job.running = false;
        --running_;
        used_ -= taken(job);
        if (report) {
            spent_usd_ += real_spend_usd(*report);
            bad_ += !record::all_pass(*report);
            job.played = {*report, {}};
            tell_ended(job);
        } else {
            job.played.why = report.error().text();
            failed(report.error());
            stop_ = true; // what refused this one refuses the others
        }
        ++ended_;
        changed_.notify_all();
    }

    void failed(const Error& error) {
        if (terminal_)
            std::fprintf(stderr, "\n");
        const int code = context_.fail(error);
        code_ = code_.value_or(code);
    }

    void tell_ended(const Job& job) const {
        if (terminal_)
            return;
        const chain::Json& report = *job.played.report;
        context_.say(job.run.name + ": " +
                     (report.value("partial", false) ? "stopped"
                      : record::all_pass(report)     ? "pass"
                                                     : "FAIL") +
                     ", " + span_text(report.value("elapsed_s", 0.0)));
    }

    void show_progress() {
        if (!terminal_)
            return;
        constexpr int width = 12; // the whole line fits into 80 columns
        std::vector<double> running, waiting;
        double all = 0, done = 0;
        std::uint64_t requests = 0;
        for (const Job& job : jobs_) {
            all += job.length_s;
            done += job.played.report ? job.length_s : std::min(job.elapsed_s, job.length_s);
            requests += job.requests;
            if (job.running)
                running.push_back(std::max(0.0, job.length_s - job.elapsed_s));
        }
        for (std::size_t i = next_; i < order_.size(); ++i)
            waiting.push_back(jobs_[order_[i]].length_s);
        const int filled = static_cast<int>(all > 0 ? done / all * width : 0);
        const std::string failed = bad_ ? ", " + std::to_string(bad_) + " FAILED" : "";
        std::fprintf(stderr,
                     "\r\x1b[K[%.*s%*s] %zu/%zu done, %zu running%s, %llu requests, %s left",
                     filled, "############", width - filled, "", ended_, jobs_.size(), running_,
                     failed.c_str(), static_cast<unsigned long long>(requests),
                     span_text(time_left_s(running, waiting, std::max(running_, slots_))).c_str());
        std::fflush(stderr);
    }

    Context& context_;
    const PoolOptions& options_;
    const chain::ResolvedKeys keys_;
    const bool terminal_;
    std::deque<Job> jobs_;           // in the order of the plan; they stay where they are
    std::vector<std::size_t> order_; // in which they start
    std::size_t slots_ = 1;

    std::mutex mutex_; // guards what follows, and what changes in jobs
    std::condition_variable changed_;
    std::size_t next_ = 0, running_ = 0, used_ = 0, ended_ = 0, bad_ = 0;
    double spent_usd_ = 0;
    std::set<std::string> told_;
    std::optional<int> code_;
    std::atomic<bool> stop_{false};
    std::vector<std::jthread> threads_; // last: they use all the rest
};

} // namespace

double time_left_s(const std::vector<double>& running, const std::vector<double>& waiting,
                   std::size_t jobs) {
    std::vector<double> lanes = running;
    lanes.resize(std::max({lanes.size(), jobs, std::size_t{1}}), 0.0);
    for (const double next : waiting)
        *std::min_element(lanes.begin(), lanes.end()) += next;
    return *std::max_element(lanes.begin(), lanes.end());
}

PoolResult play_all(Context& context, std::vector<PlannedRun> runs, const PoolOptions& options) {
    return Pool(context, std::move(runs), options).play();
}

} // namespace brownout::ctl
