// Off, or a rate, for the shown chain, with what an hour of it costs. Traffic to real providers is
// confirmed first. Thread: the window's.
#pragma once

#include <QElapsedTimer>
#include <QWidget>

class QComboBox;
class QLabel;

namespace brownout::ui {

class Session;

class TrafficSwitch : public QWidget {
    Q_OBJECT
  public:
    explicit TrafficSwitch(Session& session, QWidget* parent = nullptr);
    void refresh(); // from the snapshot

  private:
    void chosen(int index);
    bool confirmReal(double rate);
    void showCost(double rate);
    void showRate(double rate);

    Session& session_;
    QComboBox* rates_;
    QLabel* cost_;
    QElapsedTimer sinceChoice_;
};

} // namespace brownout::ui
