// The lines of a batch that failed, with why. Thread: the window's.
#pragma once

#include "live/batch_view.h"

#include <QAbstractTableModel>

namespace brownout::ui {

class BatchFailureModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { lineColumn, idColumn, statusColumn, whyColumn, columns };
    using QAbstractTableModel::QAbstractTableModel;

    using List = std::shared_ptr<const std::vector<live::BatchFailure>>;
    void update(const List& failures); // rows only come, unless it is another batch
    QString text(int row) const;       // for the clipboard: columns with tabs between

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    QString cell(const live::BatchFailure& failure, int column) const;
    List failures_;
};

} // namespace brownout::ui
