// The QCustomPlot inside a TimelineChart: four axis rects in a column, one time axis. Only for
// timeline_chart.cpp.
#pragma once

#include "ui/charts/painted_layer.h"
#include "ui/charts/timeline_chart.h"
#include "ui/charts/timeline_painter.h"
#include "ui/shell/theme.h"

namespace brownout::ui {

inline constexpr int leftMargin = 84, rightMargin = 14, headingHeight = 24;
inline constexpr int areaGap = 6, timeAxisHeight = 20; // below a plot, below the last one
// The least a plot with an axis can be read at. Below the library's own minimum, which would
// squeeze all rows alike when room is short: the breaker lanes must keep theirs.
inline constexpr int leastPlotHeight = 20;
inline constexpr double headroom =
    1.08; // over the highest tick, so that its label stays clear of the title

struct TimelineChart::Plot {
    enum Row { latency, failure, lanes, spend, rows };

    explicit Plot(TimelineChart* owner) : widget(new QCustomPlot(owner)) {
        widget->plotLayout()->clear();
        widget->plotLayout()->setRowSpacing(0);
        // Behind the grid: shades. Over everything, in a buffer of its own: the crosshair, which
        // moves without a replot.
        widget->addLayer(QStringLiteral("shade"), widget->layer(QStringLiteral("background")),
                         QCustomPlot::limAbove);
        widget->addLayer(QStringLiteral("crosshair"), widget->layer(QStringLiteral("overlay")),
                         QCustomPlot::limAbove);
        widget->layer(QStringLiteral("crosshair"))->setMode(QCPLayer::lmBuffered);
        for (int i = 0; i < rows; ++i) {
            auto* area = new QCPAxisRect(widget, true);
            area->setAutoMargins(QCP::msNone);
            area->setMargins(
                {leftMargin, headingHeight, rightMargin, i == spend ? timeAxisHeight : areaGap});
            area->setMinimumSize(10, leastPlotHeight);
            area->setRangeDrag({});
            area->setRangeZoom({});
            widget->plotLayout()->addElement(i, 0, area);
            areas[i] = area;
            auto* x = area->axis(QCPAxis::atBottom);
            x->setTickLabels(i == spend);
            x->setTicks(i == spend);
            x->setSubTicks(false);
            auto* y = area->axis(QCPAxis::atLeft);
            y->setSubTicks(false);
            y->setTicks(i != lanes);
            y->setTickLabels(i != lanes);
            y->setTickLength(0, 0);
            y->setTickLabelPadding(6);
            x->setTickLength(0, 3);
            if (i != lanes) {
                auto ticker = QSharedPointer<QCPAxisTickerText>::create();
                y->setTicker(ticker);
                tickers[i] = ticker;
            }
            x->grid()->setVisible(false);
            y->grid()->setVisible(i != lanes);
            y->grid()->setZeroLinePen(Qt::NoPen);
        }
        time = QSharedPointer<QCPAxisTickerDateTime>::create();
        time->setTickCount(7);
        areas[spend]->axis(QCPAxis::atBottom)->setTicker(time);
        widget->plotLayout()->setRowStretchFactor(latency, 1.2);
        widget->plotLayout()->setRowStretchFactor(failure, 1.0);
        widget->plotLayout()->setRowStretchFactor(lanes, 0.01);
        widget->plotLayout()->setRowStretchFactor(spend, 1.2);
        widget->setNoAntialiasingOnDrag(false);
        widget->setMouseTracking(true);
        widget->setFocusPolicy(Qt::NoFocus);
        widget->setAttribute(Qt::WA_OpaquePaintEvent);
    }

    PlotArea area(Row row, const TimelineFrame& frame) const {
        const double tops[] = {frame.latencyTop * headroom, 100 * headroom, 1,
                               frame.spendTop * headroom};
        return {areas[row]->rect(), frame.from, frame.to, tops[row]};
    }
    QRect headingOf(Row row) const {
        const QRect r = areas[row]->rect();
        return {8, r.top() - headingHeight, r.right() - 8, headingHeight - 6};
    }
    QRect whole() const {
        return {QPoint(areas[0]->rect().left(), areas[0]->rect().top()),
                areas[rows - 1]->rect().bottomRight()};
    }

    void setScale(Row row, double top, const QString& middle, const QString& upper, double mid,
                  double up) {
        areas[row]->axis(QCPAxis::atLeft)->setRange(0, top * headroom);
        tickers[row]->setTicks(
            QMap<double, QString>{{0, QStringLiteral("0")}, {mid, middle}, {up, upper}});
    }

    void applyColors(const QFont& font) {
        const Colors& c = colors();
        widget->setBackground(QBrush(c.panel));
        for (auto* a : areas)
            for (auto side : {QCPAxis::atBottom, QCPAxis::atLeft}) {
                auto* axis = a->axis(side);
                axis->setBasePen(side == QCPAxis::atBottom ? QPen(c.panelBorder) : Qt::NoPen);
                axis->setTickPen(QPen(c.panelBorder));
                axis->setTickLabelColor(c.textMuted);
                axis->setTickLabelFont(font);
                axis->grid()->setPen(QPen(c.grid, 1));
            }
        areas[lanes]->axis(QCPAxis::atBottom)->setBasePen(Qt::NoPen);
    }

    QCustomPlot* widget;
    QCPAxisRect* areas[rows] = {};
    QSharedPointer<QCPAxisTickerText> tickers[rows];
    QSharedPointer<QCPAxisTickerDateTime> time;
};

} // namespace brownout::ui
