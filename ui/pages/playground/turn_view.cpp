#include "ui/pages/playground/turn_view.h"

#include "ui/pages/playground/fields.h"
#include "ui/pages/playground/outcome_view.h"
#include "ui/pages/playground/turn_text.h"
#include "ui/shell/theme.h"
#include "ui/widgets/text_block.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QPushButton>

namespace brownout::ui {

TurnView::TurnView(QWidget* parent) : QFrame(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    column->addWidget(makeQuestion());
    outcome_ = new OutcomeView(this);
    connect(outcome_, &OutcomeView::chainsRequested, this, &TurnView::chainsRequested);
    column->addWidget(outcome_);
    column->addWidget(makeHead());
    thoughts_ =
        makeButton({}, "show_reasoning", tr("What the model thought before it answered"), this);
    thoughts_->setCheckable(true);
    column->addWidget(thoughts_, 0, Qt::AlignLeft);
    reasoning_ = new TextBlock(this);
    reasoning_->setObjectName(QStringLiteral("reasoning"));
    reasoning_->setAccessibleName(tr("Reasoning"));
    reasoning_->setProperty("muted", true);
    reasoning_->hide();
    column->addWidget(reasoning_);
    connect(thoughts_, &QPushButton::toggled, reasoning_, &QWidget::setVisible);
    hint_ = mutedLabel({}, this);
    hint_->setObjectName(QStringLiteral("answer_hint"));
    column->addWidget(hint_);
    answer_ = new TextBlock(this);
    answer_->setObjectName(QStringLiteral("answer"));
    answer_->setAccessibleName(tr("Answer"));
    column->addWidget(answer_);
    figures_ = mutedLabel({}, this);
    figures_->setObjectName(QStringLiteral("turn_figures"));
    figures_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    figures_->setWordWrap(true);
    column->addWidget(figures_);
}

QPushButton* TurnView::makeButton(const QString& text, const char* objectName, const QString& tip,
                                  QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    button->setObjectName(QLatin1String(objectName));
    button->setAccessibleName(text.isEmpty() ? tip : text);
    button->setToolTip(tip);
    button->setProperty("flat", true);
    return button;
}

QFrame* TurnView::makeQuestion() {
    auto* bubble = new QFrame(this);
    bubble->setProperty("bubble", true);
    auto* column = new QVBoxLayout(bubble);
    column->setContentsMargins(12, gridUnit / 2, gridUnit, gridUnit);
    column->setSpacing(2);
    auto* head = new QHBoxLayout;
    head->setSpacing(gridUnit / 2);
    head->addWidget(mutedLabel(tr("You"), bubble), 1);
    edit_ = makeButton(tr("Edit"), "edit_turn",
                       tr("Put this question back into the editor; its answer stays"), bubble);
    again_ =
        makeButton(tr("Send again"), "send_again",
                   tr("Ask the same again with the present settings; this answer stays"), bubble);
    edit_->setIcon(icon(QStringLiteral("edit")));
    again_->setIcon(icon(QStringLiteral("redo")));
    connect(edit_, &QPushButton::clicked, this, &TurnView::editRequested);
    connect(again_, &QPushButton::clicked, this, &TurnView::againRequested);
    head->addWidget(edit_);
    head->addWidget(again_);
    column->addLayout(head);
    prompt_ = new TextBlock(bubble);
    prompt_->setObjectName(QStringLiteral("turn_prompt"));
    prompt_->setAccessibleName(tr("Question"));
    column->addWidget(prompt_);
    return bubble;
}

QWidget* TurnView::makeHead() {
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit / 2);
    by_ = new QLabel(line);
    by_->setObjectName(QStringLiteral("served_by"));
    by_->setProperty("title", true);
    by_->setTextFormat(Qt::PlainText);
    row->addWidget(by_, 1);
    earlier_ = makeButton({}, "earlier_answer", tr("The answer before"), line);
    earlier_->setIcon(icon(QStringLiteral("left")));
    which_ = mutedLabel({}, line);
    which_->setObjectName(QStringLiteral("which_answer"));
    later_ = makeButton({}, "later_answer", tr("The answer after"), line);
    later_->setIcon(icon(QStringLiteral("right")));
    copy_ = makeButton(tr("Copy"), "copy_answer", tr("Copy the answer"), line);
    copy_->setIcon(icon(QStringLiteral("copy")));
    auto* raw = makeButton(tr("Raw"), "show_raw",
                           tr("What was sent for this turn, and what came back"), line);
    auto* code =
        makeButton(tr("Code"), "show_code", tr("This turn as cURL, Python or JavaScript"), line);
    code->setIcon(icon(QStringLiteral("code")));
    row->addWidget(earlier_);
    row->addWidget(which_);
    row->addWidget(later_);
    for (QPushButton* button : {copy_, raw, code})
        row->addWidget(button);
    connect(earlier_, &QPushButton::clicked, this, [this] { Q_EMIT answerChosen(shown_ - 1); });
    connect(later_, &QPushButton::clicked, this, [this] { Q_EMIT answerChosen(shown_ + 1); });
    connect(copy_, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(answer_->toPlainText()); });
    connect(raw, &QPushButton::clicked, this, &TurnView::rawRequested);
    connect(code, &QPushButton::clicked, this, &TurnView::codeRequested);
    return line;
}

void TurnView::showTurn(const Turn& turn, bool last, bool idle) {
    shown_ = turn.shown;
    const int answers = static_cast<int>(turn.answers.size());
    for (QPushButton* button : {edit_, again_}) {
        button->setVisible(last);
        button->setEnabled(idle);
    }
    for (QWidget* w : {static_cast<QWidget*>(earlier_), static_cast<QWidget*>(later_),
                       static_cast<QWidget*>(which_)})
        w->setVisible(answers > 1);
    earlier_->setEnabled(shown_ > 0);
    later_->setEnabled(shown_ + 1 < answers);
    which_->setText(tr("%1 of %2").arg(shown_ + 1).arg(answers));
    showAnswer(turn.current());
}

void TurnView::showAnswer(const Answer& a) {
    const live::PromptView& view = a.view;
    prompt_->showText(a.prompt);
    outcome_->showOutcome(view, a.pictured);
    const record::RequestRecord& r = view.record;
    QString by;
    if (!r.served_by.empty()) {
        const auto slash = r.served_by.find('/');
        by = providerName(r.served_by);
        if (slash != std::string::npos)
            by += QStringLiteral(" · ") + QString::fromStdString(r.served_by.substr(slash + 1));
    }
    by_->setText(by.isEmpty() ? tr("Answer") : by);
    QString hint;
    if (view.text.empty())
        hint = !view.finished                              ? tr("Waiting for the answer…")
               : r.result == engine::CallResult::cancelled ? tr("Stopped before an answer came.")
               : r.result == engine::CallResult::success   ? tr("The answer is empty.")
                                                           : tr("No answer came.");
    hint_->setText(hint);
    hint_->setVisible(!hint.isEmpty());
    const QString thoughts = QString::fromStdString(view.reasoning);
    thoughts_->setVisible(!thoughts.isEmpty());
    thoughts_->setText(tr("Reasoning (%1 characters)").arg(thoughts.size()));
    reasoning_->showText(thoughts);
    if (thoughts.isEmpty())
        thoughts_->setChecked(false);
    answer_->showText(QString::fromStdString(view.text));
    answer_->setVisible(!view.text.empty());
    copy_->setEnabled(!view.text.empty());
    const QString figures = figuresText(view);
    figures_->setText(figures);
    figures_->setVisible(!figures.isEmpty());
}

} // namespace brownout::ui
