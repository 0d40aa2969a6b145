#include "ui/pages/forecast/assumption_row.h"

#include "ui/shell/theme.h"

#include <QKeyEvent>
#include <QPainter>

namespace brownout::ui {
namespace {

constexpr int side = 8, top = 6, between = 1, markRoom = 16;

} // namespace

AssumptionRow::AssumptionRow(const QString& title, bool opens, QWidget* parent)
    : QAbstractButton(parent) {
    setText(title);
    setCheckable(opens);
    setFocusPolicy(opens ? Qt::StrongFocus : Qt::NoFocus);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    if (opens)
        setCursor(Qt::PointingHandCursor);
}

void AssumptionRow::show(const QString& value, const QString& source, const QString& tip) {
    if (value_ == value && source_ == source && tip_ == tip)
        return;
    value_ = value;
    source_ = source;
    tip_ = tip;
    describe();
}

void AssumptionRow::setProblem(const QString& text) {
    if (problem_ == text)
        return;
    problem_ = text;
    describe();
}

void AssumptionRow::describe() {
    setToolTip(problem_.isEmpty() ? tip_ : problem_);
    setAccessibleName(text());
    setAccessibleDescription(
        QStringLiteral("%1. %2").arg(value_, problem_.isEmpty() ? source_ : problem_));
    update();
}

QSize AssumptionRow::sizeHint() const {
    return {200, 2 * top + 2 * fontMetrics().height() + between};
}

QSize AssumptionRow::minimumSizeHint() const {
    return {120, sizeHint().height()};
}

void AssumptionRow::paintEvent(QPaintEvent*) {
    const Colors& c = colors();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    if (isChecked() || (hovered_ && isCheckable())) {
        p.setPen(Qt::NoPen);
        p.setBrush(c.raised);
        p.drawRoundedRect(rect(), 5, 5);
    }
    if (hasFocus()) {
        p.setPen(QPen(c.accent, 1));
        p.setBrush(Qt::NoBrush);
        p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
    }
    const int line = fontMetrics().height();
    const QRect first(side, top, width() - 2 * side - (isCheckable() ? markRoom : 0), line);
    QFont bold = font();
    bold.setBold(true);
    const int room = QFontMetrics(bold).horizontalAdvance(value_);
    p.setPen(c.text);
    p.drawText(first, Qt::AlignLeft | Qt::AlignVCenter,
               fontMetrics().elidedText(text(), Qt::ElideRight, first.width() - room - 8));
    p.setFont(bold);
    p.drawText(first, Qt::AlignRight | Qt::AlignVCenter, value_);
    QFont small = font();
    small.setPointSizeF(font().pointSizeF() * 0.92);
    p.setFont(small);
    p.setPen(problem_.isEmpty() ? c.textMuted : c.bad);
    const QRect second(side, top + line + between, width() - 2 * side, line);
    p.drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
               QFontMetrics(small).elidedText(problem_.isEmpty() ? source_ : problem_,
                                              Qt::ElideRight, second.width()));
    if (isCheckable()) {
        const QPointF at(width() - side - 5, top + line / 2.0);
        const double turn = isChecked() ? -1 : 1;
        p.setPen(QPen(c.textMuted, 1.4));
        p.drawPolyline(QPolygonF{{at.x() - 3.5, at.y() - 2 * turn},
                                 {at.x(), at.y() + 2 * turn},
                                 {at.x() + 3.5, at.y() - 2 * turn}});
    }
    if (!isChecked()) {
        p.setPen(QPen(c.grid, 1));
        p.drawLine(side, height() - 1, width() - side, height() - 1);
    }
}

void AssumptionRow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

void AssumptionRow::enterEvent(QEnterEvent* event) {
    QAbstractButton::enterEvent(event);
    hovered_ = true;
    update();
}

void AssumptionRow::leaveEvent(QEvent* event) {
    QAbstractButton::leaveEvent(event);
    hovered_ = false;
    update();
}

} // namespace brownout::ui
