#include "ui/models/batch_failures.h"

#include "ui/models/format.h"

namespace brownout::ui {

namespace {

bool goes_on(const std::vector<live::BatchFailure>& was,
             const std::vector<live::BatchFailure>& is) {
    return is.size() >= was.size() &&
           std::equal(was.begin(), was.end(), is.begin(), [](const auto& a, const auto& b) {
               return a.line == b.line && a.custom_id == b.custom_id;
           });
}

} // namespace

void BatchFailureModel::update(const List& failures) {
    if (failures == failures_)
        return;
    const int was = rowCount(), is = failures ? static_cast<int>(failures->size()) : 0;
    if (failures && failures_ && is > was && goes_on(*failures_, *failures)) {
        beginInsertRows({}, was, is - 1);
        failures_ = failures;
        endInsertRows();
        return;
    }
    beginResetModel();
    failures_ = failures;
    endResetModel();
}

int BatchFailureModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !failures_ ? 0 : static_cast<int>(failures_->size());
}

int BatchFailureModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString BatchFailureModel::cell(const live::BatchFailure& failure, int column) const {
    switch (column) {
    case lineColumn:
        return failure.line ? formatCount(failure.line) : QString();
    case idColumn:
        return QString::fromStdString(failure.custom_id);
    case statusColumn:
        return failure.status ? QString::number(failure.status) : tr("none");
    default:
        break;
    }
    const QString why = QString::fromStdString(failure.message).simplified();
    return why.isEmpty() ? QString::fromStdString(failure.code) : why;
}

QString BatchFailureModel::text(int row) const {
    QStringList parts;
    for (int column = 0; row >= 0 && row < rowCount() && column < columns; ++column)
        parts << cell((*failures_)[static_cast<std::size_t>(row)], column);
    return parts.join(QLatin1Char('\t'));
}

QVariant BatchFailureModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const live::BatchFailure& failure = (*failures_)[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter |
                                   (index.column() == lineColumn || index.column() == statusColumn
                                        ? Qt::AlignRight
                                        : Qt::AlignLeft));
    if (role == Qt::ToolTipRole)
        return tr("%1 (%2)").arg(cell(failure, whyColumn), QString::fromStdString(failure.code));
    return role == Qt::DisplayRole ? QVariant(cell(failure, index.column())) : QVariant();
}

QVariant BatchFailureModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::AlignVCenter |
            (section == lineColumn || section == statusColumn ? Qt::AlignRight : Qt::AlignLeft));
    const QString names[] = {tr("line"), tr("custom_id"), tr("status"), tr("why")};
    return role == Qt::DisplayRole ? QVariant(names[section]) : QVariant();
}

} // namespace brownout::ui
