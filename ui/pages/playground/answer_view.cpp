#include "ui/pages/playground/answer_view.h"

#include "ui/shell/session.h"
#include "ui/shell/theme.h"
#include "ui/widgets/attempt_ribbon.h"
#include "ui/widgets/figures.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTextCursor>

namespace brownout::ui {
namespace {

QString providerOf(const std::string& target) {
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

QLabel* label(const QString& text, const char* property, QWidget* parent) {
    auto* out = new QLabel(text, parent);
    if (property)
        out->setProperty(property, true);
    return out;
}

QString failureHeading(const record::RequestRecord& r) {
    switch (r.result) {
    case engine::CallResult::rejected:
        return AnswerView::tr("The request was rejected; another provider would not help");
    case engine::CallResult::refused:
        return AnswerView::tr("The request was refused before it was sent");
    case engine::CallResult::partial:
        return AnswerView::tr("The answer is not complete");
    default:
        return r.attempts.empty() ? AnswerView::tr("No attempt could be made")
                                  : AnswerView::tr("No provider answered");
    }
}

} // namespace

QString failureLines(const record::RequestRecord& request) {
    QStringList lines;
    for (const AttemptSegment& s : attemptSegments(request)) {
        if (s.kind == AttemptSegment::Kind::wait)
            continue;
        lines << QStringLiteral("%1. %2: %3 (%4)")
                     .arg(lines.size() + 1)
                     .arg(QString::fromStdString(s.target), QString::fromStdString(s.reason),
                          QString::fromStdString(s.took));
    }
    if (lines.isEmpty())
        return QString::fromStdString(request.error);
    return lines.join(QLatin1Char('\n'));
}

AnswerView::AnswerView(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    column->addWidget(label(tr("Attempts"), "title", this));
    ribbon_ = new AttemptRibbon(AttemptRibbon::Shape::ribbon, this);
    ribbon_->setObjectName(QStringLiteral("attempt_ribbon"));
    column->addWidget(ribbon_);

    column->addSpacing(gridUnit / 2);
    column->addWidget(label(tr("Answer"), "title", this));
    restart_ = label({}, nullptr, this);
    restart_->setObjectName(QStringLiteral("restart_marker"));
    restart_->setProperty("tone", "warn");
    restart_->hide();
    column->addWidget(restart_);

    column->addWidget(makeFailure());

    stack_ = new QStackedWidget(this);
    hint_ = label({}, "muted", stack_);
    hint_->setObjectName(QStringLiteral("answer_hint"));
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    text_ = new QPlainTextEdit(stack_);
    text_->setObjectName(QStringLiteral("answer"));
    text_->setAccessibleName(tr("Answer"));
    text_->setReadOnly(true);
    text_->setTabChangesFocus(true);
    text_->setUndoRedoEnabled(false);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    stack_->addWidget(hint_);
    stack_->addWidget(text_);
    column->addWidget(stack_, 1);

    column->addLayout(makeTotals());
    showNothing();
}

QFrame* AnswerView::makeFailure() {
    failure_ = new QFrame(this);
    failure_->setObjectName(QStringLiteral("failure_panel"));
    failure_->setProperty("messageBar", true);
    failure_->setProperty("tone", "bad");
    auto* failureColumn = new QVBoxLayout(failure_);
    failureColumn->setContentsMargins(12, gridUnit, 12, gridUnit);
    failureColumn->setSpacing(gridUnit / 2);
    failureTitle_ = label({}, "title", failure_);
    failureTitle_->setObjectName(QStringLiteral("failure_title"));
    failureText_ = label({}, nullptr, failure_);
    failureText_->setObjectName(QStringLiteral("failure_attempts"));
    failureText_->setWordWrap(true);
    failureText_->setTextFormat(Qt::PlainText); // providers' words: never markup
    failureText_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    failureColumn->addWidget(failureTitle_);
    failureColumn->addWidget(failureText_);
    failure_->hide();
    return failure_;
}

QHBoxLayout* AnswerView::makeTotals() {
    auto* bottom = new QHBoxLayout;
    bottom->setSpacing(3 * gridUnit);
    servedBy_ =
        addFigure(tr("served by"), QStringLiteral("total_served_by"), 14 * gridUnit, bottom);
    firstToken_ =
        addFigure(tr("first token"), QStringLiteral("total_first_token"), 10 * gridUnit, bottom);
    total_ = addFigure(tr("total"), QStringLiteral("total_time"), 10 * gridUnit, bottom);
    cost_ = addFigure(tr("cost"), QStringLiteral("total_cost"), 18 * gridUnit, bottom);
    bottom->addStretch(1);
    buttons_ = new QHBoxLayout;
    buttons_->setSpacing(gridUnit);
    copy_ = new QPushButton(tr("Copy answer"), this);
    copy_->setObjectName(QStringLiteral("copy_answer"));
    copy_->setAccessibleName(copy_->text());
    copy_->setIcon(icon(QStringLiteral("copy")));
    connect(copy_, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(answer()); });
    buttons_->addWidget(copy_, 0, Qt::AlignBottom);
    bottom->addLayout(buttons_);
    return bottom;
}

AnswerView::Figure AnswerView::addFigure(const QString& caption, const QString& objectName,
                                         int minimumWidth, QHBoxLayout* row) {
    Figure figure;
    figure.box = new QWidget(this);
    figure.box->setMinimumWidth(minimumWidth);
    auto* column = new QVBoxLayout(figure.box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(label(caption, "muted", figure.box));
    figure.value = label(QStringLiteral("—"), "figure", figure.box);
    figure.value->setObjectName(objectName);
    figure.value->setProperty("caption", caption);
    figure.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(figure.value);
    row->addWidget(figure.box);
    return figure;
}

void AnswerView::setFigure(const Figure& figure, const QString& value) {
    if (figure.value->text() == value)
        return;
    figure.value->setText(value);
    figure.value->setAccessibleName(
        QStringLiteral("%1: %2").arg(figure.value->property("caption").toString(), value));
}

void AnswerView::addButton(QPushButton* button) {
    buttons_->addWidget(button, 0, Qt::AlignBottom);
}

QString AnswerView::answer() const {
    return text_->toPlainText();
}

void AnswerView::showNothing() {
    ribbon_->clear();
    ribbon_->setPlaceholder(tr("Each provider that is tried appears here, with how it went."));
    hint_->setText(tr("Write a prompt and press Ctrl+Enter.\nThe answer streams in here. Break a "
                      "provider first, and watch the next one answer."));
    text_->clear();
    stack_->setCurrentWidget(hint_);
    restart_->hide();
    failure_->hide();
    for (const Figure& f : {servedBy_, firstToken_, total_, cost_})
        setFigure(f, QStringLiteral("—"));
    copy_->setEnabled(false);
}

void AnswerView::showSending() {
    showNothing();
    hint_->setText(tr("Sending…"));
}

void AnswerView::showPrompt(const live::PromptView& prompt, Instant now) {
    ribbon_->setRequest(prompt.record, now);
    setAnswer(QString::fromStdString(prompt.text));
    const bool restarted = !prompt.restarted_on.empty();
    if (restarted)
        restart_->setText(tr("↻ restarted on %1: the part that had come before was dropped")
                              .arg(providerOf(prompt.restarted_on)));
    restart_->setVisible(restarted);
    setFigures(prompt);
    setFailure(prompt);
    if (prompt.text.empty())
        hint_->setText(!prompt.finished ? tr("Waiting for the first token…")
                       : prompt.record.result == engine::CallResult::cancelled
                           ? tr("Stopped before an answer came.")
                       : prompt.record.result == engine::CallResult::success
                           ? tr("The answer is empty.")
                           : tr("No answer came. The attempts above say why."));
    stack_->setCurrentWidget(prompt.text.empty() ? static_cast<QWidget*>(hint_) : text_);
    copy_->setEnabled(!prompt.text.empty());
}

void AnswerView::setAnswer(const QString& text) {
    const QString before = text_->toPlainText();
    if (before == text)
        return;
    QScrollBar* bar = text_->verticalScrollBar();
    const bool follow = bar->value() >= bar->maximum() - 1; // the reader has not scrolled away
    if (!before.isEmpty() && text.startsWith(before)) {
        QTextCursor end(text_->document()); // its own cursor: the reader's selection stays
        end.movePosition(QTextCursor::End);
        end.insertText(text.mid(before.size()));
    } else {
        text_->setPlainText(text);
    }
    if (follow)
        bar->setValue(bar->maximum());
}

void AnswerView::setFigures(const live::PromptView& prompt) {
    const record::RequestRecord& r = prompt.record;
    const QString none = QStringLiteral("—");
    setFigure(servedBy_, r.served_by.empty() ? none : providerOf(r.served_by));
    setFigure(firstToken_,
              r.first_token ? secondsText(to_seconds(*r.first_token - r.started)) : none);
    setFigure(total_, prompt.finished ? secondsText(to_seconds(r.ended - r.started)) : none);
    setFigure(cost_, !prompt.finished ? none : r.cost_unknown ? tr("unknown") : usdText(r.cost));
    const QString detail =
        prompt.finished && r.wasted > Money{}
            ? tr("of it %1 for attempts that did not serve").arg(usdText(r.wasted))
            : QString();
    cost_.value->setToolTip(detail);
    servedBy_.value->setToolTip(QString::fromStdString(r.served_by));
}

void AnswerView::setFailure(const live::PromptView& prompt) {
    const engine::CallResult result = prompt.record.result;
    const bool failed = prompt.finished && result != engine::CallResult::success &&
                        result != engine::CallResult::cancelled;
    if (failed) {
        failureTitle_->setText(failureHeading(prompt.record));
        failureText_->setText(failureLines(prompt.record));
        failure_->setAccessibleName(failureTitle_->text());
        failure_->setAccessibleDescription(failureText_->text());
    }
    failure_->setVisible(failed);
}

} // namespace brownout::ui
