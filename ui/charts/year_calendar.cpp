#include "ui/charts/year_calendar.h"

#include "ui/models/forecast_text.h"
#include "ui/models/format.h"
#include "ui/shell/theme.h"

#include <QDate>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr int weekdays = 7, weeks = 53, weekdayRoom = 38, monthRoom = 20, legendRoom = 24,
              highest = 182;
constexpr double gap = 3;

int weekOf(int day) {
    return (day + sim::first_weekday - 1) / weekdays;
}
int weekdayOf(int day) { // 0: Monday
    return (day + sim::first_weekday - 1) % weekdays;
}

} // namespace

int lossLevel(const sim::ForecastDay& day) {
    if (day.lost == 0)
        return 0;
    const double minutes = lostMinutes(day);
    return minutes < 1 ? 1 : minutes < 10 ? 2 : minutes < 60 ? 3 : 4;
}

QColor lossColor(int level) {
    // Brightness grows with the loss on dark ground and falls on light ground.
    static const QColor light[] = {"#dfe9e4", "#fbd98d", "#f19a4b", "#c8443f", "#611a54"};
    static const QColor dark[] = {"#223531", "#5d3464", "#a8435f", "#e8743b", "#fcd25a"};
    const int i = std::clamp(level, 0, lossLevels - 1);
    return colors().dark ? dark[i] : light[i];
}

YearCalendar::YearCalendar(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Simulated year, day by day"));
}

void YearCalendar::setDays(std::vector<sim::ForecastDay> days) {
    days_ = std::move(days);
    setDay(current_);
    update();
}

void YearCalendar::setEmptyText(const QString& text) {
    empty_ = text;
    update();
}

void YearCalendar::setDay(int day) {
    current_ = std::clamp(day, 0, std::max(0, static_cast<int>(days_.size()) - 1));
    setAccessibleDescription(describe(current_));
    update();
}

// As high as its cells can be at this width, and no higher than a page has room for.
void YearCalendar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const double wide = (width() - weekdayRoom - 4.0) / weeks;
    setFixedHeight(
        std::min(highest, monthRoom + legendRoom + 2 + static_cast<int>(weekdays * wide)));
}

double YearCalendar::side() const {
    const double wide = (width() - weekdayRoom - 4.0) / weeks;
    const double tall = (height() - monthRoom - legendRoom - 2.0) / weekdays;
    return std::max(6.0, std::min(wide, tall));
}

QSize YearCalendar::sizeHint() const {
    return {weekdayRoom + weeks * 18, monthRoom + weekdays * 18 + legendRoom};
}

QRectF YearCalendar::cell(int day) const {
    // Cells may be wider than high, so that the year fills the width.
    const double tall = side();
    const double wide = std::min((width() - weekdayRoom - 4.0) / weeks, tall * 1.4);
    return {weekdayRoom + weekOf(day) * wide, monthRoom + weekdayOf(day) * tall, wide - gap,
            tall - gap};
}

int YearCalendar::dayAt(const QPointF& at) const {
    for (int day = 0; day < static_cast<int>(days_.size()); ++day)
        if (cell(day).adjusted(-gap / 2, -gap / 2, gap / 2, gap / 2).contains(at))
            return day;
    return -1;
}

QString YearCalendar::describe(int day) const {
    if (day < 0 || day >= static_cast<int>(days_.size()))
        return {};
    const auto& d = days_[static_cast<std::size_t>(day)];
    if (d.requests == 0)
        return tr("%1: not simulated").arg(dateText(day));
    if (d.lost == 0)
        return tr("%1: no request lost of %2").arg(dateText(day), formatCount(d.requests));
    return tr("%1: %2 of %3 requests lost, as many as in %4")
        .arg(dateText(day), formatCount(d.lost), formatCount(d.requests),
             lostMinutesText(lostMinutes(d)));
}

void YearCalendar::paintLegend(QPainter& p) const {
    const QString words[] = {tr("nothing lost"), tr("under 1 min"), tr("1 to 10 min"),
                             tr("10 min to 1 h"), tr("1 h and more")};
    const QFontMetrics metrics(p.font());
    const double y = monthRoom + weekdays * side() + 6;
    double x = weekdayRoom;
    for (int i = 0; i < lossLevels; ++i) {
        const QRectF box(x, y, 12, 12);
        p.setPen(Qt::NoPen);
        p.setBrush(lossColor(i));
        p.drawRoundedRect(box, 3, 3);
        if (i == lossLevels - 1) {
            p.setBrush(colors().dark ? QColor("#13171c") : QColor("#ffffff"));
            p.drawEllipse(box.center(), 2, 2);
        }
        p.setPen(colors().textMuted);
        p.drawText(QRectF(x + 17, y - 4, 130, 20), Qt::AlignLeft | Qt::AlignVCenter, words[i]);
        x += 17 + metrics.horizontalAdvance(words[i]) + 18;
    }
    p.drawText(QRectF(x, y - 4, 320, 20), Qt::AlignLeft | Qt::AlignVCenter,
               tr("of the day's traffic"));
}

void YearCalendar::paintEvent(QPaintEvent*) {
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    if (days_.empty()) {
        p.setPen(colors().textMuted);
        p.drawText(rect().adjusted(24, 8, -24, -8), Qt::AlignCenter | Qt::TextWordWrap, empty_);
        return;
    }
    QFont small = font();
    small.setPointSizeF(font().pointSizeF() * 0.92);
    p.setFont(small);
    p.setPen(colors().textMuted);
    const QLocale english(QLocale::English);
    const QDate first(sim::calendar_year, 1, 1);
    for (int month = 1; month <= 12; ++month) {
        const int day = static_cast<int>(first.daysTo(QDate(sim::calendar_year, month, 1)));
        // The column where its first whole week begins.
        const int week = weekdayOf(day) == 0 || month == 1 ? weekOf(day) : weekOf(day) + 1;
        const double x = cell(std::min(week * weekdays + 1, sim::days_of_year - 1)).left();
        p.drawText(QRectF(x, 0, 60, monthRoom - 4), Qt::AlignLeft | Qt::AlignVCenter,
                   english.monthName(month, QLocale::ShortFormat));
    }
    for (const int weekday : {0, 2, 4}) {
        const QRectF box = cell(weekdays + weekday - sim::first_weekday + 1);
        p.drawText(QRectF(0, box.top() - 3, weekdayRoom - 8, box.height() + 6),
                   Qt::AlignRight | Qt::AlignVCenter,
                   english.dayName(weekday + 1, QLocale::ShortFormat));
    }
    for (int day = 0; day < static_cast<int>(days_.size()); ++day) {
        const auto& d = days_[static_cast<std::size_t>(day)];
        const QRectF box = cell(day);
        const int level = lossLevel(d);
        if (d.requests == 0) {
            p.setPen(QPen(colors().panelBorder, 1));
            p.setBrush(Qt::NoBrush);
            p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
            continue;
        }
        p.setPen(Qt::NoPen);
        p.setBrush(lossColor(level));
        p.drawRoundedRect(box, 3, 3);
        if (level == lossLevels - 1) {
            p.setBrush(colors().dark ? QColor("#13171c") : QColor("#ffffff"));
            p.drawEllipse(box.center(), 2.2, 2.2);
        }
    }
    if (hasFocus()) {
        p.setPen(QPen(colors().text, 1.5));
        p.setBrush(Qt::NoBrush);
        p.drawRoundedRect(cell(current_).adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4);
    }
    paintLegend(p);
}

void YearCalendar::mousePressEvent(QMouseEvent* event) {
    const int day = event->button() == Qt::LeftButton ? dayAt(event->position()) : -1;
    if (day < 0)
        return;
    setDay(day);
    if (days_[static_cast<std::size_t>(day)].requests > 0)
        Q_EMIT dayActivated(day);
}

void YearCalendar::keyPressEvent(QKeyEvent* event) {
    if (days_.empty())
        return QWidget::keyPressEvent(event);
    const int last = static_cast<int>(days_.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Left:
        return setDay(current_ - weekdays);
    case Qt::Key_Right:
        return setDay(current_ + weekdays);
    case Qt::Key_Up:
        return setDay(current_ - 1);
    case Qt::Key_Down:
        return setDay(current_ + 1);
    case Qt::Key_Home:
        return setDay(0);
    case Qt::Key_End:
        return setDay(last);
    case Qt::Key_PageDown: // to the next day that lost something
    case Qt::Key_PageUp: {
        const int step = event->key() == Qt::Key_PageDown ? 1 : -1;
        for (int day = current_ + step; day >= 0 && day <= last; day += step)
            if (days_[static_cast<std::size_t>(day)].lost > 0)
                return setDay(day);
        return;
    }
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (days_[static_cast<std::size_t>(current_)].requests > 0)
            Q_EMIT dayActivated(current_);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

bool YearCalendar::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int day = dayAt(help->pos());
        if (day >= 0)
            QToolTip::showText(help->globalPos(), describe(day), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void YearCalendar::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void YearCalendar::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

} // namespace brownout::ui
