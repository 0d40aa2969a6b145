// The Live page: traffic, provider tiles, charts on one time axis, requests. Follows the session's
// snapshots only while it is visible, and touches only what changed. Thread: the window's.
#pragma once

#include "ui/shell/session.h"

#include <QElapsedTimer>
#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace brownout::ui {

class MessageBar;
class ProviderTile;
class RequestPanel;
class TileGrid;
class TimelineChart;
class TrafficSwitch;

class LivePage : public QWidget {
    Q_OBJECT
  public:
    explicit LivePage(Session& session, QWidget* parent = nullptr);

    TimelineChart* chart() const { return chart_; }
    void setPaused(bool paused);
    void setRangeSeconds(int seconds); // 60, 600 or 3600
    void refresh();                    // now, whatever the clock says

  Q_SIGNALS:
    void addKeyRequested();

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    QHBoxLayout* buildHeader();
    void rebuildTargets();
    void tick();
    void updateTiles();
    void updateMessage();
    double now() const; // Unix seconds, as the worker's clock has it

    Session& session_;
    MessageBar* message_;
    QLabel* quiet_;
    TrafficSwitch* traffic_;
    QPushButton *pause_, *reset_;
    QComboBox* range_;
    TileGrid* grid_;
    TimelineChart* chart_;
    RequestPanel* requests_;
    std::vector<ProviderTile*> tiles_;
    std::vector<std::string> shownTargets_;
    QTimer clock_;
    QElapsedTimer sinceSnapshot_, sinceTiles_, sinceTable_;
    bool fresh_ = false; // a snapshot that the tiles have not seen
    bool freshTable_ = false;
    bool paused_ = false;
    bool welcomed_ = false; // the first message was closed or acted on
    bool sentenceClosed_ = false, hadFaults_ = false;
};

} // namespace brownout::ui
