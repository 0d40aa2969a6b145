#include "ui/pages/export/export_page.h"

#include "record/rehearsals.h"
#include "ui/models/words.h"
#include "ui/pages/export/json_preview.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"
#include "ui/widgets/message_bar.h"

#include <QCheckBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QStackedWidget>
#include <QStandardPaths>

namespace brownout::ui {

namespace {

QPushButton* button(const QString& label, const QString& objectName) {
    auto* b = new QPushButton(label);
    b->setObjectName(objectName);
    b->setAccessibleName(label);
    return b;
}

QLabel* label(const QString& words, const char* style) {
    auto* l = new QLabel(words);
    l->setProperty(style, true);
    return l;
}

// A path as a shell takes it.
QString quoted(const QString& path) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./~@%+=:,-]+$"));
    if (plain.match(path).hasMatch())
        return path;
    QString out = path;
    return QLatin1Char('\'') + out.replace(QLatin1Char('\''), QStringLiteral("'\\''")) +
           QLatin1Char('\'');
}

} // namespace

ExportPage::ExportPage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("export_page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 2 * gridUnit, 2 * gridUnit, 2 * gridUnit);
    column->setSpacing(gridUnit + 4);
    state_ = new MessageBar;
    state_->setObjectName(QStringLiteral("evidence_state"));
    column->addWidget(state_);
    message_ = new MessageBar;
    message_->setObjectName(QStringLiteral("export_message"));
    column->addWidget(message_);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit + 4);
    row->addWidget(makeEvidencePanel(), 5);
    row->addWidget(makePreviewPanel(), 4);
    column->addLayout(row, 1);

    connect(&session.editor(), &DocumentEditor::changed, this, &ExportPage::documentChanged);
    connect(&session.editor(), &DocumentEditor::saveStateChanged, this,
            &ExportPage::documentChanged);
    connect(&session, &Session::snapshotChanged, this, &ExportPage::takeReport);
    connect(&model_, &EvidenceModel::chosenChanged, this, [this] {
        dirty_ = true;
        if (isVisible())
            refresh();
    });
    documentChanged();
    refresh();
}

QWidget* ExportPage::makeEvidencePanel() {
    auto* panel = new QFrame;
    panel->setProperty("panel", true);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(2 * gridUnit, gridUnit + 4, 2 * gridUnit, gridUnit + 4);
    column->setSpacing(gridUnit);
    auto* top = new QHBoxLayout;
    top->addWidget(label(tr("Evidence"), "heading"));
    auto* note = label(tr("runs that show what this chain survives"), "muted");
    top->addWidget(note, 1);
    auto* load = button(tr("Load report"), QStringLiteral("load_report"));
    connect(load, &QPushButton::clicked, this, &ExportPage::chooseReport);
    remove_ = button(tr("Remove from list"), QStringLiteral("remove_report"));
    connect(remove_, &QPushButton::clicked, this,
            [this] { model_.remove(table_->currentIndex().row()); });
    top->addWidget(load);
    top->addWidget(remove_);
    column->addLayout(top);

    table_ = bareTable(&model_, "evidence_table", tr("Evidence"), nullptr);
    table_->verticalHeader()->setDefaultSectionSize(4 * gridUnit);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setSectionResizeMode(EvidenceModel::scenario, QHeaderView::Stretch);
    auto* hint = new QLabel(
        tr("No evidence yet.\n\nPlay a scenario on the Outages page: when it ends, its report "
           "appears here.\nOr load a report that brownoutctl rehearse --report has written."));
    hint->setProperty("muted", true);
    hint->setAlignment(Qt::AlignCenter);
    hint->setWordWrap(true);
    hint->setObjectName(QStringLiteral("evidence_hint"));
    tableOrHint_ = new QStackedWidget;
    tableOrHint_->addWidget(hint);
    tableOrHint_->addWidget(table_);
    column->addWidget(tableOrHint_, 1);

    column->addWidget(label(tr("Export to"), "title"));
    auto* target = new QHBoxLayout;
    target->setSpacing(gridUnit);
    path_ = new QLineEdit;
    path_->setObjectName(QStringLiteral("export_path"));
    path_->setAccessibleName(tr("Export to"));
    auto* choose = button(tr("Choose ..."), QStringLiteral("export_choose"));
    connect(choose, &QPushButton::clicked, this, &ExportPage::choosePath);
    export_ = button(tr("Export"), QStringLiteral("export_button"));
    export_->setProperty("primary", true);
    connect(export_, &QPushButton::clicked, this, [this] { exportTo(path_->text()); });
    target->addWidget(path_, 1);
    target->addWidget(choose);
    target->addWidget(export_);
    column->addLayout(target);
    why_ = label({}, "muted");
    why_->setWordWrap(true);
    why_->setObjectName(QStringLiteral("export_why"));
    column->addWidget(why_);
    return panel;
}

QWidget* ExportPage::makePreviewPanel() {
    auto* panel = new QFrame;
    panel->setProperty("panel", true);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(2 * gridUnit, gridUnit + 4, 2 * gridUnit, gridUnit + 4);
    column->setSpacing(gridUnit);
    auto* top = new QHBoxLayout;
    previewTitle_ = label({}, "heading");
    top->addWidget(previewTitle_, 1);
    difference_ = new QCheckBox(tr("Only what differs from the saved file"));
    difference_->setObjectName(QStringLiteral("export_difference"));
    difference_->setAccessibleName(difference_->text());
    connect(difference_, &QCheckBox::toggled, this, &ExportPage::refresh);
    top->addWidget(difference_);
    column->addLayout(top);
    preview_ = new JsonPreview;
    preview_->setObjectName(QStringLiteral("export_preview"));
    preview_->setAccessibleName(tr("Preview of the exported document"));
    column->addWidget(preview_, 1);
    return panel;
}

QString ExportPage::stateText(const chain::EvidenceCheck& check) {
    QString first;
    if (!check.problems.empty())
        first = QStringLiteral(" ") + text(check.problems.front().pointer) + QStringLiteral(": ") +
                text(check.problems.front().message) + QLatin1Char('.');
    switch (check.state) {
    case chain::EvidenceState::none:
        return tr("<b>Not tested yet.</b> This chain carries no evidence.");
    case chain::EvidenceState::holds:
        return tr("<b>The evidence holds.</b> Every hash matches and every expectation passed.");
    case chain::EvidenceState::stale:
        return tr("<b>The evidence is stale.</b> The chain was edited after it was tested. Play "
                  "the scenarios again, or undo the edit.");
    case chain::EvidenceState::broken:
        return tr("<b>The evidence is broken.</b> A figure or a hash in it was edited, so it "
                  "proves nothing.") +
               first.toHtmlEscaped();
    case chain::EvidenceState::failed:
        return tr("<b>The evidence is genuine, but an expectation did not pass.</b>") +
               first.toHtmlEscaped();
    }
    return {};
}

void ExportPage::refreshState() {
    const auto& editor = session_.editor();
    const auto check = chain::check_evidence(editor.json(), editor.displayName().toStdString());
    Tone tone = Tone::accent;
    if (check.state == chain::EvidenceState::holds)
        tone = Tone::good;
    else if (check.state == chain::EvidenceState::stale)
        tone = Tone::warn;
    else if (check.state != chain::EvidenceState::none)
        tone = Tone::bad;
    state_->show(stateText(check), tone);
}

QString ExportPage::defaultPath() const {
    const auto& editor = session_.editor();
    QString name =
        editor.path().isEmpty() ? editor.displayName() : QFileInfo(editor.path()).fileName();
    name.remove(QStringLiteral(".json")).remove(QStringLiteral(".chain"));
    name.remove(QStringLiteral(".tested"));
    name.replace(QLatin1Char('/'), QLatin1Char('-'));
    QString folder = editor.path().isEmpty()
                         ? QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)
                         : QFileInfo(editor.path()).path();
    if (!QDir(folder).exists()) // not every home has a Documents
        folder = QDir::homePath();
    return QDir(folder).filePath(name + QStringLiteral(".tested.chain.json"));
}

void ExportPage::documentChanged() {
    model_.setChain(chain::chain_sha256(session_.editor().json()));
    const QString next = defaultPath();
    if (path_->text() == proposed_)
        path_->setText(next);
    proposed_ = next;
    dirty_ = true;
    if (isVisible())
        refresh();
}

void ExportPage::takeReport() {
    const auto& scenario = session_.snapshot()->scenario;
    if (scenario.state != live::RunState::finished || !scenario.report || scenario.report == taken_)
        return;
    taken_ = scenario.report;
    model_.add(*taken_, tr("this run"));
}

void ExportPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (dirty_)
        refresh();
}

void ExportPage::refresh() {
    dirty_ = false;
    const auto& editor = session_.editor();
    refreshState();
    tableOrHint_->setCurrentIndex(model_.rowCount() > 0 ? 1 : 0);
    remove_->setEnabled(model_.rowCount() > 0);
    const auto reports = model_.chosen();
    tested_.reset();
    QString why;
    if (!editor.isValid()) {
        why = tr("The chain has errors. Mend them on the Chains page first.");
    } else if (reports.empty()) {
        why = model_.rowCount() == 0   ? tr("Export needs at least one report of this chain.")
              : model_.matching() == 0 ? tr("No report was made for the chain as it is now. Play a "
                                            "scenario again, or undo the edits.")
                                       : tr("Tick at least one report.");
    } else if (auto made = chain::with_evidence(editor.json(), reports)) {
        tested_ = std::move(*made);
        const auto check = chain::check_evidence(*tested_, "export");
        why = check.state == chain::EvidenceState::holds
                  ? (reports.size() == 1
                         ? tr("The chain, with 1 report as evidence.")
                         : tr("The chain, with %1 reports as evidence.").arg(reports.size()))
                  : tr("An expectation did not pass: the exported file will say so.");
    } else {
        why = text(made.error().text());
    }
    export_->setEnabled(tested_.has_value());
    export_->setToolTip(tested_ ? QString() : why);
    why_->setText(why);
    previewTitle_->setText(tested_ ? tr("The tested chain") : tr("The chain, without evidence"));
    const QString after = text(chain::pretty_json(tested_ ? *tested_ : editor.json()));
    if (difference_->isChecked())
        preview_->showDifference(text(chain::pretty_json(editor.savedJson())), after);
    else
        preview_->showText(after);
}

bool ExportPage::loadReport(const QString& path) {
    const std::string file = path.toStdString();
    const auto refuse = [&](const QString& why) {
        message_->show(why.toHtmlEscaped(), Tone::bad, {}, true);
        return false;
    };
    const auto bytes = chain::read_file(file);
    if (!bytes)
        return refuse(text(bytes.error().text()));
    auto json = chain::parse_json(*bytes, file);
    if (!json)
        return refuse(text(json.error().text()));
    const bool several = json->is_object() && json->contains("format") &&
                         (*json)["format"] == record::reports_format;
    const auto problems =
        several ? record::check_reports(*json, file) : record::check_report(*json, file);
    for (const auto& problem : problems)
        if (problem.severity == chain::Problem::Severity::error)
            return refuse(text(problem.text()));
    bool added = false;
    for (chain::Json& report : record::reports_in(*json))
        added = model_.add(std::move(report), QFileInfo(path).fileName()) || added;
    if (!added)
        return refuse(several ? tr("These reports are in the list already.")
                              : tr("This report is in the list already."));
    message_->clear();
    if (isVisible())
        refresh();
    return true;
}

bool ExportPage::exportTo(const QString& path) {
    refresh();
    if (!tested_ || path.trimmed().isEmpty()) {
        message_->show(path.trimmed().isEmpty() ? tr("Choose a file to export to.")
                                                : why_->text().toHtmlEscaped(),
                       Tone::bad, {}, true);
        return false;
    }
    const QString absolute = QFileInfo(path.trimmed()).absoluteFilePath();
    const auto written =
        chain::write_file_atomically(absolute.toStdString(), chain::pretty_json(*tested_));
    if (!written) {
        message_->show(text(written.error().text()).toHtmlEscaped(), Tone::bad, {}, true);
        return false;
    }
    message_->show(tr("<b>Exported</b> to %1. Anyone can check it: "
                      "<code>brownoutctl verify %2</code>")
                       .arg(absolute.toHtmlEscaped(), quoted(absolute).toHtmlEscaped()),
                   Tone::good, {}, true);
    return true;
}

void ExportPage::chooseReport() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Load report"), {},
                                                      tr("Reports (*.json);;All files (*)"));
    if (!path.isEmpty())
        loadReport(path);
}

void ExportPage::choosePath() {
    const QString path = QFileDialog::getSaveFileName(this, tr("Export to"), path_->text(),
                                                      tr("Chains (*.chain.json);;All files (*)"));
    if (!path.isEmpty())
        path_->setText(path);
}

} // namespace brownout::ui
