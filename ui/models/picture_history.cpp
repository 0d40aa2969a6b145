#include "ui/models/picture_history.h"

#include "ui/models/conversations.h"
#include "ui/models/format.h"
#include "ui/shell/session.h"

#include <algorithm>

namespace brownout::ui {
QString PictureHistory::Entry::prompt() const {
    return request.image ? QString::fromStdString(request.image->prompt) : QString();
}

PictureHistory::PictureHistory(QObject* parent) : QAbstractListModel(parent) {}

void PictureHistory::insertFirst(Entry entry) {
    if (entries_.size() >= limit) {
        beginRemoveRows({}, limit - 1, static_cast<int>(entries_.size()) - 1);
        entries_.resize(limit - 1);
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    entries_.prepend(std::move(entry));
    endInsertRows();
}

void PictureHistory::add(quint64 id, const QString& chain, wire::ChatRequest request) {
    Entry entry;
    entry.id = id;
    entry.chain = chain;
    entry.request = std::move(request);
    entry.view.id = id;
    insertFirst(std::move(entry));
}

bool PictureHistory::update(const live::Snapshot& snapshot, quint64 shown) {
    bool shownChanged = false;
    for (const live::PromptView& view : snapshot.prompts) {
        const int row = rowOf(view.id);
        if (row < 0 || !showsMore(entries_[row].view, view))
            continue;
        entries_[row].view = view;
        entries_[row].pictured = snapshot.now;
        shownChanged = shownChanged || view.id == shown;
        const QModelIndex changed = index(row);
        Q_EMIT dataChanged(changed, changed);
    }
    return shownChanged;
}

const PictureHistory::Entry* PictureHistory::entry(quint64 id) const {
    return at(rowOf(id));
}

const PictureHistory::Entry* PictureHistory::at(int row) const {
    return row >= 0 && row < entries_.size() ? &entries_[row] : nullptr;
}

int PictureHistory::rowOf(quint64 id) const {
    const auto it =
        std::find_if(entries_.begin(), entries_.end(), [id](const Entry& e) { return e.id == id; });
    return it == entries_.end() ? -1 : static_cast<int>(it - entries_.begin());
}

int PictureHistory::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

QVariant PictureHistory::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Entry& e = entries_[index.row()];
    const QString prompt = e.prompt().simplified();
    switch (role) {
    case Qt::DisplayRole:
        return prompt;
    case Qt::ToolTipRole:
        return QStringLiteral("%1\n%2").arg(prompt, outcomeText(e.view));
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2").arg(prompt, outcomeText(e.view));
    case outcomeRole:
        return outcomeText(e.view);
    case idRole:
        return QVariant::fromValue(e.id);
    default:
        return {};
    }
}

QString outcomeText(const live::PromptView& prompt) {
    const record::RequestRecord& r = prompt.record;
    if (!prompt.finished)
        return QObject::tr("running");
    switch (r.result) {
    case engine::CallResult::success:
    case engine::CallResult::partial: {
        const QString provider =
            QString::fromStdString(r.served_by.substr(0, r.served_by.find('/')));
        QString out = Session::displayName(provider);
        if (r.result == engine::CallResult::partial)
            out += QObject::tr(" (cut short)");
        out += QStringLiteral(" · ") + secondsText(to_seconds(r.ended - r.started));
        return out + QStringLiteral(" · ") +
               (r.cost_unknown ? QObject::tr("cost unknown") : usdText(r.cost));
    }
    case engine::CallResult::failed:
        return QObject::tr("no provider answered");
    case engine::CallResult::rejected:
        return QObject::tr("rejected");
    case engine::CallResult::refused:
        return QObject::tr("refused");
    case engine::CallResult::cancelled:
        return QObject::tr("stopped");
    }
    return {};
}

} // namespace brownout::ui
