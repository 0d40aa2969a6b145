#include "ui/widgets/two_line_delegate.h"

#include "ui/shell/theme.h"

#include <QAbstractItemView>
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
    const QRect upper(rect.left(), rect.top(), rect.width(),
                      wraps_ ? option.fontMetrics.height() : rect.height() / 2);
    const QRect lower(rect.left(), upper.bottom() + 1, rect.width(),
                      rect.height() - upper.height());
    painter->save();
    painter->setFont(option.font);
    painter->setPen(colors().text);
    painter->drawText(upper, Qt::AlignVCenter | Qt::AlignLeft,
                      option.fontMetrics.elidedText(first, Qt::ElideRight, upper.width()));
    painter->setPen(colors().textMuted);
    const QString second = index.data(role_).toString();
    if (wraps_)
        painter->drawText(lower, Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap, second);
    else
        painter->drawText(lower, Qt::AlignVCenter | Qt::AlignLeft,
                          option.fontMetrics.elidedText(second, Qt::ElideRight, lower.width()));
    painter->restore();
}

QSize TwoLineDelegate::sizeHint(const QStyleOptionViewItem& option,
                                const QModelIndex& index) const {
    const int line = option.fontMetrics.height();
    const auto* view = qobject_cast<const QAbstractItemView*>(option.widget);
    if (!wraps_ || !view)
        return {10 * gridUnit, 2 * line + 10};
    const QRect room(0, 0, view->viewport()->width() - 2 * gridUnit, 10 * line);
    const int second =
        option.fontMetrics.boundingRect(room, Qt::TextWordWrap, index.data(role_).toString())
            .height();
    return {10 * gridUnit, line + second + 10};
}

} // namespace brownout::ui
