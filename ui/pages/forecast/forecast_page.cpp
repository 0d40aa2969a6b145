#include "ui/pages/forecast/forecast_page.h"

#include "ui/charts/year_calendar.h"
#include "ui/models/forecast_text.h"
#include "ui/models/format.h"
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

#include <algorithm>

namespace brownout::ui {
namespace {

constexpr int leftWidth = 46 * gridUnit;

QString leftText(double seconds) {
    return seconds < 1.5    ? ForecastPage::tr("about a second left")
           : seconds < 90   ? ForecastPage::tr("%1 s left").arg(qRound(seconds))
           : seconds < 5400 ? ForecastPage::tr("%1 min left").arg(qRound(seconds / 60))
                            : ForecastPage::tr("%1 h left").arg(qRound(seconds / 3600));
}

// "73 million", "1,240".
QString manyText(std::uint64_t n) {
    return n >= 2'000'000 ? ForecastPage::tr("%1 million").arg(qRound(double(n) / 1e6))
                          : formatCount(n);
}

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
                            "your own (--log FILE of brownoutctl); Ctrl+Z takes it back"));
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

std::string ForecastPage::signature() const {
    chain::Json assumed = std::as_const(session_.forecast()).json();
    return assumed.dump() + session_.chainId().toStdString() + session_.editor().json().dump();
}

std::vector<sim::Candidate> ForecastPage::candidates(QStringList& gone) {
    const auto& a = session_.forecast().assumptions();
    const auto& editor = session_.editor();
    const std::string shown = session_.chainId().toStdString();
    const auto compared = session_.forecast().compared(editor.document(), session_.chainId());
    std::vector<sim::Candidate> out;
    comparedOf_.clear();
    for (int i = -1; i < static_cast<int>(compared.size()); ++i) {
        auto one = sim::candidate(editor.json(), shown, a,
                                  i < 0 ? nullptr : &compared[static_cast<std::size_t>(i)],
                                  editor.prices());
        if (!one) {
            gone << QString::fromStdString(one.error().text());
            if (i < 0)
                return {};
            continue;
        }
        if (i < 0)
            one->label = tr("this chain").toStdString();
        comparedOf_.push_back(i);
        out.push_back(std::move(*one));
    }
    return out;
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

void ForecastPage::simulate() {
    session_.forecast().settle();
    session_.editor().settle();
    if (!simulate_->isEnabled())
        return;
    QStringList gone;
    auto all = candidates(gone);
    if (all.empty()) {
        message_->show(gone.join(QStringLiteral("<br>")).toHtmlEscaped(), Tone::bad);
        return;
    }
    later_.stop();
    wanted_ = true;
    ran_ = signature();
    played_ = comparedOf_;
    if (!tellsOfEdit_)
        message_->clear();
    if (!gone.isEmpty())
        message_->show(tr("Not compared: %1").arg(gone.join(QStringLiteral("; ")).toHtmlEscaped()),
                       Tone::warn, {}, true);
    run_.start(std::move(all), session_.forecast().assumptions());
}

void ForecastPage::onRun() {
    board_->show(run_);
    const bool running = run_.running();
    cancel_->setVisible(running);
    progress_->setVisible(running);
    simulate_->setText(running ? tr("Start anew") : tr("Simulate"));
    simulate_->setAccessibleName(simulate_->text());
    onProgress();
    if (running || run_.chains().empty()) {
        if (!run_.error().isEmpty())
            message_->show(run_.error().toHtmlEscaped(), Tone::bad);
        return;
    }
    if (!run_.error().isEmpty())
        message_->show(run_.error().toHtmlEscaped(), Tone::bad);
    else if (run_.cancelled())
        message_->show(run_.chains().front().cut()
                           ? tr("Stopped. What you see is partial: it rests on the first days of "
                                "one year.")
                           : tr("Stopped. What you see is partial: it rests on %1 of %2 years.")
                                 .arg(run_.chains().front().whole().size())
                                 .arg(run_.assumptions().years),
                       Tone::warn,
                       {{tr("Simulate all of them"), QStringLiteral("forecast_again"),
                         [this] { simulate(); }}},
                       true);
}

void ForecastPage::onProgress() {
    if (!run_.running()) {
        status_->setText(run_.chains().empty() ? tr("Nothing is sent: all of it is simulated.")
                                               : tr("%1 requests in %2")
                                                     .arg(manyText(run_.requests()),
                                                          secondsText(run_.elapsedSeconds())));
        return;
    }
    progress_->setValue(static_cast<int>(run_.share() * 1000));
    const auto left = run_.secondsLeft();
    status_->setText(tr("%1 %, %2")
                         .arg(static_cast<int>(run_.share() * 100))
                         .arg(left ? leftText(*left) : tr("beginning")));
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
    if (unseen_)
        onChange();
    if (wanted_ && signature() != ran_)
        later_.start();
}

} // namespace brownout::ui
