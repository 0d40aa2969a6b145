#include "ui/pages/playground/request_form.h"

#include "ui/shell/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>

namespace brownout::ui {
namespace {

constexpr int noLimit = 0;                    // shown as "provider's default"
constexpr double noTemperature = -0.1;        // below every real one
constexpr std::size_t promptLimit = 1u << 20; // characters; far beyond any context window

QLabel* captionFor(QWidget* field, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setBuddy(field);
    field->setAccessibleName(text);
    return label;
}

} // namespace

RequestForm::RequestForm(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);

    chain_ = new QComboBox(this);
    chain_->setObjectName(QStringLiteral("playground_chain"));
    auto* chainRow = new QHBoxLayout;
    chainRow->addWidget(captionFor(chain_, tr("Chain"), this));
    chainRow->addWidget(chain_, 1);
    column->addLayout(chainRow);
    connect(chain_, &QComboBox::activated, this, [this] { Q_EMIT chainChosen(chain()); });

    system_ = addEditor(tr("System prompt (optional)"), QStringLiteral("system_prompt"),
                        tr("You answer in one short paragraph."));
    system_->setFixedHeight(7 * gridUnit);
    prompt_ = addEditor(tr("Prompt"), QStringLiteral("prompt"),
                        tr("Why do two providers fail less often than one?"));
    prompt_->setMinimumHeight(10 * gridUnit);
    connect(prompt_, &QPlainTextEdit::textChanged, this, &RequestForm::refresh);
    column->addWidget(captionFor(system_, system_->accessibleName(), this));
    column->addWidget(system_);
    column->addWidget(captionFor(prompt_, prompt_->accessibleName(), this));
    column->addWidget(prompt_, 1);
    column->addLayout(addSettings());

    send_ = new QPushButton(tr("Send"), this);
    send_->setObjectName(QStringLiteral("send_prompt"));
    send_->setProperty("primary", true);
    send_->setToolTip(tr("Send (Ctrl+Enter)"));
    stop_ = new QPushButton(tr("Stop"), this);
    stop_->setObjectName(QStringLiteral("stop_prompt"));
    stop_->setToolTip(tr("Stop (Esc)"));
    for (QPushButton* button : {send_, stop_})
        button->setAccessibleName(button->text());
    connect(send_, &QPushButton::clicked, this, &RequestForm::send);
    connect(stop_, &QPushButton::clicked, this, &RequestForm::stop);
    auto* keys = new QLabel(tr("Ctrl+Enter sends, Esc stops"), this);
    keys->setProperty("muted", true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(send_);
    buttons->addWidget(stop_);
    buttons->addStretch(1);
    buttons->addWidget(keys);
    column->addLayout(buttons);

    mode_ = new QLabel(this);
    mode_->setObjectName(QStringLiteral("playground_mode"));
    mode_->setProperty("muted", true);
    mode_->setWordWrap(true);
    column->addWidget(mode_);
    refresh();
}

QPlainTextEdit* RequestForm::addEditor(const QString& name, const QString& objectName,
                                       const QString& hint) {
    auto* editor = new QPlainTextEdit(this);
    editor->setObjectName(objectName);
    editor->setAccessibleName(name);
    editor->setPlaceholderText(hint);
    editor->setTabChangesFocus(true);
    editor->installEventFilter(this);
    return editor;
}

QGridLayout* RequestForm::addSettings() {
    stream_ = new QCheckBox(tr("Stream the answer"), this);
    stream_->setObjectName(QStringLiteral("stream"));
    stream_->setAccessibleName(stream_->text());
    stream_->setChecked(true);
    maxTokens_ = new QSpinBox(this);
    maxTokens_->setObjectName(QStringLiteral("max_tokens"));
    maxTokens_->setRange(noLimit, 1'000'000);
    maxTokens_->setSingleStep(50);
    maxTokens_->setSpecialValueText(tr("default"));
    maxTokens_->setToolTip(
        tr("At most so many tokens of answer; default: the provider's own limit"));
    temperature_ = new QDoubleSpinBox(this);
    temperature_->setObjectName(QStringLiteral("temperature"));
    temperature_->setRange(noTemperature, 2.0);
    temperature_->setDecimals(1);
    temperature_->setSingleStep(0.1);
    temperature_->setSpecialValueText(tr("default"));
    temperature_->setValue(noTemperature);
    temperature_->setToolTip(
        tr("0 to 2; default: not sent. Some models accept only their default"));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(gridUnit);
    grid->setVerticalSpacing(gridUnit);
    grid->addWidget(captionFor(maxTokens_, tr("Max tokens"), this), 0, 0);
    grid->addWidget(maxTokens_, 0, 1);
    grid->addWidget(captionFor(temperature_, tr("Temperature"), this), 0, 2);
    grid->addWidget(temperature_, 0, 3);
    grid->addWidget(stream_, 1, 0, 1, 4);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(3, 1);
    return grid;
}

void RequestForm::setChains(const QStringList& ids) {
    QStringList there;
    for (int i = 0; i < chain_->count(); ++i)
        there << chain_->itemText(i);
    if (there == ids)
        return;
    const QString chosen = chain();
    chain_->clear();
    chain_->addItems(ids);
    setChain(chosen);
}

QString RequestForm::chain() const {
    return chain_->currentText();
}

void RequestForm::setChain(const QString& id) {
    chain_->setCurrentIndex(std::max(0, chain_->findText(id)));
}

bool RequestForm::hasPrompt() const {
    return !prompt_->toPlainText().trimmed().isEmpty();
}

wire::ChatRequest RequestForm::request() const {
    wire::ChatRequest out;
    const QString system = system_->toPlainText().left(promptLimit).trimmed();
    if (!system.isEmpty())
        out.messages.push_back({wire::Role::system, system.toStdString()});
    out.messages.push_back(
        {wire::Role::user, prompt_->toPlainText().left(promptLimit).toStdString()});
    out.stream = stream_->isChecked();
    if (maxTokens_->value() != noLimit)
        out.max_tokens = maxTokens_->value();
    if (temperature_->value() > noTemperature / 2)
        out.temperature = temperature_->value();
    return out;
}

void RequestForm::setRequest(const wire::ChatRequest& request) {
    QString system, prompt;
    for (const wire::Message& m : request.messages)
        (m.role == wire::Role::system ? system : prompt) = QString::fromStdString(m.text);
    system_->setPlainText(system);
    prompt_->setPlainText(prompt);
    stream_->setChecked(request.stream);
    maxTokens_->setValue(static_cast<int>(request.max_tokens.value_or(noLimit)));
    temperature_->setValue(request.temperature.value_or(noTemperature));
}

void RequestForm::setMode(const QString& text) {
    mode_->setText(text);
}

void RequestForm::setRunning(bool running) {
    if (running == running_)
        return;
    const bool hadFocus = stop_->hasFocus() || send_->hasFocus();
    running_ = running;
    refresh();
    if (hadFocus) // a disabled button must not lose the keyboard
        (running ? stop_ : send_)->setFocus();
}

void RequestForm::focusPrompt() {
    prompt_->setFocus();
}

void RequestForm::refresh() {
    send_->setEnabled(!running_ && hasPrompt());
    stop_->setEnabled(running_);
}

bool RequestForm::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (enter && (key->modifiers() & Qt::ControlModifier)) {
            if (send_->isEnabled())
                Q_EMIT send();
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace brownout::ui
