#include "ui/pages/outages/scenario_page.h"

#include "record/report.h"
#include "ui/models/format.h"
#include "ui/models/scenario_edits.h"
#include "ui/models/scenario_text.h"
#include "ui/pages/outages/expectation_panel.h"
#include "ui/pages/outages/scenario_inspector.h"
#include "ui/shell/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/timeline_view.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>
#include <QUrl>

#include <algorithm>

namespace brownout::ui {

namespace {
constexpr int mostProblemsShown = 3;
}

void ScenarioPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (std::exchange(opened_, true) || editor_.revision() > 0)
        return;
    if (editor_.openRecovered()) {
        Q_EMIT session_.notice(tr("The scenario that was being made is back. Undo (Ctrl+Z) takes "
                                  "away what was not saved."),
                               false);
        return;
    }
    // An empty page helps nobody. The first to try is the plain outage of the first provider.
    if (!open(QStringLiteral(":/scenarios/primary-down.scenario.json")))
        create();
}

bool ScenarioPage::open(const QString& path) {
    opened_ = true;
    editor_.settle();
    if (run_.busy())
        return false;
    QString error;
    bool recovered = false;
    if (path.startsWith(QLatin1Char(':'))) { // built in: a copy, which has no file yet
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return false;
        const QByteArray bytes = file.readAll();
        auto json = chain::parse_json({bytes.constData(), static_cast<std::size_t>(bytes.size())},
                                      path.toStdString());
        if (!json)
            return false;
        openUnsaved(*json, QFileInfo(path).fileName());
        return true;
    }
    if (!editor_.open(path, &error, &recovered)) {
        problems_->show(QStringLiteral("<b>%1</b><br>%2")
                            .arg(QFileInfo(path).fileName().toHtmlEscaped(), error.toHtmlEscaped()),
                        Tone::bad, {}, true);
        return false;
    }
    editor_.select({});
    timeline_->setCursorSeconds(0);
    if (recovered)
        Q_EMIT session_.notice(
            tr("Edits that were not saved are back. Undo (Ctrl+Z) takes them away."), false);
    return true;
}

void ScenarioPage::openUnsaved(const chain::Json& json, const QString& name) {
    opened_ = true;
    if (run_.busy())
        return;
    editor_.settle();
    bool recovered = false;
    editor_.openUnsaved(json, name, &recovered);
    editor_.select({});
    timeline_->fit();
    timeline_->setCursorSeconds(0);
    if (recovered)
        Q_EMIT session_.notice(tr("Your edits of this scenario are back. Undo (Ctrl+Z) takes them "
                                  "away."),
                               false);
}

void ScenarioPage::create() {
    opened_ = true;
    if (run_.busy())
        return;
    editor_.settle();
    editor_.openBlank();
    timeline_->fit();
    timeline_->setCursorSeconds(0);
}

void ScenarioPage::chooseFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Open a scenario"), QFileInfo(editor_.path()).path(),
                                     tr("Scenarios (*.scenario.json *.json);;All files (*)"));
    if (!path.isEmpty())
        open(path);
}

void ScenarioPage::save() {
    if (editor_.path().isEmpty())
        saveAs();
    else
        saveTo(editor_.path());
}

void ScenarioPage::saveAs() {
    editor_.settle();
    QString name = editor_.path();
    if (name.isEmpty()) {
        name = editor_.title().simplified().replace(QLatin1Char(' '), QLatin1Char('-'));
        name.remove(QLatin1Char('/'));
        name += QStringLiteral(".scenario.json");
    }
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the scenario"), name,
                                                      tr("Scenarios (*.scenario.json)"));
    if (!path.isEmpty())
        saveTo(path);
}

bool ScenarioPage::saveTo(const QString& path) {
    QString error;
    const bool saved = editor_.saveAs(path, &error);
    Q_EMIT session_.notice(saved ? tr("Saved the scenario to %1.").arg(path) : error, !saved);
    return saved;
}

void ScenarioPage::play() {
    editor_.settle();
    if (!editor_.bound() || run_.busy())
        return;
    const RealCost cost = realCost(editor_.chain(), *editor_.bound());
    if (cost.providers.isEmpty())
        return start(std::nullopt);
    // Real providers cost money: said before anything is sent, never after.
    QString text = tr("<b>This calls real providers.</b> %1").arg(cost.sentence().toHtmlEscaped());
    std::vector<MessageBar::Button> buttons;
    if (const auto limit = cost.limit()) {
        text += tr(" The run ends early rather than bill more than %1.").arg(usdText(*limit));
        buttons.push_back(
            {tr("Send them"), QStringLiteral("confirm_real"), [this, limit] { start(limit); }});
    } else {
        text += tr(" Give the chain its prices on the Chains page, or the provider a model in the "
                   "scenario, and it can be played.");
    }
    buttons.push_back({tr("Cancel"), QStringLiteral("cancel_real"), [this] { confirm_->clear(); }});
    confirm_->show(text, Tone::warn, std::move(buttons));
}

void ScenarioPage::start(std::optional<Money> realLimit) {
    confirm_->clear();
    problems_->clear();
    if (editor_.bound())
        run_.play(*editor_.bound(), static_cast<std::uint64_t>(seed_->value()),
                  speed_->currentData().toDouble(), realLimit);
}

void ScenarioPage::pauseOrResume() {
    if (run_.paused())
        run_.resume();
    else
        run_.pause();
}

void ScenarioPage::stop() {
    run_.stop();
}

void ScenarioPage::onDocument() {
    confirm_->clear(); // of a scenario as it was
    if (!run_.busy())
        run_.forget(); // so are verdicts
    timeline_->setPlayhead(-1);
    name_->setText(editor_.title());
    name_->setToolTip(editor_.path().isEmpty() ? editor_.name() : editor_.path());
    showProblems();
    onRun();
}

void ScenarioPage::showProblems() {
    QStringList lines;
    int errors = 0;
    std::vector<MessageBar::Button> buttons;
    for (const chain::Problem& p : editor_.trouble()) {
        if (p.severity != chain::Problem::Severity::error)
            continue;
        if (++errors <= mostProblemsShown) {
            const QString place = QString::fromStdString(p.pointer);
            lines << (place.isEmpty()
                          ? QString()
                          : QStringLiteral("#") + place.toHtmlEscaped() + QStringLiteral(": ")) +
                         problemSentence(p).toHtmlEscaped();
        }
        const bool ofFault = p.pointer.starts_with("/faults/");
        if (buttons.empty() && (ofFault || p.pointer.starts_with("/expect/"))) {
            const int index = std::atoi(p.pointer.c_str() + 8);
            const auto part =
                ofFault ? ScenarioEditor::Part::fault : ScenarioEditor::Part::expectation;
            buttons.push_back({tr("Show"), QStringLiteral("show_problem"), [this, part, index] {
                                   editor_.select({part, index});
                               }});
        }
    }
    if (errors == 0)
        return problems_->clear();
    if (errors > mostProblemsShown)
        lines << tr("and %1 more").arg(errors - mostProblemsShown);
    const QString file =
        editor_.path().isEmpty() ? editor_.title() : QFileInfo(editor_.path()).fileName();
    problems_->show(tr("<b>%1 cannot be played yet</b><br>%2")
                        .arg(file.toHtmlEscaped(), lines.join(QStringLiteral("<br>"))),
                    Tone::bad, std::move(buttons));
}

void ScenarioPage::onRun() {
    using State = ScenarioRun::State;
    const live::ScenarioView& view = run_.view();
    const State state = run_.state();
    const double length = editor_.bound() && editor_.bound()->duration_s
                              ? *editor_.bound()->duration_s
                              : scenario_edits::durationOf(editor_.json());
    const bool shown =
        state == State::running || state == State::finished || state == State::stopped;
    const double total = shown && view.duration_s > 0 ? view.duration_s : length;
    const double elapsed = shown ? std::min(view.elapsed_s, total) : 0;
    timeline_->setPlayhead(shown ? view.elapsed_s : -1);
    progress_->setValue(total > 0 ? static_cast<int>(elapsed / total * 1000) : 0);
    const QString left = clockText(std::ceil(std::max(0.0, total - elapsed)));
    switch (state) {
    case State::starting:
        state_->setText(tr("Starting…"));
        break;
    case State::running:
        state_->setText(view.paused              ? tr("Paused, %1 left").arg(left)
                        : view.elapsed_s < total ? tr("Playing, %1 left").arg(left)
                                                 : tr("Waiting for the last answers"));
        break;
    case State::finished:
        state_->setText(tr("Finished"));
        break;
    case State::stopped:
        state_->setText(tr("Stopped"));
        break;
    case State::idle:
    case State::refused:
        state_->setText(editor_.bound() ? tr("Ready, takes %1").arg(clockText(total))
                                        : tr("Not ready"));
    }
    time_->setText(tr("%1 of %2 s").arg(elapsed, 0, 'f', 0).arg(total, 0, 'f', 0));
    if (state == State::refused)
        problems_->show(run_.refusal().toHtmlEscaped(), Tone::bad);
    timeline_->setLocked(run_.busy());
    inspector_->setLocked(run_.busy());
    showSummary();
    setControls();
}

void ScenarioPage::showSummary() {
    if (summary_->text() == run_.summary())
        return;
    summary_->setText(run_.summary());
    summary_->setAccessibleName(run_.summary());
    foot_->setVisible(!run_.summary().isEmpty());
    if (!run_.report())
        return;
    const bool partial = run_.state() == ScenarioRun::State::stopped;
    summary_->setProperty("tone", partial                            ? "warn"
                                  : record::all_pass(*run_.report()) ? "good"
                                                                     : "bad");
    summary_->style()->unpolish(summary_);
    summary_->style()->polish(summary_);
    const QString path = run_.reportPath().toHtmlEscaped();
    report_->setText(path.isEmpty()
                         ? tr("The report could not be written.")
                         : tr("Report: <a href=\"report\">%1</a>").arg(QFileInfo(path).fileName()));
    report_->setToolTip(path.isEmpty() ? QString() : tr("%1\nOpens its folder").arg(path));
    report_->setAccessibleName(tr("Report %1").arg(run_.reportPath()));
}

void ScenarioPage::setControls() {
    const bool busy = run_.busy();
    const bool keyboardHere = play_->hasFocus() || stop_->hasFocus();
    play_->setToolTip(editor_.bound()
                          ? tr("Plays the scenario on the open chain, over real sockets")
                          : tr("First mend what is told below"));
    stop_->setEnabled(busy);
    if (keyboardHere && busy)
        stop_->setFocus(); // before Play is disabled, which would hand the keyboard to anyone
    play_->setEnabled(editor_.bound() && !busy);
    pause_->setEnabled(run_.state() == ScenarioRun::State::running);
    const QString word = run_.paused() ? tr("Resume") : tr("Pause");
    if (pause_->text() != word) {
        pause_->setText(word);
        pause_->setAccessibleName(word);
        pause_->setIcon(icon(run_.paused() ? QStringLiteral("play") : QStringLiteral("pause")));
    }
    pause_->setToolTip(tr("The scenario's clock stands still; faults that act go on. A run that "
                          "was paused gives a partial report."));
    // Callers that wait for their answers come at their own pace.
    const bool ownPace = editor_.bound() && !editor_.bound()->traffic.open_loop();
    speed_->setEnabled(!ownPace);
    speed_->setToolTip(ownPace ? tr("Callers that wait for their answers come at their own pace")
                               : tr("Requests come and faults pass so many times as fast; at "
                                    "another speed than 1 the report is partial"));
    seed_->setEnabled(!busy);
    save_->setEnabled(editor_.isModified() || editor_.path().isEmpty());
    undo_->setEnabled(!busy && editor_.undoStack().canUndo());
    redo_->setEnabled(!busy && editor_.undoStack().canRedo());
    evidence_->setEnabled(run_.report() && run_.state() == ScenarioRun::State::finished);
    if (keyboardHere && !busy)
        play_->setFocus();
}

void ScenarioPage::openReportFolder() {
    if (!run_.reportPath().isEmpty())
        QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(run_.reportPath()).path()));
}

} // namespace brownout::ui
