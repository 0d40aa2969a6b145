// The local endpoint in the top bar: off or on, its address with Copy, and what to paste into a
// program so that it is served by the chain. Thread: the window's.
#pragma once

#include "ui/shell/session.h"

#include <QWidget>

class QMenu;
class QSpinBox;
class QToolButton;

namespace brownout::ui {

class EndpointSwitch : public QWidget {
    Q_OBJECT
  public:
    static constexpr int usualPort = 8484;
    explicit EndpointSwitch(Session& session, QWidget* parent = nullptr);

  private:
    void toggle();
    void serve(int port);
    void onSnapshot();
    void fillMenu();
    void copy(const QString& text, const QString& what);

    Session& session_;
    QToolButton *button_, *copy_;
    QMenu* menu_;
    QSpinBox* port_;
    QString url_, error_, shown_;
    bool asked_ = false; // to listen, by the user
    int askedPort_ = usualPort;
};

} // namespace brownout::ui
