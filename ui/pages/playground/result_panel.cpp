#include "ui/pages/playground/result_panel.h"

#include "ui/pages/playground/raw_view.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QStackedWidget>
#include <QTabBar>

namespace brownout::ui {

ResultPanel::ResultPanel(const QString& name, QWidget* result, QWidget* below, QWidget* parent)
    : QFrame(parent) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit / 2, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    bar_ = new QTabBar(this);
    bar_->setObjectName(QStringLiteral("result_tabs"));
    bar_->setAccessibleName(tr("What is shown of it"));
    bar_->setDrawBase(false);
    bar_->setExpanding(false);
    for (const QString& tab : {name, tr("Raw"), tr("Code")})
        bar_->addTab(tab);
    column->addWidget(bar_);
    stack_ = new QStackedWidget(this);
    raw_ = new RawView(stack_);
    code_ = new CodeView(stack_);
    for (QWidget* page : {result, static_cast<QWidget*>(raw_), static_cast<QWidget*>(code_)})
        stack_->addWidget(page);
    column->addWidget(stack_, 1);
    if (below)
        column->addWidget(below);
    connect(bar_, &QTabBar::currentChanged, this, [this](int tab) {
        stack_->setCurrentIndex(tab);
        Q_EMIT tabShown(Tab(tab));
    });
}

ResultPanel::Tab ResultPanel::tab() const {
    return Tab(bar_->currentIndex());
}

void ResultPanel::showTab(Tab tab) {
    bar_->setCurrentIndex(tab);
}

std::vector<CodeChoice> codeChoices(const Session& session, const QString& chain,
                                    const wire::ChatRequest& request,
                                    const std::vector<live::ExchangePtr>& sent, int* first) {
    std::vector<CodeChoice> out;
    *first = 0;
    const auto& document = session.editor().document();
    const chain::Chain* c = document.chain(chain.toStdString());
    if (!c)
        return out;
    const bool job = request.image || request.media;
    for (const chain::Target& target : c->targets) {
        const chain::Provider* provider = document.provider(target.provider);
        if (!target.enabled || !provider)
            continue;
        CodeChoice choice;
        choice.target = QStringLiteral("%1 · %2").arg(
            Session::displayName(QString::fromStdString(target.provider)),
            QString::fromStdString(target.model));
        for (const live::ExchangePtr& e : sent)
            if (e->target == target.name()) {
                if (!choice.sample) // the first of a job is the request, the others follow it up
                    choice.sample = sampleOf(*e, job);
                *first = static_cast<int>(out.size());
            }
        if (!choice.sample) {
            std::string lab;
            for (const live::TargetView& view : session.snapshot()->targets)
                if (view.name == target.name())
                    lab = view.lab_url;
            choice.sample = sampleOf(*provider, target.model, request, lab, &choice.why);
        }
        out.push_back(std::move(choice));
    }
    return out;
}

} // namespace brownout::ui
