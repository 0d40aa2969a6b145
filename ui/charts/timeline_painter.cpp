#include "ui/charts/timeline_painter.h"

#include "ui/shell/theme.h"

#include <QFontMetrics>
#include <QPainter>
#include <QPolygonF>

#include <algorithm>

namespace brownout::ui {

namespace {

QPolygonF toPixels(const std::vector<QPointF>& points, const PlotArea& area) {
    QPolygonF out;
    out.reserve(static_cast<qsizetype>(points.size()));
    for (const QPointF& p : points)
        out << QPointF(area.x(p.x()), area.y(p.y()));
    return out;
}

void paintLines(QPainter& p, const std::vector<std::vector<QPointF>>& lines, const PlotArea& area,
                const QPen& pen) {
    for (const auto& line : lines) {
        p.setPen(pen);
        if (line.size() == 1) { // alone between two gaps: a dot, or it would not be seen
            p.setBrush(pen.color());
            p.setPen(Qt::NoPen);
            p.drawEllipse(QPointF(area.x(line[0].x()), area.y(line[0].y())), 1.6, 1.6);
            continue;
        }
        p.drawPolyline(toPixels(line, area));
    }
}

// A pen wider than a pixel looks better and costs many times as much: only for a few lines.
QPen linePen(const QColor& color, const TimelineFrame& frame) {
    return QPen(color, frame.curves.size() <= 4 ? 1.4 : 1.0);
}

QColor withAlpha(QColor c, int alpha) {
    c.setAlpha(alpha);
    return c;
}

} // namespace

void paintShades(QPainter& p, const TimelineFrame& frame, const PlotArea& area) {
    const Colors& c = colors();
    p.setRenderHint(QPainter::Antialiasing, false);
    for (const auto& shade : frame.shades) {
        const double left = std::max<double>(area.x(shade.from), area.rect.left());
        const double right = std::min<double>(area.x(shade.to), area.rect.right() + 1);
        p.fillRect(QRectF(left, area.rect.top(), std::max(1.0, right - left), area.rect.height()),
                   c.faultShade);
        if (area.x(shade.from) >= area.rect.left()) {
            p.setPen(QPen(withAlpha(c.bad, 150), 1, Qt::DashLine));
            p.drawLine(QPointF(left, area.rect.top()), QPointF(left, area.rect.bottom() + 1));
        }
    }
}

void paintShadeLabels(QPainter& p, const TimelineFrame& frame, const PlotArea& area,
                      const QFont& font) {
    const Colors& c = colors();
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setFont(font);
    const QFontMetrics metrics(font);
    double labelEnd = area.rect.left() - 1e6;
    for (const auto& shade : frame.shades) {
        const double left = std::max<double>(area.x(shade.from), area.rect.left());
        // Inside the shade, under the heading. Near the right edge it ends there instead of running
        // out of the picture; it is left out where it would run into the one before it.
        const double width = metrics.horizontalAdvance(shade.label);
        const double textLeft = std::min(left + 5, area.rect.right() - width - 2);
        if (textLeft < labelEnd + 12 || textLeft < area.rect.left())
            continue;
        const QRectF box(textLeft - 2, area.rect.top() + 1, width + 4, metrics.height());
        p.fillRect(box, c.panel);
        p.fillRect(box, c.faultShade);
        p.setPen(c.bad);
        p.drawText(QPointF(textLeft, area.rect.top() + metrics.ascent() + 1), shade.label);
        labelEnd = textLeft + width;
    }
}

void paintLatency(QPainter& p, const TimelineFrame& frame, const PlotArea& area) {
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setPen(Qt::NoPen);
    for (const auto& curve : frame.curves) {
        p.setBrush(withAlpha(seriesColor(curve.colorIndex), colors().dark ? 42 : 48));
        for (const auto& polygon : curve.band)
            if (polygon.size() > 2)
                p.drawPolygon(toPixels(polygon, area));
    }
    p.setBrush(Qt::NoBrush);
    p.setRenderHint(QPainter::Antialiasing, true);
    for (const auto& curve : frame.curves) {
        const QColor color = seriesColor(curve.colorIndex);
        paintLines(p, curve.p99, area, QPen(withAlpha(color, 130), 1, Qt::DotLine));
        paintLines(p, curve.p50, area, linePen(color, frame));
    }
}

void paintFailures(QPainter& p, const TimelineFrame& frame, const PlotArea& area) {
    p.setRenderHint(QPainter::Antialiasing, true);
    // The first target is drawn last: where lines lie on each other the primary is seen.
    for (auto it = frame.curves.rbegin(); it != frame.curves.rend(); ++it)
        paintLines(p, it->failure, area, linePen(seriesColor(it->colorIndex), frame));
}

void paintLanes(QPainter& p, const TimelineFrame& frame, const PlotArea& area, const QFont& font) {
    const Colors& c = colors();
    p.setRenderHint(QPainter::Antialiasing, false);
    const QFontMetrics metrics(font);
    int top = area.rect.top();
    for (const auto& lane : frame.lanes) {
        const QRectF row(area.rect.left(), top + 1.5, area.rect.width(), laneHeight - 3);
        // Name and colour: the legend of all four plots.
        const int chip = 8;
        p.fillRect(QRectF(8, row.center().y() - chip / 2.0, chip, chip),
                   seriesColor(lane.colorIndex));
        p.setPen(c.textMuted);
        p.setFont(font);
        p.drawText(QRectF(20, row.top() - 2, area.rect.left() - 28, row.height() + 4),
                   Qt::AlignVCenter | Qt::AlignLeft,
                   metrics.elidedText(lane.label, Qt::ElideRight, area.rect.left() - 26));
        std::vector<LaneSegment> segments = lane.segments;
        std::stable_partition(segments.begin(), segments.end(), [](const LaneSegment& s) {
            return s.state != engine::BreakerState::half_open; // on top of its neighbours
        });
        for (const auto& s : segments) {
            const double left = std::max<double>(area.x(s.from), row.left());
            const double right = std::min<double>(area.x(s.to), row.right());
            if (right <= left)
                continue;
            const bool open = s.state == engine::BreakerState::open;
            const bool half = s.state == engine::BreakerState::half_open;
            // A probe may take milliseconds; it is seen all the same.
            const QRectF box(left - (half ? 2 : 0), row.top(),
                             std::max(half ? 4.0 : 1.0, right - left), row.height());
            const QColor ink = open ? c.bad : half ? c.warn : c.good;
            if (half)
                p.fillRect(box, c.panel);
            p.fillRect(box, open ? ink : withAlpha(ink, half ? 150 : c.dark ? 105 : 70));
            if (half) // hatched: told apart without colour
                p.fillRect(box, QBrush(ink, Qt::BDiagPattern));
            const QString word = QString::fromLatin1(breakerWord(s.state));
            if (box.width() < metrics.horizontalAdvance(word) + 8)
                continue;
            p.setPen(open ? c.panel : c.text);
            p.drawText(box.adjusted(5, -2, 0, 2), Qt::AlignVCenter | Qt::AlignLeft, word);
        }
        top += laneHeight;
    }
}

void paintBars(QPainter& p, const TimelineFrame& frame, const PlotArea& area) {
    p.setRenderHint(QPainter::Antialiasing, false);
    for (const auto& bar : frame.bars) {
        double left = area.x(bar.from) + 1, right = area.x(bar.to) - 1;
        left = std::max<double>(left, area.rect.left());
        right = std::min<double>(std::max(right, left + 1), area.rect.right() + 1);
        if (right <= left)
            continue;
        const QRectF box(QPointF(left, area.y(bar.high)), QPointF(right, area.y(bar.low)));
        const QColor color = seriesColor(bar.colorIndex);
        if (bar.wasted) {
            p.fillRect(box, withAlpha(color, 40));
            p.fillRect(box, QBrush(color, Qt::BDiagPattern));
        } else {
            p.fillRect(box, withAlpha(color, 205));
        }
    }
}

void paintHeading(QPainter& p, const QRect& area, const QString& title, const QString& detail,
                  const QFont& font) {
    QFont bold = font;
    bold.setWeight(QFont::DemiBold);
    p.setFont(bold);
    p.setPen(colors().text);
    p.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, title);
    const int width = QFontMetrics(bold).horizontalAdvance(title) + 10;
    p.setFont(font);
    p.setPen(colors().textMuted);
    p.drawText(area.adjusted(width, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, detail);
}

void paintCrosshair(QPainter& p, const QRect& whole, double x, const QString& title,
                    const std::vector<CrosshairRow>& rows, const QFont& font) {
    const Colors& c = colors();
    p.setRenderHint(QPainter::Antialiasing, false);
    p.setPen(QPen(c.crosshair, 1));
    p.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()));

    QFont bold = font;
    bold.setWeight(QFont::DemiBold);
    const QFontMetrics metrics(font);
    int width = QFontMetrics(bold).horizontalAdvance(title);
    for (const auto& row : rows)
        width = std::max(width, metrics.horizontalAdvance(row.text) + 14);
    const int line = metrics.height() + 2;
    QRectF box(x + 12, whole.top() + 8, width + 20,
               line * (1.0 + static_cast<double>(rows.size())) + 12);
    if (box.right() > whole.right())
        box.moveRight(x - 12);
    p.setRenderHint(QPainter::Antialiasing, true);
    p.setPen(QPen(c.panelBorder, 1));
    p.setBrush(withAlpha(c.panel, 242));
    p.drawRoundedRect(box, 5, 5);
    QRectF text = box.adjusted(10, 6, -10, 0);
    text.setHeight(line);
    p.setPen(c.text);
    p.setFont(bold);
    p.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, title);
    p.setFont(font);
    for (const auto& row : rows) {
        text.translate(0, line);
        if (row.colorIndex >= 0)
            p.fillRect(QRectF(text.left(), text.center().y() - 4, 8, 8),
                       seriesColor(row.colorIndex));
        p.drawText(text.adjusted(14, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, row.text);
    }
}

} // namespace brownout::ui
