// Making and playing a scenario: its file and undo, timeline, expectations, inspector, and the run
// with its verdict. Thread: the window's.
#pragma once

#include "ui/models/scenario_run.h"

#include <QWidget>

class QComboBox;
class QFrame;
class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace brownout::ui {

class ElidedLabel;
class ExpectationPanel;
class MessageBar;
class ScenarioInspector;
class TimelineView;

class ScenarioPage : public QWidget {
    Q_OBJECT
  public:
    explicit ScenarioPage(Session& session, QWidget* parent = nullptr);

    // False: the notice says why. One that cannot be played is opened, and says why below the head.
    bool open(const QString& path);
    // A scenario without a file, from the library or from a recording.
    void openUnsaved(const chain::Json& json, const QString& name);
    void create();
    void save(); // asks for a name where there is none
    void saveAs();
    bool saveTo(const QString& path);
    // Asks first where providers are real.
    void play();
    void stop();
    void pauseOrResume();
    TimelineView& timeline() { return *timeline_; }
    ScenarioRun& run() { return run_; }

  Q_SIGNALS:
    void evidenceRequested(); // the report is in the snapshot

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QFrame* makeHead();
    QHBoxLayout* makeFileButtons(QWidget* parent);
    QHBoxLayout* makeRunButtons(QWidget* parent);
    QFrame* makeTimeline();
    QFrame* makeFoot();
    void start(std::optional<Money> realLimit);
    void onDocument();
    void onRun();
    void showProblems();
    void showSummary();
    void setControls();
    void chooseFile();
    void openReportFolder();

    Session& session_;
    ScenarioEditor& editor_;
    ScenarioRun run_;
    TimelineView* timeline_;
    ExpectationPanel* expectations_;
    ScenarioInspector* inspector_;
    ElidedLabel* name_;
    QLabel *state_, *time_, *summary_, *report_;
    QToolButton *save_, *undo_, *redo_;
    QSpinBox* seed_;
    QComboBox* speed_;
    QPushButton *play_, *pause_, *stop_, *evidence_;
    QProgressBar* progress_;
    MessageBar *problems_, *confirm_;
    QFrame* foot_;
    bool opened_ = false;
};

} // namespace brownout::ui
