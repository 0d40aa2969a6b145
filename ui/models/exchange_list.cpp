#include "ui/models/exchange_list.h"

#include "ui/models/format.h"
#include "ui/shell/session.h"

#include <QUrl>

namespace brownout::ui {

QString exchangeOutcome(const live::Exchange& e) {
    QStringList parts;
    if (e.status > 0)
        parts << QString::number(e.status);
    if (e.over) {
        if (e.end != "complete")
            parts << QString::fromStdString(e.end);
        parts << secondsText(to_seconds(e.ended - e.started));
    } else {
        parts << (e.status > 0 ? QObject::tr("reading") : QObject::tr("waiting"));
    }
    if (e.reply_bytes > 0)
        parts << QObject::tr("%1 bytes").arg(formatCount(e.reply_bytes));
    return parts.join(QStringLiteral(" · "));
}

void ExchangeList::setExchanges(const std::vector<live::ExchangePtr>& exchanges) {
    if (exchanges == exchanges_)
        return;
    const auto before = static_cast<int>(exchanges_.size());
    const auto now = static_cast<int>(exchanges.size());
    // An exchange is the same one when it began at the same time: its ends grow.
    const bool grows =
        now >= before &&
        std::equal(exchanges_.begin(), exchanges_.end(), exchanges.begin(), [](auto& a, auto& b) {
            return a->attempt == b->attempt && a->started == b->started;
        });
    if (!grows) {
        beginResetModel();
        exchanges_ = exchanges;
        endResetModel();
        return;
    }
    if (now > before) {
        beginInsertRows({}, before, now - 1);
        exchanges_ = exchanges;
        endInsertRows();
    } else {
        exchanges_ = exchanges;
    }
    if (before > 0)
        Q_EMIT dataChanged(index(0), index(before - 1));
}

live::ExchangePtr ExchangeList::at(int row) const {
    return row >= 0 && row < rowCount() ? exchanges_[static_cast<std::size_t>(row)] : nullptr;
}

int ExchangeList::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(exchanges_.size());
}

QVariant ExchangeList::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const live::Exchange& e = *exchanges_[static_cast<std::size_t>(index.row())];
    const QString title = QStringLiteral("%1. %2  %3 %4")
                              .arg(e.attempt)
                              .arg(Session::displayName(QString::fromStdString(e.provider)),
                                   QString::fromStdString(e.request.method),
                                   QUrl(QString::fromStdString(e.request.url)).path());
    switch (role) {
    case Qt::DisplayRole:
        return title;
    case Qt::ToolTipRole:
        return QStringLiteral("%1\n%2").arg(QString::fromStdString(e.request.url),
                                            exchangeOutcome(e));
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2").arg(title, exchangeOutcome(e));
    case outcomeRole:
        return exchangeOutcome(e);
    default:
        return {};
    }
}

} // namespace brownout::ui
