#include "ui/pages/chains/problems_panel.h"

#include "ui/pages/chains/chain_view.h"
#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include <algorithm>

namespace brownout::ui {

namespace {

QString countText(std::size_t errors, std::size_t warnings) {
    QStringList parts;
    if (errors)
        parts << (errors == 1 ? ProblemsPanel::tr("1 error")
                              : ProblemsPanel::tr("%1 errors").arg(errors));
    if (warnings)
        parts << (warnings == 1 ? ProblemsPanel::tr("1 warning")
                                : ProblemsPanel::tr("%1 warnings").arg(warnings));
    return parts.join(QStringLiteral(", "));
}

} // namespace

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

void ProblemsPanel::show(const std::vector<chain::Problem>& problems) {
    std::vector<std::string> now;
    for (const auto& p : problems)
        now.push_back(p.text());
    if (now == shown_)
        return;
    shown_ = std::move(now);
    while (QLayoutItem* item = list_->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    std::vector<const chain::Problem*> ordered;
    for (const auto& p : problems)
        ordered.push_back(&p);
    const auto isError = [](const chain::Problem* p) {
        return p->severity == chain::Problem::Severity::error;
    };
    std::stable_partition(ordered.begin(), ordered.end(), isError);
    const auto errors =
        static_cast<std::size_t>(std::count_if(ordered.begin(), ordered.end(), isError));
    QString title = countText(errors, ordered.size() - errors);
    if (errors)
        title += tr(": the chain keeps running as it was before");
    title_->setText(title);
    title_->setProperty("tone", errors ? "bad" : "warn");
    title_->style()->unpolish(title_);
    title_->style()->polish(title_);
    for (std::size_t i = 0; i < ordered.size() && i < shownAtMost; ++i) {
        const chain::Problem& p = *ordered[i];
        auto* line = new QWidget;
        auto* row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        auto* words = new QLabel(problemText(p));
        words->setWordWrap(true);
        words->setTextFormat(Qt::PlainText);
        words->setToolTip(QString::fromStdString(p.pointer));
        row->addWidget(words, 1);
        auto* jump = new QPushButton(tr("Show"));
        jump->setObjectName(QStringLiteral("problem_show_%1").arg(i + 1));
        jump->setAccessibleName(tr("Show the place of problem %1").arg(i + 1));
        connect(jump, &QPushButton::clicked, this,
                [this, pointer = p.pointer] { Q_EMIT jumpRequested(pointer); });
        row->addWidget(jump);
        list_->addWidget(line);
    }
    setVisible(!ordered.empty());
}

} // namespace brownout::ui
