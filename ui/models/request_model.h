// The requests of the snapshot as a table, newest first, at most as many as the snapshot keeps.
// Rows that stay keep their place, so selections and scroll positions survive updates.
// Thread: the window's.
#pragma once

#include "live/snapshot.h"
#include "ui/models/request_filter.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <functional>

namespace brownout::ui {

class RequestModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { time, id, task, servedBy, attempts, firstToken, total, usd, result, columns };

    // `colorOf` gives the colour of a provider, for the mark beside who served.
    explicit RequestModel(std::function<QColor(const QString& provider)> colorOf,
                          QObject* parent = nullptr);
    void setSnapshot(const live::SnapshotPtr& snapshot);
    record::RequestPtr request(int row) const; // null when there is no such row

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    static constexpr int sortRole = Qt::UserRole + 1;

  private:
    QString text(const record::RequestRecord& r, int column) const;
    void resetTo(std::vector<record::RequestPtr> next);

    std::function<QColor(const QString&)> colorOf_;
    std::vector<record::RequestPtr> rows_; // newest first
    std::shared_ptr<const std::vector<record::RequestPtr>> shown_;
    record::WallClock wall_;
};

// Shows the rows that the filter accepts.
class RequestProxy : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit RequestProxy(RequestModel* model, QObject* parent = nullptr);
    // The empty string when the text is understood, else what is wrong with it (all rows show).
    QString setFilterText(const QString& text);

  protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

  private:
    RequestModel* model_;
    RequestFilter filter_;
};

} // namespace brownout::ui
