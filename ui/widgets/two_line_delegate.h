// A list row of two lines: the display text, and under it, muted, what another role says. Both are
// elided, never wrapped.
#pragma once

#include <QStyledItemDelegate>

namespace brownout::ui {

class TwoLineDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    // `wraps`: the second line goes on below where it is too long, else it is cut.
    explicit TwoLineDelegate(int secondLineRole, QObject* parent = nullptr, bool wraps = false)
        : QStyledItemDelegate(parent), role_(secondLineRole), wraps_(wraps) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  private:
    int role_;
    bool wraps_;
};

} // namespace brownout::ui
