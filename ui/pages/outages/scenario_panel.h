// Rehearsing: choose a scenario, see its timeline, play it, watch its expectations, keep the
// report.
#pragma once

#include "ui/models/expectation_model.h"
#include "ui/models/scenario_library.h"
#include "ui/shell/session.h"

#include <QFrame>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableView;

namespace brownout::ui {

class MessageBar;
class ScenarioTimeline;

class ScenarioPanel : public QFrame {
    Q_OBJECT
  public:
    explicit ScenarioPanel(Session& session, QWidget* parent = nullptr);

    // Replaces the built-in library by the scenarios of a directory.
    void setLibrary(const QString& directory);
    // Reads, checks and shows it; problems are shown inline. False: not playable.
    bool open(const QString& path);
    void play();
    void stop();
    bool saveReport(const QString& path);

  Q_SIGNALS:
    void evidenceRequested(); // the report is in the snapshot

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QHBoxLayout* makeHead();
    QHBoxLayout* makeFoot();
    QTableView* makeExpectations();
    QPushButton* button(const QString& text, const QString& name, const QString& iconName);
    void reload(); // the chain may have changed
    void onSnapshot();
    void setControls();
    void showSummary(const live::ScenarioView& view);
    void showProblems(const QStringList& problems);
    bool confirmRealSpend();
    void chooseFile();
    void chooseReportFile();

    Session& session_;
    ExpectationModel expectations_;
    LoadedScenario loaded_;
    QString path_;
    bool posted_ = false; // Play was pressed and no snapshot has told yet
    std::pair<std::string, std::string> toldBefore_; // scenario and error in the picture then
    std::uint64_t postedAt_ = 0;                     // its version
    live::RunState state_ = live::RunState::none;
    std::shared_ptr<const chain::Json> report_; // of what is shown; null: none yet
    std::shared_ptr<const chain::Json> seen_;   // the newest that a snapshot had
    QString playedName_;
    QComboBox* library_;
    QSpinBox* seed_;
    QPushButton *open_, *play_, *stop_, *save_, *evidence_;
    QProgressBar* progress_;
    QLabel *time_, *description_, *summary_;
    MessageBar* problems_;
    ScenarioTimeline* timeline_;
    QTableView* table_;
};

// "Passed: all 4 expectations held. 900 requests, availability 100 %, spend 0.1234 USD." Pure.
// `labels` names the expectations in their order; without one its metric is named.
QString runSummary(const chain::Json& report, const QStringList& labels = {});

} // namespace brownout::ui
