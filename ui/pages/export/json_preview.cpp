#include "ui/pages/export/json_preview.h"

#include "ui/models/line_diff.h"
#include "ui/shell/theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QScrollBar>
#include <QTextBlock>

namespace brownout::ui {

void JsonTint::highlightBlock(const QString& text) {
    const Colors& c = colors();
    QTextCharFormat key, string, value;
    key.setForeground(c.accent);
    string.setForeground(c.good);
    value.setForeground(c.warn);
    for (int i = 0; i < text.size();) {
        if (text[i] == QLatin1Char('"')) {
            int end = i + 1;
            while (end < text.size() && text[end] != QLatin1Char('"'))
                end += text[end] == QLatin1Char('\\') ? 2 : 1;
            end = std::min<int>(end + 1, static_cast<int>(text.size()));
            const bool isKey = end < text.size() && text[end] == QLatin1Char(':');
            setFormat(i, end - i, isKey ? key : string);
            i = end;
        } else if (text[i].isLetterOrNumber() || (text[i] == QLatin1Char('-') && i > 1)) {
            int end = i + 1;
            while (end < text.size() &&
                   (text[end].isLetterOrNumber() || QStringLiteral("+-.").contains(text[end])))
                ++end;
            setFormat(i, end - i, value);
            i = end;
        } else {
            ++i;
        }
    }
}

JsonPreview::JsonPreview(QWidget* parent) : QPlainTextEdit(parent) {
    setReadOnly(true);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setProperty("mono", true);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    tint_ = new JsonTint(document());
}

void JsonPreview::put(const QString& text) {
    if (toPlainText() == text)
        return;
    const int at = verticalScrollBar()->value();
    setPlainText(text);
    verticalScrollBar()->setValue(at);
}

void JsonPreview::showText(const QString& json) {
    marks_.clear();
    put(json);
    setExtraSelections({});
}

void JsonPreview::showDifference(const QString& before, const QString& after) {
    const auto lines = diffLines(before, after);
    std::vector<bool> kept(lines.size(), false);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].kind != DiffLine::Kind::same) {
            const std::size_t from = i > contextLines ? i - contextLines : 0;
            for (std::size_t j = from; j < lines.size() && j <= i + contextLines; ++j)
                kept[j] = true;
        }
    QStringList shown;
    std::vector<int> marks;
    bool gap = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!kept[i]) {
            gap = true;
            continue;
        }
        if (gap) {
            shown << QStringLiteral("  ...");
            marks.push_back(0);
            gap = false;
        }
        const auto kind = lines[i].kind;
        const bool added = kind == DiffLine::Kind::added, removed = kind == DiffLine::Kind::removed;
        shown << (added     ? QStringLiteral("+ ")
                  : removed ? QStringLiteral("- ")
                            : QStringLiteral("  ")) +
                     lines[i].text;
        marks.push_back(added ? 1 : removed ? -1 : 0);
    }
    if (marks.empty())
        shown << tr("No difference from the saved file.");
    marks_ = std::move(marks);
    put(shown.join(QLatin1Char('\n')));
    paintLines();
}

void JsonPreview::paintLines() {
    QList<QTextEdit::ExtraSelection> selections;
    for (std::size_t i = 0; i < marks_.size(); ++i) {
        if (marks_[i] == 0)
            continue;
        QTextEdit::ExtraSelection line;
        line.cursor = QTextCursor(document()->findBlockByNumber(static_cast<int>(i)));
        line.format.setProperty(QTextFormat::FullWidthSelection, true);
        line.format.setBackground(marks_[i] > 0 ? colors().goodSoft : colors().badSoft);
        selections << line;
    }
    setExtraSelections(selections);
}

void JsonPreview::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        tint_->rehighlight();
        paintLines();
    }
}

} // namespace brownout::ui
