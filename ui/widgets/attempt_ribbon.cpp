#include "ui/widgets/attempt_ribbon.h"

#include "ui/models/format.h"
#include "ui/shell/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

using SegmentKind = AttemptSegment::Kind;

constexpr int ribbonHeight = 6 * gridUnit;
constexpr int waitHeight = 3 * gridUnit;
constexpr int segmentGap = gridUnit / 2;
constexpr int markWidth = 2 * gridUnit;
constexpr int padding = gridUnit;
constexpr int ribbonRow = 5 * gridUnit;
constexpr int barHeight = 10;
constexpr int ribbonAxis = 3 * gridUnit;
constexpr std::size_t hintedRows = 6; // more of them scroll or shrink

struct Ink {
    QColor line, soft;
};
Ink inkOf(SegmentKind kind) {
    const Colors& c = colors();
    switch (kind) {
    case SegmentKind::failed:
        return {c.bad, c.badSoft};
    case SegmentKind::served:
        return {c.good, c.goodSoft};
    case SegmentKind::running:
        return {c.accent, c.accentSoft};
    default:
        return {c.textMuted, c.raised};
    }
}

// Drawn, not typed: fonts differ in their crosses and ticks.
void drawSegmentMark(QPainter& painter, SegmentKind kind, QRectF box, const QColor& color) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    box = QRectF(box.center() - QPointF(4, 4), QSizeF(8, 8));
    switch (kind) {
    case SegmentKind::failed:
        painter.drawLine(box.topLeft(), box.bottomRight());
        painter.drawLine(box.topRight(), box.bottomLeft());
        break;
    case SegmentKind::served: {
        const QPointF points[] = {{box.left(), box.center().y() + 0.5},
                                  {box.left() + 3, box.bottom() - 0.5},
                                  {box.right(), box.top() + 0.5}};
        painter.drawPolyline(points, 3);
        break;
    }
    case SegmentKind::running:
        painter.drawEllipse(box.center(), 3.5, 3.5);
        break;
    case SegmentKind::cancelled:
        painter.drawLine(QPointF(box.left(), box.center().y()),
                         QPointF(box.right(), box.center().y()));
        break;
    case SegmentKind::wait:
        break;
    }
    painter.restore();
}

QFont bold(QFont font) {
    font.setBold(true);
    return font;
}

void drawElided(QPainter& painter, const QRect& rect, const QString& text, int flags) {
    painter.drawText(rect, flags,
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, rect.width()));
}

} // namespace

AttemptRibbon::AttemptRibbon(Shape shape, QWidget* parent)
    : QWidget(parent),
      shape_(shape),
      placeholder_(tr("No request yet: its attempts appear here.")) {
    setAccessibleName(tr("Attempts"));
    setAccessibleDescription(placeholder_);
    setSizePolicy(QSizePolicy::Expanding,
                  shape == Shape::ribbon ? QSizePolicy::Fixed : QSizePolicy::Preferred);
    pulse_.setInterval(100); // ten small repaints a second, only while something runs
    connect(&pulse_, &QTimer::timeout, this, &AttemptRibbon::animate);
    since_.start();
}

void AttemptRibbon::setRequest(const record::RequestRecord& request, Instant now) {
    adopt(attemptSegments(request, now));
}

void AttemptRibbon::clear() {
    adopt({});
}

void AttemptRibbon::setPlaceholder(const QString& text) {
    placeholder_ = text;
    adopt(std::move(segments_));
    update();
}

void AttemptRibbon::adopt(std::vector<Segment> segments) {
    const bool same = segments == segments_;
    const bool resized = segments.size() != segments_.size();
    segments_ = std::move(segments);
    QStringList sentences;
    for (const Segment& s : segments_)
        sentences << QString::fromStdString(s.sentence());
    const QString description =
        sentences.isEmpty() ? placeholder_ : sentences.join(QStringLiteral(". "));
    if (accessibleDescription() != description)
        setAccessibleDescription(description);
    if (same)
        return;
    since_.restart();
    if (resized)
        updateGeometry();
    if (hasRunning() && isVisible())
        pulse_.start();
    else
        pulse_.stop();
    update();
}

bool AttemptRibbon::hasRunning() const {
    return std::any_of(segments_.begin(), segments_.end(),
                       [](const Segment& s) { return s.kind == SegmentKind::running; });
}

double AttemptRibbon::runningFor() const {
    return hasRunning() ? static_cast<double>(since_.elapsed()) : 0.0;
}

double AttemptRibbon::spanMs() const {
    double span = 1; // never nothing: it divides
    for (const Segment& s : segments_)
        span = std::max(span, s.to_ms + (s.kind == SegmentKind::running ? runningFor() : 0.0));
    return span;
}

QString AttemptRibbon::tookText(const Segment& segment) const {
    if (segment.kind != SegmentKind::running)
        return QString::fromStdString(segment.took);
    return secondsText((segment.to_ms + runningFor() - segment.from_ms) / 1e3);
}

void AttemptRibbon::animate() {
    if (!hasRunning()) {
        pulse_.stop();
        return;
    }
    if (shape_ == Shape::waterfall) { // the scale moves with it
        update();
        return;
    }
    for (std::size_t i = 0; i < segments_.size(); ++i)
        if (segments_[i].kind == SegmentKind::running)
            update(segmentRect(i));
}

void AttemptRibbon::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (hasRunning())
        pulse_.start();
}

void AttemptRibbon::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    pulse_.stop();
}

QSize AttemptRibbon::sizeHint() const {
    if (shape_ == Shape::ribbon)
        return {60 * gridUnit, ribbonHeight};
    const int rows = static_cast<int>(std::clamp<std::size_t>(segments_.size(), 2, hintedRows));
    return {40 * gridUnit, rows * ribbonRow + ribbonAxis};
}

QSize AttemptRibbon::minimumSizeHint() const {
    if (shape_ == Shape::ribbon)
        return {20 * gridUnit, ribbonHeight};
    return {20 * gridUnit,
            static_cast<int>(segments_.size()) * (ribbonRow - gridUnit) + ribbonAxis};
}

// Every attempt gets what its text wants; where that is too much, all shrink alike, but never below
// the mark, and what is then cut off is in the tool tip.
std::vector<QRect> AttemptRibbon::ribbonRects() const {
    const QFontMetrics plain(font()), strong(bold(font()));
    std::vector<double> wanted;
    double total = 0;
    for (const Segment& s : segments_) {
        double width = 0;
        if (s.kind == SegmentKind::wait) {
            width =
                plain.horizontalAdvance(QString::fromStdString(s.reason + " " + s.took)) + padding;
        } else {
            const int head = strong.horizontalAdvance(QString::fromStdString(s.target));
            const int lower = plain.horizontalAdvance(
                tookText(s) + QString::fromStdString(s.cost.empty() ? "" : " · " + s.cost));
            const int reason = plain.horizontalAdvance(QString::fromStdString(s.reason));
            width = std::max(head + padding + reason, lower) + markWidth + 2 * padding + 2;
            width = std::ceil(width / 32.0) * 32.0; // does not twitch while seconds count up
        }
        wanted.push_back(width);
        total += width;
    }
    const double room = width() - segmentGap * (static_cast<double>(segments_.size()) - 1.0);
    const double scale = total > room ? room / total : 1.0;
    std::vector<QRect> rects;
    double x = 0;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const double w = wanted[i] * scale;
        const int h = segments_[i].kind == SegmentKind::wait ? waitHeight : ribbonHeight;
        rects.emplace_back(static_cast<int>(x), (ribbonHeight - h) / 2,
                           std::max(2, static_cast<int>(w)), h);
        x += w + segmentGap;
    }
    return rects;
}

QRect AttemptRibbon::segmentRect(std::size_t index) const {
    if (index >= segments_.size())
        return {};
    return shape_ == Shape::ribbon ? ribbonRects()[index] : waterfallRow(index);
}

int AttemptRibbon::waterfallTextWidth() const {
    int widest = 0;
    for (const Segment& s : segments_) {
        QString text = tookText(s);
        if (!s.cost.empty())
            text += QStringLiteral(" · ") + QString::fromStdString(s.cost);
        widest = std::max(widest, fontMetrics().horizontalAdvance(text));
    }
    return std::min(widest + padding, width() / 2);
}

QRect AttemptRibbon::waterfallRow(std::size_t index) const {
    const int rows = std::max(1, static_cast<int>(segments_.size()));
    const int h = std::min(ribbonRow, (height() - ribbonAxis) / rows);
    return {0, static_cast<int>(index) * h, width(), h};
}

QRect AttemptRibbon::waterfallBar(std::size_t index) const {
    const Segment& s = segments_[index];
    const QRect row = waterfallRow(index);
    const double room = std::max(1, width() - waterfallTextWidth());
    const double scale = room / spanMs();
    const double to = s.to_ms + (s.kind == SegmentKind::running ? runningFor() : 0.0);
    const int left = static_cast<int>(s.from_ms * scale);
    const int right = std::max(left + 3, static_cast<int>(to * scale));
    return {left, row.bottom() - barHeight - 3, right - left, barHeight};
}

void AttemptRibbon::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (segments_.empty()) {
        painter.setPen(colors().textMuted);
        drawElided(painter, rect(), placeholder_,
                   Qt::AlignVCenter | (shape_ == Shape::ribbon ? Qt::AlignLeft : Qt::AlignHCenter));
        return;
    }
    if (shape_ == Shape::ribbon)
        paintRibbon(painter);
    else
        paintWaterfall(painter);
}

void AttemptRibbon::paintRibbon(QPainter& painter) const {
    const std::vector<QRect> rects = ribbonRects();
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const Segment& s = segments_[i];
        const QRect box = rects[i];
        Ink ink = inkOf(s.kind);
        if (s.kind == SegmentKind::running) { // the frame breathes once a second
            const double phase = std::sin(runningFor() / 1e3 * 2 * 3.14159265);
            ink.line.setAlphaF(static_cast<float>(0.65 + 0.35 * phase));
        }
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(s.kind == SegmentKind::wait ? QPen(Qt::NoPen) : QPen(ink.line, 1));
        painter.setBrush(ink.soft);
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        painter.setFont(font());
        if (s.kind == SegmentKind::wait) {
            painter.setPen(colors().textMuted);
            drawElided(painter, box.adjusted(2, 0, -2, 0),
                       QString::fromStdString(s.reason + " " + s.took), Qt::AlignCenter);
            continue;
        }
        drawSegmentMark(painter, s.kind,
                        QRectF(box.left() + padding / 2.0, box.top(), markWidth, box.height()),
                        inkOf(s.kind).line);
        const QRect text = box.adjusted(padding / 2 + markWidth + 4, 4, -padding / 2, -4);
        if (text.width() < 8)
            continue;
        const QRect upper(text.left(), text.top(), text.width(), text.height() / 2);
        const QRect lower(text.left(), upper.bottom() + 1, text.width(), text.height() / 2);
        const QString target = QString::fromStdString(s.target);
        painter.setFont(bold(font()));
        painter.setPen(colors().text);
        drawElided(painter, upper, target, Qt::AlignVCenter | Qt::AlignLeft);
        const int used = painter.fontMetrics().horizontalAdvance(target) + padding;
        painter.setFont(font());
        painter.setPen(inkOf(s.kind).line);
        if (used + 12 < upper.width())
            drawElided(painter, upper.adjusted(used, 0, 0, 0), QString::fromStdString(s.reason),
                       Qt::AlignVCenter | Qt::AlignLeft);
        painter.setPen(colors().textMuted);
        drawElided(painter, lower,
                   tookText(s) + QString::fromStdString(s.cost.empty() ? "" : " · " + s.cost),
                   Qt::AlignVCenter | Qt::AlignLeft);
    }
}

void AttemptRibbon::paintWaterfall(QPainter& painter) const {
    const Colors& c = colors();
    const int room = std::max(1, width() - waterfallTextWidth());
    const int bottom = waterfallRow(segments_.size() - 1).bottom();
    painter.setPen(QPen(c.grid, 1));
    for (const int x : {0, room / 2, room})
        painter.drawLine(x, 0, x, bottom + 4);
    painter.setPen(c.textMuted);
    const QRect axis(0, bottom + 4, room, ribbonAxis - 4);
    painter.drawText(axis, Qt::AlignLeft | Qt::AlignVCenter, tr("0 s"));
    painter.drawText(
        axis.translated(room / 2 - 30, 0).intersected(QRect(room / 2 - 30, 0, 60, height())),
        Qt::AlignCenter, secondsText(spanMs() / 2e3));
    painter.drawText(QRect(room - 30, axis.top(), width() - room + 30, axis.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     QStringLiteral("     ") + secondsText(spanMs() / 1e3));

    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const Segment& s = segments_[i];
        const QRect row = waterfallRow(i), bar = waterfallBar(i);
        QColor fill = inkOf(s.kind).line;
        if (s.kind == SegmentKind::wait || s.kind == SegmentKind::cancelled)
            fill.setAlphaF(0.45F);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(bar, 2, 2);

        const QRect label(0, row.top(), width(), bar.top() - row.top());
        int x = 0;
        if (s.kind != SegmentKind::wait) {
            drawSegmentMark(painter, s.kind, QRectF(0, label.top(), 10, label.height()),
                            inkOf(s.kind).line);
            x = markWidth;
            painter.setFont(bold(font()));
            painter.setPen(c.text);
            const QString target = QString::fromStdString(s.target);
            drawElided(painter, label.adjusted(x, 0, 0, 0), target, Qt::AlignVCenter);
            x += painter.fontMetrics().horizontalAdvance(target) + padding;
        }
        painter.setFont(font());
        painter.setPen(c.textMuted);
        drawElided(painter, label.adjusted(x, 0, 0, 0), QString::fromStdString(s.reason),
                   Qt::AlignVCenter);
        QString figures = tookText(s);
        if (!s.cost.empty())
            figures += QStringLiteral(" · ") + QString::fromStdString(s.cost);
        drawElided(painter,
                   QRect(bar.right() + padding, bar.top() - 3, width() - bar.right() - padding,
                         barHeight + 6),
                   figures, Qt::AlignVCenter);
    }
}

bool AttemptRibbon::event(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        update();
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        if (segmentRect(i).contains(help->pos())) {
            QToolTip::showText(help->globalPos(), QString::fromStdString(segments_[i].sentence()),
                               this, segmentRect(i));
            return true;
        }
    }
    QToolTip::hideText();
    event->ignore();
    return true;
}

} // namespace brownout::ui
