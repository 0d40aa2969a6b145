#include "ui/pages/chains/problems_panel.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include <algorithm>

namespace brownout::ui {

QString ProblemsPanel::countText(const std::vector<ProblemEntry>& entries) {
    const auto errors =
        std::count_if(entries.begin(), entries.end(), [](const auto& e) { return e.isError; });
    const auto warnings = static_cast<std::ptrdiff_t>(entries.size()) - errors;
    QStringList parts;
    if (errors)
        parts << (errors == 1 ? tr("1 error") : tr("%1 errors").arg(errors));
    if (warnings)
        parts << (warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings));
    return parts.join(QStringLiteral(", "));
}

ProblemsPanel::ProblemsPanel(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("problems"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, gridUnit);
    column->setSpacing(gridUnit / 2);
    title_ = new QLabel;
    title_->setProperty("title", true);
    title_->setObjectName(QStringLiteral("problems_title"));
    column->addWidget(title_);
    list_ = new QVBoxLayout;
    list_->setSpacing(gridUnit / 2);
    column->addLayout(list_);
    hide();
}

QWidget* ProblemsPanel::line(const ProblemEntry& entry, std::size_t number) {
    auto* holder = new QWidget;
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    auto* mark = new QLabel;
    mark->setPixmap(icon(entry.isError ? QStringLiteral("cross") : QStringLiteral("warning"),
                         entry.isError ? colors().bad : colors().warn)
                        .pixmap(14, 14));
    mark->setAccessibleName(entry.isError ? tr("Error") : tr("Warning"));
    row->addWidget(mark);
    auto* words = new QLabel(entry.text);
    words->setWordWrap(true);
    words->setTextFormat(Qt::PlainText);
    words->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // long words wrap too
    words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    words->setToolTip(QString::fromStdString(entry.pointer));
    words->setObjectName(QStringLiteral("problem_text_%1").arg(number));
    row->addWidget(words, 1);
    if (entry.fix) {
        auto* fix = new QPushButton(tr("Fix: %1").arg(QString::fromStdString(entry.fix->label)));
        fix->setObjectName(QStringLiteral("problem_fix_%1").arg(number));
        fix->setAccessibleName(fix->text());
        fix->setAccessibleDescription(entry.text);
        fix->setToolTip(tr("Changes the chain; undo brings it back"));
        connect(fix, &QPushButton::clicked, this,
                [this, edit = *entry.fix] { Q_EMIT fixRequested(edit); });
        row->addWidget(fix);
    }
    auto* jump = new QPushButton(tr("Show"));
    jump->setObjectName(QStringLiteral("problem_show_%1").arg(number));
    jump->setAccessibleName(tr("Show the place of problem %1").arg(number));
    jump->setAccessibleDescription(entry.text);
    connect(jump, &QPushButton::clicked, this,
            [this, pointer = entry.pointer] { Q_EMIT jumpRequested(pointer); });
    row->addWidget(jump);
    return holder;
}

int ProblemsPanel::focusedLine() const {
    const QWidget* focus = QApplication::focusWidget();
    for (int i = 0; focus && i < list_->count(); ++i)
        if (list_->itemAt(i)->widget()->isAncestorOf(focus))
            return i;
    return -1;
}

// A fix takes its own line away: the keyboard goes on with the one that follows.
void ProblemsPanel::focusLine(int line) {
    if (line < 0 || list_->count() == 0)
        return;
    auto* holder = list_->itemAt(std::min(line, list_->count() - 1))->widget();
    if (auto* button = holder->findChild<QPushButton*>())
        button->setFocus(Qt::OtherFocusReason);
}

void ProblemsPanel::show(const std::vector<ProblemEntry>& entries) {
    if (entries == shown_)
        return;
    shown_ = entries;
    const int focused = focusedLine();
    while (QLayoutItem* item = list_->takeAt(0)) {
        item->widget()->setParent(nullptr);
        item->widget()->deleteLater(); // one of its buttons may be what led here
        delete item;
    }
    const bool errors =
        std::any_of(entries.begin(), entries.end(), [](const auto& e) { return e.isError; });
    QString title = countText(entries);
    if (errors)
        title += tr(": the chain keeps running as it was before");
    title_->setText(title);
    title_->setProperty("tone", errors ? "bad" : "warn");
    title_->style()->unpolish(title_);
    title_->style()->polish(title_);
    for (std::size_t i = 0; i < entries.size() && i < shownAtMost; ++i) {
        QWidget* shown = line(entries[i], i + 1);
        list_->addWidget(shown);
        shown->show(); // now: the focus may go there at once
    }
    setVisible(!entries.empty());
    focusLine(focused);
}

} // namespace brownout::ui
