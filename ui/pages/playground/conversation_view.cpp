#include "ui/pages/playground/conversation_view.h"

#include "ui/pages/playground/fields.h"
#include "ui/pages/playground/turn_view.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QScrollBar>

namespace brownout::ui {

ConversationView::ConversationView(QWidget* parent) : QScrollArea(parent) {
    setObjectName(QStringLiteral("conversation"));
    setAccessibleName(tr("Conversation"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus); // the texts in it take the keyboard
    auto* inner = new QWidget(this);
    inner->setProperty("scrolled", true);
    column_ = new QVBoxLayout(inner);
    column_->setContentsMargins(0, 0, gridUnit, 0);
    column_->setSpacing(3 * gridUnit);
    empty_ =
        mutedLabel(tr("Write a prompt and press Ctrl+Enter.\nThe answer streams in here, and "
                      "each provider that is tried is shown above it.\nBreak a provider first, "
                      "and watch the next one answer."),
                   inner);
    empty_->setObjectName(QStringLiteral("conversation_hint"));
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    column_->addWidget(empty_, 1);
    column_->addStretch(1);
    setWidget(inner);
    QScrollBar* bar = verticalScrollBar();
    connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int, int highest) {
        if (following_)
            bar->setValue(highest);
    });
    // A range that grows under a value that stays is no scrolling.
    connect(bar, &QScrollBar::actionTriggered, this,
            [this, bar] { following_ = bar->sliderPosition() >= bar->maximum() - 4; });
}

void ConversationView::follow() {
    following_ = true;
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

TurnView* ConversationView::addTurn() {
    auto* view = new TurnView(widget());
    const int turn = static_cast<int>(turns_.size());
    view->setObjectName(QStringLiteral("turn_%1").arg(turn));
    connect(view, &TurnView::editRequested, this, &ConversationView::editRequested);
    connect(view, &TurnView::againRequested, this, &ConversationView::againRequested);
    connect(view, &TurnView::chainsRequested, this, &ConversationView::chainsRequested);
    connect(view, &TurnView::answerChosen, this,
            [this, turn](int answer) { Q_EMIT answerChosen(turn, answer); });
    connect(view, &TurnView::rawRequested, this, [this, turn] { Q_EMIT rawRequested(turn); });
    connect(view, &TurnView::codeRequested, this, [this, turn] { Q_EMIT codeRequested(turn); });
    column_->insertWidget(column_->count() - 1, view);
    turns_.append(view);
    view->show();
    return view;
}

void ConversationView::showConversation(const Conversation& conversation, bool idle) {
    // Views are made anew: nothing of another conversation (a selection, an open reasoning) stays.
    for (TurnView* view : std::exchange(turns_, {})) {
        column_->removeWidget(view);
        delete view;
    }
    empty_->setVisible(conversation.turns.isEmpty());
    for (int i = 0; i < conversation.turns.size(); ++i)
        showTurn(conversation, i, idle);
    follow();
}

void ConversationView::showTurn(const Conversation& conversation, int turn, bool idle) {
    const int last = static_cast<int>(conversation.turns.size()) - 1;
    if (turn < 0 || turn > last)
        return;
    empty_->hide();
    const bool added = turns_.size() <= turn;
    while (turns_.size() <= turn)
        addTurn();
    turns_[turn]->showTurn(conversation.turns[turn], turn == last, idle);
    if (added && turn > 0) // no longer the last
        turns_[turn - 1]->showTurn(conversation.turns[turn - 1], false, idle);
}

} // namespace brownout::ui
