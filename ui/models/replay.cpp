#include "ui/models/replay.h"

#include "sim/simulate.h"

#include <QDateTime>
#include <QMetaObject>

#include <algorithm>
#include <thread>

namespace brownout::ui {
namespace {

constexpr std::size_t shownRequests = 500; // as in the worker's snapshots
constexpr std::size_t keepSeconds = 26 * 3600;
constexpr double lookBack = 3600; // of charts, in seconds: what ended before is not seen

class Keeper : public sim::Watcher {
  public:
    explicit Keeper(ReplayEvents& out) : out_(out) {}
    void record(record::RequestRecord r) override {
        if (out_.requests.size() == ReplayEvents::most_requests) {
            out_.to_s = std::min(out_.to_s, to_seconds(out_.requests.back()->ended));
            return;
        }
        out_.requests.push_back(std::make_shared<const record::RequestRecord>(std::move(r)));
    }
    void breaker(const record::BreakerRecord& b) override {
        if (to_seconds(b.at) < out_.from_s - lookBack)
            before_[b.target] = b;
        else if (to_seconds(b.at) <= out_.to_s)
            out_.breakers.push_back(b);
    }
    void fault(const record::FaultRecord& f) override {
        const std::pair key{f.rule, f.target};
        if (f.to == never) {
            open_[key] = f;
            return;
        }
        open_.erase(key);
        if (to_seconds(f.to) >= out_.from_s - lookBack && to_seconds(f.from) <= out_.to_s)
            out_.faults.push_back(f);
    }
    void end() {
        for (const auto& [key, fault] : open_)
            out_.faults.push_back(fault);
        std::sort(out_.faults.begin(), out_.faults.end(),
                  [](const auto& a, const auto& b) { return a.from < b.from; });
        std::vector<record::BreakerRecord> first;
        for (const auto& [target, last] : before_)
            first.push_back(last);
        std::sort(first.begin(), first.end(),
                  [](const auto& a, const auto& b) { return a.at < b.at; });
        out_.breakers.insert(out_.breakers.begin(), first.begin(), first.end());
    }

  private:
    ReplayEvents& out_;
    std::map<std::string, record::BreakerRecord> before_;
    std::map<std::pair<std::uint32_t, std::string>, record::FaultRecord> open_;
};

std::vector<chain::Compiled::TargetInfo> targetInfos(const sim::Candidate& chain) {
    std::vector<chain::Compiled::TargetInfo> out;
    const auto names = chain::compile(chain.document);
    if (const auto* shown = chain.document.chain(chain.chain_id))
        for (const auto& target : shown->targets)
            if (const auto id = names.target(target.name()))
                out.push_back(names.targets[id->value]);
    return out;
}

} // namespace

struct ReplayLoader::Job {
    std::atomic<bool> cancel{false};
    std::jthread thread;
};

ReplayLoader::ReplayLoader(QObject* parent) : QObject(parent) {}

ReplayLoader::~ReplayLoader() {
    stop();
}

void ReplayLoader::stop() {
    if (job_)
        job_->cancel = true;
    job_.reset(); // joins
}

void ReplayLoader::cancel() {
    ++run_; // what was still told of it finds another number
    stop();
}

void ReplayLoader::load(sim::Candidate chain, const sim::Assumptions& assumptions,
                        ReplayStretch stretch) {
    cancel();
    const quint64 run = run_;
    job_ = std::make_unique<Job>();
    const auto tell = [this, run](auto call) { // we outlive the thread: stop() joins it
        QMetaObject::invokeMethod(
            this,
            [this, run, call = std::move(call)] {
                if (run == run_)
                    call();
            },
            Qt::QueuedConnection);
    };
    job_->thread = std::jthread(
        [this, tell, chain = std::move(chain), assumptions, stretch, cancel = &job_->cancel] {
            auto events = std::make_shared<ReplayEvents>();
            events->from_s = stretch.from_s;
            events->to_s = stretch.to_s;
            events->targets = targetInfos(chain);
            Keeper keeper(*events);
            const auto scenario = sim::year_of(assumptions, chain.chain_id);
            sim::SimulateOptions options;
            options.seed = stretch.seed;
            options.threads = 1;
            options.cancel = cancel;
            options.watch = {&keeper, Instant{from_seconds(stretch.from_s)},
                             Instant{from_seconds(stretch.to_s)}, true};
            const double whole = stretch.to_s / *scenario.duration_s;
            options.progress = [this, tell, whole](double share) {
                tell([this, share, whole] { Q_EMIT progressed(std::min(1.0, share / whole)); });
            };
            const auto report = sim::simulate(chain.document, scenario, options);
            if (cancel->load())
                return;
            if (!report) {
                const QString why = QString::fromStdString(report.error().text());
                tell([this, why] {
                    job_.reset();
                    Q_EMIT failed(why);
                });
                return;
            }
            keeper.end();
            tell([this, events] {
                job_.reset();
                Q_EMIT loaded(events);
            });
        });
}

ReplayPlayer::ReplayPlayer(ReplayEventsPtr events) : events_(std::move(events)) {
    const auto index = [this](const std::string& name) {
        const auto& all = events_->targets;
        return static_cast<std::size_t>(
            std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.name == name; }) -
            all.begin());
    };
    for (const auto& request : events_->requests)
        for (const auto& a : request->attempts) {
            AttemptEnd end;
            end.at = a.ended;
            end.target = index(a.target);
            if (end.target >= events_->targets.size())
                continue;
            end.served =
                a.outcome.cls == engine::OutcomeClass::success && a.target == request->served_by;
            end.counted = a.outcome.cls != engine::OutcomeClass::cancelled;
            end.failed = end.counted && a.outcome.cls != engine::OutcomeClass::success;
            end.ms = to_ms(a.ended - a.started);
            (end.served ? end.useful_usd : end.wasted_usd) = a.outcome.cost.usd();
            ends_.push_back(end);
        }
    std::stable_sort(ends_.begin(), ends_.end(),
                     [](const AttemptEnd& a, const AttemptEnd& b) { return a.at < b.at; });
    begin();
}

std::int64_t ReplayPlayer::yearStartNs() {
    return QDateTime(QDate(sim::calendar_year, 1, 1), QTime(0, 0)).toMSecsSinceEpoch() * 1'000'000;
}

void ReplayPlayer::begin() {
    at_ = events_->from_s;
    nextEnd_ = nextRequest_ = nextBreaker_ = 0;
    totals_ = {};
    series_.assign(events_->targets.size(), stats::Series(keepSeconds));
    breakers_.assign(events_->targets.size(), engine::BreakerState::closed);
    feed(Instant{from_seconds(at_)});
}

void ReplayPlayer::feed(Instant until) {
    for (; nextEnd_ < ends_.size() && ends_[nextEnd_].at <= until; ++nextEnd_) {
        const AttemptEnd& end = ends_[nextEnd_];
        const auto second =
            std::chrono::floor<std::chrono::seconds>(end.at.time_since_epoch()).count();
        if (end.counted)
            series_[end.target].attempt(second, end.failed, end.served, end.ms);
        if (end.useful_usd > 0 || end.wasted_usd > 0)
            series_[end.target].spend(second, end.useful_usd, end.wasted_usd);
    }
    const auto& requests = events_->requests;
    for (; nextRequest_ < requests.size() && requests[nextRequest_]->ended <= until;
         ++nextRequest_) {
        const auto& r = *requests[nextRequest_];
        ++totals_.requests;
        totals_.succeeded += r.result == engine::CallResult::success;
        totals_.failed += r.result == engine::CallResult::failed ||
                          r.result == engine::CallResult::partial ||
                          r.result == engine::CallResult::refused;
        totals_.spend += r.cost;
        totals_.wasted += r.wasted;
    }
    const auto& breakers = events_->breakers;
    for (; nextBreaker_ < breakers.size() && breakers[nextBreaker_].at <= until; ++nextBreaker_)
        for (std::size_t i = 0; i < events_->targets.size(); ++i)
            if (events_->targets[i].name == breakers[nextBreaker_].target)
                breakers_[i] = breakers[nextBreaker_].to;
}

void ReplayPlayer::seek(double at_s) {
    at_s = std::clamp(at_s, events_->from_s, events_->to_s);
    if (at_s < at_)
        begin();
    at_ = at_s;
    feed(Instant{from_seconds(at_)});
}

live::SnapshotPtr ReplayPlayer::snapshot() {
    auto out = std::make_shared<live::Snapshot>();
    out->version = ++version_;
    out->now = Instant{from_seconds(at_)};
    out->wall.unix_ns_at_zero = yearStartNs();
    for (std::size_t i = 0; i < events_->targets.size(); ++i) {
        live::TargetView view;
        view.name = events_->targets[i].name;
        view.provider = events_->targets[i].provider;
        view.model = events_->targets[i].model;
        view.simulated = true;
        view.status.breaker = breakers_[i];
        view.series = series_[i].view();
        out->targets.push_back(std::move(view));
    }
    out->totals = totals_;
    out->traffic.running = true;
    auto windows = std::make_shared<std::vector<record::FaultRecord>>();
    for (record::FaultRecord f : events_->faults) {
        if (f.from > out->now)
            continue;
        if (f.to > out->now) {
            f.to = never;
            live::ActiveFaultView active;
            active.id = f.rule;
            active.target = f.target;
            active.kind = f.kind;
            active.since = f.from;
            out->active_faults.push_back(std::move(active));
        }
        windows->push_back(std::move(f));
    }
    out->fault_windows = std::move(windows);
    const auto& breakers = events_->breakers;
    out->breaker_lanes = std::make_shared<std::vector<record::BreakerRecord>>(
        breakers.begin(), breakers.begin() + static_cast<std::ptrdiff_t>(nextBreaker_));
    const auto first = nextRequest_ > shownRequests ? nextRequest_ - shownRequests : 0;
    const auto& all = events_->requests;
    out->requests = std::make_shared<std::vector<record::RequestPtr>>(
        all.begin() + static_cast<std::ptrdiff_t>(first),
        all.begin() + static_cast<std::ptrdiff_t>(nextRequest_));
    return out;
}

} // namespace brownout::ui
