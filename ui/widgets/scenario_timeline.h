// A scenario on its time axis: a lane per provider with the blocks of its faults, and the playhead
// while it runs. Read-only.
#pragma once

#include "ui/models/scenario_library.h"

#include <QWidget>

namespace brownout::ui {

class ScenarioTimeline : public QWidget {
    Q_OBJECT
  public:
    explicit ScenarioTimeline(QWidget* parent = nullptr);
    void setLanes(QList<TimelineLane> lanes, double duration_s);
    void setPlayhead(double elapsed_s); // < 0: none
    // Where a block is drawn, for tests and tool tips.
    QRect blockRect(int lane, int block) const;
    int playheadX() const; // -1: none
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

  private:
    QRect plot() const; // between the names and the right border
    int laneTop(int lane) const;
    int xOf(double seconds) const;
    void paintAxis(QPainter& painter) const;
    void paintLane(QPainter& painter, int lane) const;
    QString toolTipAt(const QPoint& point) const;
    QList<TimelineLane> lanes_;
    double duration_s_ = 0, playhead_s_ = -1;
};

} // namespace brownout::ui
