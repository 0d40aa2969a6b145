#include "ui/widgets/text_block.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QResizeEvent>
#include <QTextBlock>

#include <algorithm>
#include <cmath>

namespace brownout::ui {

TextBlock::TextBlock(QWidget* parent) : QPlainTextEdit(parent) {
    setProperty("block", true);
    setReadOnly(true);
    setTabChangesFocus(true);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    document()->setDocumentMargin(0);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    fit();
}

void TextBlock::showText(const QString& text) {
    const QString before = toPlainText();
    if (before == text)
        return;
    if (!before.isEmpty() && text.startsWith(before)) {
        QTextCursor end(document()); // its own cursor: the reader's selection stays
        end.movePosition(QTextCursor::End);
        end.insertText(text.mid(before.size()));
    } else {
        setPlainText(text);
    }
    fit();
}

void TextBlock::fit() {
    double tall = 0;
    for (QTextBlock b = document()->begin(); b.isValid() && tall < highest; b = b.next())
        tall += document()->documentLayout()->blockBoundingRect(b).height();
    const bool over = tall >= highest;
    setVerticalScrollBarPolicy(over ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
    const int around = height() - viewport()->height();
    const int wanted = (over ? highest : static_cast<int>(std::ceil(tall))) +
                       std::clamp(around, 0, 24); // borders and padding of the style sheet
    if (wanted != height() || minimumHeight() != wanted)
        setFixedHeight(wanted);
}

void TextBlock::resizeEvent(QResizeEvent* event) {
    QPlainTextEdit::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        fit();
}

void TextBlock::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fit();
}

} // namespace brownout::ui
