// Playground: send one prompt through a chain and watch who answers. Works on real providers as on
// simulated ones.
#pragma once

#include "ui/models/prompt_history.h"
#include "ui/shell/session.h"

#include <QWidget>

class QListView;
class QLabel;
class QMenu;
class QPushButton;

namespace brownout::ui {

class AnswerView;
class MessageBar;
class RequestForm;

class PlaygroundPage : public QWidget {
    Q_OBJECT
  public:
    explicit PlaygroundPage(Session& session, QWidget* parent = nullptr);

    // Puts `prompt` into the editor and sends it; what the button does.
    void sendPrompt(const QString& prompt);

  Q_SIGNALS:
    void chainsRequested(const QString& provider); // to add its key

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void send();
    void stop();
    void onSnapshot();
    void onDocument();
    void showEntry(quint64 id);
    void refreshHistory();
    void checkKeys();
    QWidget* makeLeft();
    QPushButton* makeCodeButton();
    void copyAs(int language);

    Session& session_;
    PromptHistory history_;
    quint64 shown_ = 0, running_ = 0; // ids; 0: none
    RequestForm* form_;
    AnswerView* answer_;
    QListView* list_;
    QLabel* emptyHistory_;
    QPushButton* again_;
    MessageBar* keys_;
};

} // namespace brownout::ui
