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
    if (selection == selection_)
        return;
    settle(); // what is being typed belongs to what was selected
    selection_ = selection;
    Q_EMIT selectionChanged();
}

void ScenarioEditor::addFault(chain::Json rule) {
    settle();
    const QString what = tr("Add %1").arg(faultTitle(rule));
    edit(what, ops::addFault(json(), std::move(rule)));
    selectFault(ops::faultCount(json()) - 1);
}

void ScenarioEditor::removeFault(int index) {
    settle();
    const chain::Json* rule = ops::fault(json(), index);
    if (!rule)
        return;
    edit(tr("Remove %1").arg(faultTitle(*rule)), ops::removeFault(json(), index));
    Q_EMIT selectionChanged(); // the same number is another fault now
}

void ScenarioEditor::duplicateFault(int index, double by_s) {
    settle();
    const chain::Json* rule = ops::fault(json(), index);
    if (!rule)
        return;
    edit(tr("Duplicate %1").arg(faultTitle(*rule)), ops::duplicateFault(json(), index, by_s));
    selectFault(index + 1);
}

void ScenarioEditor::setSpan(int index, double at_s, std::optional<double> for_s,
                             const QString& mergeKey) {
    settle();
    if (const chain::Json* rule = ops::fault(json(), index))
        edit(tr("Change times of %1").arg(faultTitle(*rule)),
             ops::setSpan(json(), index, at_s, for_s), mergeKey);
}

void ScenarioEditor::moveFault(int index, double at_s, const std::string& target,
                               const QString& mergeKey) {
    settle();
    const chain::Json* rule = ops::fault(json(), index);
    if (!rule)
        return;
    chain::Json next = ops::setSpan(json(), index, at_s, ops::forOf(*rule));
    if (target != ops::targetOf(*rule))
        next = ops::setTarget(std::move(next), index, target);
    edit(tr("Move %1").arg(faultTitle(*rule)), std::move(next), mergeKey);
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
