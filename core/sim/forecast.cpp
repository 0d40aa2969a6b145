#include "sim/forecast.h"

#include "sim/lengths.h"
#include "sim/simulate.h"
#include "stats/interval.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace brownout::sim {
namespace {

constexpr std::size_t most_providers = 64; // that causes tell apart

// Folds a year while it is played.
class YearWatch : public Watcher {
  public:
    explicit YearWatch(const chain::Document& document) : days_(days_of_year) {
        for (const auto& provider : document.providers)
            providers_.push_back(provider.id);
    }
    void request(const record::FoldedCall& call, std::span<const record::FoldedAttempt>) override {
        const double at = std::max(0.0, to_seconds(call.started));
        const auto index =
            std::min(days_.size() - 1, static_cast<std::size_t>(std::max(0.0, at / day_s)));
        ForecastDay& day = days_[index];
        ++day.requests;
        day.spend_usd += call.cost.usd();
        using engine::CallResult;
        if (call.result == CallResult::success || call.result == CallResult::rejected ||
            call.result == CallResult::cancelled)
            return;
        ++day.lost;
        const auto since = static_cast<float>(at - static_cast<double>(index) * day_s);
        day.first_loss_s = day.first_loss_s < 0 ? since : std::min(day.first_loss_s, since);
        lose(call, index);
    }
    void fault(const record::FaultRecord& fault) override {
        const auto at = std::find(providers_.begin(), providers_.end(), fault.target);
        if (at == providers_.end())
            return;
        const auto provider = static_cast<std::size_t>(at - providers_.begin());
        if (fault.to == never) {
            windows_.push_back({provider, fault.rule, fault.from, never});
            return;
        }
        for (Window& window : windows_)
            if (window.provider == provider && window.rule == fault.rule && window.to == never)
                window.to = fault.to;
    }
    void give(ForecastYear& year) {
        for (const auto& [out, cause] : causes_) {
            ForecastCause told;
            for (std::size_t i = 0; i < providers_.size() && i < most_providers; ++i)
                if (out >> i & 1)
                    told.out.push_back(providers_[i]);
            told.lost = cause.lost;
            told.worst_day = static_cast<int>(
                std::max_element(cause.by_day.begin(), cause.by_day.end()) - cause.by_day.begin());
            year.causes.push_back(std::move(told));
        }
        std::stable_sort(year.causes.begin(), year.causes.end(),
                         [](const auto& a, const auto& b) { return a.lost > b.lost; });
        year.days = std::move(days_);
    }

  private:
    struct Window {
        std::size_t provider = 0;
        std::uint32_t rule = 0;
        Instant from{}, to = never;
    };
    struct Cause {
        std::uint64_t lost = 0;
        std::vector<std::uint32_t> by_day = std::vector<std::uint32_t>(days_of_year);
    };
    void lose(const record::FoldedCall& call, std::size_t day) {
        std::erase_if(windows_, [&](const Window& w) { return w.to < call.started; });
        std::uint64_t out = 0;
        for (const Window& w : windows_)
            if (w.from <= call.ended && w.provider < most_providers)
                out |= std::uint64_t{1} << w.provider;
        Cause& cause = causes_[out];
        ++cause.lost;
        ++cause.by_day[day];
    }
    std::vector<std::string> providers_;
    std::vector<ForecastDay> days_;
    std::vector<Window> windows_;           // that are or just were
    std::map<std::uint64_t, Cause> causes_; // by who was out
};

double number_or(const chain::Json& json, double otherwise) {
    return json.is_number() ? json.get<double>() : otherwise;
}
std::optional<double> known(const chain::Json& json) {
    return json.is_number() ? std::optional(json.get<double>()) : std::nullopt;
}

ForecastYear year_of_report(const chain::Json& report) {
    ForecastYear out;
    out.whole = !report["partial"].get<bool>();
    out.requests = report["requests"];
    out.lost = report["failed"].get<std::uint64_t>() + report["truncated"].get<std::uint64_t>();
    out.availability = number_or(report["availability"]["value"], 1);
    const chain::Json& latency = report["latency_ms"];
    out.answered = latency["p99"].is_number();
    out.p50_ms = number_or(latency["p50"], 0);
    out.p95_ms = number_or(latency["p95"], 0);
    out.p99_ms = number_or(latency["p99"], 0);
    out.spend_usd = known(report["spend_usd"]);
    out.wasted_usd = known(report["wasted_usd"]);
    for (const auto& note : report["notes"])
        out.notes.push_back(note);
    return out;
}

class Years {
  public:
    Years(std::span<const Candidate> chains, const Assumptions& assumptions,
          const ForecastOptions& options)
        : chains_(chains), options_(options), shares_(options.years * chains.size()) {
        for (const Candidate& chain : chains)
            scenarios_.push_back(sim::year_of(assumptions, chain.chain_id));
    }
    void work() {
        if (options_.thread_started)
            options_.thread_started();
        while (const auto job = take())
            play(*job);
        const std::lock_guard lock(mutex_);
        --working_;
        ended_.notify_all();
    }
    void begin(unsigned threads) { working_ = threads; }
    void watch() {
        std::unique_lock lock(mutex_);
        while (working_ > 0) {
            ended_.wait_for(lock, progress_every);
            if (!options_.progress)
                continue;
            double done = 0;
            for (const auto& share : shares_)
                done += share.load(std::memory_order_relaxed);
            lock.unlock();
            options_.progress(std::min(1.0, done / static_cast<double>(shares_.size())));
            lock.lock();
        }
    }
    Result<void> result() const { return error_ ? fail(*error_) : Result<void>(); }

  private:
    std::optional<std::size_t> take() {
        const std::lock_guard lock(mutex_);
        const bool stop = options_.cancel && options_.cancel->load(std::memory_order_relaxed);
        return stop || error_ || next_ >= shares_.size() ? std::nullopt : std::optional(next_++);
    }
    void play(std::size_t job) {
        const std::size_t chain = job % chains_.size();
        const std::uint64_t number = options_.first_year + job / chains_.size();
        YearWatch watch(chains_[chain].document);
        SimulateOptions options;
        options.seed = seed_of_run(options_.seed, number);
        options.threads = 1;
        options.watch.watcher = &watch;
        options.cancel = options_.cancel;
        options.progress = [&](double share) {
            shares_[job].store(share, std::memory_order_relaxed);
        };
        const auto report = simulate(chains_[chain].document, scenarios_[chain], options);
        shares_[job].store(1, std::memory_order_relaxed);
        const std::lock_guard lock(mutex_);
        if (!report) {
            if (!error_)
                error_ = report.error();
            return;
        }
        ForecastYear year = year_of_report(*report);
        year.number = number;
        year.seed = options.seed;
        watch.give(year);
        if (options_.year_done)
            options_.year_done(chain, std::move(year));
    }

    std::span<const Candidate> chains_;
    const ForecastOptions& options_;
    std::vector<faults::Scenario> scenarios_;
    std::vector<std::atomic<double>> shares_; // of each year of each chain
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t next_ = 0;
    unsigned working_ = 0;
    std::optional<Error> error_;
};

} // namespace

Result<void> forecast(std::span<const Candidate> chains, const Assumptions& assumptions,
                      const ForecastOptions& options) {
    if (chains.empty() || options.years == 0)
        return {};
    const unsigned machine = std::max(1u, std::thread::hardware_concurrency());
    const auto jobs = options.years * chains.size();
    const auto threads = static_cast<unsigned>(std::min<std::uint64_t>(
        std::min(options.threads ? options.threads : machine, most_threads), jobs));
    Years years(chains, assumptions, options);
    years.begin(threads);
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i)
        pool.emplace_back([&years] { years.work(); });
    years.watch();
    pool.clear();
    return years.result();
}

OverYears over_years(std::vector<double> figures) {
    OverYears out;
    out.years = figures.size();
    if (figures.empty())
        return out;
    const stats::Interval mean = stats::student_t(figures);
    out.mean = mean.value;
    out.mean_low = mean.low;
    out.mean_high = mean.high;
    std::sort(figures.begin(), figures.end());
    out.least = figures.front();
    out.most = figures.back();
    out.within = figures.size() - figures.size() / 20;
    out.low = out.least;
    out.high = out.most;
    for (std::size_t i = 0; i + out.within <= figures.size(); ++i) {
        const double low = figures[i], high = figures[i + out.within - 1];
        if (high - low < out.high - out.low) {
            out.low = low;
            out.high = high;
        }
    }
    return out;
}

} // namespace brownout::sim
