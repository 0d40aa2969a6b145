#include "ui/pages/playground/composer.h"

#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QKeyEvent>
#include <QPushButton>

namespace brownout::ui {

Composer::Composer(const QString& hint, const QString& verb, const char* prefix, QWidget* parent)
    : QWidget(parent) {
    const QString before = QLatin1String(prefix);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    auto* noticeRow = new QHBoxLayout;
    notice_ = mutedLabel({}, this);
    notice_->setObjectName(before + QStringLiteral("composer_notice"));
    leave_ = new QPushButton(this);
    leave_->setObjectName(before + QStringLiteral("composer_leave"));
    leave_->setProperty("flat", true);
    noticeRow->addWidget(notice_, 1);
    noticeRow->addWidget(leave_);
    column->addLayout(noticeRow);

    const QByteArray name = QByteArray(prefix) + "prompt";
    prompt_ = makeEditor(tr("Prompt"), name.constData(), hint, this);
    prompt_->installEventFilter(this);
    prompt_->setFixedHeight(9 * gridUnit);
    send_ = new QPushButton(verb, this);
    send_->setObjectName(QStringLiteral("send_") + before + QStringLiteral("prompt"));
    send_->setProperty("primary", true);
    stop_ = new QPushButton(tr("Stop"), this);
    stop_->setObjectName(QStringLiteral("stop_") + before + QStringLiteral("prompt"));
    stop_->setToolTip(tr("Stop (Esc)"));
    for (QPushButton* button : {send_, stop_})
        button->setAccessibleName(button->text());
    keys_ = mutedLabel(tr("Ctrl+Enter · Esc"), this);
    keys_->setToolTip(tr("Ctrl+Enter sends, Esc stops"));
    keys_->setAlignment(Qt::AlignHCenter | Qt::AlignBottom);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    row->addWidget(prompt_, 1);
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(gridUnit / 2);
    buttons->addWidget(send_);
    buttons->addWidget(stop_);
    buttons->addWidget(keys_, 1);
    row->addLayout(buttons);
    column->addLayout(row);

    connect(prompt_, &QPlainTextEdit::textChanged, this, [this] {
        refresh();
        Q_EMIT edited();
    });
    connect(send_, &QPushButton::clicked, this, &Composer::send);
    connect(stop_, &QPushButton::clicked, this, &Composer::stop);
    connect(leave_, &QPushButton::clicked, this, &Composer::noticeLeft);
    setNotice({});
    refresh();
}

QString Composer::prompt() const {
    return prompt_->toPlainText().left(promptLimit);
}

void Composer::setPrompt(const QString& prompt) {
    prompt_->setPlainText(prompt);
    prompt_->moveCursor(QTextCursor::End);
}

bool Composer::hasPrompt() const {
    return !prompt_->toPlainText().trimmed().isEmpty();
}

void Composer::setRunning(bool running) {
    if (running == running_)
        return;
    const bool hadFocus = stop_->hasFocus() || send_->hasFocus();
    running_ = running;
    refresh();
    if (hadFocus) // a disabled button must not lose the keyboard
        (running ? static_cast<QWidget*>(stop_) : prompt_)->setFocus();
}

void Composer::setBlocked(const QString& why) {
    blocked_ = why;
    refresh();
}

void Composer::setNotice(const QString& text, const QString& wayOut) {
    notice_->setText(text);
    notice_->setVisible(!text.isEmpty());
    leave_->setText(wayOut);
    leave_->setAccessibleName(wayOut.isEmpty() ? tr("Leave it") : wayOut);
    leave_->setVisible(!wayOut.isEmpty());
}

void Composer::focusPrompt() {
    prompt_->setFocus();
}

void Composer::refresh() {
    send_->setEnabled(!running_ && hasPrompt() && blocked_.isEmpty());
    send_->setToolTip(blocked_.isEmpty() ? tr("%1 (Ctrl+Enter)").arg(send_->text()) : blocked_);
    stop_->setEnabled(running_);
}

bool Composer::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (enter && (key->modifiers() & Qt::ControlModifier)) {
            if (send_->isEnabled())
                Q_EMIT send();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace brownout::ui
