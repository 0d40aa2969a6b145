// What a scenario expects, with the verdict on each while it plays and after, and why one failed.
// Rows are chosen here and edited in the inspector.
#pragma once

#include "ui/models/expectation_model.h"
#include "ui/models/scenario_run.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QTableView;

namespace brownout::ui {

class ExpectationPanel : public QFrame {
    Q_OBJECT
  public:
    ExpectationPanel(Session& session, ScenarioRun& run, QWidget* parent = nullptr);

  private:
    QHBoxLayout* makeHead();
    void makeTable();
    void listen();
    void onDocument();
    void onRun();
    void explain();
    void followSelection();
    ScenarioEditor& editor_;
    ScenarioRun& run_;
    ExpectationModel model_;
    QTableView* table_;
    QLabel *none_, *why_;
    QPushButton *add_, *remove_;
    bool following_ = false; // the selection comes from elsewhere
};

} // namespace brownout::ui
