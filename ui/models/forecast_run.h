// A forecast as the window sees it: played in the background, told year by year, stopped at once.
// The years of the last run stay until the next one has some. Thread: the window's.
#pragma once

#include "sim/forecast.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <memory>

namespace brownout::ui {

// A compared chain and its simulated years.
struct ForecastChain {
    QString label;
    sim::Candidate candidate;
    std::vector<sim::ForecastYear> years; // by number; a year that was cut short stands last

    std::vector<const sim::ForecastYear*> whole() const; // or, where there is none, the one cut
    bool cut() const { return !years.empty() && !years.front().whole; } // there is no whole one
    sim::OverYears availability() const;
    sim::OverYears p99_s() const;
    std::optional<sim::OverYears> spend_month() const, wasted_month() const; // nothing: unknown
};

// The window comes first: a thread that calls this, and those it starts, take what is left.
void stepBack();

class ForecastRun : public QObject {
    Q_OBJECT
  public:
    explicit ForecastRun(QObject* parent = nullptr);
    ~ForecastRun() override; // waits for the threads, a few milliseconds

    // Begins at once; a run that goes on is stopped. The first chain is the shown one.
    void start(std::vector<sim::Candidate> chains, const sim::Assumptions& assumptions);
    // Whether more years of what is shown can be played: the last run came to its end.
    bool canGoOn() const;
    // Until there are so many, and no more than that: those that are there stay. Only where
    // canGoOn().
    void goOn(std::int64_t years);
    void cancel();

    bool running() const { return running_; }
    double share() const { return share_; }       // 0 to 1
    std::optional<double> secondsLeft() const;    // nothing: too early to tell
    bool cancelled() const { return cancelled_; } // of the last run: it is partial
    // Years shown are of the run before: the new one has none yet.
    bool stale() const { return running_ && !fresh_; }
    QString error() const { return error_; } // why it could not be played; empty: nothing wrong
    double elapsedSeconds() const { return elapsed_; } // of the last run that ended

    const std::vector<ForecastChain>& chains() const { return chains_; }
    // What they were played with.
    const sim::Assumptions& assumptions() const { return shown_; }
    std::uint64_t requests() const; // in all years shown

  Q_SIGNALS:
    void changed();    // years, state, error
    void progressed(); // share and time left
    void ended();

  private:
    struct Job;
    void play(std::vector<sim::Candidate> chains, std::uint64_t firstYear);
    void take(quint64 run, std::size_t chain, sim::ForecastYear year);
    void finish(quint64 run, const QString& error);
    void stop();
    void bury(); // joins the threads of older runs that have come to their end

    std::unique_ptr<Job> job_;
    std::vector<std::unique_ptr<Job>> dying_; // told to stop; nobody waits for them
    std::vector<ForecastChain> chains_, next_;
    sim::Assumptions assumptions_, shown_;
    quint64 run_ = 0;
    bool running_ = false, fresh_ = false, cancelled_ = false;
    double share_ = 0, elapsed_ = 0;
    QString error_;
    QElapsedTimer clock_;
};

} // namespace brownout::ui
