#include "ui/models/fault_models.h"

#include "ui/models/words.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <algorithm>

namespace brownout::ui {
namespace {

bool sameFaults(const std::vector<live::ActiveFaultView>& a,
                const std::vector<live::ActiveFaultView>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.id == y.id && x.manual == y.manual && x.target == y.target && x.label == y.label &&
               x.since == y.since;
    });
}

QVariant kindData(const faults::KindInfo& info, int role) {
    switch (role) {
    case Qt::DisplayRole:
        return text(info.label);
    case Qt::ToolTipRole:
    case FaultKindModel::helpRole:
        return text(info.help);
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2").arg(text(info.label), text(info.help));
    case FaultKindModel::kindRole:
        return static_cast<int>(info.kind);
    case FaultKindModel::searchRole: // by what it is called on screen and in files
        return QStringLiteral("%1 %2 %3 %4")
            .arg(text(info.label), text(info.name), text(info.group), text(info.help));
    default:
        return {};
    }
}

} // namespace

faults::Kind FaultKindModel::kindAt(const QModelIndex& index) {
    return static_cast<faults::Kind>(index.data(kindRole).toInt());
}

int FaultKindModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(faults::kinds().size());
}

QVariant FaultKindModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    return kindData(faults::kinds()[static_cast<std::size_t>(index.row())], role);
}
void ActiveFaultModel::update(const live::Snapshot& snapshot) {
    const auto second = static_cast<std::int64_t>(to_seconds(snapshot.now));
    now_ = snapshot.now;
    if (!sameFaults(faults_, snapshot.active_faults)) {
        second_ = second;
        beginResetModel(); // a handful of rows, and rarely
        faults_ = snapshot.active_faults;
        endResetModel();
    } else if (second != second_ && !faults_.empty()) {
        second_ = second;
        Q_EMIT dataChanged(index(0, sinceColumn),
                           index(static_cast<int>(faults_.size()) - 1, sinceColumn),
                           {Qt::DisplayRole});
    }
}

const live::ActiveFaultView* ActiveFaultModel::at(int row) const {
    return row >= 0 && row < static_cast<int>(faults_.size())
               ? &faults_[static_cast<std::size_t>(row)]
               : nullptr;
}

int ActiveFaultModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(faults_.size());
}

int ActiveFaultModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QVariant ActiveFaultModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const live::ActiveFaultView& fault = faults_[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole && index.column() == sinceColumn)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role == Qt::ForegroundRole && index.column() == removeColumn)
        return colors().accent;
    if (role == Qt::ToolTipRole && index.column() == removeColumn)
        return fault.manual ? tr("Remove this fault (Delete)")
                            : tr("Set by the running scenario; stop it to remove the fault");
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case faultColumn:
        return QString::fromStdString(fault.label);
    case targetColumn:
        return faultTargetText(fault.target);
    case sinceColumn:
        return tr("%1 s").arg(
            std::max<std::int64_t>(0, static_cast<std::int64_t>(to_seconds(now_ - fault.since))));
    case byColumn:
        return fault.manual ? tr("hand") : tr("scenario");
    case removeColumn:
        return fault.manual ? tr("Remove") : QString();
    default:
        return {};
    }
}

QVariant ActiveFaultModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section == sinceColumn
                                       ? Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter)
                                       : Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter));
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("fault"), tr("target"), tr("for"), tr("set by"), QString()};
    return section >= 0 && section < columns ? names[section] : QString();
}

QString faultTargetText(const std::string& target) {
    if (target == "*")
        return QObject::tr("all providers");
    if (target.starts_with("@"))
        return QString::fromStdString(target);
    const QString full = QString::fromStdString(target);
    const qsizetype slash = full.indexOf(QLatin1Char('/'));
    const QString name = Session::displayName(full.left(slash));
    return slash < 0 ? name : name + QLatin1Char(' ') + full.mid(slash + 1);
}

} // namespace brownout::ui
