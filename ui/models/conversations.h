// The playground's conversations: what was asked (own memory) joined with how it went (the
// snapshot's prompts). As a model: the conversations, newest first. Starting a new one puts the
// other away and loses nothing; of more than eight the one that was left longest ago goes.
#pragma once

#include "live/snapshot.h"
#include "wire/message.h"

#include <QAbstractListModel>

namespace brownout::ui {

// One answer to a turn's question. Asking again adds one beside it.
struct Answer {
    quint64 id = 0; // the prompt's
    QString prompt, chain;
    wire::ChatRequest request; // as it was sent, with all that was said before
    live::PromptView view;     // the newest that a snapshot had
    Instant pictured{};        // when that snapshot was made
};

struct Turn {
    static constexpr int mostAnswers = 10; // the oldest goes
    QList<Answer> answers;                 // never empty
    int shown = 0;
    const Answer& current() const { return answers[shown]; }
};

struct Conversation {
    static constexpr int mostTurns = 100;
    quint64 id = 0;
    wire::ChatRequest settings; // parameters and system prompt, when it was left
    QList<Turn> turns;

    QString title() const; // the first question
    // What is said before turn `before`: questions that have an answer, and the shown answers. A
    // turn without an answer was never part of it.
    std::vector<wire::Message> saidBefore(int before) const;

    struct Totals {
        int answers = 0;
        qint64 inputTokens = 0, outputTokens = 0;
        Money cost;
        bool costUnknown = false, estimated = false;
    };
    Totals totals() const; // of every answer: each was paid for
};

class Conversations : public QAbstractListModel {
    Q_OBJECT
  public:
    static constexpr int limit = 8;
    enum Role { summaryRole = Qt::UserRole + 1, idRole };

    explicit Conversations(QObject* parent = nullptr); // with an empty one, which is current

    const Conversation& current() const { return list_[currentRow_]; }
    int currentRow() const { return currentRow_; }
    void setCurrent(int row);
    // An empty conversation is taken again rather than put away.
    void startNew();
    void keepSettings(wire::ChatRequest settings); // of the current one

    void addTurn(Answer answer);
    void addAnswer(Answer answer); // to the last turn, and shows it
    void showAnswer(int turn, int answer);
    // Takes in what the snapshot knows of running prompts.
    void update(const live::Snapshot& snapshot);
    const Answer* answer(quint64 id) const; // of any conversation

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  Q_SIGNALS:
    void turnChanged(int turn); // of the current conversation: its answers or what they hold
    void currentChanged();      // another conversation is shown

  private:
    void changed(int row);
    QList<Conversation> list_;
    int currentRow_ = 0;
    quint64 nextId_ = 1;
};

// Whether `b` shows more than `a`. Cheap enough for every snapshot: what grows only grows.
bool showsMore(const live::PromptView& a, const live::PromptView& b);

} // namespace brownout::ui
