// The strips above and below the pages. Thread: the window's.
#pragma once

#include "ui/shell/session.h"

#include <QFrame>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace brownout::ui {

class AlertButton;
class AlertCenter;
class StateBadge;

// Brand, chain, Simulated or Live, the local endpoint, and, only while true, alerts and the outages
// with Revert all.
class TopBar : public QFrame {
    Q_OBJECT
  public:
    explicit TopBar(Session& session, QWidget* parent = nullptr);
    QToolButton* menuButton() const { return menu_; }
    AlertCenter& alerts() const { return *alerts_; }
    // Alerts reach the desktop, too, unless the user has switched that off; `remember`: for the
    // next start.
    void notifyDesktop(bool remember);

  Q_SIGNALS:
    void paletteRequested();
    void alertRulesRequested();

  private:
    void onDocument();
    void onSnapshot();
    Session& session_;
    QComboBox* chain_;
    StateBadge* mode_;
    QPushButton *strip_, *search_;
    QToolButton* menu_;
    AlertCenter* alerts_;
    AlertButton* alertButton_;
};

// Requests/s, availability, spend; whether everything is saved.
class BottomBar : public QFrame {
    Q_OBJECT
  public:
    explicit BottomBar(Session& session, QWidget* parent = nullptr);

  private:
    QLabel* field(QHBoxLayout* row, const char* name);
    void onSnapshot();
    void onSaveState();
    Session& session_;
    QLabel *rate_, *availability_, *spend_, *running_, *saved_;
};

} // namespace brownout::ui
