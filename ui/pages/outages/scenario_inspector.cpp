#include "ui/pages/outages/scenario_inspector.h"

#include "ui/models/chain_edits.h"
#include "ui/models/expectation_model.h"
#include "ui/models/scenario_edits.h"
#include "ui/models/scenario_text.h"
#include "ui/pages/outages/scenario_fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>

namespace brownout::ui {
namespace {

namespace ops = scenario_edits;
using Part = ScenarioEditor::Part;
constexpr int inspectorWidth = 48 * gridUnit;
constexpr int mostNames = 8;

std::string textOr(const chain::Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string()
               ? object[key].get<std::string>()
               : std::string();
}

QPushButton* flat(const QString& text, const char* name, QWidget* parent) {
    auto* out = new QPushButton(text, parent);
    out->setObjectName(QLatin1String(name));
    out->setAccessibleName(text);
    out->setProperty("flat", true);
    return out;
}

} // namespace

ScenarioInspector::ScenarioInspector(ScenarioEditor& editor, QWidget* parent)
    : QFrame(parent), editor_(editor) {
    setProperty("panel", true);
    setAccessibleName(tr("Inspector"));
    setFixedWidth(inspectorWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 10, gridUnit, gridUnit);
    column->setSpacing(gridUnit / 2);
    auto* head = new QHBoxLayout;
    title_ = new QLabel(this);
    title_->setObjectName(QStringLiteral("scenario_inspector_title"));
    title_->setProperty("heading", true);
    title_->setTextFormat(Qt::PlainText);
    title_->setWordWrap(true);
    whole_ = flat(tr("Scenario"), "inspect_scenario", this);
    whole_->setToolTip(tr("Shows name, length and traffic (Esc in the timeline)"));
    connect(whole_, &QPushButton::clicked, this, [this] { editor_.select({}); });
    head->addWidget(title_, 1);
    head->addWidget(whole_, 0, Qt::AlignTop);
    column->addLayout(head);
    for (QLabel** label : {&subtitle_, &trouble_}) {
        *label = new QLabel(this);
        (*label)->setWordWrap(true);
        (*label)->setTextFormat(Qt::PlainText);
        column->addWidget(*label);
    }
    subtitle_->setProperty("muted", true);
    trouble_->setProperty("tone", "bad");
    trouble_->setObjectName(QStringLiteral("scenario_inspector_problem"));
    form_ = new JsonForm;
    form_->setProperty("scrolled", true);
    scroll_ = new QScrollArea(this);
    scroll_->setWidget(form_);
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // fields keep their places
    column->addWidget(scroll_, 1);
    auto* foot = new QHBoxLayout;
    duplicate_ = flat(tr("Duplicate"), "duplicate_fault", this);
    duplicate_->setIcon(icon(QStringLiteral("copy")));
    remove_ = flat(tr("Remove"), "remove_selected", this);
    remove_->setIcon(icon(QStringLiteral("remove")));
    connect(duplicate_, &QPushButton::clicked, this, [this] {
        Q_EMIT duplicateRequested(); // where the copies fit is the timeline's business
    });
    connect(remove_, &QPushButton::clicked, this, &ScenarioInspector::remove);
    foot->addWidget(duplicate_);
    foot->addWidget(remove_);
    foot->addStretch(1);
    column->addLayout(foot);

    form_->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        apply(spec, std::move(value));
    };
    connect(&editor_, &ScenarioEditor::settling, form_, &JsonForm::flush);
    connect(&editor_, &ScenarioEditor::changed, this, &ScenarioInspector::refresh);
    connect(&editor_, &ScenarioEditor::selectionChanged, this, &ScenarioInspector::refresh);
    refresh();
}

void ScenarioInspector::setLocked(bool locked) {
    form_->setEnabled(!locked);
    duplicate_->setEnabled(!locked);
    remove_->setEnabled(!locked);
}

std::string ScenarioInspector::base() const {
    const auto& selection = editor_.selection();
    return selection.part == Part::fault         ? "/faults/" + std::to_string(selection.index)
           : selection.part == Part::expectation ? "/expect/" + std::to_string(selection.index)
                                                 : std::string();
}

void ScenarioInspector::refresh() {
    const auto& selection = editor_.selection();
    const chain::Json* rule =
        selection.part == Part::fault ? ops::fault(editor_.json(), selection.index) : nullptr;
    const chain::Json* row = selection.part == Part::expectation
                                 ? ops::expectation(editor_.json(), selection.index)
                                 : nullptr;
    const auto several = editor_.selectedFaults().size();
    scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    if (rule && several > 1)
        showSeveral(static_cast<int>(several));
    else if (rule)
        showFault(*rule);
    else if (row)
        showExpectation(*row);
    else
        showScenario();
    whole_->setVisible(rule || row);
    duplicate_->setVisible(rule);
    remove_->setVisible(rule || row);
    const chain::Json& object = rule ? *rule : row ? *row : editor_.json();
    QStringList others =
        form_->show(object, rule || row ? base() : std::string(), editor_.trouble());
    if (rule && several > 1) { // of each
        others.clear();
        for (const chain::Problem& p : editor_.trouble())
            if (p.severity == chain::Problem::Severity::error &&
                p.pointer.starts_with("/faults/") &&
                editor_.isSelected(std::atoi(p.pointer.c_str() + 8)))
                others << problemSentence(p);
    } else if (!rule && !row) { // what is wrong with a fault is told there
        others.clear();
        for (const chain::Problem& p : editor_.trouble())
            if (p.severity == chain::Problem::Severity::error &&
                !p.pointer.starts_with("/faults/") && !p.pointer.starts_with("/expect/") &&
                !form_->field(p.pointer))
                others << problemSentence(p);
    }
    trouble_->setText(others.join(QLatin1Char('\n')));
    trouble_->setVisible(!others.isEmpty());
}

void ScenarioInspector::showFault(const chain::Json& rule) {
    const std::string name = textOr(rule, "kind");
    title_->setText(faultTitle(rule));
    const faults::KindInfo* kind = nullptr;
    for (const faults::KindInfo& info : faults::kinds())
        if (info.name == name)
            kind = &info;
    if (!kind) {
        subtitle_->setText(tr("There is no fault of this name. Choose one."));
        form_->setSections(QStringLiteral("unknown"), {unknownKindSection()});
        return;
    }
    const QString words = rule.contains("when") ? whenText(rule["when"]) : QString();
    subtitle_->setText(
        QString::fromUtf8(kind->help.data(), static_cast<qsizetype>(kind->help.size())) +
        QStringLiteral(". ") +
        (words.isEmpty() ? tr("The whole time.") : tr("Acts %1.").arg(words)));
    // Fields of a ramp or of renewals are there once it is switched on.
    std::vector<FormSection> sections = faultSections(kind->kind, editor_.chain());
    QString key = QStringLiteral("fault %1 %2").arg(QString::fromStdString(name));
    QStringList parts;
    for (FormSection& section : sections)
        std::erase_if(section.fields, [&](const FieldSpec& spec) {
            for (const char* group : {"/when/ramp", "/when/renewal"})
                if (spec.pointer.starts_with(std::string(group) + "/") && !edits::at(rule, group))
                    return true;
            return false;
        });
    for (const char* group : {"/when/ramp", "/when/renewal"})
        if (edits::at(rule, group))
            parts << QLatin1String(group);
    for (const chain::Provider& p : editor_.chain().providers)
        parts << QString::fromStdString(p.id);
    form_->setSections(key.arg(parts.join(QLatin1Char(' '))), std::move(sections));
}

// Fields are of one: which of several an edit would mean nobody could tell.
void ScenarioInspector::showSeveral(int faults) {
    QStringList names;
    for (const int fault : editor_.selectedFaults()) {
        const QString name = faultTitle(*ops::fault(editor_.json(), fault));
        if (!names.contains(name) && names.size() <= mostNames)
            names << (names.size() < mostNames ? name : QStringLiteral("…"));
    }
    title_->setText(tr("%1 faults").arg(faults));
    subtitle_->setText(names.join(QLatin1Char('\n')));
    form_->setSections(QStringLiteral("several"), {});
    scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded); // there is nothing to keep in place
}

void ScenarioInspector::showExpectation(const chain::Json& row) {
    const auto metric = ops::metricNamed(textOr(row, "metric")).value_or(faults::Metric{});
    const auto all = ops::expectationsOf(editor_.json());
    const auto index = static_cast<std::size_t>(editor_.selection().index);
    title_->setText(tr("Expectation"));
    subtitle_->setText(index < all.size() ? expectationText(all[index]) : QString());
    form_->setSections(QStringLiteral("expect %1").arg(static_cast<int>(metric)),
                       expectationSections(metric, editor_.chain()));
}

void ScenarioInspector::showScenario() {
    const chain::Json* arrivals =
        editor_.json().is_object() ? edits::at(editor_.json(), "/traffic/arrivals") : nullptr;
    const bool closed = arrivals && *arrivals == "closed";
    title_->setText(tr("Scenario and traffic"));
    const QString teaches = QString::fromStdString(textOr(editor_.json(), "description"));
    subtitle_->setText(teaches.isEmpty() ? tr("Select a fault or an expectation to change it.")
                                         : teaches); // in full: its field holds a line of it
    form_->setSections(
        QStringLiteral("scenario %1 %2").arg(closed).arg(editor_.chain().chains.size()),
        scenarioSections(closed, editor_.chain()));
}

void ScenarioInspector::remove() {
    const auto selection = editor_.selection();
    if (selection.part == Part::fault)
        editor_.removeFaults(editor_.selectedFaults());
    else if (selection.part == Part::expectation)
        editor_.removeExpectation(selection.index);
}

void ScenarioInspector::apply(const FieldSpec& spec, std::optional<chain::Json> value) {
    const std::string pointer = base() + spec.pointer;
    const QString key = QString::fromStdString(pointer);
    const QString what = tr("Change %1").arg(spec.label.toLower());
    const auto selection = editor_.selection();
    chain::Json next = editor_.json();
    if (selection.part == Part::expectation && spec.pointer == "/metric" && value &&
        value->is_string()) {
        if (const auto metric = ops::metricNamed(value->get<std::string>()))
            editor_.edit(what, ops::setMetric(std::move(next), selection.index, *metric), key);
        return;
    }
    if (spec.pointer == "/traffic/arrivals") { // what belongs to the other way goes
        const bool closed = value && *value == "closed";
        for (const char* other : {"/traffic/clients", "/traffic/think_ms"})
            if (!closed)
                next = edits::unset(std::move(next), other);
        if (closed)
            next = edits::unset(std::move(next), "/traffic/requests_per_s");
    }
    editor_.edit(what,
                 value ? edits::set(std::move(next), pointer, std::move(*value))
                       : edits::unset(std::move(next), pointer),
                 key);
}

} // namespace brownout::ui
