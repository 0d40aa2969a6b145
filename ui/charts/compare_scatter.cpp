#include "ui/charts/compare_scatter.h"

#include "ui/shell/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr int leftRoom = 84, rightRoom = 18, topRoom = 14, bottomRoom = 44;
constexpr double radius = 5.5, reach = 14; // of a point; of the pointer
constexpr double mostNines = 7;            // better than that is drawn as that

// Availabilities that a tick may stand at.
constexpr double tickValues[] = {0,      0.5,     0.8,     0.9,     0.95,     0.98,
                                 0.99,   0.995,   0.998,   0.999,   0.9995,   0.9998,
                                 0.9999, 0.99995, 0.99998, 0.99999, 0.999995, 0.999999};

QString tickText(double availability) {
    return QString::number(availability * 100, 'g', 9);
}

double niceStep(double range, int most) {
    const double raw = range / most, power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double step : {1.0, 2.0, 2.5, 5.0})
        if (raw <= step * power * (1 + 1e-9))
            return step * power;
    return 10 * power;
}

} // namespace

double nines(double availability, double most) {
    const double lost = 1 - std::clamp(availability, 0.0, 1.0);
    return lost <= std::pow(10, -most) ? most : -std::log10(lost);
}

struct CompareScatter::Scale {
    QRectF area;
    double low = 0, high = 1;       // nines
    double usdLow = 0, usdHigh = 1; // a month
    double x(double usd) const {
        return area.left() + (usd - usdLow) / (usdHigh - usdLow) * area.width();
    }
    double y(double availability) const {
        return area.bottom() -
               (nines(availability, mostNines) - low) / (high - low) * area.height();
    }
};

CompareScatter::CompareScatter(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Cost against availability"));
    setMouseTracking(true);
}

void CompareScatter::setPoints(std::vector<ScatterPoint> points) {
    if (points == points_)
        return;
    points_ = std::move(points);
    selected_ = std::clamp(selected_, 0, std::max(0, static_cast<int>(points_.size()) - 1));
    setSelected(selected_);
    update();
}

void CompareScatter::setSelected(int index) {
    selected_ = index;
    if (index >= 0 && index < static_cast<int>(points_.size()))
        setAccessibleDescription(points_[static_cast<std::size_t>(index)].detail);
    update();
}

void CompareScatter::setEmptyText(const QString& text) {
    empty_ = text;
    update();
}

CompareScatter::Scale CompareScatter::scale() const {
    Scale s;
    s.area = QRectF(rect()).adjusted(leftRoom, topRoom, -rightRoom, -bottomRoom);
    double low = mostNines, high = 0, usdLow = 1e300, usdHigh = -1e300;
    for (const ScatterPoint& p : points_) {
        if (!p.usd)
            continue;
        low = std::min(low, nines(p.low, mostNines));
        high = std::max(high, nines(p.high, mostNines));
        usdLow = std::min(usdLow, p.usdLow.value_or(*p.usd));
        usdHigh = std::max(usdHigh, p.usdHigh.value_or(*p.usd));
    }
    if (usdHigh < usdLow)
        return s;
    const double tall = std::max(0.3, high - low),
                 wide = std::max({usdHigh - usdLow, usdHigh * 0.1, 1e-4});
    s.low = std::max(0.0, low - 0.12 * tall);
    s.high = std::max(high + 0.12 * tall, s.low + 0.3);
    s.usdLow = std::max(0.0, usdLow - 0.15 * wide);
    s.usdHigh = usdHigh + 0.3 * wide; // labels stand to the right
    return s;
}

std::optional<QPointF> CompareScatter::position(int index) const {
    if (index < 0 || index >= static_cast<int>(points_.size()))
        return std::nullopt;
    const ScatterPoint& p = points_[static_cast<std::size_t>(index)];
    const Scale s = scale();
    return p.usd ? std::optional(QPointF(s.x(*p.usd), s.y(p.availability))) : std::nullopt;
}

void CompareScatter::paintAxes(QPainter& p, const Scale& s) const {
    const Colors& c = colors();
    const QFontMetrics metrics(font());
    double last = 1e300; // the tick below, so that labels keep apart
    for (const double value : tickValues) {
        const double at = nines(value, mostNines);
        if (at < s.low || at > s.high)
            continue;
        const double y = s.y(value);
        if (last - y < metrics.height() * 1.5)
            continue;
        last = y;
        p.setPen(QPen(c.grid, 1));
        p.drawLine(QPointF(s.area.left(), y), QPointF(s.area.right(), y));
        p.setPen(c.textMuted);
        p.drawText(QRectF(0, y - 10, leftRoom - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                   tickText(value));
    }
    const double step =
        niceStep(s.usdHigh - s.usdLow, std::max(2, static_cast<int>(s.area.width() / 90)));
    for (double usd = std::ceil(s.usdLow / step) * step; usd <= s.usdHigh; usd += step) {
        const double x = s.x(usd);
        p.setPen(QPen(c.grid, 1));
        p.drawLine(QPointF(x, s.area.top()), QPointF(x, s.area.bottom()));
        p.setPen(c.textMuted);
        p.drawText(QRectF(x - 45, s.area.bottom() + 5, 90, 18), Qt::AlignHCenter | Qt::AlignTop,
                   QLocale(QLocale::English).toString(usd, 'g', 6));
    }
    p.setPen(QPen(c.panelBorder, 1));
    p.drawLine(s.area.bottomLeft(), s.area.bottomRight());
    p.setPen(c.textMuted);
    p.drawText(QRectF(s.area.left(), s.area.bottom() + 22, s.area.width(), 20),
               Qt::AlignHCenter | Qt::AlignTop, tr("USD a month"));
    p.save();
    p.translate(10, s.area.center().y());
    p.rotate(-90);
    p.drawText(QRectF(-120, -10, 240, 20), Qt::AlignCenter, tr("availability, %"));
    p.restore();
}

// Shapes differ too, so that colour alone tells nothing.
void CompareScatter::paintPoint(QPainter& p, const Scale& s, std::size_t i) const {
    const ScatterPoint& point = points_[i];
    if (!point.usd)
        return;
    const QColor color = seriesColor(point.colorIndex);
    const QPointF at(s.x(*point.usd), s.y(point.availability));
    p.setPen(QPen(color, 2));
    // Whiskers that the mark would hide are not begun: their ends would fray it.
    const double top = s.y(point.high), bottom = s.y(point.low);
    if (bottom - top > 2 * radius + 6) {
        p.drawLine(QPointF(at.x(), top), QPointF(at.x(), bottom));
        for (const double y : {top, bottom})
            p.drawLine(QPointF(at.x() - 4, y), QPointF(at.x() + 4, y));
    }
    const double left = s.x(point.usdLow.value_or(*point.usd)),
                 right = s.x(point.usdHigh.value_or(*point.usd));
    if (right - left > 2 * radius + 6) {
        p.drawLine(QPointF(left, at.y()), QPointF(right, at.y()));
        for (const double x : {left, right})
            p.drawLine(QPointF(x, at.y() - 4), QPointF(x, at.y() + 4));
    }
    const bool chosen = static_cast<int>(i) == selected_;
    if (chosen) {
        p.setPen(QPen(hasFocus() ? colors().accent : colors().text, 1.5));
        p.setBrush(Qt::NoBrush);
        p.drawEllipse(at, radius + 5, radius + 5);
    }
    p.setPen(QPen(colors().panel, 1.5));
    p.setBrush(color);
    QPainterPath shape;
    const double r = radius;
    switch (i % 4) {
    case 0:
        shape.addEllipse(at, r, r);
        break;
    case 1:
        shape.addRect(QRectF(at.x() - r + 0.5, at.y() - r + 0.5, 2 * r - 1, 2 * r - 1));
        break;
    case 2:
        shape.addPolygon(QPolygonF{{at.x(), at.y() - r - 1},
                                   {at.x() + r + 1, at.y()},
                                   {at.x(), at.y() + r + 1},
                                   {at.x() - r - 1, at.y()}});
        break;
    default:
        shape.addPolygon(QPolygonF{{at.x(), at.y() - r - 1},
                                   {at.x() + r + 0.5, at.y() + r},
                                   {at.x() - r - 0.5, at.y() + r}});
    }
    p.drawPath(shape);
}

// Each label goes where it covers least: right, left, above or below of its point.
void CompareScatter::paintLabels(QPainter& p, const Scale& s) const {
    std::vector<QRectF> taken;
    for (const ScatterPoint& point : points_)
        if (point.usd) {
            const QPointF at(s.x(*point.usd), s.y(point.availability));
            taken.emplace_back(at.x() - 8, at.y() - 8, 16, 16);
            taken.emplace_back(at.x() - 4, s.y(point.high), 8, s.y(point.low) - s.y(point.high));
        }
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const ScatterPoint& point = points_[i];
        if (!point.usd)
            continue;
        const bool chosen = static_cast<int>(i) == selected_;
        QFont bold = font();
        bold.setBold(chosen);
        p.setFont(bold);
        const QFontMetricsF metrics(bold);
        const QString text = metrics.elidedText(point.label, Qt::ElideRight, 200);
        const QSizeF size(metrics.horizontalAdvance(text) + 4, metrics.height());
        const QPointF at(s.x(*point.usd), s.y(point.availability));
        const QPointF places[] = {{at.x() + 13, at.y() - size.height() - 3},
                                  {at.x() + 13, at.y() + 3},
                                  {at.x() - 13 - size.width(), at.y() - size.height() - 3},
                                  {at.x() - 13 - size.width(), at.y() + 3},
                                  {at.x() + 13, at.y() + 6 + size.height()},
                                  {at.x() + 13, at.y() - 2 * size.height() - 6}};
        QRectF best;
        double least = 1e300;
        for (const QPointF& place : places) {
            const QRectF box(place, size);
            double cost = s.area.contains(box) ? 0 : 5000;
            for (const QRectF& other : taken) {
                const QRectF both = box.intersected(other);
                cost += std::max(0.0, both.width()) * std::max(0.0, both.height());
            }
            if (cost < least) {
                least = cost;
                best = box;
            }
        }
        taken.push_back(best);
        p.setPen(chosen ? colors().text : colors().textMuted);
        p.drawText(best, Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    p.setFont(font());
}

void CompareScatter::paintEvent(QPaintEvent*) {
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    const bool any = std::any_of(points_.begin(), points_.end(),
                                 [](const ScatterPoint& point) { return point.usd.has_value(); });
    if (!any) {
        p.setPen(colors().textMuted);
        p.drawText(rect().adjusted(24, 8, -24, -8), Qt::AlignCenter | Qt::TextWordWrap, empty_);
        return;
    }
    const Scale s = scale();
    paintAxes(p, s);
    for (std::size_t i = 0; i < points_.size(); ++i)
        if (static_cast<int>(i) != selected_)
            paintPoint(p, s, i);
    if (selected_ >= 0 && selected_ < static_cast<int>(points_.size()))
        paintPoint(p, s, static_cast<std::size_t>(selected_));
    paintLabels(p, s);
}

int CompareScatter::pointAt(const QPointF& at) const {
    int best = -1;
    double nearest = reach;
    for (int i = 0; i < static_cast<int>(points_.size()); ++i)
        if (const auto place = position(i)) {
            const double distance = std::hypot(place->x() - at.x(), place->y() - at.y());
            if (distance < nearest) {
                nearest = distance;
                best = i;
            }
        }
    return best;
}

void CompareScatter::choose(int index) {
    if (index < 0 || index >= static_cast<int>(points_.size()))
        return;
    setSelected(index);
    Q_EMIT selectedByUser(index);
}

void CompareScatter::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton)
        choose(pointAt(event->position()));
}

void CompareScatter::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        return choose(selected_ - 1);
    case Qt::Key_Right:
    case Qt::Key_Down:
        return choose(selected_ + 1);
    default:
        QWidget::keyPressEvent(event);
    }
}

bool CompareScatter::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int i = pointAt(help->pos());
        if (i >= 0)
            QToolTip::showText(help->globalPos(), points_[static_cast<std::size_t>(i)].detail,
                               this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void CompareScatter::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void CompareScatter::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

} // namespace brownout::ui
