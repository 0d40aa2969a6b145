#include "ui/pages/playground/raw_view.h"

#include "ui/pages/playground/exchange_text.h"
#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"
#include "ui/widgets/two_line_delegate.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>

namespace brownout::ui {

RawView::RawView(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    stack_ = new QStackedWidget(this);
    column->addWidget(stack_);
    empty_ = mutedLabel({}, stack_);
    empty_->setObjectName(QStringLiteral("raw_hint"));
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    stack_->addWidget(empty_);

    auto* content = new QWidget(stack_);
    auto* row = new QHBoxLayout(content);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2 * gridUnit);
    auto* left = new QVBoxLayout;
    list_ = new QListView(content);
    list_->setObjectName(QStringLiteral("exchanges"));
    list_->setAccessibleName(tr("Exchanges"));
    list_->setProperty("bare", true);
    list_->setModel(&model_);
    list_->setItemDelegate(new TwoLineDelegate(ExchangeList::outcomeRole, list_));
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFixedWidth(30 * gridUnit);
    note_ = mutedLabel(tr("A key is a variable here, never its value."), content);
    note_->setObjectName(QStringLiteral("raw_note"));
    note_->setWordWrap(true);
    note_->setFixedWidth(30 * gridUnit);
    left->addWidget(list_, 1);
    left->addWidget(note_);
    row->addLayout(left);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(gridUnit / 2);
    request_ = addText(tr("Request"), "raw_request", texts);
    texts->addSpacing(gridUnit);
    reply_ = addText(tr("Reply"), "raw_reply", texts);
    row->addLayout(texts, 1);
    stack_->addWidget(content);

    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &RawView::showChosen);
    connect(&model_, &QAbstractItemModel::dataChanged, this, &RawView::showChosen);
    showWire(nullptr);
}

QPlainTextEdit* RawView::addText(const QString& name, const char* objectName, QVBoxLayout* column) {
    auto* head = new QHBoxLayout;
    auto* title = new QLabel(name, this);
    title->setProperty("title", true);
    auto* copy = new QPushButton(tr("Copy"), this);
    copy->setObjectName(QStringLiteral("copy_") + QLatin1String(objectName));
    copy->setAccessibleName(tr("Copy the %1").arg(name.toLower()));
    copy->setProperty("flat", true);
    copy->setIcon(icon(QStringLiteral("copy")));
    head->addWidget(title, 1);
    head->addWidget(copy);
    column->addLayout(head);
    auto* text = makeEditor(name, objectName, {}, this);
    text->setReadOnly(true);
    text->setProperty("mono", true);
    text->setUndoRedoEnabled(false);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    column->addWidget(text, 1);
    connect(copy, &QPushButton::clicked, this,
            [text] { QGuiApplication::clipboard()->setText(text->toPlainText()); });
    return text;
}

void RawView::showWire(const live::PromptView* prompt) {
    model_.setExchanges(prompt ? prompt->wire : std::vector<live::ExchangePtr>{});
    const bool any = model_.rowCount() > 0;
    stack_->setCurrentIndex(any ? 1 : 0);
    empty_->setText(prompt && prompt->finished
                        ? tr("Nothing was sent: the attempts say why.")
                        : tr("What is sent to each provider, and what comes back, appears here "
                             "byte for byte.\nKeys are shown as variables, never as values."));
    QString note = tr("A key is a variable here, never its value.");
    if (prompt && prompt->wire_left_out > 0)
        note += QLatin1Char(' ') +
                tr("%1 exchanges between them are not kept.").arg(prompt->wire_left_out);
    note_->setText(note);
    if (any && !list_->currentIndex().isValid())
        list_->setCurrentIndex(model_.index(model_.rowCount() - 1));
    showChosen();
}

void RawView::showChosen() {
    const live::ExchangePtr chosen = model_.at(list_->currentIndex().row());
    const auto show = [](QPlainTextEdit* edit, const QString& text) {
        if (edit->toPlainText() == text)
            return;
        const int place = edit->verticalScrollBar()->value();
        const QString before = edit->toPlainText();
        if (!before.isEmpty() && text.startsWith(before)) { // the reader's selection stays
            QTextCursor end(edit->document());
            end.movePosition(QTextCursor::End);
            end.insertText(text.mid(before.size()));
        } else {
            edit->setPlainText(text);
        }
        edit->verticalScrollBar()->setValue(place);
    };
    show(request_, chosen ? requestText(*chosen) : QString());
    show(reply_, chosen ? replyText(*chosen) : QString());
}

} // namespace brownout::ui
