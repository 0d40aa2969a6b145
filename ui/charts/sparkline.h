// The last two minutes of a target as a small curve of its median latency, with a mark below each
// second that had a failure. Thread: the window's.
#pragma once

#include "ui/charts/timeline_data.h"

#include <QWidget>

namespace brownout::ui {

class Sparkline : public QWidget {
    Q_OBJECT
  public:
    explicit Sparkline(QWidget* parent = nullptr);
    // `nowSecond` is the right edge, in seconds since the start of the run. Repaints only when a
    // second has passed or the newest one has changed.
    void setSeries(const stats::SeriesView& series, std::int64_t nowSecond, int colorIndex);
    QSize sizeHint() const override { return {120, 32}; }

    static constexpr int seconds = 120;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    std::vector<stats::Bucket> buckets_; // of the last two minutes
    std::int64_t now_ = 0;
    int colorIndex_ = 0;
};

} // namespace brownout::ui
