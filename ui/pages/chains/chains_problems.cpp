// What is wrong with the document, on the Chains page: told, shown at its place, and mended.
#include "ui/models/chain_edits.h"
#include "ui/models/words.h"
#include "ui/pages/chains/chains_page.h"
#include "ui/pages/chains/chains_sidebar.h"
#include "ui/pages/chains/problems_panel.h"
#include "ui/shell/session.h"

namespace brownout::ui {

void ChainsPage::refreshProblems() {
    const auto& editor = session_.editor();
    if (lintOf_ != editor.revision()) {
        lint_ = lintOf(editor);
        lintOf_ = editor.revision();
        std::vector<chain::Problem> warnings;
        for (const auto& warning : lint_)
            warnings.push_back(warning.problem({}));
        inspector_->setWarnings(std::move(warnings));
        inspector_->refresh();
    }
    const auto entries = problemEntries(editor.json(), editor.problems(), lint_);
    problems_->show(entries);
    sidebar_->setProblems(entries.empty() ? QString() : ProblemsPanel::countText(entries));
}

void ChainsPage::applyFix(const chain::Fix& fix) {
    session_.editor().settle();
    auto& editor = session_.editor();
    if (auto fixed = chain::apply_fix(editor.json(), fix))
        editor.edit(text(fix.label), std::move(*fixed));
}

void ChainsPage::jumpTo(const std::string& pointer) {
    const auto& json = session_.editor().json();
    if (!pointer.empty() && pointer.front() != '/')
        return;
    QStringList parts = text(pointer).split(QLatin1Char('/'));
    parts.removeFirst(); // before the first slash
    Selection to{Selection::Kind::document, {}, 0};
    if (parts.size() >= 2 && parts[0] == QLatin1String("chains")) {
        to.id = edits::idAt(json, "chains", parts[1].toInt());
        to.kind = Selection::Kind::chain;
        if (parts.size() >= 4 && parts[2] == QLatin1String("targets")) {
            to.kind = Selection::Kind::target;
            to.index = parts[3].toInt();
        }
        session_.setChainId(text(to.id));
    } else if (parts.size() >= 2 && parts[0] == QLatin1String("providers")) {
        to = {Selection::Kind::provider, edits::idAt(json, "providers", parts[1].toInt()), 0};
    } else if (parts.value(0) == QLatin1String("alerts") ||
               parts.value(0) == QLatin1String("hooks")) {
        to = {Selection::Kind::alerts, {}, parts.value(1).toInt()};
    }
    select(to);
    inspector_->focusPointer(pointer);
}

} // namespace brownout::ui
