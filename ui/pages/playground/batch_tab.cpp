#include "ui/pages/playground/batch_tab.h"

#include "ui/models/batch_text.h"
#include "ui/models/format.h"
#include "ui/pages/playground/batch_form.h"
#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/named_button.h"

#include <QAction>
#include <QBoxLayout>
#include <QClipboard>
#include <QDropEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMimeData>
#include <QProgressBar>
#include <QShortcut>
#include <QStackedWidget>
#include <QTableView>

namespace brownout::ui {

using State = live::BatchView::State;

namespace {

constexpr const char* example = "{\"custom_id\": \"1\", \"body\": {\"model\": \"auto\", "
                                "\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}}\n";

QStringList localFiles(const QMimeData* data) {
    QStringList paths;
    for (const QUrl& url : data->urls())
        if (url.isLocalFile())
            paths << url.toLocalFile();
    return paths;
}

} // namespace

BatchTab::BatchTab(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("batch_tab"));
    setAcceptDrops(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    form_ = new BatchForm(this);
    column->addWidget(form_);
    column->addWidget(makeControls());
    message_ = new MessageBar(this);
    message_->setObjectName(QStringLiteral("batch_message"));
    column->addWidget(message_);
    stack_ = new QStackedWidget(this);
    nothing_ = makeNothing();
    run_ = makeRun();
    stack_->addWidget(nothing_);
    stack_->addWidget(run_);
    column->addWidget(stack_, 1);

    connect(form_, &BatchForm::changed, this, &BatchTab::showButtons);
    connect(&session_, &Session::snapshotChanged, this, &BatchTab::onSnapshot);
    auto* go = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), this);
    go->setContext(Qt::WidgetWithChildrenShortcut);
    connect(go, &QShortcut::activated, this, &BatchTab::start);
    showView(nullptr);
}

QWidget* BatchTab::makeControls() {
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    start_ = namedButton(tr("Start"), "batch_start", line);
    start_->setProperty("primary", true);
    pause_ = namedButton(tr("Pause"), "batch_pause", line);
    pause_->setToolTip(tr("Starts no more requests; those on their way come to their end (Esc)"));
    stop_ = namedButton(tr("Cancel"), "batch_stop", line);
    stop_->setToolTip(tr("Also cancels what is on its way; Start goes on where it stopped"));
    hint_ = mutedLabel({}, line);
    hint_->setObjectName(QStringLiteral("batch_hint"));
    for (QWidget* one : {static_cast<QWidget*>(start_), static_cast<QWidget*>(pause_),
                         static_cast<QWidget*>(stop_)})
        row->addWidget(one);
    row->addWidget(hint_, 1);
    connect(start_, &QPushButton::clicked, this, &BatchTab::start);
    connect(pause_, &QPushButton::clicked, this, &BatchTab::pauseOrResume);
    connect(stop_, &QPushButton::clicked, this, &BatchTab::stop);
    return line;
}

QWidget* BatchTab::makeNothing() {
    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(3 * gridUnit, 2 * gridUnit, 3 * gridUnit, 2 * gridUnit);
    column->setSpacing(gridUnit);
    auto* title = new QLabel(tr("Drop a file of requests here"), panel);
    title->setProperty("title", true);
    title->setAlignment(Qt::AlignCenter);
    auto* words = mutedLabel(tr("One JSON object a line, as in OpenAI's batches. Each goes through "
                                "the chain like any other request, failover included, and gets one "
                                "line in the file of answers. A batch that ends early goes on "
                                "where it stopped."),
                             panel);
    words->setAlignment(Qt::AlignCenter);
    words->setWordWrap(true);
    words->setFixedWidth(88 * gridUnit);
    auto* line = mutedLabel(QString::fromLatin1(example).trimmed(), panel);
    line->setObjectName(QStringLiteral("batch_example"));
    line->setProperty("mono", true);
    line->setAlignment(Qt::AlignCenter);
    line->setWordWrap(true);
    line->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* copy = namedButton(tr("Copy this line"), "batch_copy_example", panel);
    copy->setProperty("flat", true);
    connect(copy, &QPushButton::clicked, this,
            [] { QGuiApplication::clipboard()->setText(QString::fromLatin1(example)); });
    column->addStretch(1);
    column->addWidget(title);
    column->addWidget(words, 0, Qt::AlignHCenter);
    column->addSpacing(gridUnit);
    column->addWidget(line);
    column->addWidget(copy, 0, Qt::AlignHCenter);
    column->addStretch(1);
    return panel;
}

QWidget* BatchTab::makeRun() {
    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    headline_ = new QLabel(panel);
    headline_->setObjectName(QStringLiteral("batch_headline"));
    headline_->setProperty("title", true);
    headline_->setTextFormat(Qt::PlainText);
    headline_->setWordWrap(true);
    bar_ = new QProgressBar(panel);
    bar_->setObjectName(QStringLiteral("batch_progress"));
    bar_->setAccessibleName(tr("Answered"));
    bar_->setTextVisible(false);
    figures_ = mutedLabel({}, panel);
    figures_->setObjectName(QStringLiteral("batch_figures"));
    figures_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(headline_);
    column->addWidget(bar_);
    column->addWidget(figures_);
    column->addSpacing(gridUnit);

    auto* head = new QHBoxLayout;
    failuresTitle_ = new QLabel(tr("Failed lines"), panel);
    failuresTitle_->setObjectName(QStringLiteral("batch_failures_title"));
    failuresTitle_->setProperty("title", true);
    again_ = namedButton(tr("Ask these again"), "batch_again", panel);
    again_->setToolTip(tr("Takes their answers out of the file and asks once more"));
    connect(again_, &QPushButton::clicked, this, [this] { startAsked(true); });
    head->addWidget(failuresTitle_, 1);
    head->addWidget(again_);
    column->addLayout(head);
    table_ = makeTable(panel);
    column->addWidget(table_, 1);
    noFailures_ = mutedLabel(tr("None so far."), panel);
    noFailures_->setObjectName(QStringLiteral("batch_no_failures"));
    column->addWidget(noFailures_);
    column->addStretch(0);
    return panel;
}

QTableView* BatchTab::makeTable(QWidget* parent) {
    auto* table = bareTable(&failures_, "batch_failures", tr("Failed lines"), parent);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection); // several are copied at once
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    auto* header = table->horizontalHeader();
    const char* const samples[] = {"000,000", "a custom id of some length", "status "};
    for (int i = 0; i < BatchFailureModel::whyColumn; ++i)
        table->setColumnWidth(i, fontMetrics().horizontalAdvance(QLatin1String(samples[i])) + 30);
    header->setStretchLastSection(true);
    auto* copy = new QAction(tr("Copy"), table);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &BatchTab::copyFailures);
    table->addAction(copy);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    return table;
}

void BatchTab::setChain(const QString& chain, bool real) {
    chain_ = chain;
    form_->setReal(real);
    showButtons();
}

bool BatchTab::running() const {
    return starting_ || (view_ && !view_->over());
}

void BatchTab::focusPrompt() {
    form_->focusInput();
}

void BatchTab::start() {
    startAsked(false);
}

void BatchTab::startAsked(bool failedAgain) {
    if (running())
        return;
    if (const QString why = form_->problem(); !why.isEmpty()) {
        message_->show(why.toHtmlEscaped(), Tone::warn);
        return form_->focusInput();
    }
    message_->clear();
    live::StartBatch asked = form_->asked();
    asked.options.chain = chain_.toStdString();
    asked.retry_failed = asked.retry_failed || failedAgain;
    starting_ = true;
    session_.post(std::move(asked));
    showButtons();
}

void BatchTab::control(live::ControlBatch::What what) {
    if (running())
        session_.post(live::ControlBatch{what});
}

void BatchTab::pauseOrResume() {
    using What = live::ControlBatch::What;
    control(view_ && view_->state == State::paused ? What::resume : What::pause);
}

void BatchTab::pause() {
    if (!view_ || view_->state != State::paused)
        control(live::ControlBatch::What::pause);
}

void BatchTab::stop() {
    control(live::ControlBatch::What::stop);
}

void BatchTab::onSnapshot() {
    const auto& batch = session_.snapshot()->batch;
    if (batch == view_)
        return;
    view_ = batch;
    starting_ = false;
    showView(view_.get());
}

void BatchTab::showView(const live::BatchView* view) {
    stack_->setCurrentWidget(view ? run_ : nothing_);
    if (view) {
        const live::BatchProgress& p = view->progress;
        headline_->setText(batchHeadline(*view));
        figures_->setText(batchFigures(*view));
        const bool reading = view->state == State::reading;
        bar_->setRange(0, reading ? 0 : static_cast<int>(std::max<std::size_t>(p.requests, 1)));
        bar_->setValue(static_cast<int>(p.done));
        bar_->setVisible(view->state != State::refused);
        const QString advice = batchAdvice(*view);
        const bool bad = view->state == State::refused || view->state == State::failed;
        if (advice.isEmpty())
            message_->clear();
        else
            message_->show(advice.toHtmlEscaped(), bad ? Tone::bad : Tone::accent);
        showFailures(*view);
    }
    showButtons();
}

void BatchTab::showFailures(const live::BatchView& view) {
    failures_.update(view.failures);
    const auto listed = static_cast<std::size_t>(failures_.rowCount());
    failuresTitle_->setText(view.progress.failed > listed
                                ? tr("Failed lines: the first %1 of %2")
                                      .arg(formatCount(listed), formatCount(view.progress.failed))
                                : tr("Failed lines"));
    const bool any = listed > 0;
    table_->setVisible(any);
    noFailures_->setVisible(!any);
    noFailures_->setText(view.over() ? tr("None.") : tr("None so far."));
    again_->setVisible(any && view.over());
}

void BatchTab::showButtons() {
    const bool busy = running();
    const bool paused = view_ && view_->state == State::paused;
    const bool stopping = view_ && view_->state == State::stopping;
    form_->setLocked(busy);
    start_->setEnabled(!busy);
    start_->setText(!busy && form_->goesOn() ? tr("Go on") : tr("Start"));
    start_->setAccessibleName(start_->text());
    pause_->setEnabled(busy && !stopping && !starting_);
    pause_->setText(paused ? tr("Resume") : tr("Pause"));
    pause_->setAccessibleName(pause_->text());
    stop_->setEnabled(busy && !stopping && !starting_);
    QString hint;
    if (busy && view_ && !view_->chain.empty())
        hint = tr("Goes through the chain \"%1\".").arg(QString::fromStdString(view_->chain));
    else if (form_->goesOn())
        hint = tr("There are answers already: only what is missing is asked.");
    hint_->setText(hint);
}

void BatchTab::copyFailures() {
    QStringList lines;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows())
        lines << failures_.text(index.row());
    if (!lines.isEmpty())
        QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void BatchTab::dragEnterEvent(QDragEnterEvent* event) {
    if (!running() && !localFiles(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void BatchTab::dropEvent(QDropEvent* event) {
    form_->take(localFiles(event->mimeData()),
                form_->isAnswers(childAt(event->position().toPoint())));
    event->acceptProposedAction();
}

} // namespace brownout::ui
