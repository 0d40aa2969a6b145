#include "ui/pages/chains/chain_flow.h"

#include "ui/shell/theme.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QStyle>

namespace brownout::ui {

namespace {

constexpr int arrowHeight = 24;

// An arrow downwards.
class Arrow : public QWidget {
  public:
    explicit Arrow(QWidget* parent = nullptr) : QWidget(parent) { setFixedSize(12, arrowHeight); }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(colors().textMuted, 1.2));
        const double x = width() / 2.0, bottom = height() - 4.0;
        painter.drawLine(QPointF(x, 1), QPointF(x, bottom));
        painter.drawLine(QPointF(x - 4, bottom - 5), QPointF(x, bottom));
        painter.drawLine(QPointF(x + 4, bottom - 5), QPointF(x, bottom));
    }
};

QWidget* arrowWith(const QString& text, QLabel** label = nullptr) {
    auto* holder = new QWidget;
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    auto* words = new QLabel(text);
    words->setProperty("muted", true);
    row->addStretch();
    row->addWidget(new Arrow);
    row->addWidget(words);
    row->addStretch();
    if (label)
        *label = words;
    return holder;
}

bool isTarget(const QMimeData* data) {
    return data && data->hasFormat(QLatin1String(TargetCard::mimeType));
}

} // namespace

ChainFlow::ChainFlow(QWidget* parent) : QWidget(parent) {
    setAcceptDrops(true);
    setObjectName(QStringLiteral("chain_flow"));
    setAccessibleName(tr("Targets in the order in which they are tried"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);

    request_ = new QPushButton;
    request_->setObjectName(QStringLiteral("flow_request"));
    request_->setProperty("strip_row", true);
    // A button has one font; the first word is bold, so labels on top of it draw the words.
    auto* words = new QHBoxLayout(request_);
    words->setContentsMargins(gridUnit + 4, 7, gridUnit + 4, 7);
    auto* name = new QLabel(tr("Request"));
    name->setProperty("title", true);
    name->setObjectName(QStringLiteral("flow_request_name"));
    requestText_ = new QLabel;
    requestText_->setTextFormat(Qt::PlainText);
    requestText_->setObjectName(QStringLiteral("flow_request_text"));
    for (auto* label : {name, requestText_})
        label->setAttribute(Qt::WA_TransparentForMouseEvents);
    words->addWidget(name);
    words->addWidget(requestText_, 1);
    request_->setStyleSheet(QStringLiteral("#flow_request { padding: 7px 12px; }"));
    connect(request_, &QPushButton::clicked, this, [this] { Q_EMIT selected(-1); });
    column->addWidget(request_);
    column->addWidget(arrowWith({}, &order_));
    list_ = new QVBoxLayout;
    list_->setSpacing(0);
    column->addLayout(list_);
    column->addWidget(arrowWith(tr("all failed"), &allFailed_));

    auto* fail = new QFrame;
    fail->setProperty("messageBar", true);
    fail->setProperty("tone", "bad");
    auto* failRow = new QHBoxLayout(fail);
    failRow->setContentsMargins(gridUnit + 4, gridUnit - 1, gridUnit + 4, gridUnit - 1);
    auto* word = new QLabel(tr("Fail"));
    word->setProperty("title", true);
    auto* what = new QLabel(tr("one clear error that lists every attempt"));
    what->setProperty("muted", true);
    failRow->addWidget(word);
    failRow->addWidget(what, 1);
    add_ = new QPushButton(icon(QStringLiteral("add")), tr("Add target"));
    add_->setObjectName(QStringLiteral("add_target"));
    add_->setAccessibleName(add_->text());
    connect(add_, &QPushButton::clicked, this, &ChainFlow::addRequested);
    failRow->addWidget(add_);
    column->addWidget(fail);

    dropLine_ = new QFrame(this);
    dropLine_->setFixedHeight(3);
    dropLine_->setAutoFillBackground(true);
    dropLine_->hide();
}

TargetCard* ChainFlow::makeCard() {
    auto* card = new TargetCard;
    connect(card, &TargetCard::chosen, this, [this](int place) {
        setSelected(place, true);
        Q_EMIT selected(place);
    });
    connect(card, &TargetCard::stepRequested, this, [this](int place) {
        if (place < 0 || place >= count())
            return;
        setSelected(place, true);
        Q_EMIT selected(place);
    });
    connect(card, &TargetCard::moveRequested, this, &ChainFlow::moveRequested);
    connect(card, &TargetCard::removeRequested, this, &ChainFlow::removeRequested);
    connect(card, &TargetCard::duplicateRequested, this, &ChainFlow::duplicateRequested);
    connect(card, &TargetCard::toggleRequested, this, &ChainFlow::toggleRequested);
    return card;
}

void ChainFlow::rebuild(std::size_t count) {
    while (cards_.size() > count) {
        // Deleted later: the signal that led here may come from this very card.
        cards_.back()->hide();
        cards_.back()->deleteLater();
        cards_.back()->setObjectName({});
        list_->removeWidget(cards_.back());
        cards_.pop_back();
        if (!arrows_.empty()) {
            delete arrows_.back();
            arrows_.pop_back();
        }
    }
    while (cards_.size() < count) {
        if (!cards_.empty()) {
            arrows_.push_back(arrowWith(tr("on failure")));
            list_->addWidget(arrows_.back());
        }
        cards_.push_back(makeCard());
        list_->addWidget(cards_.back());
        cards_.back()->show();
    }
}

void ChainFlow::setView(const FlowView& view) {
    requestText_->setText(view.request);
    request_->setAccessibleName(tr("Request") + QStringLiteral("   ") + view.request);
    request_->setToolTip(tr("Settings of the whole chain"));
    order_->setText(view.order);
    rebuild(view.cards.size());
    for (std::size_t i = 0; i < view.cards.size(); ++i)
        cards_[i]->setView(view.cards[i]);
    allFailed_->setText(view.cards.empty() ? tr("no target yet: every request fails")
                                           : tr("all failed"));
}

void ChainFlow::setSelected(int place, bool focus) {
    selected_ = place;
    for (int i = 0; i < count(); ++i)
        cards_[static_cast<std::size_t>(i)]->setSelected(i == place);
    if (focus && card(place))
        card(place)->setFocus(Qt::OtherFocusReason);
}

TargetCard* ChainFlow::card(int place) const {
    return place >= 0 && place < count() ? cards_[static_cast<std::size_t>(place)] : nullptr;
}

int ChainFlow::slotAt(int y) const {
    int slot = 0;
    for (const TargetCard* card : cards_)
        if (y > card->geometry().center().y())
            ++slot;
    return slot;
}

void ChainFlow::showDropLine(int slot) {
    if (cards_.empty())
        return;
    const bool last = slot >= count();
    const QRect card = cards_[static_cast<std::size_t>(last ? count() - 1 : slot)]->geometry();
    const int y = last ? card.bottom() + arrowHeight / 2 : card.top() - arrowHeight / 2;
    QPalette palette = dropLine_->palette();
    palette.setColor(QPalette::Window, colors().accent);
    dropLine_->setPalette(palette);
    dropLine_->setGeometry(card.left(), y, card.width(), 3);
    dropLine_->raise();
    dropLine_->show();
}

void ChainFlow::dragEnterEvent(QDragEnterEvent* event) {
    if (isTarget(event->mimeData()))
        event->acceptProposedAction();
}

void ChainFlow::dragMoveEvent(QDragMoveEvent* event) {
    if (!isTarget(event->mimeData()))
        return;
    showDropLine(slotAt(event->position().toPoint().y()));
    event->acceptProposedAction();
}

void ChainFlow::dragLeaveEvent(QDragLeaveEvent*) {
    dropLine_->hide();
}

void ChainFlow::dropEvent(QDropEvent* event) {
    dropLine_->hide();
    if (!isTarget(event->mimeData()))
        return;
    const int from = event->mimeData()->data(QLatin1String(TargetCard::mimeType)).toInt();
    const int slot = slotAt(event->position().toPoint().y());
    event->acceptProposedAction();
    const int to = slot > from ? slot - 1 : slot; // the slots after it close up
    if (to != from)
        Q_EMIT moveRequested(from, to);
}

} // namespace brownout::ui
