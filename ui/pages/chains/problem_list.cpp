#include "ui/pages/chains/problem_list.h"

#include "ui/pages/chains/alert_fields.h"
#include "ui/pages/chains/chain_view.h"
#include "ui/pages/chains/field_specs.h"

#include <algorithm>

namespace brownout::ui {

namespace {

QString wordsOf(const chain::Json& json, const chain::Problem& problem) {
    auto spec = specAt(problem.pointer);
    if (!spec)
        spec = alertFieldAt(problem.pointer, json);
    if (!spec)
        return problemText(problem);
    return spec->label + QStringLiteral(": ") +
           inShownUnit(*spec, problem, problem.pointer, problemText(problem));
}

// "aster/gpt-5-mini is switched off and never tried. Enable it, or remove it."
QString sentences(const chain::Warning& warning) {
    QString out = QString::fromStdString(warning.message + ". " + warning.remedy + ".");
    // A name keeps its letters.
    if (!out.section(QLatin1Char(' '), 0, 0).contains(QLatin1Char('/')))
        out[0] = out[0].toUpper();
    return out;
}

} // namespace

std::vector<chain::Warning> lintOf(const DocumentEditor& editor) {
    if (!editor.isValid())
        return {};
    return chain::lint(editor.document(), editor.json());
}

std::vector<ProblemEntry> problemEntries(const chain::Json& json,
                                         const std::vector<chain::Problem>& problems,
                                         const std::vector<chain::Warning>& lint) {
    std::vector<ProblemEntry> out;
    for (const auto& p : problems)
        out.push_back({p.severity == chain::Problem::Severity::error, wordsOf(json, p), p.pointer,
                       std::nullopt});
    std::stable_partition(out.begin(), out.end(), [](const ProblemEntry& e) { return e.isError; });
    for (const auto& w : lint)
        out.push_back({false, sentences(w), w.pointer, w.fix});
    return out;
}

} // namespace brownout::ui
