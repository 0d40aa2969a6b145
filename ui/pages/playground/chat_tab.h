// Chat: a conversation with the chain. Settings and put-away conversations at the left, the turns,
// the raw exchanges and the code at the right.
#pragma once

#include "ui/models/conversations.h"
#include "ui/shell/session.h"

#include <QWidget>

class QLabel;
class QListView;
class QPushButton;

namespace brownout::ui {

class ChatSettings;
class Composer;
class ConversationView;
class ResultPanel;

class ChatTab : public QWidget {
    Q_OBJECT
  public:
    explicit ChatTab(Session& session, QWidget* parent = nullptr);

    void setChain(const QString& chain);
    ChatSettings* settings() const { return settings_; }
    void sendPrompt(const QString& prompt); // as if it had been typed and sent
    void stop();
    bool running() const { return running_ != 0; }
    void focusPrompt();

  Q_SIGNALS:
    void chainsRequested(const QString& provider);
    void sent(); // something goes out now

  private:
    QWidget* makeLeft();
    QWidget* makeBelow();
    void connectParts();
    void send();
    void sendAgain();
    void edit();
    void leaveEdit();
    void ask(const QString& prompt, bool again);
    wire::ChatRequest requestFor(const QString& prompt, int before) const;
    void onSnapshot();
    void onTurnChanged(int turn);
    void onCurrentChanged();
    void startNew();
    void refreshTotals();
    void refreshDetails(); // raw and code of the turn that they show
    const Answer* detailed() const;
    bool idle() const { return running_ == 0; }

    Session& session_;
    Conversations conversations_;
    QString chain_;
    quint64 running_ = 0; // a prompt's id; 0: none
    bool editing_ = false;
    int detailed_ = -1; // turn; -1: the last
    ChatSettings* settings_;
    ConversationView* view_;
    Composer* composer_;
    ResultPanel* panel_;
    QListView* list_;
    QPushButton* new_;
    QLabel* totals_;
};

} // namespace brownout::ui
