// The inspector's fields: what each shows, and what an edit of one does to the document.
#include "chain/model_mapping.h"
#include "ui/models/chain_edits.h"
#include "ui/models/price_text.h"
#include "ui/models/words.h"
#include "ui/pages/chains/chain_view.h"
#include "ui/pages/chains/inspector.h"
#include "ui/shell/session.h"

#include <QLabel>

#include <algorithm>
#include <cstring>
#include <utility>

namespace brownout::ui {

namespace {

// NexaAPI's `auto` costs what the model costs that it stands for.
std::string pricedName(const chain::Document& document, const Selection& at,
                       const chain::Provider& provider, std::string model) {
    if (!chain::is_translated(provider, model))
        return model;
    for (const chain::Chain& chain : document.chains)
        if (chain.id == at.id && static_cast<std::size_t>(at.index) < chain.targets.size())
            return chain::nexaapi_target_model(document, chain, static_cast<std::size_t>(at.index))
                .value_or(model);
    return model;
}

} // namespace

std::vector<chain::Json> Inspector::inheritedLevels() const {
    // From the newest valid reading: what is being repaired inherits nothing broken.
    const auto& document = session_.editor().document();
    if (selection_.kind == Selection::Kind::document || selection_.kind == Selection::Kind::alerts)
        return {};
    std::vector<chain::Json> levels{document.policy};
    const auto* chain = document.chain(selection_.id);
    if (selection_.kind == Selection::Kind::target && chain)
        levels.push_back(chain->policy);
    return levels;
}

void Inspector::refreshFields() {
    const auto& editor = session_.editor();
    const std::string at = base();
    const auto levels = inheritedLevels();
    QStringList unplaced;
    for (const Row& row : rows_) {
        const std::string pointer = at + row.field->spec().pointer;
        const chain::Json* own = edits::at(editor.json(), pointer);
        if (row.row) {
            const chain::Json inherited = chain::policy_value(*row.row, levels);
            row.field->show(own, &inherited);
        } else {
            row.field->show(own, nullptr);
        }
        showProblem(*row.field, pointer);
    }
    // Errors of what is selected that no field shows.
    for (const auto& p : editor.problems()) {
        if (p.severity != chain::Problem::Severity::error || !edits::below(p.pointer, at) ||
            selection_.kind == Selection::Kind::document ||
            selection_.kind == Selection::Kind::alerts) // are told there
            continue;
        const bool placed = std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
            return edits::below(p.pointer, at + row.field->spec().pointer);
        });
        const bool deeper =
            (selection_.kind == Selection::Kind::chain &&
             edits::below(p.pointer, at + "/targets") && p.pointer != at + "/targets") ||
            (edits::below(p.pointer, at + "/key") && // the key's own fields tell
             p.pointer.find("/limits/") != p.pointer.npos);
        if (!placed && !deeper)
            unplaced << problemText(p);
    }
    trouble_->setText(unplaced.join(QLatin1Char('\n')));
    trouble_->setVisible(!unplaced.isEmpty());
}

// What the model can be completed from, and what it costs.
void Inspector::refreshModel() {
    if (!model_)
        return;
    const auto& editor = session_.editor();
    const chain::Json& target = *edits::at(editor.json(), base());
    const auto word = [&](const char* key) {
        const auto* value = target.is_object() ? edits::at(target, key) : nullptr;
        return value && value->is_string() ? value->get<std::string>() : std::string();
    };
    const chain::Provider* provider = editor.document().provider(word("/provider"));
    if (!provider)
        return model_->setNote({});
    models_.setOffered(*provider, editor.prices());
    // The document's own price, read as the reader reads it; one that is wrong is told at its
    // field.
    std::optional<chain::Price> own;
    if (const auto* price = edits::at(target, "/price"); price && price->is_object()) {
        chain::ProblemList ignored{std::string()};
        own = chain::read_price(chain::ObjectReader(*price, "", ignored));
    }
    const std::string model = pricedName(editor.document(), selection_, *provider, word("/model"));
    model_->setNote(model.empty() ? QString() : priceNote(*provider, model, own, editor.prices()));
}

// The first error of a field, else the first warning.
void Inspector::showProblem(JsonField& field, const std::string& pointer) {
    QString problem;
    bool isError = false;
    const bool group = field.spec().kind == FieldSpec::Kind::group;
    for (const auto* list : {&session_.editor().problems(), &std::as_const(warnings_)})
        for (const auto& p : *list) {
            const bool here = group ? p.pointer == pointer : edits::below(p.pointer, pointer);
            if (here && (problem.isEmpty() || !isError)) {
                isError = p.severity == chain::Problem::Severity::error;
                if (isError || problem.isEmpty())
                    problem = inShownUnit(field.spec(), p, pointer, problemText(p));
            }
        }
    field.setProblem(problem, isError);
}

void Inspector::apply(JsonField& field, std::optional<chain::Json> value) {
    if (!exists())
        return;
    auto& editor = session_.editor();
    const std::string pointer = base() + field.spec().pointer;
    const QString label = field.spec().label.toLower();
    if (field.spec().pointer == "/id")
        return rename(field, value && value->is_string() ? value->get<std::string>() : "");
    const QString what = value ? tr("Change %1").arg(label) : tr("Reset %1").arg(label);
    chain::Json next = editor.json();
    // A hedge starts in one of two ways; choosing one drops the other.
    for (const auto& [one, other] :
         {std::pair{"after_ms", "after_quantile"}, std::pair{"after_quantile", "after_ms"}})
        if (const std::string end = std::string("/hedge/") + one;
            value && !value->is_null() && pointer.ends_with(end))
            next = edits::unset(std::move(next),
                                pointer.substr(0, pointer.size() - std::strlen(one)) + other);
    editor.edit(what,
                value ? edits::set(std::move(next), pointer, std::move(*value))
                      : edits::unset(std::move(next), pointer),
                text(pointer));
}

// A name that two have, or nobody, would leave no way back to what was renamed: refused here.
void Inspector::rename(JsonField& field, const std::string& next) {
    auto& editor = session_.editor();
    const bool provider = selection_.kind == Selection::Kind::provider;
    const std::string taken = provider ? edits::providerPointer(editor.json(), next)
                                       : edits::chainPointer(editor.json(), next);
    if (next == selection_.id)
        return;
    if (next.empty() || !taken.empty()) {
        field.setProblem(next.empty()
                             ? tr("A name is needed; it stays %1.").arg(text(selection_.id))
                             : tr("%1 is taken; it stays %2.").arg(text(next), text(selection_.id)),
                         true);
        return;
    }
    auto json = provider ? edits::renameProvider(editor.json(), selection_.id, next)
                         : edits::set(editor.json(), base() + "/id", next);
    const bool shown = !provider && session_.chainId().toStdString() == selection_.id;
    selection_.id = next;
    editor.edit(tr("Rename to %1").arg(text(next)), std::move(json));
    if (shown)
        session_.setChainId(text(next));
}

} // namespace brownout::ui
