// A stretch of a simulated year, played again: the year's own seed brings the engine to the same
// state, and what it does then is kept and shown in slow motion, by the same snapshots that the
// worker makes of what is live. Thread: the window's; the year is played in the background.
#pragma once

#include "live/snapshot.h"
#include "sim/assumptions.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <map>
#include <memory>

namespace brownout::ui {

// What happened. Times in seconds since the year began.
struct ReplayEvents {
    double from_s = 0, to_s = 0;
    std::vector<record::RequestPtr> requests;            // by their ends; most_requests at most
    std::vector<record::BreakerRecord> breakers;         // the last of each before, then all
    std::vector<record::FaultRecord> faults;             // windows that reach into the stretch
    std::vector<chain::Compiled::TargetInfo> targets;    // of the chain, in its order
    static constexpr std::size_t most_requests = 60'000; // then the stretch ends earlier
};
using ReplayEventsPtr = std::shared_ptr<const ReplayEvents>;

struct ReplayStretch {
    std::uint64_t seed = 0; // of the year
    double from_s = 0, to_s = 0;
};

// Plays a year up to the end of a stretch, and keeps the stretch.
class ReplayLoader : public QObject {
    Q_OBJECT
  public:
    explicit ReplayLoader(QObject* parent = nullptr);
    ~ReplayLoader() override;
    void load(sim::Candidate chain, const sim::Assumptions& assumptions, ReplayStretch stretch);
    void cancel();
    bool running() const { return job_ != nullptr; }

  Q_SIGNALS:
    void progressed(double share); // 0 to 1
    void loaded(brownout::ui::ReplayEventsPtr events);
    void failed(const QString& why);

  private:
    struct Job;
    void stop();
    std::unique_ptr<Job> job_;
    quint64 run_ = 0;
};

// Shows a stretch at any of its moments.
class ReplayPlayer {
  public:
    explicit ReplayPlayer(ReplayEventsPtr events);
    const ReplayEvents& events() const { return *events_; }
    double at() const { return at_; } // seconds since the year began
    // Forward is cheap; back begins anew.
    void seek(double at_s);
    live::SnapshotPtr snapshot();
    // Unix time of the year's beginning, in local time, so that clocks show the year's own.
    static std::int64_t yearStartNs();

  private:
    struct AttemptEnd {
        Instant at{};
        std::size_t target = 0;
        bool counted = false, failed = false, served = false;
        double ms = 0, useful_usd = 0, wasted_usd = 0;
    };
    void begin();
    void feed(Instant until);
    ReplayEventsPtr events_;
    std::vector<AttemptEnd> ends_; // ascending
    std::vector<stats::Series> series_;
    std::vector<engine::BreakerState> breakers_;
    live::Totals totals_;
    std::size_t nextEnd_ = 0, nextRequest_ = 0, nextBreaker_ = 0;
    std::uint64_t version_ = 0;
    double at_ = 0;
};

} // namespace brownout::ui
