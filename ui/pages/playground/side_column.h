// The left column of a playground's tab: its settings, below them a list of what was made so far.
#pragma once

#include "ui/widgets/two_line_delegate.h"

#include <QFrame>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>

namespace brownout::ui {

class SideColumn : public QWidget {
    Q_OBJECT
  public:
    // Takes `settings` and `action`, the button beside the list's title, as children.
    SideColumn(QWidget* settings, const QString& title, QPushButton* action, QWidget* parent);
    // `second` is the role of the second line.
    QListView* addList(const char* objectName, QAbstractItemModel& model, int second);
    // Below the list or in its place.
    void addBelow(QWidget* widget);

  private:
    QString title_;
    QVBoxLayout* inner_;
};

} // namespace brownout::ui
