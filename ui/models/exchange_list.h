// The HTTP exchanges of one request, in the order in which they were sent.
#pragma once

#include "live/wire_log.h"

#include <QAbstractListModel>

namespace brownout::ui {

class ExchangeList : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { outcomeRole = Qt::UserRole + 1 };
    using QAbstractListModel::QAbstractListModel;

    // Rows that stay are kept, so that a choice stays while a request runs.
    void setExchanges(const std::vector<live::ExchangePtr>& exchanges);
    live::ExchangePtr at(int row) const; // null: no such row

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  private:
    std::vector<live::ExchangePtr> exchanges_;
};

// "503 · 0.04 s · 213 bytes", "connection refused", "waiting". Pure.
QString exchangeOutcome(const live::Exchange& exchange);

} // namespace brownout::ui
