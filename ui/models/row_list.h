// A short list for a side bar: a mark, a title, a line below it, a badge at the right. The model
// keeps its rows when only their texts change, so selection and focus stay.
#pragma once

#include "ui/widgets/provider_glyph.h"
#include "ui/widgets/state_badge.h"

#include <QAbstractListModel>
#include <QStyledItemDelegate>

#include <vector>

namespace brownout::ui {

struct ListRow {
    QString id, title, subtitle; // subtitle may be empty
    QString badge;               // empty: none
    Tone tone = Tone::neutral;
    QString toolTip;
    std::optional<ProviderGlyph> glyph = {};
    friend bool operator==(const ListRow&, const ListRow&) = default;
};

class RowListModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { idRole = Qt::UserRole, subtitleRole, badgeRole, toneRole, glyphRole };
    using QAbstractListModel::QAbstractListModel;
    void setRows(std::vector<ListRow> rows);
    int indexOf(const QString& id) const; // -1: none
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const std::vector<ListRow>& rows() const { return rows_; }

  private:
    std::vector<ListRow> rows_;
};

class RowDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace brownout::ui

Q_DECLARE_METATYPE(brownout::ui::ProviderGlyph)
