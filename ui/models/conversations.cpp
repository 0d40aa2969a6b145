#include "ui/models/conversations.h"

#include "ui/models/format.h"

#include <algorithm>

namespace brownout::ui {

bool showsMore(const live::PromptView& a, const live::PromptView& b) {
    const auto ended = [](const record::RequestRecord& r) {
        return std::count_if(r.attempts.begin(), r.attempts.end(),
                             [](const auto& x) { return x.finished; });
    };
    const auto tokens = [](const record::RequestRecord& r) {
        return std::count_if(r.attempts.begin(), r.attempts.end(),
                             [](const auto& x) { return x.first_token.has_value(); });
    };
    return a.finished != b.finished || a.restarted_on != b.restarted_on || a.text != b.text ||
           a.reasoning.size() != b.reasoning.size() || a.wire != b.wire ||
           a.record.attempts.size() != b.record.attempts.size() ||
           ended(a.record) != ended(b.record) || tokens(a.record) != tokens(b.record) ||
           a.record.id != b.record.id;
}

QString Conversation::title() const {
    return turns.isEmpty() ? QObject::tr("New conversation")
                           : turns.front().current().prompt.simplified();
}

std::vector<wire::Message> Conversation::saidBefore(int before) const {
    std::vector<wire::Message> out;
    for (int i = 0; i < std::min(before, static_cast<int>(turns.size())); ++i) {
        const Answer& a = turns[i].current();
        if (a.view.text.empty())
            continue;
        out.push_back({wire::Role::user, a.prompt.toStdString()});
        out.push_back({wire::Role::assistant, a.view.text});
    }
    return out;
}

Conversation::Totals Conversation::totals() const {
    Totals out;
    for (const Turn& turn : turns)
        for (const Answer& a : turn.answers) {
            ++out.answers;
            const record::RequestRecord& r = a.view.record;
            out.cost += r.cost;
            out.costUnknown = out.costUnknown || r.cost_unknown;
            for (const record::AttemptRecord& attempt : r.attempts) {
                out.inputTokens += attempt.outcome.input_tokens;
                out.outputTokens += attempt.outcome.output_tokens;
                out.estimated = out.estimated || attempt.outcome.cost_estimated;
            }
        }
    return out;
}

Conversations::Conversations(QObject* parent) : QAbstractListModel(parent) {
    list_.append(Conversation{nextId_++, {}, {}});
}

void Conversations::setCurrent(int row) {
    if (row < 0 || row >= list_.size() || row == currentRow_)
        return;
    currentRow_ = row;
    Q_EMIT currentChanged();
}

void Conversations::startNew() {
    const auto empty = std::find_if(list_.begin(), list_.end(),
                                    [](const Conversation& c) { return c.turns.isEmpty(); });
    if (empty != list_.end())
        return setCurrent(static_cast<int>(empty - list_.begin()));
    if (list_.size() >= limit) {
        beginRemoveRows({}, limit - 1, limit - 1);
        list_.removeLast();
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    Conversation fresh;
    fresh.id = nextId_++;
    list_.prepend(std::move(fresh));
    endInsertRows();
    currentRow_ = 0;
    Q_EMIT currentChanged();
}

void Conversations::keepSettings(wire::ChatRequest settings) {
    list_[currentRow_].settings = std::move(settings);
}

// The conversation that is carried on is the newest.
void Conversations::changed(int row) {
    if (row > 0) {
        beginMoveRows({}, row, row, {}, 0);
        list_.move(row, 0);
        endMoveRows();
        currentRow_ = 0;
    }
    Q_EMIT dataChanged(index(0), index(0));
}

void Conversations::addTurn(Answer answer) {
    Turn turn;
    turn.answers.append(std::move(answer));
    list_[currentRow_].turns.append(std::move(turn));
    changed(currentRow_);
    Q_EMIT turnChanged(static_cast<int>(current().turns.size()) - 1);
}

void Conversations::addAnswer(Answer answer) {
    Turn& turn = list_[currentRow_].turns.last();
    if (turn.answers.size() >= Turn::mostAnswers)
        turn.answers.removeFirst();
    turn.answers.append(std::move(answer));
    turn.shown = static_cast<int>(turn.answers.size()) - 1;
    changed(currentRow_);
    Q_EMIT turnChanged(static_cast<int>(current().turns.size()) - 1);
}

void Conversations::showAnswer(int turn, int answer) {
    QList<Turn>& turns = list_[currentRow_].turns;
    if (turn < 0 || turn >= turns.size() || answer < 0 || answer >= turns[turn].answers.size())
        return;
    turns[turn].shown = answer;
    Q_EMIT turnChanged(turn);
}

void Conversations::update(const live::Snapshot& snapshot) {
    for (const live::PromptView& view : snapshot.prompts)
        for (int row = 0; row < list_.size(); ++row)
            for (int t = 0; t < list_[row].turns.size(); ++t)
                for (Answer& a : list_[row].turns[t].answers) {
                    if (a.id != view.id || !showsMore(a.view, view))
                        continue;
                    a.view = view;
                    a.pictured = snapshot.now;
                    Q_EMIT dataChanged(index(row), index(row));
                    if (row == currentRow_)
                        Q_EMIT turnChanged(t);
                }
}

const Answer* Conversations::answer(quint64 id) const {
    for (const Conversation& c : list_)
        for (const Turn& turn : c.turns)
            for (const Answer& a : turn.answers)
                if (a.id == id)
                    return &a;
    return nullptr;
}

int Conversations::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(list_.size());
}

QVariant Conversations::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Conversation& c = list_[index.row()];
    const auto summary = [&] {
        if (c.turns.isEmpty())
            return tr("nothing asked yet");
        if (!c.turns.last().current().view.finished)
            return tr("running");
        const Conversation::Totals t = c.totals();
        return (c.turns.size() == 1 ? tr("1 turn") : tr("%1 turns").arg(c.turns.size())) +
               QStringLiteral(" · ") + (t.costUnknown ? tr("cost unknown") : usdText(t.cost));
    };
    switch (role) {
    case Qt::DisplayRole:
        return c.title();
    case Qt::ToolTipRole:
        return QStringLiteral("%1\n%2").arg(c.title().left(400), summary());
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2").arg(c.title(), summary());
    case summaryRole:
        return summary();
    case idRole:
        return QVariant::fromValue(c.id);
    default:
        return {};
    }
}

} // namespace brownout::ui
