// Breaking providers by hand: the chosen fault with its fields, a row per provider, and what acts
// now.
#pragma once

#include "ui/models/fault_models.h"
#include "ui/shell/session.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QTableView;

namespace brownout::ui {

class FaultForm;
class ProviderRows;

class HandPanel : public QWidget {
    Q_OBJECT
  public:
    explicit HandPanel(Session& session, QWidget* parent = nullptr);
    void setKind(faults::Kind kind);

  private:
    QWidget* makeForm();
    QWidget* makeProviders();
    QWidget* makeActive();
    void onSnapshot();
    void removeFault(int row);
    Session& session_;
    ActiveFaultModel active_;
    QLabel *noneActive_, *chosen_;
    FaultForm* form_;
    ProviderRows* providers_;
    QTableView* table_;
    QPushButton* revert_;
};

} // namespace brownout::ui
