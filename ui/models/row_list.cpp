#include "ui/models/row_list.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QPainter>

namespace brownout::ui {

namespace {

constexpr int padding = gridUnit;
constexpr int barWidth = 3;

QFont titleFont(const QFont& base, bool strong) {
    QFont font = base;
    if (strong)
        font.setWeight(QFont::DemiBold);
    return font;
}

QFont badgeFont(const QFont& base) {
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 0.85);
    font.setWeight(QFont::DemiBold);
    return font;
}

// Gives back where the text beside it has to end.
int paintBadge(QPainter& painter, const QRect& area, const QString& text, Tone tone,
               const QFont& base) {
    const QFont font = badgeFont(base);
    const QFontMetrics metrics(font);
    const int width = metrics.horizontalAdvance(text) + 2 * padding;
    const int height = metrics.height() + 2;
    const QRect pill(area.right() - width, area.center().y() - height / 2, width, height);
    const auto [ink, ground] = tintOf(tone);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(pill, height / 2.0, height / 2.0);
    painter.setFont(font);
    painter.setPen(ink);
    painter.drawText(pill, Qt::AlignCenter, text);
    return pill.left() - padding;
}

} // namespace

void RowListModel::setRows(std::vector<ListRow> rows) {
    const bool sameIds =
        std::equal(rows.begin(), rows.end(), rows_.begin(), rows_.end(),
                   [](const ListRow& a, const ListRow& b) { return a.id == b.id; });
    if (!sameIds) {
        beginResetModel();
        rows_ = std::move(rows);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!(rows[i] == rows_[i])) {
            rows_[i] = std::move(rows[i]);
            const QModelIndex changed = index(static_cast<int>(i));
            Q_EMIT dataChanged(changed, changed);
        }
}

int RowListModel::indexOf(const QString& id) const {
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (rows_[i].id == id)
            return static_cast<int>(i);
    return -1;
}

int RowListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant RowListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const ListRow& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return row.title;
    case Qt::ToolTipRole:
        return row.toolTip.isEmpty() ? QVariant() : row.toolTip;
    case Qt::AccessibleTextRole:
        return QStringList{row.title, row.subtitle, row.badge}.join(QStringLiteral(", "));
    case idRole:
        return row.id;
    case subtitleRole:
        return row.subtitle;
    case badgeRole:
        return row.badge;
    case toneRole:
        return static_cast<int>(row.tone);
    case glyphRole:
        return row.glyph ? QVariant::fromValue(*row.glyph) : QVariant();
    case Qt::DecorationRole:
        return row.glyph ? QVariant(glyphIcon(*row.glyph)) : QVariant();
    default:
        return {};
    }
}

void RowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    const Colors& c = colors();
    const bool selected = option.state & QStyle::State_Selected;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRect rect = option.rect.adjusted(0, 1, 0, -1);
    if (selected || option.state & QStyle::State_MouseOver) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(selected ? c.accentSoft : c.raised);
        painter->drawRoundedRect(rect, 4, 4);
    }
    if (selected)
        painter->fillRect(rect.left(), rect.top(), barWidth, rect.height(), c.accent);
    if (option.state & QStyle::State_HasFocus) {
        painter->setPen(c.accent);
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    QRect inner = rect.adjusted(padding + barWidth, 0, -padding, 0);
    if (const auto glyph = index.data(RowListModel::glyphRole); glyph.isValid()) {
        const int side = std::min(inner.height() - padding, 32);
        paintGlyph(*painter, QRect(inner.left(), inner.center().y() - side / 2, side, side),
                   glyph.value<ProviderGlyph>());
        inner.setLeft(inner.left() + side + padding);
    }
    const QString badge = index.data(RowListModel::badgeRole).toString();
    if (!badge.isEmpty()) {
        const auto tone = static_cast<Tone>(index.data(RowListModel::toneRole).toInt());
        inner.setRight(paintBadge(*painter, inner, badge, tone, option.font));
    }
    const QString subtitle = index.data(RowListModel::subtitleRole).toString();
    const QFont title = titleFont(option.font, !subtitle.isEmpty());
    const QFontMetrics titleMetrics(title), metrics(option.font);
    const int height =
        subtitle.isEmpty() ? titleMetrics.height() : titleMetrics.height() + metrics.height();
    int y = inner.center().y() - height / 2;
    painter->setFont(title);
    painter->setPen(c.text);
    painter->drawText(
        QRect(inner.left(), y, inner.width(), titleMetrics.height()),
        Qt::AlignLeft | Qt::AlignVCenter,
        titleMetrics.elidedText(index.data().toString(), Qt::ElideRight, inner.width()));
    if (!subtitle.isEmpty()) {
        y += titleMetrics.height();
        painter->setFont(option.font);
        painter->setPen(c.textMuted);
        painter->drawText(QRect(inner.left(), y, inner.width(), metrics.height()),
                          Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(subtitle, Qt::ElideRight, inner.width()));
    }
    painter->restore();
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const bool two = !index.data(RowListModel::subtitleRole).toString().isEmpty();
    const int line = QFontMetrics(option.font).height();
    return {120, (two ? 2 * line : line) + 2 * padding};
}

} // namespace brownout::ui
