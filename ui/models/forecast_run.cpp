#include "ui/models/forecast_run.h"

#include <QMetaObject>

#include <algorithm>
#include <thread>

#ifdef Q_OS_LINUX
#include <unistd.h>
#endif

namespace brownout::ui {
namespace {

constexpr double months = 12;
constexpr double tooEarly = 0.02; // share below which the time left is a guess

} // namespace

void stepBack() {
#ifdef Q_OS_LINUX // where it is of the thread
    [[maybe_unused]] const int now = nice(10);
#endif
}

struct ForecastRun::Job {
    std::atomic<bool> cancel{false}, ended{false};
    std::jthread thread;
};

std::vector<const sim::ForecastYear*> ForecastChain::whole() const {
    std::vector<const sim::ForecastYear*> out;
    for (const auto& year : years)
        if (year.whole)
            out.push_back(&year);
    if (out.empty() && !years.empty())
        out.push_back(&years.front());
    return out;
}

sim::OverYears ForecastChain::availability() const {
    std::vector<double> figures;
    for (const auto* year : whole())
        figures.push_back(year->availability);
    return sim::over_years(std::move(figures));
}

sim::OverYears ForecastChain::p99_s() const {
    std::vector<double> figures;
    for (const auto* year : whole())
        if (year->answered)
            figures.push_back(year->p99_ms / 1e3);
    return sim::over_years(std::move(figures));
}

namespace {

std::optional<sim::OverYears> perMonth(const std::vector<const sim::ForecastYear*>& years,
                                       std::optional<double> sim::ForecastYear::*of) {
    std::vector<double> figures;
    for (const auto* year : years) {
        const auto played =
            std::count_if(year->days.begin(), year->days.end(),
                          [](const sim::ForecastDay& day) { return day.requests > 0; });
        if (!(year->*of) || played == 0)
            return std::nullopt;
        // Of a year that was cut short: as if it went on like that.
        const double part = year->whole ? 1 : static_cast<double>(played) / sim::days_of_year;
        figures.push_back(*(year->*of) / part / months);
    }
    return sim::over_years(std::move(figures));
}

} // namespace

std::optional<sim::OverYears> ForecastChain::spend_month() const {
    return perMonth(whole(), &sim::ForecastYear::spend_usd);
}

std::optional<sim::OverYears> ForecastChain::wasted_month() const {
    return perMonth(whole(), &sim::ForecastYear::wasted_usd);
}

ForecastRun::ForecastRun(QObject* parent) : QObject(parent) {}

ForecastRun::~ForecastRun() {
    stop();
    dying_.clear(); // joins
}

void ForecastRun::stop() {
    if (!job_)
        return;
    job_->cancel = true; // a simulation looks at it every millisecond or so
    dying_.push_back(std::move(job_));
}

void ForecastRun::bury() {
    std::erase_if(dying_, [](const auto& job) { return job->ended.load(); });
}

void ForecastRun::start(std::vector<sim::Candidate> chains, const sim::Assumptions& assumptions) {
    assumptions_ = assumptions;
    next_.clear();
    for (const auto& candidate : chains)
        next_.push_back({QString::fromStdString(candidate.label), candidate, {}});
    elapsed_ = 0;
    fresh_ = false;
    play(std::move(chains), 0);
}

bool ForecastRun::canGoOn() const {
    return !running_ && !cancelled_ && error_.isEmpty() && !chains_.empty() &&
           !chains_.front().years.empty();
}

void ForecastRun::goOn(std::int64_t years) {
    const auto wanted = static_cast<std::uint64_t>(years);
    std::vector<sim::Candidate> chains;
    for (ForecastChain& chain : chains_) {
        chains.push_back(chain.candidate);
        std::erase_if(chain.years, [&](const auto& year) { return year.number >= wanted; });
    }
    assumptions_ = shown_;
    assumptions_.years = shown_.years = years;
    fresh_ = true;
    play(std::move(chains), chains_.front().years.size());
}

void ForecastRun::play(std::vector<sim::Candidate> chains, std::uint64_t firstYear) {
    stop();
    bury();
    const quint64 run = ++run_;
    running_ = true;
    cancelled_ = false;
    share_ = 0;
    error_.clear();
    clock_.restart();
    job_ = std::make_unique<Job>();
    // Answers come by the event loop; those of an older run find another number here. We outlive
    // the threads: the destructor joins them.
    const auto tell = [this](auto call) {
        QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
    };
    job_->thread = std::jthread([this, tell, run, firstYear, chains = std::move(chains),
                                 assumptions = assumptions_, job = job_.get()] {
        stepBack();
        sim::ForecastOptions options;
        options.seed = assumptions.seed;
        options.years = static_cast<std::uint64_t>(assumptions.years) - firstYear;
        options.first_year = firstYear;
        options.cancel = &job->cancel;
        options.year_done = [&](std::size_t chain, sim::ForecastYear year) {
            tell([this, run, chain, year = std::move(year)]() mutable {
                take(run, chain, std::move(year));
            });
        };
        options.progress = [&](double share) {
            tell([this, run, share] {
                if (run != run_ || !running_)
                    return;
                share_ = share;
                Q_EMIT progressed();
            });
        };
        const auto done = sim::forecast(chains, assumptions, options);
        const QString error = done ? QString() : QString::fromStdString(done.error().text());
        job->ended = true;
        tell([this, run, error] { finish(run, error); });
    });
    Q_EMIT changed();
}

void ForecastRun::cancel() {
    if (!running_)
        return;
    job_->cancel = true; // finish() comes within milliseconds
    cancelled_ = true;
}

std::optional<double> ForecastRun::secondsLeft() const {
    if (!running_ || share_ < tooEarly)
        return std::nullopt;
    return static_cast<double>(clock_.elapsed()) / 1e3 * (1 - share_) / share_;
}

std::uint64_t ForecastRun::requests() const {
    std::uint64_t sum = 0;
    for (const auto& chain : chains_)
        for (const auto& year : chain.years)
            sum += year.requests;
    return sum;
}

void ForecastRun::take(quint64 run, std::size_t chain, sim::ForecastYear year) {
    if (run != run_)
        return;
    if (!fresh_ && chain == 0) { // the old years have had their time
        fresh_ = true;
        chains_ = std::move(next_);
        shown_ = assumptions_;
    }
    auto& all = fresh_ ? chains_ : next_;
    auto& years = all[chain].years;
    if (!year.whole && (year.requests == 0 || !years.empty()))
        return; // cut short, and there is better
    std::erase_if(years, [](const sim::ForecastYear& y) { return !y.whole; });
    const auto at =
        std::upper_bound(years.begin(), years.end(), year,
                         [](const auto& a, const auto& b) { return a.number < b.number; });
    years.insert(at, std::move(year));
    Q_EMIT changed();
}

void ForecastRun::finish(quint64 run, const QString& error) {
    bury();
    if (run != run_)
        return;
    running_ = false;
    error_ = error;
    elapsed_ += static_cast<double>(clock_.elapsed()) / 1e3;
    Q_EMIT changed();
    Q_EMIT ended();
}

} // namespace brownout::ui
