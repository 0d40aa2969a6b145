// How the timeline is drawn. A fault shows what it does by a mark and words, and by colour besides.
#include "ui/models/scenario_text.h"
#include "ui/shell/theme.h"
#include "ui/widgets/timeline_view.h"

#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

struct Look {
    QColor ink, ground;
    const char* mark;
};

Look lookOf(BlockTone tone) {
    const Colors& c = colors();
    switch (tone) {
    case BlockTone::slows:
        return {c.warn, c.warnSoft, "clock"};
    case BlockTone::spoils:
        return {c.accent, c.accentSoft, "warning"};
    case BlockTone::refuses:
        break;
    }
    return {c.bad, c.badSoft, "cross"};
}

// A wedge as high as the share of requests that are hit.
QPolygonF wedge(const QRectF& box, double from, double to) {
    const auto y = [&](double share) { return box.bottom() - share * box.height(); };
    return {{box.left(), box.bottom()},
            {box.left(), y(from)},
            {box.right(), y(to)},
            {box.right(), box.bottom()}};
}

// All of it, a wedge, or stripes.
void fillShape(QPainter& painter, const SceneBlock& block, const QPainterPath& shape,
               const QRectF& frame, const Look& look) {
    if (block.shape == BlockShape::ramp) {
        painter.fillPath(shape, colors().panel);
        painter.setPen(Qt::NoPen);
        painter.setBrush(look.ground);
        painter.drawPolygon(wedge(frame, block.rampFrom, block.rampTo));
        painter.setPen(QPen(look.ink, 1));
        painter.drawLine(QPointF(frame.left(), frame.bottom() - block.rampFrom * frame.height()),
                         QPointF(frame.right(), frame.bottom() - block.rampTo * frame.height()));
    } else {
        painter.fillPath(shape, look.ground);
    }
    if (block.shape == BlockShape::share || block.shape == BlockShape::random) {
        QColor line = look.ink;
        line.setAlpha(60);
        painter.setPen(QPen(line, block.shape == BlockShape::random ? 5 : 1.2));
        const int gap = block.shape == BlockShape::random ? 18 : 7;
        for (double x = frame.left() - frame.height(); x < frame.right(); x += gap)
            painter.drawLine(QPointF(x, frame.bottom()), QPointF(x + frame.height(), frame.top()));
    }
}

} // namespace

void TimelineView::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    paintLanes(painter);
    paintAxis(painter);
    painter.save();
    painter.setClipRect(plot().adjusted(0, TimelineGeometry::axisHeight, 0, 0));
    paintBlocks(painter);
    painter.restore();
    paintCursors(painter);
    if (scene_.faults() == 0) {
        painter.setPen(colors().textMuted);
        const int height = geometry_.contentHeight() - TimelineGeometry::axisHeight;
        painter.drawText(plot()
                             .adjusted(2 * gridUnit, TimelineGeometry::axisHeight, -2 * gridUnit, 0)
                             .intersected(QRect(0, 0, viewport()->width(),
                                                TimelineGeometry::axisHeight + height)),
                         Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Nothing fails yet. Drag a way to fail from the list on the left into "
                            "a lane, or choose one there and press Enter."));
    }
}

void TimelineView::paintLanes(QPainter& painter) const {
    const Colors& c = colors();
    const int up = verticalScrollBar()->value();
    for (int i = 0; i < scene_.lanes.size(); ++i) {
        const SceneLane& lane = scene_.lanes[i];
        const QRect row(0, geometry_.laneTop(i) - up, viewport()->width(), geometry_.laneHeight(i));
        if (row.bottom() < TimelineGeometry::axisHeight || row.top() > viewport()->height())
            continue;
        const QRect ground = row.adjusted(nameWidth, 1, 0, -1);
        const bool target = drop_ ? drop_->first == i
                                  : drag_.moving && drag_.grip == Grip::body &&
                                        std::any_of(drag_.held.begin(), drag_.held.end(),
                                                    [i](const Held& h) { return h.lane == i; });
        painter.fillRect(ground, target ? c.accentSoft : c.raised);
        if (i == cursorLane_ && hasFocus() && selectedFault() < 0)
            painter.fillRect(QRect(nameWidth - 3, row.top() + 1, 3, row.height() - 2), c.accent);
        QRect name = row.adjusted(0, 0, nameWidth - row.width() - gridUnit, 0);
        if (lane.color >= 0)
            painter.fillRect(QRect(name.left(), name.center().y() - 12, 4, 25),
                             seriesColor(lane.color));
        name.setLeft(name.left() + 10);
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        const QRect upper(name.left(), name.center().y() - fontMetrics().height() + 1, name.width(),
                          fontMetrics().height());
        painter.setFont(bold);
        painter.setPen(c.text);
        painter.drawText(upper, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(bold).elidedText(lane.title, Qt::ElideRight, upper.width()));
        QFont small = font();
        small.setPointSizeF(small.pointSizeF() * 0.85);
        painter.setFont(small);
        painter.setPen(c.textMuted);
        painter.drawText(
            upper.translated(0, fontMetrics().height() - 1), Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(small).elidedText(lane.subtitle, Qt::ElideRight, upper.width()));
        painter.setFont(font());
    }
}

void TimelineView::paintAxis(QPainter& painter) const {
    const Colors& c = colors();
    const QRect area = plot();
    painter.fillRect(QRect(0, 0, viewport()->width(), TimelineGeometry::axisHeight), c.panel);
    const double step = geometry_.tick();
    const int left = horizontalScrollBar()->value();
    const double first = std::floor(geometry_.seconds(left) / step) * step;
    const int bottom = std::min(viewport()->height(), geometry_.contentHeight());
    for (double s = first; s <= scene_.duration_s + 1e-9; s += step) {
        const int x = nameWidth + geometry_.x(s) - left;
        if (x > area.right() + 40)
            break;
        if (x < nameWidth - 1)
            continue;
        painter.setPen(c.grid);
        painter.drawLine(x, TimelineGeometry::axisHeight, x, bottom);
        painter.setPen(c.textMuted);
        const QString label = clockText(s);
        const int width = fontMetrics().horizontalAdvance(label) + 4;
        const int at = std::clamp(x - width / 2, nameWidth - 2, viewport()->width() - width);
        painter.drawText(QRect(at, 0, width, TimelineGeometry::axisHeight - 4), Qt::AlignCenter,
                         label);
    }
    // After the end nothing plays.
    const int end = nameWidth + geometry_.x(scene_.duration_s) - left + 1;
    if (end < viewport()->width())
        painter.fillRect(QRect(end, TimelineGeometry::axisHeight, viewport()->width() - end,
                               bottom - TimelineGeometry::axisHeight),
                         c.panel);
}

void TimelineView::paintBlocks(QPainter& painter) const {
    const QPoint shift(nameWidth - horizontalScrollBar()->value(), -verticalScrollBar()->value());
    const auto held = [this](int fault) {
        return drag_.moving && std::any_of(drag_.held.begin(), drag_.held.end(),
                                           [&](const Held& h) { return h.move.fault == fault; });
    };
    for (int i = 0; i < scene_.lanes.size(); ++i)
        for (const SceneBlock& block : scene_.lanes[i].blocks) {
            if (held(block.fault))
                continue;
            for (const auto& [from, to] : block.repeats) {
                painter.setOpacity(0.55);
                paintBlock(painter, block,
                           geometry_.block(i, block.row, from, to).translated(shift), false);
            }
            painter.setOpacity(1);
            paintBlock(painter, block,
                       geometry_.block(i, block.row, block.from_s, block.to_s).translated(shift),
                       isSelected(block.fault));
        }
    if (drag_.moving)
        paintHeld(painter, shift);
    if (band_ && band_->moving) {
        painter.setPen(QPen(colors().accent, 1));
        QColor ground = colors().accent;
        ground.setAlpha(30);
        painter.setBrush(ground);
        painter.drawRect(QRect(band_->from, band_->to).normalized().translated(shift));
    }
}

// What is dragged, where it would come to lie, and of the one under the hand when, in seconds.
void TimelineView::paintHeld(QPainter& painter, const QPoint& shift) const {
    for (const Held& h : drag_.held) {
        const SceneBlock* block = blockOf(h.move.fault);
        if (!block)
            continue;
        const double to = h.move.for_s ? h.move.at_s + *h.move.for_s : scene_.duration_s;
        const int row = h.lane == scene_.find(h.move.fault)->first ? block->row : 0;
        const QRect box = geometry_.block(h.lane, row, h.move.at_s, to).translated(shift);
        paintBlock(painter, *block, box, true);
        if (h.move.fault != drag_.fault)
            continue;
        const QString words = QStringLiteral("%1 – %2").arg(clockText(h.move.at_s), clockText(to));
        const int width = fontMetrics().horizontalAdvance(words) + 12;
        QRect tag(box.left(), box.top() - 20, width, 18);
        if (tag.top() < TimelineGeometry::axisHeight)
            tag.moveTop(box.bottom() + 2);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors().text);
        painter.drawRoundedRect(tag, 3, 3);
        painter.setPen(colors().panel);
        painter.drawText(tag, Qt::AlignCenter, words);
    }
}

void TimelineView::paintBlock(QPainter& painter, const SceneBlock& block, const QRect& box,
                              bool selected) const {
    if (box.right() < nameWidth || box.left() > viewport()->width())
        return;
    const Look look = lookOf(block.tone);
    const QRectF frame = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath shape;
    shape.addRoundedRect(frame, 4, 4);
    painter.setClipPath(shape, Qt::IntersectClip);
    fillShape(painter, block, shape, frame, look);
    painter.setClipping(false);
    painter.setClipRect(plot().adjusted(0, TimelineGeometry::axisHeight, 0, 0));
    QPen pen(block.wrong ? colors().bad
             : selected  ? colors().accent
                         : look.ink,
             selected || block.wrong ? 2 : 1);
    if (block.wrong)
        pen.setStyle(Qt::DashLine);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(shape);
    if (block.fault == focusFault() && hasFocus()) { // dashed: the keyboard is there, no more
        painter.setPen(QPen(colors().accent, 1, selected ? Qt::SolidLine : Qt::DotLine));
        painter.drawRoundedRect(frame.adjusted(-2.5, -2.5, 2.5, 2.5), 6, 6);
    }
    if (block.open) { // no end of its own: an arrow
        painter.setPen(QPen(look.ink, 1.5));
        const QPointF tip(frame.right() - 4, frame.center().y());
        painter.drawLine(tip, tip + QPointF(-5, -4));
        painter.drawLine(tip, tip + QPointF(-5, 4));
    }
    QRect text = box.adjusted(5, 0, block.open ? -14 : -4, 0);
    text.setLeft(std::max(text.left(), nameWidth + 4));
    if (text.width() >= 12) { // where there is room for one thing only it is the mark
        icon(QLatin1String(block.wrong ? "warning" : look.mark),
             block.wrong ? colors().bad : look.ink)
            .paint(&painter, QRect(text.left(), text.center().y() - 5, 12, 12));
        text.setLeft(text.left() + 16);
    }
    if (text.width() > 24) {
        QStringList words{block.label};
        if (!block.note.isEmpty())
            words << block.note;
        if (!block.target.isEmpty())
            words << block.target;
        painter.setPen(look.ink);
        painter.drawText(text, Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(words.join(QStringLiteral(" · ")), Qt::ElideRight,
                                                  text.width()));
    }
    painter.restore();
}

void TimelineView::paintCursors(QPainter& painter) const {
    const Colors& c = colors();
    const int bottom = std::min(viewport()->height(), geometry_.contentHeight());
    const auto mark = [&](double s, const QColor& color, bool filled) {
        const int x = nameWidth + geometry_.x(s) - horizontalScrollBar()->value();
        if (x < nameWidth || x > viewport()->width())
            return;
        painter.setPen(QPen(color, 1, filled ? Qt::SolidLine : Qt::DashLine));
        painter.drawLine(x, TimelineGeometry::axisHeight - 4, x, bottom);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(color, 1));
        painter.setBrush(filled ? color : c.panel);
        const double y = TimelineGeometry::axisHeight - 8;
        const QPointF head[] = {{x - 4.5, y}, {x + 4.5, y}, {x + 0.0, y + 7}};
        painter.drawConvexPolygon(head, 3);
        painter.setRenderHint(QPainter::Antialiasing, false);
    };
    if (!locked_)
        mark(drop_ ? drop_->second : cursor_s_, drop_ ? c.accent : c.textMuted, drop_.has_value());
    if (playhead_s_ >= 0)
        mark(std::min(playhead_s_, scene_.duration_s), c.accent, true);
}

} // namespace brownout::ui
