#include "ui/pages/playground/chat_tab.h"

#include "ui/models/format.h"
#include "ui/pages/playground/chat_settings.h"
#include "ui/pages/playground/composer.h"
#include "ui/pages/playground/conversation_view.h"
#include "ui/pages/playground/fields.h"
#include "ui/pages/playground/raw_view.h"
#include "ui/pages/playground/result_panel.h"
#include "ui/pages/playground/side_column.h"
#include "ui/pages/playground/turn_text.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QListView>
#include <QPushButton>

namespace brownout::ui {

ChatTab::ChatTab(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(makeLeft());
    view_ = new ConversationView(this);
    panel_ = new ResultPanel(tr("Conversation"), view_, makeBelow(), this);
    panel_->setObjectName(QStringLiteral("chat_panel"));
    row->addWidget(panel_, 1);
    connectParts();
    onCurrentChanged();
}

QWidget* ChatTab::makeLeft() {
    settings_ = new ChatSettings(this);
    settings_->setObjectName(QStringLiteral("chat_settings"));
    new_ = new QPushButton(tr("New"), this);
    new_->setObjectName(QStringLiteral("new_conversation"));
    new_->setAccessibleName(tr("New conversation"));
    new_->setIcon(icon(QStringLiteral("add")));
    new_->setToolTip(tr("Start afresh. This conversation stays in the list (the last eight do)"));
    auto* left = new SideColumn(settings_, tr("Conversations"), new_, this);
    list_ = left->addList("conversations", conversations_, Conversations::summaryRole);
    return left;
}

QWidget* ChatTab::makeBelow() {
    auto* below = new QWidget(this);
    auto* column = new QVBoxLayout(below);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    composer_ =
        new Composer(tr("Why do two providers fail less often than one?"), tr("Send"), "", below);
    column->addWidget(composer_);
    totals_ = mutedLabel({}, below);
    totals_->setObjectName(QStringLiteral("conversation_totals"));
    column->addWidget(totals_);
    return below;
}

void ChatTab::connectParts() {
    connect(composer_, &Composer::send, this, &ChatTab::send);
    connect(composer_, &Composer::stop, this, &ChatTab::stop);
    connect(composer_, &Composer::edited, this, &ChatTab::refreshDetails);
    connect(composer_, &Composer::noticeLeft, this, &ChatTab::leaveEdit);
    connect(settings_, &ChatSettings::changed, this, &ChatTab::refreshDetails);
    connect(view_, &ConversationView::editRequested, this, &ChatTab::edit);
    connect(view_, &ConversationView::againRequested, this, &ChatTab::sendAgain);
    connect(view_, &ConversationView::chainsRequested, this, &ChatTab::chainsRequested);
    connect(view_, &ConversationView::answerChosen, &conversations_, &Conversations::showAnswer);
    const auto detail = [this](int turn, ResultPanel::Tab tab) {
        detailed_ = turn;
        panel_->showTab(tab);
        refreshDetails();
    };
    connect(view_, &ConversationView::rawRequested, this,
            [detail](int turn) { detail(turn, ResultPanel::rawTab); });
    connect(view_, &ConversationView::codeRequested, this,
            [detail](int turn) { detail(turn, ResultPanel::codeTab); });
    connect(panel_, &ResultPanel::tabShown, this, [this](ResultPanel::Tab tab) {
        if (tab == ResultPanel::resultTab)
            detailed_ = -1; // the next look is at the last turn again
        refreshDetails();
    });
    connect(&conversations_, &Conversations::turnChanged, this, &ChatTab::onTurnChanged);
    connect(&conversations_, &Conversations::currentChanged, this, &ChatTab::onCurrentChanged);
    connect(new_, &QPushButton::clicked, this, &ChatTab::startNew);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) {
                if (!index.isValid() || index.row() == conversations_.currentRow())
                    return;
                conversations_.keepSettings(settings_->settings());
                conversations_.setCurrent(index.row());
                settings_->setSettings(conversations_.current().settings);
            });
    connect(&session_, &Session::snapshotChanged, this, &ChatTab::onSnapshot);
}

void ChatTab::setChain(const QString& chain) {
    chain_ = chain;
    refreshDetails();
}

void ChatTab::focusPrompt() {
    composer_->focusPrompt();
}

wire::ChatRequest ChatTab::requestFor(const QString& prompt, int before) const {
    wire::ChatRequest request = settings_->settings();
    for (wire::Message& m : conversations_.current().saidBefore(before))
        request.messages.push_back(std::move(m));
    request.messages.push_back({wire::Role::user, prompt.toStdString()});
    return request;
}

void ChatTab::sendPrompt(const QString& prompt) {
    composer_->setPrompt(prompt);
    send();
}

void ChatTab::send() {
    if (!composer_->hasPrompt() || !idle())
        return;
    const QString prompt = composer_->prompt();
    const bool again = editing_;
    leaveEdit();
    composer_->setPrompt({});
    ask(prompt, again);
}

void ChatTab::sendAgain() {
    if (idle() && !conversations_.current().turns.isEmpty())
        ask(conversations_.current().turns.last().current().prompt, true);
}

void ChatTab::ask(const QString& prompt, bool again) {
    const int turns = static_cast<int>(conversations_.current().turns.size());
    Answer answer;
    answer.prompt = prompt;
    answer.chain = chain_;
    answer.request = requestFor(prompt, again ? turns - 1 : turns);
    answer.id = session_.sendPrompt(chain_, answer.request);
    answer.view.id = answer.id;
    running_ = answer.id;
    composer_->setRunning(true);
    detailed_ = -1;
    if (again)
        conversations_.addAnswer(std::move(answer));
    else
        conversations_.addTurn(std::move(answer));
    list_->setCurrentIndex(conversations_.index(conversations_.currentRow()));
    view_->follow();
    Q_EMIT sent();
}

void ChatTab::edit() {
    if (conversations_.current().turns.isEmpty())
        return;
    editing_ = true;
    composer_->setPrompt(conversations_.current().turns.last().current().prompt);
    composer_->setNotice(tr("Editing the last question. The answer that it has stays."),
                         tr("Ask something new instead"));
    composer_->focusPrompt();
}

void ChatTab::leaveEdit() {
    if (!std::exchange(editing_, false))
        return;
    composer_->setPrompt({});
    composer_->setNotice({});
}

void ChatTab::stop() {
    if (running_ == 0)
        return;
    session_.post(live::CancelPrompt{running_});
    const Answer* answer = conversations_.answer(running_);
    if (!answer || answer->view.record.id.empty()) { // never taken up: nothing will end it
        running_ = 0;
        composer_->setRunning(false);
    }
}

void ChatTab::startNew() {
    leaveEdit();
    conversations_.keepSettings(settings_->settings());
    conversations_.startNew();
    conversations_.keepSettings(settings_->settings()); // the new one begins with them
    composer_->focusPrompt();
}

void ChatTab::onSnapshot() {
    conversations_.update(*session_.snapshot());
    if (running_ == 0)
        return;
    const Answer* answer = conversations_.answer(running_);
    if (answer && !answer->view.finished)
        return;
    running_ = 0;
    composer_->setRunning(false);
    onTurnChanged(static_cast<int>(conversations_.current().turns.size()) - 1); // it may be edited
}

void ChatTab::onTurnChanged(int turn) {
    view_->showTurn(conversations_.current(), turn, idle());
    refreshTotals();
    const int last = static_cast<int>(conversations_.current().turns.size()) - 1;
    if (turn == (detailed_ < 0 ? last : detailed_))
        refreshDetails();
}

void ChatTab::onCurrentChanged() {
    leaveEdit();
    detailed_ = -1;
    view_->showConversation(conversations_.current(), idle());
    list_->setCurrentIndex(conversations_.index(conversations_.currentRow()));
    panel_->showTab(ResultPanel::resultTab);
    refreshTotals();
    refreshDetails();
}

void ChatTab::refreshTotals() {
    const Conversation& c = conversations_.current();
    const bool full = c.turns.size() >= Conversation::mostTurns;
    composer_->setBlocked(full ? tr("A conversation has at most %1 turns: start a new one")
                                     .arg(Conversation::mostTurns)
                               : QString());
    if (c.turns.isEmpty()) {
        totals_->setText(tr("Ctrl+Enter sends, Esc stops."));
        return;
    }
    const Conversation::Totals t = c.totals();
    QStringList parts;
    parts << (c.turns.size() == 1 ? tr("1 turn") : tr("%1 turns").arg(c.turns.size()));
    if (t.answers > c.turns.size())
        parts << tr("%1 answers").arg(t.answers);
    const QString tokens = tokensText(t.inputTokens, t.outputTokens, t.estimated);
    if (!tokens.isEmpty())
        parts << tokens;
    parts << (t.costUnknown ? tr("cost unknown") : usdText(t.cost));
    totals_->setText(tr("In all: %1").arg(parts.join(QStringLiteral(" · "))));
}

const Answer* ChatTab::detailed() const {
    const auto& turns = conversations_.current().turns;
    const qsizetype at = detailed_ < 0 ? turns.size() - 1 : detailed_;
    return at >= 0 && at < turns.size() ? &turns[at].current() : nullptr;
}

void ChatTab::refreshDetails() {
    const Answer* answer = detailed();
    if (panel_->tab() == ResultPanel::rawTab)
        panel_->raw()->showWire(answer ? &answer->view : nullptr);
    if (panel_->tab() != ResultPanel::codeTab)
        return;
    int first = 0;
    auto choices =
        answer ? codeChoices(session_, answer->chain, answer->request, answer->view.wire, &first)
               : codeChoices(session_, chain_, requestFor(composer_->prompt(), 0), {}, &first);
    panel_->code()->showChoices(std::move(choices), first);
}

} // namespace brownout::ui
