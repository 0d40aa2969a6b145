#include "ui/widgets/bare_table.h"

#include <QHeaderView>

namespace brownout::ui {

QTableView* bareTable(QAbstractItemModel* model, const char* objectName, const QString& name,
                      QWidget* parent) {
    auto* out = new QTableView(parent);
    out->setObjectName(QLatin1String(objectName));
    out->setAccessibleName(name);
    out->setProperty("bare", true);
    out->setModel(model);
    out->setSelectionBehavior(QAbstractItemView::SelectRows);
    out->setSelectionMode(QAbstractItemView::SingleSelection);
    out->setEditTriggers(QAbstractItemView::NoEditTriggers);
    out->setShowGrid(false);
    out->setWordWrap(false);
    out->setTabKeyNavigation(false);
    out->verticalHeader()->hide();
    out->verticalHeader()->setDefaultSectionSize(out->fontMetrics().height() + 9);
    out->horizontalHeader()->setHighlightSections(false);
    return out;
}

} // namespace brownout::ui
