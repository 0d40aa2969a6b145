// Draws a TimelineFrame: from data coordinates to pixels by functions that the chart supplies, so
// that nothing here knows QCustomPlot.
#pragma once

#include "ui/charts/timeline_frame.h"

#include <QFont>
#include <QRect>

#include <functional>

class QPainter;

namespace brownout::ui {

// Where one of the stacked plots is, in pixels, and its scales.
struct PlotArea {
    QRect rect;
    double from = 0, to = 1, top = 1; // x at both sides, y at the upper end; y is 0 at the lower
    double x(double v) const { return rect.left() + (v - from) / (to - from) * rect.width(); }
    double y(double v) const { return rect.bottom() - v / top * (rect.height() - 1); }
};

inline constexpr int laneHeight = 16; // px

void paintShades(QPainter& p, const TimelineFrame& frame, const PlotArea& area);
// What the shades are, over the grid: no line goes through the words.
void paintShadeLabels(QPainter& p, const TimelineFrame& frame, const PlotArea& area,
                      const QFont& font);
void paintLatency(QPainter& p, const TimelineFrame& frame, const PlotArea& area);
void paintFailures(QPainter& p, const TimelineFrame& frame, const PlotArea& area);
void paintLanes(QPainter& p, const TimelineFrame& frame, const PlotArea& area, const QFont& font);
void paintBars(QPainter& p, const TimelineFrame& frame, const PlotArea& area);
void paintHeading(QPainter& p, const QRect& area, const QString& title, const QString& detail,
                  const QFont& font);
// A line at `x` through `whole`, and a box with the rows beside it.
void paintCrosshair(QPainter& p, const QRect& whole, double x, const QString& title,
                    const std::vector<CrosshairRow>& rows, const QFont& font);

} // namespace brownout::ui
