// A run of a scenario as the window sees it: started, watched through snapshots, judged, summed up
// in a sentence, its report kept as a file. Thread: the window's.
#pragma once

#include "ui/shell/session.h"

namespace brownout::ui {

// What playing would cost on providers that are not simulated.
struct RealCost {
    QStringList providers;          // by name; empty: nothing leaves this computer
    std::optional<double> requests; // about; nothing: as many as the providers answer
    std::optional<Money> usd;       // at most about; nothing: a price is missing
    // A run ends early before it has cost more: the estimate with some room; nothing: unknown.
    std::optional<Money> limit() const;
    QString sentence() const; // "About 450 requests go to OpenAI for real; at most about 0.12 USD."
};
RealCost realCost(const chain::Document& document, const faults::Scenario& scenario);

class ScenarioRun : public QObject {
    Q_OBJECT
  public:
    enum class State { idle, starting, running, finished, stopped, refused };
    explicit ScenarioRun(Session& session, QObject* parent = nullptr);

    // `realLimit`: what real providers may bill; nothing: none of them is called.
    void play(const faults::Scenario& scenario, std::uint64_t seed, double speed = 1,
              std::optional<Money> realLimit = {});
    void pause(); // its clock stands still; the report is partial then, as with a changed speed
    void resume();
    void setSpeed(double factor); // of the run
    void stop();
    void forget(); // of a run that is over: back to idle

    State state() const { return state_; }
    bool paused() const { return state_ == State::running && view_.paused; }
    bool busy() const { return state_ == State::starting || state_ == State::running; }
    const live::ScenarioView& view() const { return view_; } // of the run, while and after
    QString refusal() const { return refusal_; }             // refused: why
    std::shared_ptr<const chain::Json> report() const { return report_; }
    QString reportPath() const { return reportPath_; } // empty: not written
    QString summary() const { return summary_; }
    // The last request of the run that got no answer, in words; empty: none.
    QString lastFailure() const { return lastFailure_; }

    static constexpr int mostReports = 200; // kept in the directory; older ones go

  Q_SIGNALS:
    void changed();
    void ended(); // finished or stopped: report and summary are there

  private:
    void onSnapshot();
    void watchFailures(const live::Snapshot& snapshot);
    void keepReport();
    Session& session_;
    State state_ = State::idle;
    live::ScenarioView view_;
    std::pair<std::string, std::string> toldBefore_; // scenario and error in the picture then
    std::uint64_t postedAt_ = 0;                     // its version
    std::shared_ptr<const chain::Json> report_, seen_;
    QString refusal_, reportPath_, summary_, lastFailure_;
    std::string lastSeenRequest_;
};

// "Passed: all 4 expectations held. 900 requests, availability 100 %, spend 0.1234 USD." Pure.
// `labels` names the expectations in their order; without one its metric is named.
QString runSummary(const chain::Json& report, const QStringList& labels = {});

} // namespace brownout::ui
