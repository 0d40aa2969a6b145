#include "ui/widgets/state_badge.h"

#include "ui/shell/theme.h"

#include <QEvent>
#include <QPainter>
#include <QPainterPath>

namespace brownout::ui {

Tint tintOf(Tone tone) {
    const Colors& c = colors();
    switch (tone) {
    case Tone::good:
        return {c.good, c.goodSoft};
    case Tone::warn:
        return {c.warn, c.warnSoft};
    case Tone::bad:
        return {c.bad, c.badSoft};
    case Tone::accent:
        return {c.accent, c.accentSoft};
    case Tone::neutral:
        break;
    }
    return {c.textMuted, c.raised};
}

namespace {

// A shape per tone, so that nobody has to tell the states apart by colour.
void drawToneMark(QPainter& p, const QRectF& box, Tone tone, const QColor& ink) {
    p.setPen(Qt::NoPen);
    p.setBrush(ink);
    const QPen line(ink, 1.6, Qt::SolidLine, Qt::RoundCap);
    switch (tone) {
    case Tone::good: // full disc
        p.drawEllipse(box);
        break;
    case Tone::warn: // half disc in a ring
        p.drawPie(box, 90 * 16, 180 * 16);
        p.setBrush(Qt::NoBrush);
        p.setPen(QPen(ink, 1.2));
        p.drawEllipse(box);
        break;
    case Tone::bad: // cross
        p.setPen(line);
        p.drawLine(box.topLeft(), box.bottomRight());
        p.drawLine(box.topRight(), box.bottomLeft());
        break;
    case Tone::accent: // dotted ring
        p.setBrush(Qt::NoBrush);
        p.setPen(QPen(ink, 1.4, Qt::DotLine));
        p.drawEllipse(box);
        break;
    case Tone::neutral: // ring
        p.setBrush(Qt::NoBrush);
        p.setPen(QPen(ink, 1.4));
        p.drawEllipse(box);
        break;
    }
}

constexpr int markSize = 8, padX = 8, badgeGap = 5;

} // namespace

StateBadge::StateBadge(QWidget* parent) : QLabel(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    restyle();
}

void StateBadge::setState(const QString& word, Tone tone) {
    if (word == text() && tone == tone_)
        return;
    tone_ = tone;
    setText(word);
    setAccessibleName(word);
    updateGeometry();
    update();
}

void StateBadge::restyle() {
    QFont f = font();
    if (f.weight() != QFont::DemiBold) {
        f.setWeight(QFont::DemiBold);
        setFont(f);
    }
    update();
}

QSize StateBadge::sizeHint() const {
    const QFontMetrics m(font());
    return {2 * padX + markSize + badgeGap + m.horizontalAdvance(text()), m.height() + 4};
}

QSize StateBadge::minimumSizeHint() const {
    return sizeHint();
}

void StateBadge::paintEvent(QPaintEvent*) {
    const Tint tint = tintOf(tone_);
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    const QRectF pill = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    p.setPen(Qt::NoPen);
    p.setBrush(tint.ground);
    p.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
    drawToneMark(p, QRectF(padX, (height() - markSize) / 2.0, markSize, markSize), tone_, tint.ink);
    p.setPen(tint.ink);
    p.drawText(rect().adjusted(padX + markSize + badgeGap, 0, -padX + 2, 0),
               Qt::AlignVCenter | Qt::AlignLeft, text());
}

void StateBadge::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        restyle();
    QLabel::changeEvent(event);
}

} // namespace brownout::ui
