#include "ui/models/scenario_editor.h"

#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"

#include <algorithm>

namespace brownout::ui {

namespace ops = scenario_edits;

ScenarioEditor::ScenarioEditor(QString recoveryDir, QObject* parent)
    : JsonEditor(std::move(recoveryDir), QStringLiteral(".scenario-recovery.json"), parent) {}

JsonEditor::Reading ScenarioEditor::read(const chain::Json& json, const std::string& file) {
    auto checked = faults::read_scenario(json, file);
    Reading out{std::move(checked.problems), checked.ok(), {}};
    if (checked.ok())
        out.adopt = [this, scenario = std::move(*checked.value)]() mutable {
            scenario_ = std::move(scenario);
        };
    return out;
}

void ScenarioEditor::setChain(const chain::Document& document) {
    chain_ = document;
    const auto before = trouble_.size();
    const bool playable = bound_.has_value();
    bind();
    if (revision() > 0 && (trouble_.size() != before || playable || bound_))
        Q_EMIT changed(); // lanes and places follow the chain
}

void ScenarioEditor::bind() {
    bound_.reset();
    trouble_ = problems();
    if (!isValid() || !scenario_)
        return;
    const QString file = path().isEmpty() ? name() : path();
    auto checked = faults::bind(*scenario_, chain_, file.toStdString());
    bound_ = std::move(checked.value);
    trouble_.insert(trouble_.end(), checked.problems.begin(), checked.problems.end());
}

void ScenarioEditor::refreshed() {
    bind();
    Selection next = selection_;
    const int count = next.part == Part::fault         ? ops::faultCount(json())
                      : next.part == Part::expectation ? ops::expectationCount(json())
                                                       : 0;
    if (next.part != Part::scenario && next.index >= count)
        next.index = count - 1;
    if (next.index < 0)
        next = {};
    selection_ = next;
    if (next.part != Part::fault) {
        faults_.clear();
        return;
    }
    std::erase_if(faults_, [&](int fault) { return fault >= count; });
    if (!isSelected(next.index))
        faults_ = {next.index};
}

QString ScenarioEditor::title() const {
    if (json().is_object() && json().contains("name") && json()["name"].is_string())
        return QString::fromStdString(json()["name"].get<std::string>());
    return name();
}

void ScenarioEditor::openBlank() {
    openFresh(ops::blank(), tr("New scenario"));
    select({});
}

bool ScenarioEditor::openRecovered() {
    return openNewestRecovery(ops::blank());
}

void ScenarioEditor::select(Selection selection) {
    if (selection.index < 0)
        selection = {};
    setSelection(selection, selection.part == Part::fault ? std::vector<int>{selection.index}
                                                          : std::vector<int>{});
}

void ScenarioEditor::setSelection(Selection selection, std::vector<int> faults) {
    if (selection == selection_ && faults == faults_)
        return;
    settle(); // what is being typed belongs to what was selected
    selection_ = selection;
    faults_ = std::move(faults);
    Q_EMIT selectionChanged();
}

bool ScenarioEditor::isSelected(int fault) const {
    return std::binary_search(faults_.begin(), faults_.end(), fault);
}

void ScenarioEditor::selectFaults(std::vector<int> faults, int current) {
    const int count = ops::faultCount(json());
    std::erase_if(faults, [&](int fault) { return fault < 0 || fault >= count; });
    std::sort(faults.begin(), faults.end());
    faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
    if (faults.empty())
        return select({});
    if (!std::binary_search(faults.begin(), faults.end(), current))
        current = faults.front();
    setSelection({Part::fault, current}, std::move(faults));
}

QString ScenarioEditor::titleOf(const std::vector<int>& faults) const {
    const chain::Json* only = faults.size() == 1 ? ops::fault(json(), faults.front()) : nullptr;
    return only ? faultTitle(*only) : tr("%1 faults").arg(faults.size());
}

void ScenarioEditor::addFaults(std::vector<chain::Json> rules) {
    if (rules.empty())
        return;
    settle();
    const QString title =
        rules.size() == 1 ? faultTitle(rules.front()) : tr("%1 faults").arg(rules.size());
    chain::Json next = json();
    std::vector<int> added;
    for (chain::Json& rule : rules) {
        next = ops::addFault(std::move(next), std::move(rule));
        added.push_back(ops::faultCount(next) - 1);
    }
    edit(tr("Add %1").arg(title), std::move(next));
    selectFaults(added, added.front());
}

void ScenarioEditor::removeFaults(const std::vector<int>& faults) {
    settle();
    if (faults.empty())
        return;
    const std::vector<int> gone = faults; // may be the selection itself
    edit(tr("Remove %1").arg(titleOf(gone)), ops::removeFaults(json(), gone));
    if (selection_.part == Part::fault) { // the same numbers are others now: the next one
        selection_.index = std::min(gone.front(), ops::faultCount(json()) - 1);
        if (selection_.index < 0)
            selection_ = {};
        faults_ = selection_.index < 0 ? std::vector<int>{} : std::vector<int>{selection_.index};
    }
    Q_EMIT selectionChanged();
}

void ScenarioEditor::duplicateFaults(const std::vector<int>& faults, double by_s) {
    settle();
    const std::vector<int> originals = faults;
    const QString what = tr("Duplicate %1").arg(titleOf(originals));
    std::vector<int> copies;
    chain::Json next = ops::duplicateFaults(json(), originals, by_s, &copies);
    if (copies.empty())
        return;
    edit(what, std::move(next));
    selectFaults(copies, copies.front());
}

void ScenarioEditor::setSpan(int index, double at_s, std::optional<double> for_s,
                             const QString& mergeKey) {
    settle();
    if (const chain::Json* rule = ops::fault(json(), index))
        edit(tr("Change times of %1").arg(faultTitle(*rule)),
             ops::setSpan(json(), index, at_s, for_s), mergeKey);
}

void ScenarioEditor::moveFaults(const std::vector<Move>& moves, const QString& mergeKey) {
    settle();
    chain::Json next = json();
    std::vector<int> moved;
    for (const Move& move : moves) {
        const chain::Json* rule = ops::fault(json(), move.fault);
        if (!rule)
            continue;
        moved.push_back(move.fault);
        next = ops::setSpan(std::move(next), move.fault, move.at_s, move.for_s);
        if (move.target != ops::targetOf(*rule))
            next = ops::setTarget(std::move(next), move.fault, move.target);
    }
    edit(tr("Move %1").arg(titleOf(moved)), std::move(next), mergeKey);
}

void ScenarioEditor::addExpectation(chain::Json expectation) {
    settle();
    edit(tr("Add expectation"), ops::addExpectation(json(), std::move(expectation)));
    select({Part::expectation, ops::expectationCount(json()) - 1});
}

void ScenarioEditor::removeExpectation(int index) {
    settle();
    edit(tr("Remove expectation"), ops::removeExpectation(json(), index));
    Q_EMIT selectionChanged();
}

QString faultTitle(const chain::Json& rule) {
    QString label = QObject::tr("fault");
    if (rule.is_object() && rule.contains("kind") && rule["kind"].is_string()) {
        const auto name = rule["kind"].get<std::string>();
        label = QString::fromStdString(name);
        for (const faults::KindInfo& info : faults::kinds())
            if (info.name == name)
                label =
                    QString::fromUtf8(info.label.data(), static_cast<qsizetype>(info.label.size()));
    }
    const QString target = faultTargetText(scenario_edits::targetOf(rule));
    return target.isEmpty() ? label : QObject::tr("%1 on %2").arg(label, target);
}

} // namespace brownout::ui
