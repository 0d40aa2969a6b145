// The right side of the playground: how one prompt went. Attempt ribbon, the answer as it streams,
// where it was restarted, who served it in what time for how much, and, when nobody did, every
// attempt with its reason.
#pragma once

#include "live/snapshot.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace brownout::ui {

class AttemptRibbon;

class AnswerView : public QFrame {
    Q_OBJECT
  public:
    explicit AnswerView(QWidget* parent = nullptr);

    // `now`: when the picture was made. Touches only what changed; appended text keeps the reader's
    // selection and place.
    void showPrompt(const live::PromptView& prompt, Instant now);
    // The prompt waits in the worker's mailbox: nothing is known of it yet.
    void showSending();
    void showNothing();
    QString answer() const;
    void addButton(QPushButton* button); // beside Copy answer

  private:
    struct Figure {
        QLabel* value = nullptr;
        QWidget* box = nullptr;
    };
    QFrame* makeFailure();
    QHBoxLayout* makeTotals();
    Figure addFigure(const QString& caption, const QString& objectName, int minimumWidth,
                     QHBoxLayout* row);
    void setFigure(const Figure& figure, const QString& value);
    void setAnswer(const QString& text);
    void setFigures(const live::PromptView& prompt);
    void setFailure(const live::PromptView& prompt);

    AttemptRibbon* ribbon_;
    QLabel* restart_;
    QStackedWidget* stack_;
    QLabel* hint_;
    QPlainTextEdit* text_;
    QFrame* failure_;
    QLabel* failureTitle_;
    QLabel* failureText_;
    Figure servedBy_, firstToken_, total_, cost_;
    QHBoxLayout* buttons_;
    QPushButton* copy_;
};

// Every attempt as a numbered line: "1. Aster: 503 overloaded (0.04 s)". Pure.
QString failureLines(const record::RequestRecord& request);

} // namespace brownout::ui
