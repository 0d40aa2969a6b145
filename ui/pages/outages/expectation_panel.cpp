#include "ui/pages/outages/expectation_panel.h"

#include "ui/models/scenario_edits.h"
#include "ui/pages/outages/scenario_fields.h"
#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>

namespace brownout::ui {

namespace ops = scenario_edits;
using Part = ScenarioEditor::Part;

namespace {

// With the names that places stand for, where they are known.
std::vector<faults::Expectation> shownOf(const ScenarioEditor& editor) {
    auto written = ops::expectationsOf(editor.json());
    return editor.bound() && editor.bound()->expect.size() == written.size()
               ? editor.bound()->expect
               : written;
}

} // namespace

ExpectationPanel::ExpectationPanel(Session& session, ScenarioRun& run, QWidget* parent)
    : QFrame(parent), editor_(session.scenario()), run_(run) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 10, 2 * gridUnit, 10);
    column->setSpacing(gridUnit / 2);
    column->addLayout(makeHead());
    makeTable();
    column->addWidget(table_, 1);
    none_ = new QLabel(tr("Nothing is expected yet: a run would say nothing. Add what your users "
                          "must still get."),
                       this);
    none_->setProperty("muted", true);
    none_->setWordWrap(true);
    none_->setAlignment(Qt::AlignCenter);
    column->addWidget(none_, 1);
    why_ = new QLabel(this);
    why_->setObjectName(QStringLiteral("expectation_why"));
    why_->setWordWrap(true);
    why_->setTextFormat(Qt::PlainText);
    why_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    why_->hide();
    column->addWidget(why_);

    listen();
    onDocument();
}

QHBoxLayout* ExpectationPanel::makeHead() {
    auto* head = new QHBoxLayout;
    auto* title = new QLabel(tr("Expectations"), this);
    title->setProperty("title", true);
    add_ = new QPushButton(tr("Add expectation"), this);
    add_->setObjectName(QStringLiteral("add_expectation"));
    add_->setAccessibleName(add_->text());
    add_->setIcon(icon(QStringLiteral("add")));
    add_->setProperty("hasMenu", true);
    auto* menu = new QMenu(add_);
    for (int i = 0; i <= static_cast<int>(faults::Metric::longest_gap_s); ++i) {
        const auto metric = static_cast<faults::Metric>(i);
        menu->addAction(metricLabel(metric), this,
                        [this, metric] { editor_.addExpectation(ops::usualExpectation(metric)); });
    }
    add_->setMenu(menu);
    remove_ = new QPushButton(tr("Remove"), this);
    remove_->setObjectName(QStringLiteral("remove_expectation"));
    remove_->setAccessibleName(tr("Remove expectation"));
    remove_->setIcon(icon(QStringLiteral("remove")));
    head->addWidget(title, 1);
    head->addWidget(add_);
    head->addWidget(remove_);
    return head;
}

void ExpectationPanel::makeTable() {
    table_ = bareTable(&model_, "expectations", tr("Expectations"), this);
    table_->verticalHeader()->setDefaultSectionSize(26);
    QHeaderView* header = table_->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setSectionResizeMode(ExpectationModel::expectationColumn, QHeaderView::Stretch);
    // Wide enough for what stands in them; the sentence has the rest.
    const auto room = [this](const QString& longest) {
        return fontMetrics().horizontalAdvance(longest) + 2 * gridUnit;
    };
    table_->setColumnWidth(ExpectationModel::verdictColumn,
                           room(tr("not finished")) + 2 * gridUnit); // and the mark
    table_->setColumnWidth(ExpectationModel::observedColumn, room(tr("100.0 % when stopped")));
    table_->setMinimumHeight(4 * 26);
}

void ExpectationPanel::listen() {
    const auto removeRow = [this] { editor_.removeExpectation(table_->currentIndex().row()); };
    connect(remove_, &QPushButton::clicked, this, removeRow);
    auto* shortcut = new QShortcut(Qt::Key_Delete, table_);
    shortcut->setContext(Qt::WidgetShortcut);
    connect(shortcut, &QShortcut::activated, this, [this, removeRow] {
        if (remove_->isEnabled())
            removeRow();
    });
    const auto choose = [this](const QModelIndex& index) {
        if (!following_ && index.isValid())
            editor_.select({Part::expectation, index.row()});
    };
    connect(table_, &QTableView::clicked, this, choose);
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this, choose](const QModelIndex& index) {
                if (table_->hasFocus())
                    choose(index);
                explain();
            });
    connect(&editor_, &ScenarioEditor::changed, this, &ExpectationPanel::onDocument);
    connect(&editor_, &ScenarioEditor::selectionChanged, this, &ExpectationPanel::followSelection);
    connect(&run_, &ScenarioRun::changed, this, &ExpectationPanel::onRun);
}

void ExpectationPanel::onDocument() {
    if (run_.busy())
        return;
    model_.setExpectations(shownOf(editor_));
    const bool any = model_.rowCount() > 0;
    table_->setVisible(any);
    none_->setVisible(!any);
    followSelection();
    onRun();
}

void ExpectationPanel::followSelection() {
    following_ = true;
    const auto& selection = editor_.selection();
    if (selection.part == Part::expectation && selection.index < model_.rowCount())
        table_->setCurrentIndex(model_.index(selection.index, 0));
    else
        table_->clearSelection();
    following_ = false;
    remove_->setEnabled(!run_.busy() && selection.part == Part::expectation);
}

void ExpectationPanel::onRun() {
    using State = ScenarioRun::State;
    using Run = ExpectationModel::Run;
    const State state = run_.state();
    if (state == State::starting || (state == State::idle && !run_.busy()))
        model_.setExpectations(shownOf(editor_));
    else if (state != State::refused)
        model_.setJudged(run_.view().expectations, state == State::stopped    ? Run::stopped
                                                   : state == State::finished ? Run::finished
                                                                              : Run::running);
    add_->setEnabled(!run_.busy());
    remove_->setEnabled(!run_.busy() && editor_.selection().part == Part::expectation);
    explain();
}

// Of the chosen row, else of the first that failed.
void ExpectationPanel::explain() {
    int row = table_->selectionModel()->hasSelection() ? table_->currentIndex().row() : -1;
    if (row < 0 || row >= model_.rowCount() ||
        model_.verdict(row) != ExpectationModel::Verdict::failed) {
        row = -1;
        for (int i = 0; i < model_.rowCount() && row < 0; ++i)
            if (model_.verdict(i) == ExpectationModel::Verdict::failed)
                row = i;
    }
    if (row < 0) {
        why_->hide();
        return;
    }
    const QString text = whyFailed(model_.judged(row), run_.lastFailure());
    if (why_->text() != text)
        why_->setText(text);
    why_->show();
}

} // namespace brownout::ui
