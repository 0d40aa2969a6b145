#include "ui/pages/chains/target_card.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QDrag>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QStyle>
#include <QToolButton>

namespace brownout::ui {

TargetCard::TargetCard(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(gridUnit, gridUnit + 2, gridUnit + 4, gridUnit + 2);
    row->setSpacing(gridUnit);
    handle_ = new QLabel;
    handle_->setPixmap(icon(QStringLiteral("drag"), colors().textMuted).pixmap(16, 16));
    handle_->setToolTip(tr("Drag to another place, or press Alt+Up or Alt+Down"));
    handle_->setAccessibleName(tr("Drag handle"));
    handle_->setCursor(Qt::OpenHandCursor);
    handle_->setAttribute(Qt::WA_TransparentForMouseEvents, false);
    row->addWidget(handle_, 0, Qt::AlignTop);

    auto* column = new QVBoxLayout;
    column->setSpacing(3);
    row->addLayout(column, 1);
    auto* top = new QHBoxLayout;
    top->setSpacing(gridUnit);
    glyph_ = new GlyphMark(22);
    title_ = new ElidedLabel;
    title_->setProperty("heading", true);
    badge_ = new StateBadge;
    top->addWidget(glyph_);
    top->addWidget(title_, 1);
    top->addWidget(badge_);
    column->addLayout(top);
    sentence_ = new QLabel;
    sentence_->setWordWrap(true);
    sentence_->setTextFormat(Qt::PlainText);
    column->addWidget(sentence_);
    auto* bottom = new QHBoxLayout;
    bottom->setSpacing(2);
    price_ = new ElidedLabel; // beside the buttons there is little room in a small window
    price_->setProperty("muted", true);
    bottom->addWidget(price_, 1);
    buttons_ = new QWidget;
    auto* tools = new QHBoxLayout(buttons_);
    tools->setContentsMargins(0, 0, 0, 0);
    tools->setSpacing(2);
    up_ = button(QStringLiteral("up"), tr("Move up"), tr("Alt+Up"));
    down_ = button(QStringLiteral("down"), tr("Move down"), tr("Alt+Down"));
    duplicate_ = button(QStringLiteral("copy"), tr("Duplicate"), tr("Ctrl+D"));
    toggle_ = button(QStringLiteral("pause"), tr("Disable"), tr("Ctrl+E"));
    remove_ = button(QStringLiteral("remove"), tr("Remove"), tr("Del"));
    for (auto* b : {up_, down_, duplicate_, toggle_, remove_})
        tools->addWidget(b);
    // The card's height must not jump when it is selected; its width is the price's until then.
    bottom->addStrut(buttons_->sizeHint().height());
    buttons_->hide();
    bottom->addWidget(buttons_);
    column->addLayout(bottom);

    connect(up_, &QToolButton::clicked, this,
            [this] { Q_EMIT moveRequested(view_.place, view_.place - 1); });
    connect(down_, &QToolButton::clicked, this,
            [this] { Q_EMIT moveRequested(view_.place, view_.place + 1); });
    connect(duplicate_, &QToolButton::clicked, this,
            [this] { Q_EMIT duplicateRequested(view_.place); });
    connect(toggle_, &QToolButton::clicked, this, [this] { Q_EMIT toggleRequested(view_.place); });
    connect(remove_, &QToolButton::clicked, this, [this] { Q_EMIT removeRequested(view_.place); });
}

QToolButton* TargetCard::button(const QString& iconName, const QString& name,
                                const QString& shortcut) {
    auto* b = new QToolButton;
    b->setIcon(icon(iconName));
    b->setProperty("flat", true);
    b->setAccessibleName(name);
    b->setToolTip(tr("%1 (%2)").arg(name, shortcut));
    return b;
}

void TargetCard::setView(const CardView& view) {
    if (view == view_ && !objectName().isEmpty())
        return;
    view_ = view;
    const QString place = QString::number(view.place + 1);
    setObjectName(QStringLiteral("target_card_") + place);
    setAccessibleName(view.title);
    setAccessibleDescription(view.sentence);
    title_->setText(view.title);
    sentence_->setText(view.sentence);
    sentence_->setProperty("tone", view.problem ? QVariant(QStringLiteral("bad")) : QVariant());
    sentence_->style()->unpolish(sentence_);
    sentence_->style()->polish(sentence_);
    glyph_->setGlyph(view.glyph);
    glyph_->setVisible(view.glyph.has_value());
    price_->setText(view.price);
    price_->setToolTip(view.priceSource);
    title_->setEnabled(view.enabled);
    setBadge(view.badge, view.tone);
    up_->setEnabled(view.place > 0);
    down_->setEnabled(view.place + 1 < view.count);
    toggle_->setIcon(icon(view.enabled ? QStringLiteral("pause") : QStringLiteral("play")));
    const QString toggleName = view.enabled ? tr("Disable") : tr("Enable");
    toggle_->setAccessibleName(toggleName);
    toggle_->setToolTip(tr("%1 (%2)").arg(toggleName, tr("Ctrl+E")));
    const std::pair<QToolButton*, const char*> names[] = {{up_, "move_up_"},
                                                          {down_, "move_down_"},
                                                          {duplicate_, "duplicate_"},
                                                          {toggle_, "toggle_"},
                                                          {remove_, "remove_"}};
    for (const auto& [b, prefix] : names)
        b->setObjectName(QLatin1String(prefix) + place);
}

void TargetCard::setBadge(const QString& word, Tone tone) {
    view_.badge = word;
    view_.tone = tone;
    badge_->setVisible(!word.isEmpty());
    badge_->setState(word, tone);
}

void TargetCard::setSelected(bool selected) {
    if (property("selected").toBool() == selected)
        return;
    setProperty("selected", selected);
    style()->unpolish(this);
    style()->polish(this);
    buttons_->setVisible(selected);
}

void TargetCard::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton)
        return QFrame::mousePressEvent(event);
    pressed_ = event->position().toPoint();
    mayDrag_ =
        handle_->geometry().adjusted(-gridUnit, -gridUnit, gridUnit, gridUnit).contains(pressed_);
    Q_EMIT chosen(view_.place);
}

void TargetCard::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (mayDrag_ && event->buttons() & Qt::LeftButton &&
        (at - pressed_).manhattanLength() >= QApplication::startDragDistance()) {
        mayDrag_ = false;
        startDrag(pressed_);
    }
}

void TargetCard::startDrag(const QPoint& at) {
    auto* drag = new QDrag(this); // Qt deletes it
    auto* mime = new QMimeData;
    mime->setData(QLatin1String(mimeType), QByteArray::number(view_.place));
    drag->setMimeData(mime);
    drag->setPixmap(grab());
    drag->setHotSpot(at);
    drag->exec(Qt::MoveAction);
}

void TargetCard::keyPressEvent(QKeyEvent* event) {
    const bool alt = event->modifiers() & Qt::AltModifier;
    const bool control = event->modifiers() & Qt::ControlModifier;
    const int place = view_.place;
    switch (event->key()) {
    case Qt::Key_Up:
        if (alt)
            Q_EMIT moveRequested(place, place - 1);
        else
            Q_EMIT stepRequested(place - 1);
        return;
    case Qt::Key_Down:
        if (alt)
            Q_EMIT moveRequested(place, place + 1);
        else
            Q_EMIT stepRequested(place + 1);
        return;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
        Q_EMIT removeRequested(place);
        return;
    case Qt::Key_D:
        if (control)
            return Q_EMIT duplicateRequested(place);
        break;
    case Qt::Key_E:
        if (control)
            return Q_EMIT toggleRequested(place);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        Q_EMIT chosen(place);
        return;
    default:
        break;
    }
    QFrame::keyPressEvent(event);
}

void TargetCard::focusInEvent(QFocusEvent* event) {
    QFrame::focusInEvent(event);
    // Reached with the keyboard: the inspector follows. Also keeps the card in view.
    if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
        Q_EMIT chosen(view_.place);
}

} // namespace brownout::ui
