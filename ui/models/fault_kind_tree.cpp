// The palette's faults, group by group.
#include "ui/models/fault_models.h"

#include <QMimeData>

#include <algorithm>

namespace brownout::ui {

FaultKindTree::FaultKindTree(QObject* parent) : QAbstractItemModel(parent) {
    for (const char* name : {"Connect", "Before headers", "Status", "Body", "Stream", "Meaning",
                             "Image", "Network", "World"})
        groups_.push_back({QString::fromLatin1(name), {}});
    for (const faults::KindInfo& info : faults::kinds()) {
        const QString name =
            QString::fromUtf8(info.group.data(), static_cast<qsizetype>(info.group.size()));
        auto it = std::find_if(groups_.begin(), groups_.end(),
                               [&](const Group& g) { return g.name == name; });
        if (it == groups_.end())
            it = groups_.insert(groups_.end(), Group{name, {}});
        it->kinds.push_back(&info);
    }
    std::erase_if(groups_, [](const Group& g) { return g.kinds.empty(); });
}

// A kind's internal id is its group's row and one; a group's is 0.
QModelIndex FaultKindTree::index(int row, int column, const QModelIndex& parent) const {
    if (column != 0 || row < 0 || row >= rowCount(parent))
        return {};
    return createIndex(row, 0, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : 0);
}

QModelIndex FaultKindTree::parent(const QModelIndex& child) const {
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr(0));
}

int FaultKindTree::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid())
        return static_cast<int>(groups_.size());
    return parent.internalId() == 0
               ? static_cast<int>(groups_[static_cast<std::size_t>(parent.row())].kinds.size())
               : 0;
}

QVariant FaultKindTree::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    if (index.internalId() == 0)
        return role == Qt::DisplayRole || role == Qt::AccessibleTextRole
                   ? QVariant(groups_[static_cast<std::size_t>(index.row())].name)
                   : QVariant();
    const Group& group = groups_[static_cast<std::size_t>(index.internalId()) - 1];
    const faults::KindInfo& info = *group.kinds[static_cast<std::size_t>(index.row())];
    const auto row = &info - faults::kinds().data();
    return FaultKindModel().index(static_cast<int>(row)).data(role);
}

Qt::ItemFlags FaultKindTree::flags(const QModelIndex& index) const {
    if (!index.isValid())
        return Qt::NoItemFlags;
    return index.internalId() == 0 ? Qt::ItemFlags(Qt::ItemIsEnabled)
                                   : Qt::ItemIsEnabled | Qt::ItemIsSelectable |
                                         Qt::ItemIsDragEnabled | Qt::ItemNeverHasChildren;
}

QMimeData* FaultKindTree::mimeData(const QModelIndexList& indexes) const {
    const auto kind = indexes.isEmpty() ? std::nullopt : kindAt(indexes.first());
    if (!kind)
        return nullptr;
    auto* data = new QMimeData;
    const std::string_view name = faults::info(*kind).name;
    data->setData(QString::fromLatin1(mimeType),
                  QByteArray(name.data(), static_cast<qsizetype>(name.size())));
    return data;
}

std::optional<faults::Kind> FaultKindTree::kindAt(const QModelIndex& index) {
    const QVariant kind = index.data(FaultKindModel::kindRole);
    return kind.isValid() ? std::optional(static_cast<faults::Kind>(kind.toInt())) : std::nullopt;
}

} // namespace brownout::ui
