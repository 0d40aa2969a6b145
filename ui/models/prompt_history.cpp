#include "ui/models/prompt_history.h"

#include "ui/shell/session.h"
#include "ui/widgets/figures.h"

#include <algorithm>

namespace brownout::ui {
namespace {

QString messageOf(const std::optional<wire::ChatRequest>& request, wire::Role role) {
    if (request)
        for (const wire::Message& m : request->messages)
            if (m.role == role)
                return QString::fromStdString(m.text);
    return {};
}

// Cheap enough for every snapshot: what grows only grows.
bool differs(const live::PromptView& a, const live::PromptView& b) {
    const auto ended = [](const record::RequestRecord& r) {
        return std::count_if(r.attempts.begin(), r.attempts.end(),
                             [](const auto& x) { return x.finished; });
    };
    const auto tokens = [](const record::RequestRecord& r) {
        return std::count_if(r.attempts.begin(), r.attempts.end(),
                             [](const auto& x) { return x.first_token.has_value(); });
    };
    return a.finished != b.finished || a.restarted_on != b.restarted_on || a.text != b.text ||
           a.record.attempts.size() != b.record.attempts.size() ||
           ended(a.record) != ended(b.record) || tokens(a.record) != tokens(b.record) ||
           a.record.id != b.record.id;
}

} // namespace

QString PromptHistory::Entry::prompt() const {
    return messageOf(request, wire::Role::user);
}

QString PromptHistory::Entry::system() const {
    return messageOf(request, wire::Role::system);
}

PromptHistory::PromptHistory(QObject* parent) : QAbstractListModel(parent) {}

void PromptHistory::insertFirst(Entry entry) {
    if (entries_.size() >= limit) {
        beginRemoveRows({}, limit - 1, static_cast<int>(entries_.size()) - 1);
        entries_.resize(limit - 1);
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    entries_.prepend(std::move(entry));
    endInsertRows();
}

void PromptHistory::add(quint64 id, const QString& chain, wire::ChatRequest request) {
    Entry entry;
    entry.id = id;
    entry.chain = chain;
    entry.request = std::move(request);
    entry.view.id = id;
    insertFirst(std::move(entry));
}

bool PromptHistory::update(const live::Snapshot& snapshot, quint64 shown) {
    bool shownChanged = false;
    for (const live::PromptView& view : snapshot.prompts) {
        int row = rowOf(view.id);
        if (row < 0) {
            // Not ours, or older than what we keep; ids only grow.
            if (!entries_.isEmpty() && view.id < entries_.last().id && entries_.size() >= limit)
                continue;
            Entry entry;
            entry.id = view.id;
            entry.chain = QString::fromStdString(view.record.chain);
            insertFirst(std::move(entry));
            row = 0;
        } else if (!differs(entries_[row].view, view)) {
            continue;
        }
        entries_[row].view = view;
        entries_[row].pictured = snapshot.now;
        shownChanged = shownChanged || view.id == shown;
        const QModelIndex changed = index(row);
        Q_EMIT dataChanged(changed, changed);
    }
    return shownChanged;
}

const PromptHistory::Entry* PromptHistory::entry(quint64 id) const {
    return at(rowOf(id));
}

const PromptHistory::Entry* PromptHistory::at(int row) const {
    return row >= 0 && row < entries_.size() ? &entries_[row] : nullptr;
}

int PromptHistory::rowOf(quint64 id) const {
    const auto it =
        std::find_if(entries_.begin(), entries_.end(), [id](const Entry& e) { return e.id == id; });
    return it == entries_.end() ? -1 : static_cast<int>(it - entries_.begin());
}

int PromptHistory::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

QVariant PromptHistory::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Entry& e = entries_[index.row()];
    const QString prompt = e.request ? e.prompt().simplified() : tr("Prompt %1").arg(e.id);
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
