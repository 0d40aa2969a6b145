// One turn of a conversation: the question, how it went (ribbon, what was left out, failures), the
// answer as it streams, and its figures. Several answers to one question stand behind each other.
#pragma once

#include "ui/models/conversations.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace brownout::ui {

class OutcomeView;
class TextBlock;

class TurnView : public QFrame {
    Q_OBJECT
  public:
    explicit TurnView(QWidget* parent = nullptr);

    // `last`: it can be edited and sent again; `idle`: nothing runs.
    void showTurn(const Turn& turn, bool last, bool idle);

  Q_SIGNALS:
    void editRequested();
    void againRequested();
    void answerChosen(int answer);
    void rawRequested();
    void codeRequested();
    void chainsRequested(const QString& provider);

  private:
    QFrame* makeQuestion();
    QWidget* makeHead();
    QPushButton* makeButton(const QString& text, const char* objectName, const QString& tip,
                            QWidget* parent);
    void showAnswer(const Answer& answer);

    TextBlock *prompt_, *reasoning_, *answer_;
    OutcomeView* outcome_;
    QLabel *by_, *which_, *hint_, *figures_;
    QPushButton *edit_, *again_, *earlier_, *later_, *thoughts_, *copy_;
    int shown_ = 0;
};

} // namespace brownout::ui
