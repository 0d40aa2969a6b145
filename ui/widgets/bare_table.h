// A table on a panel, without a frame of its own: rows are selected one at a time, and read.
// Thread: the window's.
#pragma once

#include <QTableView>

namespace brownout::ui {

// `name`: for screen readers. Rows are as high as a line with some air; columns are the caller's.
QTableView* bareTable(QAbstractItemModel* model, const char* objectName, const QString& name,
                      QWidget* parent);

} // namespace brownout::ui
