#include "ui/models/request_model.h"

#include "ui/models/format.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QDateTime>

#include <algorithm>

namespace brownout::ui {

RequestModel::RequestModel(std::function<QColor(const QString&)> colorOf, QObject* parent)
    : QAbstractTableModel(parent), colorOf_(std::move(colorOf)) {}

void RequestModel::setSnapshot(const live::SnapshotPtr& snapshot) {
    wall_ = snapshot->wall;
    if (snapshot->requests == shown_)
        return;
    shown_ = snapshot->requests;
    std::vector<record::RequestPtr> next;
    if (shown_)
        next.assign(shown_->rbegin(), shown_->rend());

    // The list is a window that slides over the requests: new ones in front, old ones gone behind.
    const auto anchor =
        rows_.empty() ? next.end() : std::find_if(next.begin(), next.end(), [this](const auto& r) {
            return r->id == rows_.front()->id;
        });
    if (anchor == next.end()) {
        resetTo(std::move(next));
        return;
    }
    const auto added = static_cast<std::size_t>(anchor - next.begin());
    const std::size_t kept = std::min(rows_.size(), next.size() - added);
    for (std::size_t i = 0; i < kept; ++i)
        if (rows_[i]->id != next[added + i]->id) {
            resetTo(std::move(next)); // another order: not a window any more
            return;
        }
    if (kept < rows_.size()) {
        beginRemoveRows({}, static_cast<int>(kept), static_cast<int>(rows_.size()) - 1);
        rows_.resize(kept);
        endRemoveRows();
    }
    for (std::size_t i = 0; i < kept; ++i)
        if (rows_[i] != next[added + i]) {
            rows_[i] = next[added + i];
            Q_EMIT dataChanged(index(static_cast<int>(i), 0),
                               index(static_cast<int>(i), columns - 1));
        }
    if (added > 0) {
        beginInsertRows({}, 0, static_cast<int>(added) - 1);
        rows_.insert(rows_.begin(), next.begin(), anchor);
        endInsertRows();
    }
    if (next.size() > rows_.size()) { // behind as well: it had been shorter
        beginInsertRows({}, static_cast<int>(rows_.size()), static_cast<int>(next.size()) - 1);
        rows_ = std::move(next);
        endInsertRows();
    }
}

void RequestModel::resetTo(std::vector<record::RequestPtr> next) {
    beginResetModel();
    rows_ = std::move(next);
    endResetModel();
}

record::RequestPtr RequestModel::request(int row) const {
    return row >= 0 && row < static_cast<int>(rows_.size()) ? rows_[static_cast<std::size_t>(row)]
                                                            : nullptr;
}

int RequestModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RequestModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString RequestModel::text(const record::RequestRecord& r, int column) const {
    switch (column) {
    case time:
        return QDateTime::fromMSecsSinceEpoch(
                   (wall_.unix_ns_at_zero + r.started.time_since_epoch().count()) / 1'000'000)
            .toString(QStringLiteral("HH:mm:ss.zzz"));
    case id:
        return QString::fromStdString(r.id);
    case task:
        return QString::fromStdString(r.task);
    case servedBy: {
        if (r.served_by.empty())
            return r.finished ? tr("nobody") : QString();
        const auto slash = r.served_by.find('/');
        return Session::displayName(QString::fromStdString(r.served_by.substr(0, slash)));
    }
    case attempts:
        return QString::number(r.attempts.size());
    case firstToken:
        return r.first_token ? secondsText(*r.first_token - r.started) : QString();
    case total:
        return r.finished ? secondsText(r.ended - r.started) : QString();
    case usd:
        return r.cost_unknown ? tr("unknown") : QString::number(r.cost.usd(), 'f', 5);
    case result:
        return r.finished ? QString::fromLatin1(engine::name(r.result)) : tr("running");
    default:
        return {};
    }
}

QVariant RequestModel::data(const QModelIndex& index, int role) const {
    const auto r = request(index.row());
    if (!r || index.column() >= columns)
        return {};
    const bool number = index.column() >= attempts && index.column() <= usd;
    switch (role) {
    case Qt::DisplayRole:
        return text(*r, index.column());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::DecorationRole:
        if (index.column() == servedBy && !r->served_by.empty())
            return colorOf_(QString::fromStdString(r->served_by.substr(0, r->served_by.find('/'))));
        return {};
    case Qt::ForegroundRole:
        if (index.column() != result || !r->finished)
            return index.column() == result ? QVariant(colors().textMuted) : QVariant();
        return r->result == engine::CallResult::success   ? colors().good
               : r->result == engine::CallResult::partial ? colors().warn
                                                          : colors().bad;
    case Qt::ToolTipRole:
        // A tool tip that looks like markup would be shown as such; these are a provider's words.
        return r->error.empty() ? QVariant()
                                : QVariant(QString::fromStdString(r->error).toHtmlEscaped().replace(
                                      QLatin1Char('\n'), QLatin1String("<br>")));
    case sortRole:
        switch (index.column()) {
        case time:
            return static_cast<qlonglong>(r->started.time_since_epoch().count());
        case attempts:
            return static_cast<qulonglong>(r->attempts.size());
        case firstToken:
            return r->first_token ? to_ms(*r->first_token - r->started) : -1.0;
        case total:
            return r->finished ? to_ms(r->ended - r->started) : -1.0;
        case usd:
            return static_cast<qlonglong>(r->cost.pico_usd);
        default:
            return text(*r, index.column());
        }
    default:
        return {};
    }
}

QVariant RequestModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole) {
        const bool number = section >= attempts && section <= usd;
        return QVariant::fromValue(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("time"),      tr("request"),  tr("task"),
                             tr("served by"), tr("attempts"), tr("first token"),
                             tr("total"),     tr("USD"),      tr("result")};
    return names[section];
}

RequestProxy::RequestProxy(RequestModel* model, QObject* parent)
    : QSortFilterProxyModel(parent), model_(model) {
    setSourceModel(model);
    setSortRole(RequestModel::sortRole);
}

QString RequestProxy::setFilterText(const QString& text) {
    QString error;
    filter_ = RequestFilter::parse(text, &error);
    invalidateFilter();
    return error;
}

bool RequestProxy::filterAcceptsRow(int row, const QModelIndex&) const {
    const auto r = model_->request(row);
    return r && (filter_.empty() || filter_.accepts(*r));
}

} // namespace brownout::ui
