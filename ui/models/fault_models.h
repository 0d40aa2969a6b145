// Models of the Outages page: the palette of fault kinds, and the faults that act now.
#pragma once

#include "live/snapshot.h"

#include <QAbstractListModel>
#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

namespace brownout::ui {

// faults::kinds() as a list: label, under it the help line. Never changes.
class FaultKindModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { helpRole = Qt::UserRole + 1, kindRole, searchRole };
    using QAbstractListModel::QAbstractListModel;
    static faults::Kind kindAt(const QModelIndex& index);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
};

// The same, by group: the groups of the kinds, and below each its kinds. Kinds can be dragged.
class FaultKindTree : public QAbstractItemModel {
    Q_OBJECT
  public:
    explicit FaultKindTree(QObject* parent = nullptr);
    static constexpr const char* mimeType = "application/x-brownout-fault";
    static std::optional<faults::Kind> kindAt(const QModelIndex& index); // nothing: a group

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& = {}) const override { return 1; }
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QStringList mimeTypes() const override { return {QString::fromLatin1(mimeType)}; }
    QMimeData* mimeData(const QModelIndexList& indexes) const override;

  private:
    struct Group {
        QString name;
        std::vector<const faults::KindInfo*> kinds;
    };
    std::vector<Group> groups_; // in the order in which requests meet them
};

// The faults in force, by hand and by scenario: what, where, since when, by whom, remove.
class ActiveFaultModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { faultColumn, targetColumn, sinceColumn, byColumn, removeColumn, columns };
    using QAbstractTableModel::QAbstractTableModel;

    void update(const live::Snapshot& snapshot); // touches only what changed
    const live::ActiveFaultView* at(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<live::ActiveFaultView> faults_;
    std::int64_t second_ = 0; // of the snapshot; "since" is shown in whole seconds
    Instant now_{};
};

// "Aster", "Aster gpt-5-mini", "all providers", "@primary". Pure.
QString faultTargetText(const std::string& target);

} // namespace brownout::ui
