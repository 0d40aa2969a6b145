#include "ui/widgets/message_bar.h"

#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

namespace brownout::ui {

namespace {

const char* wordOf(Tone tone) {
    switch (tone) {
    case Tone::good:
        return "good";
    case Tone::warn:
        return "warn";
    case Tone::bad:
        return "bad";
    case Tone::accent:
        return "accent";
    case Tone::neutral:
        break;
    }
    return "neutral";
}

QStringList labelsOf(const std::vector<MessageBar::Button>& buttons) {
    QStringList out;
    for (const auto& b : buttons)
        out << b.label;
    return out;
}

} // namespace

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    setProperty("messageBar", true);
    setProperty("tone", wordOf(tone_));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 8, 8, 8);
    row->setSpacing(gridUnit);
    label_ = new QLabel(this);
    label_->setObjectName(QStringLiteral("message_text"));
    label_->setWordWrap(true);
    label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->addWidget(label_, 1);
    buttons_ = new QHBoxLayout;
    buttons_->setSpacing(gridUnit);
    row->addLayout(buttons_);
    setVisible(false);
}

void MessageBar::show(const QString& text, Tone tone, std::vector<Button> buttons, bool closable) {
    const QStringList labels = labelsOf(buttons) << (closable ? QStringLiteral("x") : QString());
    const bool sameButtons = property("labels").toStringList() == labels;
    if (!isHidden() && label_->text() == text && tone_ == tone && sameButtons)
        return;
    label_->setText(text);
    label_->setAccessibleName(this->text());
    if (tone_ != tone) {
        tone_ = tone;
        setProperty("tone", wordOf(tone));
        style()->unpolish(this);
        style()->polish(this);
    }
    // Buttons are made anew even under the same labels: their actions may differ.
    setProperty("labels", labels);
    while (QLayoutItem* item = buttons_->takeAt(0)) {
        if (QWidget* old = item->widget()) {
            old->setObjectName({}); // gone for whoever looks it up before it is deleted
            old->hide();
            old->deleteLater(); // show() may be called from the button's own click
        }
        delete item;
    }
    for (auto& b : buttons) {
        auto* button = new QPushButton(b.label, this);
        button->setObjectName(b.objectName);
        button->setAccessibleName(b.label);
        connect(button, &QPushButton::clicked, this, [action = std::move(b.action)] {
            if (action)
                action();
        });
        buttons_->addWidget(button);
    }
    if (closable) {
        auto* close = new QToolButton(this);
        close->setObjectName(QStringLiteral("message_close"));
        close->setIcon(icon(QStringLiteral("cross")));
        close->setProperty("flat", true);
        close->setAccessibleName(tr("Close message"));
        close->setToolTip(tr("Close message"));
        connect(close, &QToolButton::clicked, this, [this] {
            clear();
            Q_EMIT closed();
        });
        buttons_->addWidget(close);
    }
    setVisible(true);
}

void MessageBar::clear() {
    setVisible(false);
    label_->clear();
}

QString MessageBar::text() const {
    QString plain = label_->text();
    plain.remove(QStringLiteral("<b>")).remove(QStringLiteral("</b>"));
    plain.replace(QStringLiteral("<br>"), QStringLiteral("\n"));
    return plain;
}

} // namespace brownout::ui
