// The alerts in the top bar, only while there are any: how many are raised, and a list of them that
// the user can clear. Thread: the window's.
#pragma once

#include "ui/shell/alert_center.h"

#include <QPushButton>

class QCheckBox;
class QListWidget;

namespace brownout::ui {

class AlertButton : public QPushButton {
    Q_OBJECT
  public:
    explicit AlertButton(AlertCenter& alerts, QWidget* parent = nullptr);
    // As the session before left it.
    void setDesktopOn(bool on);

  Q_SIGNALS:
    void desktopToggled(bool on); // by the user
    void rulesRequested();        // to be looked at

  private:
    void refresh();
    void fit();

    AlertCenter& alerts_;
    QListWidget* list_;
    QCheckBox* desktop_;
};

} // namespace brownout::ui
