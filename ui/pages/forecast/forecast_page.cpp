#include "ui/pages/forecast/forecast_page.h"

#include "ui/charts/year_calendar.h"
#include "ui/pages/forecast/assumption_list.h"
#include "ui/pages/forecast/forecast_board.h"
#include "ui/pages/forecast/replay_view.h"
#include "ui/pages/forecast/suggest_view.h"
#include "ui/shell/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>

namespace brownout::ui {
namespace {

constexpr int leftWidth = 46 * gridUnit;

} // namespace

ForecastPage::ForecastPage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("forecast_page"));
    setAccessibleName(tr("Forecast"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 12, 16, 12);
    stack_ = new QStackedWidget(this);
    auto* main = new QWidget(stack_);
    auto* columns = new QHBoxLayout(main);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(12);
    columns->addWidget(buildLeft());
    auto* right = new QVBoxLayout;
    right->setSpacing(12);
    message_ = new MessageBar(main);
    message_->setObjectName(QStringLiteral("forecast_message"));
    board_ = new ForecastBoard(main);
    right->addWidget(message_);
    right->addWidget(board_, 1);
    columns->addLayout(right, 1);
    stack_->addWidget(main);
    row->addWidget(stack_);

    connect(message_, &MessageBar::closed, this, [this] { tellsOfEdit_ = false; });
    later_.setSingleShot(true);
    later_.setInterval(pauseMs);
    connect(&later_, &QTimer::timeout, this, [this] {
        if (isVisible() && signature() != ran_)
            simulate();
    });
    connect(&session_.forecast(), &ForecastEditor::changed, this, &ForecastPage::onChange);
    connect(&session_.editor(), &DocumentEditor::changed, this, &ForecastPage::onChange);
    connect(&session_, &Session::chainChanged, this, &ForecastPage::onChange);
    connect(&calibration_, &CalibrateRun::progressed, this,
            [this](double share, const QString& what) {
                message_->show(tr("Fitting models to %1: %2 (%3 %)")
                                   .arg(QFileInfo(log_).fileName(), what)
                                   .arg(static_cast<int>(share * 100))
                                   .toHtmlEscaped(),
                               Tone::accent);
            });
    connect(&calibration_, &CalibrateRun::fitted, this, &ForecastPage::onFitted);
    connect(&calibration_, &CalibrateRun::failed, this, [this](const QString& why) {
        fromLog_->setEnabled(true);
        message_->show(why.toHtmlEscaped(), Tone::bad, {}, true);
    });
    connect(&rare_, &RareRun::changed, this, &ForecastPage::showRare);
    connect(board_, &ForecastBoard::selectionChanged, this, &ForecastPage::lookAtRareOutages);
    connect(&run_, &ForecastRun::changed, this, &ForecastPage::onRun);
    connect(&run_, &ForecastRun::progressed, this, &ForecastPage::onProgress);
    connect(board_, &ForecastBoard::dayActivated, this, &ForecastPage::playDay);
    connect(board_, &ForecastBoard::useRequested, this, &ForecastPage::useSelected);
    connect(board_, &ForecastBoard::removeRequested, this, &ForecastPage::removeSelected);
    connect(board_->compareMenu(), &QMenu::aboutToShow, this, &ForecastPage::fillCompareMenu);
    onRun();
}

QWidget* ForecastPage::buildLeft() {
    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    panel->setFixedWidth(leftWidth);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(8, 10, 4, 12);
    column->setSpacing(gridUnit);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(8, 0, 4, 0);
    auto* title = new QLabel(tr("Assumptions"), panel);
    title->setProperty("heading", true);
    auto* reset = new QPushButton(tr("Reset"), panel);
    reset->setObjectName(QStringLiteral("forecast_reset"));
    reset->setAccessibleName(tr("Reset assumptions"));
    reset->setProperty("flat", true);
    reset->setToolTip(tr("Back to what comes with the program; Ctrl+Z takes it back"));
    connect(reset, &QPushButton::clicked, this, [this] {
        session_.forecast().edit(tr("Reset assumptions"), sim::default_assumptions());
    });
    fromLog_ = new QPushButton(tr("From a log..."), panel);
    fromLog_->setObjectName(QStringLiteral("forecast_from_log"));
    fromLog_->setAccessibleName(fromLog_->text());
    fromLog_->setProperty("flat", true);
    fromLog_->setToolTip(tr("Fits latency, errors and outages of the providers to an event log of "
                            "your own (--log FILE of brownoutctl), and takes its traffic; Ctrl+Z "
                            "takes it back"));
    connect(fromLog_, &QPushButton::clicked, this, [this] {
        const QString path =
            QFileDialog::getOpenFileName(this, tr("Fit models to an event log"), {},
                                         tr("Event logs (*.jsonl *.ndjson *.log);;All files (*)"));
        if (!path.isEmpty())
            calibrate(path);
    });
    head->addWidget(title, 1);
    head->addWidget(fromLog_);
    head->addWidget(reset);
    column->addLayout(head);
    auto* scroll = new QScrollArea(panel);
    list_ = new AssumptionList(session_, scroll);
    scroll->setWidget(list_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    list_->setAutoFillBackground(false);
    column->addWidget(scroll, 1);
    auto* below = new QVBoxLayout;
    below->setContentsMargins(8, 0, 8, 0);
    below->setSpacing(gridUnit);
    progress_ = new QProgressBar(panel);
    progress_->setObjectName(QStringLiteral("forecast_progress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    status_ = new ElidedLabel(panel);
    status_->setObjectName(QStringLiteral("forecast_status"));
    status_->setProperty("muted", true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(gridUnit);
    simulate_ = new QPushButton(tr("Simulate"), panel);
    simulate_->setObjectName(QStringLiteral("forecast_simulate"));
    simulate_->setAccessibleName(simulate_->text());
    simulate_->setProperty("primary", true);
    cancel_ = new QPushButton(tr("Cancel"), panel);
    cancel_->setObjectName(QStringLiteral("forecast_cancel"));
    cancel_->setAccessibleName(cancel_->text());
    connect(simulate_, &QPushButton::clicked, this, &ForecastPage::simulate);
    connect(cancel_, &QPushButton::clicked, &run_, &ForecastRun::cancel);
    buttons->addWidget(simulate_);
    buttons->addWidget(cancel_);
    more_ = new QPushButton(panel);
    more_->setObjectName(QStringLiteral("forecast_more"));
    more_->setToolTip(tr("Plays further years and keeps those that are there: the ranges get "
                         "surer. Ctrl+Z takes the number back"));
    connect(more_, &QPushButton::clicked, this, &ForecastPage::moreYears);
    buttons->addWidget(more_);
    suggestButton_ = new QPushButton(tr("Suggest..."), panel);
    suggestButton_->setObjectName(QStringLiteral("forecast_suggest"));
    suggestButton_->setAccessibleName(suggestButton_->text());
    suggestButton_->setToolTip(tr("Searches settings of this chain that cost less or lose less"));
    connect(suggestButton_, &QPushButton::clicked, this, &ForecastPage::showSuggestions);
    buttons->addWidget(suggestButton_);
    buttons->addStretch(1);
    below->addWidget(progress_);
    below->addWidget(status_);
    below->addLayout(buttons);
    column->addLayout(below);
    return panel;
}

void ForecastPage::onChange() {
    unseen_ = !isVisible(); // an edit elsewhere costs nothing until someone looks here
    if (unseen_)
        return;
    std::vector<chain::Problem> trouble;
    if (session_.forecast().isValid() && session_.editor().isValid()) {
        const auto& a = session_.forecast().assumptions();
        const auto shown =
            sim::candidate(session_.editor().json(), session_.chainId().toStdString(), a, nullptr,
                           session_.editor().prices());
        if (shown)
            trouble = sim::check(a, *shown);
    }
    const bool fits = trouble.empty() && session_.forecast().isValid();
    list_->refresh(std::move(trouble));
    simulate_->setEnabled(fits);
    suggestButton_->setEnabled(fits);
    simulate_->setToolTip(fits ? QString()
                               : tr("An assumption above cannot be played: it says why."));
    if (!fits)
        later_.stop();
    else if (wanted_)
        later_.start();
}

ReplayView& ForecastPage::replay() {
    if (!replay_) {
        replay_ = new ReplayView(session_, stack_);
        connect(replay_, &ReplayView::left, this, &ForecastPage::backFromReplay);
        stack_->addWidget(replay_);
    }
    return *replay_;
}

SuggestView& ForecastPage::suggest() {
    if (!suggest_) {
        suggest_ = new SuggestView(session_, stack_);
        connect(suggest_, &SuggestView::left, this, [this] {
            suggest_->run().cancel();
            stack_->setCurrentIndex(0);
            suggestButton_->setFocus();
        });
        connect(suggest_, &SuggestView::applied, this, [this](const QString& what) {
            stack_->setCurrentIndex(0);
            changedChain(tr("Applied: %1.").arg(what));
        });
        stack_->addWidget(suggest_);
    }
    return *suggest_;
}

void ForecastPage::showSuggestions() {
    stack_->setCurrentWidget(&suggest());
    suggest_->begin();
}

void ForecastPage::playDay(std::uint64_t year, int day) {
    const auto selected = static_cast<std::size_t>(board_->selected());
    if (selected >= run_.chains().size() || day < 0 || day >= sim::days_of_year)
        return;
    for (const auto& one : run_.chains()[selected].years)
        if (one.number == year && one.days[static_cast<std::size_t>(day)].requests > 0) {
            stack_->setCurrentWidget(&replay());
            replay_->play(run_.chains()[selected].candidate, run_.chains()[selected].label,
                          run_.assumptions(), one, day);
            return;
        }
}

void ForecastPage::backFromReplay() {
    replay_->leave();
    stack_->setCurrentIndex(0);
    board_->calendar()->setFocus();
}

void ForecastPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!focusWidget())
        setFocus(); // no control is outlined until the keyboard is used
    if (unseen_)
        onChange();
    if (wanted_ && signature() != ran_)
        later_.start();
}

} // namespace brownout::ui
