// The turns of a conversation, one under the other. Follows the newest text unless the reader has
// scrolled away from it.
#pragma once

#include "ui/models/conversations.h"

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace brownout::ui {

class TurnView;

class ConversationView : public QScrollArea {
    Q_OBJECT
  public:
    explicit ConversationView(QWidget* parent = nullptr);

    // `idle`: nothing runs, so that the last turn can be sent again.
    void showConversation(const Conversation& conversation, bool idle);
    void showTurn(const Conversation& conversation, int turn, bool idle);
    void follow(); // to the newest text, and with it

  Q_SIGNALS:
    void editRequested();
    void againRequested();
    void answerChosen(int turn, int answer);
    void rawRequested(int turn);
    void codeRequested(int turn);
    void chainsRequested(const QString& provider);

  private:
    TurnView* addTurn();
    QVBoxLayout* column_;
    QLabel* empty_;
    QList<TurnView*> turns_;
    bool following_ = true;
};

} // namespace brownout::ui
