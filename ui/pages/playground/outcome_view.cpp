#include "ui/pages/playground/outcome_view.h"

#include "ui/pages/playground/turn_text.h"
#include "ui/shell/theme.h"
#include "ui/widgets/attempt_ribbon.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace brownout::ui {
namespace {

// Providers' words: never markup.
QLabel* plainLabel(const char* objectName, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QLatin1String(objectName));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

} // namespace

OutcomeView::OutcomeView(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    ribbon_ = new AttemptRibbon(AttemptRibbon::Shape::ribbon, this);
    ribbon_->setObjectName(QStringLiteral("attempt_ribbon"));
    column->addWidget(ribbon_);
    leftOut_ = plainLabel("left_out", this);
    leftOut_->setProperty("muted", true);
    column->addWidget(leftOut_);
    restart_ = plainLabel("restart_marker", this);
    restart_->setProperty("tone", "warn");
    column->addWidget(restart_);
    column->addWidget(makeFailure());
    clear({});
}

QFrame* OutcomeView::makeFailure() {
    failure_ = new QFrame(this);
    failure_->setObjectName(QStringLiteral("failure_panel"));
    failure_->setProperty("messageBar", true);
    failure_->setProperty("tone", "bad");
    auto* column = new QVBoxLayout(failure_);
    column->setContentsMargins(12, gridUnit, 12, gridUnit);
    column->setSpacing(gridUnit / 2);
    failureTitle_ = plainLabel("failure_title", failure_);
    failureTitle_->setProperty("title", true);
    failureText_ = plainLabel("failure_attempts", failure_);
    advice_ = plainLabel("failure_advice", failure_);
    toChains_ = new QPushButton(tr("Open Chains"), failure_);
    toChains_->setObjectName(QStringLiteral("failure_chains"));
    toChains_->setAccessibleName(toChains_->text());
    connect(toChains_, &QPushButton::clicked, this, [this] { Q_EMIT chainsRequested(provider_); });
    auto* row = new QHBoxLayout;
    row->addWidget(advice_, 1);
    row->addWidget(toChains_);
    column->addWidget(failureTitle_);
    column->addWidget(failureText_);
    column->addLayout(row);
    return failure_;
}

void OutcomeView::clear(const QString& placeholder) {
    ribbon_->clear();
    ribbon_->setPlaceholder(placeholder);
    for (QWidget* w : {static_cast<QWidget*>(leftOut_), static_cast<QWidget*>(restart_),
                       static_cast<QWidget*>(failure_)})
        w->hide();
}

void OutcomeView::showOutcome(const live::PromptView& prompt, Instant now) {
    if (prompt.record.id.empty()) {
        clear(tr("Sending…"));
        return;
    }
    ribbon_->setRequest(prompt.record, now);
    const QStringList notes = leftOut(prompt.record);
    leftOut_->setText(tr("Left out: %1").arg(notes.join(QStringLiteral("; "))));
    leftOut_->setVisible(!notes.isEmpty());
    const bool restarted = !prompt.restarted_on.empty();
    if (restarted)
        restart_->setText(tr("↻ restarted on %1: the part that had come before was dropped")
                              .arg(providerName(prompt.restarted_on)));
    restart_->setVisible(restarted);
    const auto failed = failureOf(prompt);
    if (failed) {
        failureTitle_->setText(failed->title);
        failureText_->setText(failed->attempts);
        advice_->setText(failed->advice);
        provider_ = failed->provider;
        toChains_->setVisible(failed->onChains);
        failure_->setAccessibleName(failed->title);
        failure_->setAccessibleDescription(failed->attempts + QLatin1Char('\n') + failed->advice);
    }
    failure_->setVisible(failed.has_value());
}

} // namespace brownout::ui
