#include "ui/pages/forecast/replay_view.h"

#include "ui/charts/timeline_chart.h"
#include "ui/models/forecast_text.h"
#include "ui/models/format.h"
#include "ui/pages/live/charts_and_requests.h"
#include "ui/pages/live/request_panel.h"
#include "ui/shell/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/state_badge.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QTime>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr double day_s = 86'400, lead_s = 180, before_s = 3600;
constexpr int tickMs = 40;
constexpr qint64 snapshotMs = 100, tableMs = 250;
constexpr int sliderSteps = 86'400;

} // namespace

ReplayView::ReplayView(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("replay_view"));
    setAccessibleName(tr("Simulated replay"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(10);
    column->addLayout(buildHeader());
    message_ = new MessageBar(this);
    message_->setObjectName(QStringLiteral("replay_message"));
    column->addWidget(message_);
    auto* waiting = new QHBoxLayout;
    waiting->setSpacing(12);
    loadingText_ = new QLabel(this);
    loadingText_->setObjectName(QStringLiteral("replay_loading"));
    loadingText_->setProperty("muted", true);
    progress_ = new QProgressBar(this);
    progress_->setObjectName(QStringLiteral("replay_progress"));
    progress_->setAccessibleName(tr("Playing the year up to that day"));
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    waiting->addWidget(loadingText_);
    waiting->addWidget(progress_, 1);
    column->addLayout(waiting);
    column->addLayout(buildTransport());
    auto* shown = new ChartsAndRequests(session_, "replay_charts", {520, 240}, this);
    chart_ = shown->chart();
    requests_ = shown->requests();
    column->addWidget(shown, 1);

    connect(&loader_, &ReplayLoader::progressed, this,
            [this](double share) { progress_->setValue(static_cast<int>(share * 1000)); });
    connect(&loader_, &ReplayLoader::loaded, this, &ReplayView::onLoaded);
    connect(&loader_, &ReplayLoader::failed, this, [this](const QString& why) {
        loadingText_->setText(tr("This day cannot be played."));
        progress_->hide();
        message_->show(why.toHtmlEscaped(), Tone::bad);
    });
    clock_.setInterval(tickMs);
    connect(&clock_, &QTimer::timeout, this, &ReplayView::tick);
}

QHBoxLayout* ReplayView::buildHeader() {
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    back_ = new QPushButton(icon(QStringLiteral("left")), tr("Back to the forecast"), this);
    back_->setObjectName(QStringLiteral("replay_back"));
    back_->setAccessibleName(back_->text());
    back_->setToolTip(tr("Esc"));
    connect(back_, &QPushButton::clicked, this, &ReplayView::left);
    badge_ = new StateBadge(this);
    badge_->setObjectName(QStringLiteral("replay_badge"));
    badge_->setState(tr("Simulated replay"), Tone::accent);
    title_ = new QLabel(this);
    title_->setObjectName(QStringLiteral("replay_title"));
    title_->setProperty("heading", true);
    title_->setTextFormat(Qt::PlainText);
    row->addWidget(back_);
    row->addWidget(badge_);
    row->addWidget(title_, 1);
    return row;
}

QHBoxLayout* ReplayView::buildTransport() {
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    pause_ = new QPushButton(tr("Pause"), this);
    pause_->setObjectName(QStringLiteral("replay_pause"));
    pause_->setAccessibleName(pause_->text());
    connect(pause_, &QPushButton::clicked, this, [this] { setPaused(!paused_); });
    slider_ = new QSlider(Qt::Horizontal, this);
    slider_->setObjectName(QStringLiteral("replay_position"));
    slider_->setAccessibleName(tr("Time of day"));
    slider_->setRange(0, sliderSteps);
    slider_->setPageStep(600);
    slider_->setSingleStep(30);
    connect(slider_, &QSlider::valueChanged, this, [this](int value) {
        if (player_)
            seek(player_->events().from_s + value);
    });
    time_ = new QLabel(this);
    time_->setObjectName(QStringLiteral("replay_time"));
    time_->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("00:00:00")) + 12);
    speed_ = new QComboBox(this);
    speed_->setObjectName(QStringLiteral("replay_speed"));
    speed_->setAccessibleName(tr("Speed"));
    for (const int factor : {1, 5, 20, 60, 300})
        speed_->addItem(factor == 1 ? tr("as it was") : tr("%1 times as fast").arg(factor), factor);
    setSpeed(20);
    range_ = new QComboBox(this);
    range_->setObjectName(QStringLiteral("replay_range"));
    range_->setAccessibleName(tr("Time range"));
    range_->addItem(tr("last 10 min"), 600);
    range_->addItem(tr("last hour"), 3600);
    connect(range_, &QComboBox::currentIndexChanged, this,
            [this] { chart_->setRangeSeconds(range_->currentData().toInt()); });
    row->addWidget(pause_);
    row->addWidget(time_);
    row->addWidget(slider_, 1);
    row->addWidget(speed_);
    row->addWidget(range_);
    return row;
}

void ReplayView::setSpeed(int factor) {
    speed_->setCurrentIndex(std::max(0, speed_->findData(factor)));
}

void ReplayView::setPaused(bool paused) {
    paused_ = paused;
    pause_->setText(paused ? tr("Resume") : tr("Pause"));
    pause_->setAccessibleName(pause_->text());
    sinceTick_.restart();
}

void ReplayView::play(const sim::Candidate& chain, const QString& label,
                      const sim::Assumptions& assumptions, const sim::ForecastYear& year, int day) {
    leave();
    day_ = day;
    figures_ = year.days[static_cast<std::size_t>(day)];
    const double begin = day * day_s;
    startAt_ = begin + std::max(0.0, static_cast<double>(figures_.first_loss_s) - lead_s);
    // A busy day is kept from shortly before its first loss, for as long as memory allows.
    ReplayStretch stretch{year.seed, std::max(0.0, std::min(begin, startAt_ - before_s)),
                          begin + day_s};
    const double a_second = std::max(1.0, static_cast<double>(figures_.requests)) / day_s;
    const double room = ReplayEvents::most_requests / a_second / 2;
    if (stretch.to_s - stretch.from_s > room) {
        stretch.from_s = std::max(stretch.from_s, startAt_ - room / 4);
        stretch.to_s = std::min(stretch.to_s, stretch.from_s + room);
    }
    title_->setText(
        tr("%1, simulated year %2 of %3").arg(dateText(day)).arg(year.number + 1).arg(label));
    message_->clear();
    loadingText_->setText(tr("Playing simulated year %1 again, up to %2, with the same seed.")
                              .arg(year.number + 1)
                              .arg(dateText(day)));
    progress_->setValue(0);
    showLoading(true);
    loader_.load(chain, assumptions, stretch);
    back_->setFocus();
}

void ReplayView::showLoading(bool loading) {
    for (QWidget* w : {static_cast<QWidget*>(loadingText_), static_cast<QWidget*>(progress_)})
        w->setVisible(loading);
    for (QWidget* w : std::initializer_list<QWidget*>{pause_, slider_, time_, speed_, range_})
        w->setVisible(!loading);
    message_->setVisible(!loading && !message_->text().isEmpty());
    if (!loading)
        return;
    chart_->setTargets({}); // nothing of another day stays
    requests_->setSnapshot(std::make_shared<live::Snapshot>());
}

void ReplayView::leave() {
    clock_.stop();
    loader_.cancel();
    player_.reset();
}

QString ReplayView::sentence() const {
    if (figures_.lost == 0)
        return tr("A day without a loss: %1 requests were answered. None of it is live.")
            .arg(formatCount(figures_.requests));
    return tr("%1 of %2 requests of this day were lost, as many as in %3. None of it is live.")
        .arg(formatCount(figures_.lost), formatCount(figures_.requests),
             lostMinutesText(lostMinutes(figures_)));
}

void ReplayView::onLoaded(ReplayEventsPtr events) {
    std::vector<ChartTarget> targets;
    for (const auto& t : events->targets) {
        const QString provider = QString::fromStdString(t.provider);
        const bool several =
            std::count_if(events->targets.begin(), events->targets.end(),
                          [&](const auto& o) { return o.provider == t.provider; }) > 1;
        targets.push_back(
            {t.name, several ? QString::fromStdString(t.model) : Session::displayName(provider),
             session_.colorIndex(provider)});
    }
    chart_->setTargets(std::move(targets));
    chart_->setRangeSeconds(range_->currentData().toInt());
    player_ = std::make_unique<ReplayPlayer>(std::move(events));
    {
        const QSignalBlocker quiet(slider_);
        slider_->setRange(0, static_cast<int>(player_->events().to_s - player_->events().from_s));
    }
    message_->show(sentence(), figures_.lost ? Tone::warn : Tone::good);
    showLoading(false);
    setPaused(false);
    seek(startAt_);
    clock_.start();
    pause_->setFocus();
}

void ReplayView::seek(double s) {
    if (!player_)
        return;
    player_->seek(s);
    show(true);
}

void ReplayView::show(bool table) {
    const auto snapshot = player_->snapshot();
    chart_->setSnapshot(snapshot);
    chart_->advance(toUnix(snapshot->wall, snapshot->now));
    if (table)
        requests_->setSnapshot(snapshot);
    const double at = player_->at();
    const QSignalBlocker quiet(slider_);
    slider_->setValue(static_cast<int>(at - player_->events().from_s));
    const int second = static_cast<int>(std::fmod(at, day_s));
    time_->setText(QTime(0, 0).addSecs(second).toString(QStringLiteral("HH:mm:ss")));
    sinceSnapshot_.restart();
    if (table)
        sinceTable_.restart();
}

void ReplayView::tick() {
    const double real = static_cast<double>(sinceTick_.restart()) / 1e3;
    if (!player_ || paused_ || !isVisible() || slider_->isSliderDown())
        return;
    player_->seek(player_->at() + std::min(real, 0.5) * speed_->currentData().toInt());
    if (sinceSnapshot_.elapsed() >= snapshotMs)
        show(sinceTable_.elapsed() >= tableMs);
    else
        chart_->advance(static_cast<double>(ReplayPlayer::yearStartNs()) / 1e9 + player_->at());
    if (player_->at() >= player_->events().to_s)
        setPaused(true);
}

void ReplayView::hideEvent(QHideEvent* event) {
    sinceTick_.restart();
    QWidget::hideEvent(event);
}

void ReplayView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        Q_EMIT left();
    else if (event->key() == Qt::Key_Space && player_)
        setPaused(!paused_);
    else
        QWidget::keyPressEvent(event);
}

} // namespace brownout::ui
