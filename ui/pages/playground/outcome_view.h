// How one request went, without what it brought: the attempt ribbon, what a dialect had to leave
// out, where the answer was restarted, and, when nobody answered, every attempt with its reason and
// what to do next. For chats and pictures alike.
#pragma once

#include "live/snapshot.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace brownout::ui {

class AttemptRibbon;

class OutcomeView : public QWidget {
    Q_OBJECT
  public:
    explicit OutcomeView(QWidget* parent = nullptr);
    // `now`: when the picture was made. Touches only what changed.
    void showOutcome(const live::PromptView& prompt, Instant now);
    void clear(const QString& placeholder);

  Q_SIGNALS:
    void chainsRequested(const QString& provider); // what to do next is done there

  private:
    QFrame* makeFailure();
    AttemptRibbon* ribbon_;
    QLabel *leftOut_, *restart_;
    QFrame* failure_;
    QLabel *failureTitle_, *failureText_, *advice_;
    QPushButton* toChains_;
    QString provider_;
};

} // namespace brownout::ui
