#include "ui/widgets/two_line_delegate.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QPainter>

namespace brownout::ui {

void TwoLineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const {
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString first = item.text;
    item.text.clear();
    item.icon = {};
    QStyle* style = item.widget ? item.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);

    const QIcon mark = index.data(Qt::DecorationRole).value<QIcon>();
    QRect rect = option.rect.adjusted(gridUnit, 4, -gridUnit, -4);
    if (!mark.isNull()) {
        mark.paint(painter, QRect(rect.left(), rect.top(), 2 * gridUnit, rect.height()));
        rect.setLeft(rect.left() + 3 * gridUnit);
    }
    const QRect upper(rect.left(), rect.top(), rect.width(), rect.height() / 2);
    const QRect lower(rect.left(), upper.bottom() + 1, rect.width(),
                      rect.height() - upper.height());
    painter->save();
    painter->setFont(option.font);
    painter->setPen(colors().text);
    painter->drawText(upper, Qt::AlignVCenter | Qt::AlignLeft,
                      option.fontMetrics.elidedText(first, Qt::ElideRight, upper.width()));
    painter->setPen(colors().textMuted);
    painter->drawText(
        lower, Qt::AlignVCenter | Qt::AlignLeft,
        option.fontMetrics.elidedText(index.data(role_).toString(), Qt::ElideRight, lower.width()));
    painter->restore();
}

QSize TwoLineDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    return {10 * gridUnit, 2 * option.fontMetrics.height() + 10};
}

} // namespace brownout::ui
