#include "ui/models/model_list.h"

#include "ui/models/price_text.h"

namespace brownout::ui {

void ModelListModel::setOffered(const chain::Provider& provider, const chain::PriceTable& prices) {
    std::vector<Row> rows;
    for (const chain::PricedModel* row : prices.offered(provider))
        rows.push_back(
            {QString::fromStdString(row->model),
             priceLine(row->price) + QStringLiteral(" · ") + QString::fromStdString(row->date)});
    if (rows == rows_)
        return;
    beginResetModel();
    rows_ = std::move(rows);
    endResetModel();
}

int ModelListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant ModelListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole: // what goes into the field
        return row.model;
    case priceRole:
        return row.price;
    case Qt::AccessibleTextRole:
        return row.model + QStringLiteral(", ") + row.price;
    default:
        return {};
    }
}

} // namespace brownout::ui
