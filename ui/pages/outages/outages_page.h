// Outages: make a scenario and rehearse it, look one up in the library, break providers by hand,
// and record what happens.
#pragma once

#include "ui/models/scenario_recorder.h"
#include "ui/shell/session.h"

#include <QWidget>

class QFrame;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTabBar;

namespace brownout::ui {

class FaultPalette;
class HandPanel;
class LibraryPanel;
class ScenarioPage;

class OutagesPage : public QWidget {
    Q_OBJECT
  public:
    enum Tab { scenarioTab, libraryTab, handTab };
    explicit OutagesPage(Session& session, QWidget* parent = nullptr);
    ScenarioPage& scenarios() { return *scenarios_; }
    LibraryPanel& library() { return *library_; }
    void showTab(Tab tab);
    void toggleRecording(); // what was recorded is in the editor then
    bool recording() const { return recorder_.running(); }

  Q_SIGNALS:
    void evidenceRequested(); // show the Export page: the report is in the snapshot

  private:
    QFrame* makePalette();
    void onSnapshot();
    Session& session_;
    ScenarioRecorder recorder_;
    QTabBar* tabs_;
    QStackedWidget* stack_;
    QFrame* paletteFrame_;
    QLabel* paletteHint_;
    FaultPalette* palette_;
    ScenarioPage* scenarios_;
    LibraryPanel* library_;
    HandPanel* hand_;
    QPushButton* record_;
};

} // namespace brownout::ui
