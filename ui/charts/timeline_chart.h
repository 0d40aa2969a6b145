// Latency, failure rate, breaker lanes and spend of the shown targets, stacked on one time axis
// with one crosshair. Fault windows are shaded behind all of them.
//
// Draws only when the picture would change: when time has moved by a pixel, or a breaker or a fault
// has changed, or, for values that grow, a few times a second; at most 25 times a second in all.
// Thread: the window's.
#pragma once

#include "ui/charts/timeline_frame.h"

#include <QElapsedTimer>
#include <QWidget>

#include <memory>

namespace brownout::ui {

class TimelineChart : public QWidget {
    Q_OBJECT
  public:
    explicit TimelineChart(QWidget* parent = nullptr);
    ~TimelineChart() override;

    void setTargets(std::vector<ChartTarget> targets);
    void setSnapshot(live::SnapshotPtr snapshot);
    void setRangeSeconds(double seconds); // visible stretch of time
    double rangeSeconds() const { return range_; }
    // The right edge: now, in Unix seconds. Called by the page's clock.
    void advance(double unixSeconds);
    void setPaused(bool paused); // the picture stays; the crosshair works on

    // For the context menu, tests and assistive technology.
    QString csv() const;
    QPixmap picture() const;
    void setCrosshair(std::optional<double> unixSeconds); // none: hidden
    QString crosshairText() const;
    const TimelineFrame& frame() const { return frame_; }
    quint64 replots() const { return replots_; }
    // Where the plot of a row is, from the top: latency, failure rate, breaker lanes, spend.
    QRect plotRect(int row) const;
    int lanesHeight() const; // pixels that the breaker lanes need
    void replotNow();        // for measuring

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  Q_SIGNALS:
    void problem(const QString& text); // a file could not be written: which, why, what to do

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Plot; // all that is QCustomPlot
    void refreshSeries();
    TimelineInput input() const;
    void prepareAndReplot(bool now);
    void paintOverlay(class QPainter& p);
    std::vector<CrosshairRow> crosshairRows(QString* title) const;
    void savePicture();
    void saveCsv();

    std::unique_ptr<Plot> plot_;
    live::SnapshotPtr snapshot_;
    std::vector<ChartTarget> targets_;
    std::vector<BinnedSeries> points_, bars_;
    TimelineFrame frame_;
    double range_ = 60, now_ = 0, drawnAt_ = 0;
    bool paused_ = false, dirty_ = true, stale_ = false, withP99_ = false;
    std::optional<double> crosshair_;
    QElapsedTimer sinceReplot_;
    quint64 replots_ = 0;
};

} // namespace brownout::ui
