// Fewer points, same picture: QCustomPlot needs seconds for a noisy line of thousands of points
// with a wide pen or a filled area, and a screen cannot show more than a lowest and a highest value
// in each column of pixels. Pure; any thread.
#pragma once

#include <QPointF>

#include <span>
#include <vector>

namespace brownout::ui {

// The points of [from, to], at most two for each of `columns` equal columns (its lowest and its
// highest, in the order in which they came), with the last point before and the first after the
// range, so that a line leaves the picture where it should.
//
// x ascends. A point whose y is NaN is a gap in the line: where a column holds one, one is kept, in
// its place, and lowest and highest count on each side of it: at most 5 points a column then.
// Empty input, columns < 1 or to <= from: empty.
std::vector<QPointF> thin(std::span<const QPointF> points, double from, double to, int columns);

// Runs of points between gaps: each is one line to draw.
std::vector<std::vector<QPointF>> runs(std::span<const QPointF> points);

} // namespace brownout::ui
