// Forecast: what the shown chain will do to users and to the bill in simulated years, on
// assumptions that stand beside it. Runs in the background; once it has run, a change runs it again
// after a pause. Thread: the window's.
#pragma once

#include "ui/models/calibrate_run.h"
#include "ui/models/forecast_run.h"
#include "ui/models/rare_run.h"
#include "ui/shell/session.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace brownout::ui {

class AssumptionList;
class ElidedLabel;
class ForecastBoard;
class MessageBar;
class ReplayView;
class SuggestView;

class ForecastPage : public QWidget {
    Q_OBJECT
  public:
    explicit ForecastPage(Session& session, QWidget* parent = nullptr);

    ForecastRun& run() { return run_; }
    RareRun& rare() { return rare_; }
    ForecastBoard& board() { return *board_; }
    ReplayView& replay(); // made when it is first wanted
    AssumptionList& assumptions() { return *list_; }
    SuggestView& suggest(); // made when it is first wanted
    void showSuggestions();
    void simulate();                    // now; what cannot be played says why
    void calibrate(const QString& log); // models from an event log, undoable
    bool calibrating() const { return calibration_.running(); }
    void playDay(std::uint64_t year, int day);

    static constexpr int pauseMs = 900; // without a change, before it runs again by itself

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* buildLeft();
    void onChange();
    void onRun();
    void onProgress();
    void lookAtRareOutages(); // of the selected chain, once its years are there
    void showRare();
    void moreYears();
    void fillCompareMenu();
    void addCompared(const sim::Compared& one);
    void removeSelected();
    void useSelected();
    void onFitted(const tune::Calibration& found);
    void changedChain(const QString& text);
    void backFromReplay();
    // The chains to play, the shown one first. Those that are gone are left out, with a word.
    std::vector<sim::Candidate> candidates(QStringList& gone);
    // Of everything that the years depend on; of a year alone, without their number.
    std::string signature(bool years = true) const;

    Session& session_;
    ForecastRun run_;
    RareRun rare_;
    CalibrateRun calibration_;
    QString log_; // that is being fitted to
    QStackedWidget* stack_;
    AssumptionList* list_;
    ForecastBoard* board_;
    ReplayView* replay_ = nullptr;
    SuggestView* suggest_ = nullptr;
    MessageBar* message_;
    QPushButton *simulate_, *cancel_, *more_, *suggestButton_, *fromLog_;
    QProgressBar* progress_;
    ElidedLabel* status_;
    QTimer later_;
    std::vector<int> comparedOf_; // by candidate: index of what was compared; -1: the shown one
    std::vector<int> played_;     // the same, of the years that are shown
    std::string ran_, ranYear_;   // signatures of the last run
    bool tellsOfEdit_ = false;    // the message is of an edit of the chain: it stays
    bool unseen_ = true;          // something changed that the page has not looked at
    bool wanted_ = false;         // has been asked for once: changes run it again
};

} // namespace brownout::ui
