#include "ui/pages/outages/scenario_panel.h"

#include "live/rehearsal.h"
#include "record/report.h"
#include "ui/models/format.h"
#include "ui/shell/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/scenario_timeline.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>
#include <QTableView>

namespace brownout::ui {
namespace {

constexpr int mostProblemsShown = 5;

QLabel* muted(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setProperty("muted", true);
    return label;
}

} // namespace

ScenarioPanel::ScenarioPanel(Session& session, QWidget* parent)
    : QFrame(parent), session_(session) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    column->addLayout(makeHead());
    description_ = muted(this);
    description_->setObjectName(QStringLiteral("scenario_description"));
    description_->setWordWrap(true);
    column->addWidget(description_);
    problems_ = new MessageBar(this);
    problems_->setObjectName(QStringLiteral("scenario_problems"));
    column->addWidget(problems_);
    auto* progressRow = new QHBoxLayout;
    progress_ = new QProgressBar(this);
    progress_->setObjectName(QStringLiteral("scenario_progress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    time_ = muted(this);
    time_->setObjectName(QStringLiteral("scenario_time"));
    progressRow->addWidget(progress_, 1);
    progressRow->addWidget(time_);
    timeline_ = new ScenarioTimeline(this);
    timeline_->setObjectName(QStringLiteral("scenario_timeline"));
    column->addWidget(timeline_);
    column->addLayout(progressRow);
    column->addWidget(makeExpectations(), 1);
    column->addLayout(makeFoot());

    connect(&session_, &Session::snapshotChanged, this, &ScenarioPanel::onSnapshot);
    connect(&session_.editor(), &DocumentEditor::changed, this, [this] {
        if (state_ != live::RunState::running)
            reload();
    });
    setLibrary(QStringLiteral(":/scenarios"));
    onSnapshot();
}

QPushButton* ScenarioPanel::button(const QString& text, const QString& name,
                                   const QString& iconName) {
    auto* out = new QPushButton(text, this);
    out->setObjectName(name);
    out->setAccessibleName(text);
    if (!iconName.isEmpty())
        out->setIcon(icon(iconName));
    return out;
}

QHBoxLayout* ScenarioPanel::makeHead() {
    auto* title = new QLabel(tr("Scenario"), this);
    title->setProperty("title", true);
    library_ = new QComboBox(this);
    library_->setObjectName(QStringLiteral("scenario_library"));
    library_->setAccessibleName(tr("Scenario"));
    library_->setPlaceholderText(tr("Choose one"));
    library_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    connect(library_, &QComboBox::activated, this,
            [this](int i) { open(library_->itemData(i).toString()); });
    open_ = button(tr("Open…"), QStringLiteral("open_scenario"), QStringLiteral("open"));
    connect(open_, &QPushButton::clicked, this, &ScenarioPanel::chooseFile);
    seed_ = new QSpinBox(this);
    seed_->setObjectName(QStringLiteral("scenario_seed"));
    seed_->setAccessibleName(tr("Seed"));
    seed_->setRange(1, 1'000'000'000);
    seed_->setToolTip(tr("The same seed draws the same arrivals and faults"));
    auto* seedLabel = muted(this);
    seedLabel->setText(tr("Seed"));
    seedLabel->setBuddy(seed_);
    play_ = button(tr("Play"), QStringLiteral("play_scenario"), {});
    play_->setProperty("primary", true);
    stop_ = button(tr("Stop"), QStringLiteral("stop_scenario"), QStringLiteral("stop"));
    connect(play_, &QPushButton::clicked, this, &ScenarioPanel::play);
    connect(stop_, &QPushButton::clicked, this, &ScenarioPanel::stop);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    row->addWidget(title);
    row->addWidget(library_);
    row->addWidget(open_);
    row->addStretch(1);
    row->addWidget(seedLabel);
    row->addWidget(seed_);
    row->addWidget(play_);
    row->addWidget(stop_);
    return row;
}

QTableView* ScenarioPanel::makeExpectations() {
    table_ = new QTableView(this);
    table_->setObjectName(QStringLiteral("expectations"));
    table_->setAccessibleName(tr("Expectations"));
    table_->setProperty("bare", true);
    table_->setModel(&expectations_);
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(28);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table_->horizontalHeader()->setSectionResizeMode(ExpectationModel::expectationColumn,
                                                     QHeaderView::Stretch);
    table_->setColumnWidth(ExpectationModel::verdictColumn, 14 * gridUnit);
    table_->setColumnWidth(ExpectationModel::observedColumn, 26 * gridUnit);
    table_->setMinimumHeight(4 * 28);
    return table_;
}

QHBoxLayout* ScenarioPanel::makeFoot() {
    summary_ = new QLabel(this);
    summary_->setObjectName(QStringLiteral("scenario_summary"));
    summary_->setProperty("title", true);
    summary_->setWordWrap(true);
    summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    save_ = button(tr("Save report"), QStringLiteral("save_report"), QStringLiteral("save"));
    evidence_ =
        button(tr("Use as evidence"), QStringLiteral("use_as_evidence"), QStringLiteral("export"));
    evidence_->setToolTip(tr("Shows the report on the Export page"));
    connect(save_, &QPushButton::clicked, this, &ScenarioPanel::chooseReportFile);
    connect(evidence_, &QPushButton::clicked, this, &ScenarioPanel::evidenceRequested);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    row->addWidget(summary_, 1);
    row->addWidget(save_);
    row->addWidget(evidence_);
    return row;
}

void ScenarioPanel::setLibrary(const QString& directory) {
    library_->clear();
    for (const ScenarioFile& file : scenariosIn(directory)) {
        library_->addItem(file.name, file.path);
        library_->setItemData(library_->count() - 1, file.path, Qt::ToolTipRole);
    }
    library_->model()->sort(0); // by what they are called, not by their files
    library_->setCurrentIndex(-1);
    library_->setEnabled(library_->count() > 0);
    setControls();
}

void ScenarioPanel::showEvent(QShowEvent* event) {
    QFrame::showEvent(event);
    if (!path_.isEmpty() || library_->count() == 0)
        return;
    // An empty panel helps nobody. The first to try is the plain outage of the first provider.
    int first = 0;
    for (int i = 0; i < library_->count(); ++i)
        if (library_->itemData(i).toString().contains(QStringLiteral("primary-down")))
            first = i;
    open(library_->itemData(first).toString());
}

bool ScenarioPanel::open(const QString& path) {
    path_ = path;
    int at = library_->findData(path);
    if (at < 0) {
        library_->addItem(QFileInfo(path).fileName(), path);
        library_->setEnabled(true);
        at = library_->count() - 1;
    }
    library_->setCurrentIndex(at);
    reload();
    return loaded_.scenario.has_value();
}

void ScenarioPanel::reload() {
    if (path_.isEmpty())
        return;
    loaded_ = loadScenario(path_, session_.editor().document());
    summary_->clear(); // of another scenario, or of the chain as it was
    report_.reset();
    showProblems(loaded_.problems);
    if (!loaded_.scenario) {
        description_->setText(tr("This scenario cannot be played on the open chain."));
        timeline_->setLanes({}, 0);
        expectations_.setExpectations({});
        setControls();
        return;
    }
    const faults::Scenario& s = *loaded_.scenario;
    QString text = trafficText(s);
    if (!s.description.empty())
        text = QString::fromStdString(s.description) + QStringLiteral(" · ") + text;
    description_->setText(text);
    timeline_->setLanes(timelineLanes(s, session_.editor().document()), durationOf(s));
    expectations_.setExpectations(s.expect);
    progress_->setValue(0);
    time_->setText(tr("0 of %1 s").arg(durationOf(s)));
    setControls();
}

void ScenarioPanel::showProblems(const QStringList& problems) {
    if (problems.isEmpty()) {
        problems_->clear();
        return;
    }
    QStringList lines;
    for (const QString& p : problems.mid(0, mostProblemsShown))
        lines << p.toHtmlEscaped();
    if (problems.size() > mostProblemsShown)
        lines << tr("and %1 more").arg(problems.size() - mostProblemsShown);
    problems_->show(
        QStringLiteral("<b>%1</b><br>%2")
            .arg(QFileInfo(path_).fileName().toHtmlEscaped(), lines.join(QStringLiteral("<br>"))),
        Tone::bad);
}

void ScenarioPanel::play() {
    if (!loaded_.scenario || state_ == live::RunState::running || posted_)
        return;
    if (!confirmRealSpend())
        return;
    expectations_.setExpectations(loaded_.scenario->expect);
    summary_->clear();
    report_.reset();
    problems_->clear();
    posted_ = true;
    const auto before = session_.snapshot(); // may still tell of an earlier one
    toldBefore_ = {before->scenario.name, before->scenario.error};
    postedAt_ = before->version;
    session_.post(
        live::PlayScenario{*loaded_.scenario, static_cast<std::uint64_t>(seed_->value())});
    setControls();
}

void ScenarioPanel::stop() {
    session_.post(live::StopScenario{});
}

// Real providers cost money: said before, never after.
bool ScenarioPanel::confirmRealSpend() {
    const auto& document = session_.editor().document();
    QStringList real;
    for (const chain::Provider& p : document.providers)
        if (!p.simulated() && !loaded_.scenario->models.contains(p.id))
            real << Session::displayName(QString::fromStdString(p.id));
    if (real.isEmpty())
        return true;
    const auto estimate = live::estimate_spend(document, *loaded_.scenario);
    if (estimate && *estimate == Money{})
        return true;
    const QString cost = estimate ? tr("It costs at most about %1.").arg(usdText(*estimate))
                                  : tr("What it costs is not known: a price is missing.");
    return QMessageBox::question(this, tr("Play on real providers?"),
                                 tr("This scenario calls %1 for real. %2 Play it?")
                                     .arg(real.join(QStringLiteral(", ")), cost),
                                 QMessageBox::Yes | QMessageBox::Cancel,
                                 QMessageBox::Cancel) == QMessageBox::Yes;
}

void ScenarioPanel::onSnapshot() {
    const live::ScenarioView& view = session_.snapshot()->scenario;
    const bool running = view.state == live::RunState::running;
    const bool over =
        view.state == live::RunState::finished || view.state == live::RunState::stopped;
    if (running && posted_)
        problems_->clear();
    if (running)
        posted_ = false;
    // The refusal of an earlier run stands until the worker has taken this one up; said again in
    // the same words it is this one's, some pictures later.
    const bool news = toldBefore_ != std::pair{view.name, view.error} ||
                      session_.snapshot()->version > postedAt_ + 3;
    if (posted_ && news && !view.error.empty()) {
        posted_ = false;
        showProblems({QString::fromStdString(view.error)});
    }
    const bool fresh = over && view.report && view.report != seen_;
    if (running || fresh) {
        posted_ = false;
        using Run = ExpectationModel::Run;
        expectations_.setJudged(view.expectations, view.state == live::RunState::stopped
                                                       ? Run::stopped
                                                   : over ? Run::finished
                                                          : Run::running);
        timeline_->setPlayhead(view.elapsed_s);
        const double part = view.duration_s > 0 ? view.elapsed_s / view.duration_s : 0;
        progress_->setValue(static_cast<int>(std::min(1.0, part) * 1000));
        time_->setText(
            tr("%1 of %2 s").arg(view.elapsed_s, 0, 'f', 0).arg(view.duration_s, 0, 'f', 0));
        playedName_ = QString::fromStdString(view.name);
    }
    if (fresh) {
        report_ = seen_ = view.report;
        showSummary(view);
    }
    if (state_ != view.state || fresh || !posted_) {
        state_ = view.state;
        setControls();
    }
}

void ScenarioPanel::showSummary(const live::ScenarioView& view) {
    QStringList labels;
    for (const record::Judged& j : view.expectations)
        labels << expectationText(j.expectation);
    summary_->setText(runSummary(*report_, labels));
    summary_->setAccessibleName(summary_->text());
    const bool partial = view.state == live::RunState::stopped;
    summary_->setProperty("tone", partial ? "warn" : record::all_pass(*report_) ? "good" : "bad");
    summary_->style()->unpolish(summary_);
    summary_->style()->polish(summary_);
}

void ScenarioPanel::setControls() {
    const bool running = state_ == live::RunState::running;
    const bool complete = report_ && state_ == live::RunState::finished;
    const bool keyboardHere = play_->hasFocus() || stop_->hasFocus();
    play_->setEnabled(loaded_.scenario && !running && !posted_);
    stop_->setEnabled(running);
    for (QWidget* w : std::initializer_list<QWidget*>{open_, seed_})
        w->setEnabled(!running && !posted_);
    library_->setEnabled(!running && !posted_ && library_->count() > 0);
    save_->setEnabled(report_ != nullptr);
    evidence_->setEnabled(complete);
    if (keyboardHere)
        (running ? stop_ : play_)->setFocus();
}

void ScenarioPanel::chooseFile() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open a scenario"), {},
                                                      tr("Scenarios (*.scenario.json *.json)"));
    if (!path.isEmpty())
        open(path);
}

void ScenarioPanel::chooseReportFile() {
    QString name = playedName_.simplified().replace(QLatin1Char(' '), QLatin1Char('-'));
    name.remove(QLatin1Char('/'));
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Save report"), name + QStringLiteral(".report.json"),
                                     tr("Reports (*.report.json)"));
    if (!path.isEmpty())
        saveReport(path);
}

bool ScenarioPanel::saveReport(const QString& path) {
    if (!report_)
        return false;
    const auto written =
        chain::write_file_atomically(path.toStdString(), chain::pretty_json(*report_));
    Q_EMIT session_.notice(written ? tr("Saved the report to %1.").arg(path)
                                   : QString::fromStdString(written.error().text()),
                           !written);
    return written.has_value();
}

} // namespace brownout::ui
