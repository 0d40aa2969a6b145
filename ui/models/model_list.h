// The models that a target's field completes from: those of its provider's vendor in the price
// table, pictures included, each with its price and where that comes from.
#pragma once

#include "chain/prices.h"

#include <QAbstractListModel>

namespace brownout::ui {

class ModelListModel : public QAbstractListModel {
    Q_OBJECT
  public:
    static constexpr int priceRole = Qt::UserRole + 1;
    using QAbstractListModel::QAbstractListModel;
    // No work when nothing changed, so that a list that is open stays as it is.
    void setOffered(const chain::Provider& provider, const chain::PriceTable& prices);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  private:
    struct Row {
        QString model, price;
        friend bool operator==(const Row&, const Row&) = default;
    };
    std::vector<Row> rows_;
};

} // namespace brownout::ui
