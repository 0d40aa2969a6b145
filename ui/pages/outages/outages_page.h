// Outages: break providers by hand, with the fault of your choice, or rehearse a whole scenario.
#pragma once

#include "ui/models/fault_models.h"
#include "ui/shell/session.h"

#include <QWidget>

class QFrame;
class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QTableView;

namespace brownout::ui {

class FaultForm;
class ProviderRows;
class ScenarioPanel;

class OutagesPage : public QWidget {
    Q_OBJECT
  public:
    explicit OutagesPage(Session& session, QWidget* parent = nullptr);
    ScenarioPanel& scenarios() { return *scenarios_; }

  Q_SIGNALS:
    void evidenceRequested(); // show the Export page: the report is in the snapshot

  private:
    QWidget* makePalette();
    QWidget* makeProviders();
    QWidget* makeActive();
    void chooseKind();
    void onSnapshot();
    void removeFault(int row);

    Session& session_;
    FaultKindModel kinds_;
    QSortFilterProxyModel found_;
    ActiveFaultModel active_;
    QListView* palette_;
    QLabel *help_, *noneActive_, *chosen_;
    FaultForm* form_;
    ProviderRows* providers_;
    QTableView* table_;
    QPushButton* revert_;
    ScenarioPanel* scenarios_;
};

} // namespace brownout::ui
