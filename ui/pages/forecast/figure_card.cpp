#include "ui/pages/forecast/figure_card.h"

#include "ui/widgets/elided_label.h"

#include <QEvent>
#include <QLabel>
#include <QStyle>
#include <QVBoxLayout>

namespace brownout::ui {

FigureCard::FigureCard(const QString& title, const char* name, QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QLatin1String(name));
    setAccessibleName(title);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 10, 14, 10);
    column->setSpacing(1);
    title_ = new QLabel(title, this);
    title_->setProperty("muted", true);
    figure_ = new QLabel(this);
    figure_->setObjectName(QLatin1String(name) + QStringLiteral("_figure"));
    figure_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    range_ = new ElidedLabel(this);
    range_->setObjectName(QLatin1String(name) + QStringLiteral("_range"));
    held_ = new ElidedLabel(this);
    held_->setObjectName(QLatin1String(name) + QStringLiteral("_held"));
    note_ = new ElidedLabel(this);
    note_->setObjectName(QLatin1String(name) + QStringLiteral("_note"));
    note_->setProperty("muted", true);
    for (QLabel* label : std::initializer_list<QLabel*>{title_, figure_, range_, held_, note_})
        column->addWidget(label);
    sizeFigure();
}

void FigureCard::sizeFigure() {
    if (sizing_)
        return;
    sizing_ = true;
    QFont large = font();
    large.setPointSizeF(font().pointSizeF() * 2);
    large.setWeight(QFont::DemiBold);
    figure_->setFont(large);
    sizing_ = false;
}

void FigureCard::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeFigure();
}

void FigureCard::show(const QString& figure, const QString& range, const QString& held,
                      const QString& note, const QString& tip, bool stale) {
    figure_->setText(figure);
    range_->setText(range.isEmpty() ? held : range);
    held_->setText(range.isEmpty() ? QString() : held);
    note_->setText(note);
    setToolTip(tip);
    setAccessibleDescription(
        QStringLiteral("%1. %2 %3. %4").arg(figure, range, held, note).simplified());
    if (figure_->property("muted").toBool() == stale)
        return;
    figure_->setProperty("muted", stale);
    figure_->style()->unpolish(figure_);
    figure_->style()->polish(figure_);
    sizeFigure();
}

} // namespace brownout::ui
