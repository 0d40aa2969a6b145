// A list row of two lines: the display text, and under it, muted, what another role says. Both are
// elided, never wrapped.
#pragma once

#include <QStyledItemDelegate>

namespace brownout::ui {

class TwoLineDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    explicit TwoLineDelegate(int secondLineRole, QObject* parent = nullptr)
        : QStyledItemDelegate(parent), role_(secondLineRole) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  private:
    int role_;
};

} // namespace brownout::ui
