// The parts of the scenario page, put together.
#include "ui/pages/outages/expectation_panel.h"
#include "ui/pages/outages/scenario_inspector.h"
#include "ui/pages/outages/scenario_page.h"
#include "ui/shell/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/timeline_view.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QFrame>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QToolButton>

namespace brownout::ui {
namespace {

QToolButton* tool(const QString& name, const char* objectName, const char* iconName,
                  const QString& tip, QWidget* parent) {
    auto* out = new QToolButton(parent);
    if (*iconName)
        out->setIcon(icon(QLatin1String(iconName)));
    out->setObjectName(QLatin1String(objectName));
    out->setAccessibleName(name);
    out->setToolTip(tip);
    out->setProperty("flat", true);
    return out;
}

QFrame* panel(QWidget* parent) {
    auto* out = new QFrame(parent);
    out->setProperty("panel", true);
    return out;
}

} // namespace

ScenarioPage::ScenarioPage(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), editor_(session.scenario()), run_(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    column->addWidget(makeHead());
    problems_ = new MessageBar(this);
    problems_->setObjectName(QStringLiteral("scenario_problems"));
    column->addWidget(problems_);
    confirm_ = new MessageBar(this);
    confirm_->setObjectName(QStringLiteral("real_confirmation"));
    column->addWidget(confirm_);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(12);
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(12);
    splitter->addWidget(makeTimeline());
    expectations_ = new ExpectationPanel(session_, run_, this);
    splitter->addWidget(expectations_);
    splitter->setStretchFactor(0, 0); // as high as its lanes, unless it is pulled
    splitter->setStretchFactor(1, 1);
    middle->addWidget(splitter, 1);
    inspector_ = new ScenarioInspector(editor_, this);
    inspector_->setObjectName(QStringLiteral("scenario_inspector"));
    middle->addWidget(inspector_);
    column->addLayout(middle, 1);
    foot_ = makeFoot();
    column->addWidget(foot_);

    connect(&editor_, &ScenarioEditor::changed, this, &ScenarioPage::onDocument);
    connect(&editor_, &ScenarioEditor::saveStateChanged, this, &ScenarioPage::setControls);
    connect(&editor_, &ScenarioEditor::recoveryFailed, this, [this](const QString& why) {
        Q_EMIT session_.notice(tr("Edits of the scenario are not kept for a crash: %1.").arg(why),
                               true);
    });
    connect(&run_, &ScenarioRun::changed, this, &ScenarioPage::onRun);
    connect(inspector_, &ScenarioInspector::duplicateRequested, timeline_,
            &TimelineView::duplicateSelected);
    connect(timeline_, &TimelineView::inspectRequested, this, [this] { inspector_->focusFirst(); });
    onDocument();
}

QFrame* ScenarioPage::makeHead() {
    QFrame* head = panel(this);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, gridUnit);
    row->setSpacing(gridUnit);
    name_ = new ElidedLabel(head);
    name_->setObjectName(QStringLiteral("scenario_name"));
    name_->setProperty("heading", true);
    row->addWidget(name_, 1);
    row->addLayout(makeFileButtons(head));
    row->addStretch(0);
    row->addLayout(makeRunButtons(head));
    return head;
}

QHBoxLayout* ScenarioPage::makeFileButtons(QWidget* parent) {
    auto* row = new QHBoxLayout;
    row->setSpacing(2);
    auto* fresh = tool(tr("New scenario"), "new_scenario", "add", tr("New scenario"), parent);
    auto* open = tool(tr("Open scenario"), "open_scenario", "open", tr("Open a file…"), parent);
    save_ = tool(tr("Save scenario"), "save_scenario", "save", tr("Save (Ctrl+S)"), parent);
    undo_ = tool(tr("Undo"), "scenario_undo", "undo", tr("Undo (Ctrl+Z)"), parent);
    redo_ = tool(tr("Redo"), "scenario_redo", "redo", tr("Redo (Ctrl+Shift+Z)"), parent);
    connect(fresh, &QToolButton::clicked, this, &ScenarioPage::create);
    connect(open, &QToolButton::clicked, this, &ScenarioPage::chooseFile);
    connect(save_, &QToolButton::clicked, this, &ScenarioPage::save);
    QUndoStack& stack = editor_.undoStack();
    connect(undo_, &QToolButton::clicked, &stack, [this, &stack] {
        editor_.settle();
        stack.undo();
    });
    connect(redo_, &QToolButton::clicked, &stack, &QUndoStack::redo);
    connect(&stack, &QUndoStack::indexChanged, this, &ScenarioPage::setControls);
    connect(&stack, &QUndoStack::undoTextChanged, this, [this](const QString& text) {
        undo_->setToolTip(text.isEmpty() ? tr("Undo (Ctrl+Z)") : tr("Undo: %1 (Ctrl+Z)").arg(text));
    });
    for (QToolButton* button : {fresh, open, save_, undo_, redo_})
        row->addWidget(button);
    return row;
}

QHBoxLayout* ScenarioPage::makeRunButtons(QWidget* parent) {
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    auto* seedLabel = new QLabel(tr("Seed"), parent);
    seedLabel->setProperty("muted", true);
    seed_ = new QSpinBox(parent);
    seed_->setObjectName(QStringLiteral("scenario_seed"));
    seed_->setAccessibleName(tr("Seed"));
    seed_->setRange(1, 1'000'000'000);
    seed_->setMaximumWidth(11 * gridUnit);
    seed_->setToolTip(tr("The same seed draws the same arrivals and faults"));
    seedLabel->setBuddy(seed_);
    speed_ = new QComboBox(parent);
    speed_->setObjectName(QStringLiteral("scenario_speed"));
    speed_->setAccessibleName(tr("Speed"));
    for (const double factor : {0.5, 1.0, 2.0, 5.0, 10.0})
        speed_->addItem(tr("%1 x").arg(factor), factor);
    speed_->setCurrentIndex(1);
    connect(speed_, &QComboBox::activated, this,
            [this] { run_.setSpeed(speed_->currentData().toDouble()); });
    const auto button = [&](const QString& text, const char* name, const char* iconName) {
        auto* out = new QPushButton(text, parent);
        out->setObjectName(QLatin1String(name));
        out->setAccessibleName(text);
        if (*iconName)
            out->setIcon(icon(QLatin1String(iconName)));
        return out;
    };
    play_ = button(tr("Play"), "play_scenario", "");
    play_->setProperty("primary", true);
    pause_ = button(tr("Pause"), "pause_scenario", "pause");
    connect(pause_, &QPushButton::clicked, this, &ScenarioPage::pauseOrResume);
    stop_ = button(tr("Stop"), "stop_scenario", "stop");
    connect(play_, &QPushButton::clicked, this, &ScenarioPage::play);
    connect(stop_, &QPushButton::clicked, this, &ScenarioPage::stop);
    for (QWidget* w :
         std::initializer_list<QWidget*>{seedLabel, seed_, speed_, play_, pause_, stop_})
        row->addWidget(w);
    return row;
}

QFrame* ScenarioPage::makeTimeline() {
    QFrame* frame = panel(this);
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(2 * gridUnit, 10, 10, 10);
    column->setSpacing(gridUnit / 2);
    auto* head = new QHBoxLayout;
    auto* title = new QLabel(tr("Timeline"), frame);
    title->setProperty("title", true);
    state_ = new QLabel(frame);
    state_->setObjectName(QStringLiteral("scenario_state"));
    state_->setProperty("muted", true);
    auto* out = tool(tr("Zoom out"), "timeline_zoom_out", "", tr("Zoom out (-)"), frame);
    out->setText(QStringLiteral("−"));
    auto* fit = new QToolButton(frame);
    fit->setText(tr("Fit"));
    fit->setObjectName(QStringLiteral("timeline_fit"));
    fit->setAccessibleName(tr("Fit"));
    fit->setToolTip(tr("The whole scenario (0)"));
    fit->setProperty("flat", true);
    auto* in = tool(tr("Zoom in"), "timeline_zoom_in", "add", tr("Zoom in (+, Ctrl+wheel)"), frame);
    head->addWidget(title);
    head->addWidget(state_, 1);
    for (QToolButton* b : {out, fit, in})
        head->addWidget(b);
    column->addLayout(head);
    timeline_ = new TimelineView(editor_, frame);
    timeline_->setObjectName(QStringLiteral("scenario_timeline"));
    connect(out, &QToolButton::clicked, timeline_,
            [this] { timeline_->setZoom(timeline_->zoom() / 1.5, timeline_->cursorSeconds()); });
    connect(in, &QToolButton::clicked, timeline_,
            [this] { timeline_->setZoom(timeline_->zoom() * 1.5, timeline_->cursorSeconds()); });
    connect(fit, &QToolButton::clicked, timeline_, &TimelineView::fit);
    column->addWidget(timeline_, 1);
    auto* row = new QHBoxLayout;
    progress_ = new QProgressBar(frame);
    progress_->setObjectName(QStringLiteral("scenario_progress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    time_ = new QLabel(frame);
    time_->setObjectName(QStringLiteral("scenario_time"));
    time_->setProperty("muted", true);
    row->addWidget(progress_, 1);
    row->addWidget(time_);
    column->addLayout(row);
    return frame;
}

QFrame* ScenarioPage::makeFoot() {
    QFrame* foot = panel(this);
    auto* row = new QHBoxLayout(foot);
    row->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, gridUnit);
    row->setSpacing(2 * gridUnit);
    auto* column = new QVBoxLayout;
    column->setSpacing(2);
    summary_ = new QLabel(foot);
    summary_->setObjectName(QStringLiteral("scenario_summary"));
    summary_->setProperty("title", true);
    summary_->setWordWrap(true);
    summary_->setTextFormat(Qt::PlainText);
    summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    report_ = new QLabel(foot);
    report_->setObjectName(QStringLiteral("report_path"));
    report_->setTextInteractionFlags(Qt::TextBrowserInteraction);
    connect(report_, &QLabel::linkActivated, this, &ScenarioPage::openReportFolder);
    column->addWidget(summary_);
    column->addWidget(report_);
    row->addLayout(column, 1);
    evidence_ = new QPushButton(tr("Use as evidence"), foot);
    evidence_->setObjectName(QStringLiteral("use_as_evidence"));
    evidence_->setAccessibleName(evidence_->text());
    evidence_->setIcon(icon(QStringLiteral("export")));
    evidence_->setToolTip(tr("Shows the report on the Export page"));
    connect(evidence_, &QPushButton::clicked, this, &ScenarioPage::evidenceRequested);
    row->addWidget(evidence_, 0, Qt::AlignVCenter);
    foot->hide();
    return foot;
}

} // namespace brownout::ui
