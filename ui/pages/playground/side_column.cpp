#include "ui/pages/playground/side_column.h"

#include "ui/shell/theme.h"

#include <QLabel>

namespace brownout::ui {

SideColumn::SideColumn(QWidget* settings, const QString& title, QPushButton* action,
                       QWidget* parent)
    : QWidget(parent), title_(title) {
    setFixedWidth(45 * gridUnit);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    column->addWidget(settings, 3);

    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    inner_ = new QVBoxLayout(panel);
    inner_->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    inner_->setSpacing(gridUnit);
    auto* head = new QHBoxLayout;
    auto* label = new QLabel(title, panel);
    label->setProperty("title", true);
    head->addWidget(label, 1);
    head->addWidget(action);
    inner_->addLayout(head);
    column->addWidget(panel, 2);
}

QListView* SideColumn::addList(const char* objectName, QAbstractItemModel& model, int second) {
    auto* list = new QListView(this);
    list->setObjectName(QLatin1String(objectName));
    list->setAccessibleName(title_);
    list->setProperty("bare", true);
    list->setModel(&model);
    list->setItemDelegate(new TwoLineDelegate(second, list));
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setMinimumHeight(9 * gridUnit);
    inner_->addWidget(list, 1);
    return list;
}

void SideColumn::addBelow(QWidget* widget) {
    inner_->addWidget(widget, 1);
}

} // namespace brownout::ui
