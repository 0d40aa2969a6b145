#include "ui/pages/live/live_page.h"

#include "ui/charts/timeline_chart.h"
#include "ui/models/format.h"
#include "ui/pages/live/charts_and_requests.h"
#include "ui/pages/live/live_text.h"
#include "ui/pages/live/provider_tile.h"
#include "ui/pages/live/request_panel.h"
#include "ui/pages/live/tile_grid.h"
#include "ui/pages/live/traffic_switch.h"
#include "ui/shell/theme.h"
#include "ui/widgets/message_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace brownout::ui {

namespace {
constexpr int clockMs = 40; // the charts' pace; they skip what would not show
constexpr qint64 tilesMs = 100, tableMs = 250;
} // namespace

LivePage::LivePage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("live_page"));
    setAccessibleName(tr("Live"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(10);
    column->addLayout(buildHeader());
    grid_ = new TileGrid(this);
    column->addWidget(grid_);

    auto* shown = new ChartsAndRequests(session_, "charts", {640, 300}, this);
    chart_ = shown->chart();
    requests_ = shown->requests();
    column->addWidget(shown, 1);

    connect(&session_, &Session::snapshotChanged, this, [this] {
        fresh_ = freshTable_ = true;
        sinceSnapshot_.restart();
    });
    connect(&session_, &Session::chainChanged, this, &LivePage::rebuildTargets);
    connect(&session_.editor(), &DocumentEditor::changed, this, &LivePage::rebuildTargets);
    clock_.setInterval(clockMs);
    connect(&clock_, &QTimer::timeout, this, &LivePage::tick);
    sinceSnapshot_.start();
    rebuildTargets();
}

QHBoxLayout* LivePage::buildHeader() {
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    message_ = new MessageBar(this);
    message_->setObjectName(QStringLiteral("live_message"));
    quiet_ = new QLabel(this);
    quiet_->setObjectName(QStringLiteral("live_quiet"));
    quiet_->setProperty("muted", true);
    quiet_->setWordWrap(true);
    // Two lines and their margins, whatever stands in them: nothing below moves under the pointer.
    const int stripHeight = 2 * fontMetrics().lineSpacing() + 20;
    message_->setFixedHeight(stripHeight);
    quiet_->setFixedHeight(stripHeight);
    connect(message_, &MessageBar::closed, this, [this] {
        if (session_.snapshot()->outage)
            sentenceClosed_ = true;
        welcomed_ = true;
        updateMessage();
    });
    traffic_ = new TrafficSwitch(session_, this);
    pause_ = new QPushButton(tr("Pause"), this);
    pause_->setObjectName(QStringLiteral("pause"));
    pause_->setAccessibleName(pause_->text());
    pause_->setToolTip(tr("Hold charts and table still. Requests go on."));
    connect(pause_, &QPushButton::clicked, this, [this] { setPaused(!paused_); });
    range_ = new QComboBox(this);
    range_->setObjectName(QStringLiteral("time_range"));
    range_->setAccessibleName(tr("Time range"));
    range_->addItem(tr("last minute"), 60);
    range_->addItem(tr("last 10 min"), 600);
    range_->addItem(tr("last hour"), 3600);
    range_->setCurrentIndex(0); // as the charts are made
    connect(range_, &QComboBox::currentIndexChanged, this,
            [this] { chart_->setRangeSeconds(range_->currentData().toInt()); });
    reset_ = new QPushButton(tr("Reset"), this);
    reset_->setObjectName(QStringLiteral("reset_counters"));
    reset_->setAccessibleName(reset_->text());
    reset_->setToolTip(tr("Start counting and drawing afresh"));
    connect(reset_, &QPushButton::clicked, this, [this] { session_.post(live::ResetCounters{}); });
    row->addWidget(message_, 1);
    row->addWidget(quiet_, 1);
    row->addSpacing(gridUnit);
    row->addWidget(traffic_);
    row->addWidget(pause_);
    row->addWidget(range_);
    row->addWidget(reset_);
    return row;
}

void LivePage::setPaused(bool paused) {
    paused_ = paused;
    pause_->setText(paused ? tr("Resume") : tr("Pause"));
    pause_->setAccessibleName(pause_->text());
    chart_->setPaused(paused);
    freshTable_ = true;
}

void LivePage::setRangeSeconds(int seconds) {
    range_->setCurrentIndex(range_->findData(seconds));
}

void LivePage::rebuildTargets() {
    const auto& document = session_.editor().document();
    const chain::Chain* shown = document.chain(session_.chainId().toStdString());
    std::vector<std::string> names;
    std::vector<ChartTarget> chartTargets;
    std::vector<QString> providers;
    if (shown)
        for (const auto& t : shown->targets) {
            if (std::find(names.begin(), names.end(), t.name()) != names.end())
                continue;
            const QString provider = QString::fromStdString(t.provider);
            names.push_back(t.name());
            if (std::find(providers.begin(), providers.end(), provider) == providers.end())
                providers.push_back(provider);
            const bool several =
                std::count_if(shown->targets.begin(), shown->targets.end(),
                              [&](const auto& o) { return o.provider == t.provider; }) > 1;
            chartTargets.push_back(
                {t.name(),
                 several ? QString::fromStdString(t.model) : Session::displayName(provider),
                 session_.colorIndex(provider)});
        }
    shownTargets_ = std::move(names);
    chart_->setTargets(std::move(chartTargets));

    // Tiles of providers that stay are kept, so that an edit does not take the focus away.
    std::vector<ProviderTile*> tiles;
    std::vector<QWidget*> widgets;
    bool same = providers.size() == tiles_.size();
    for (std::size_t i = 0; i < providers.size(); ++i) {
        const auto old = std::find_if(tiles_.begin(), tiles_.end(), [&](const ProviderTile* t) {
            return t->provider() == providers[i];
        });
        same = same && i < tiles_.size() && tiles_[i]->provider() == providers[i];
        tiles.push_back(old != tiles_.end() ? *old
                                            : new ProviderTile(session_, providers[i], grid_));
        widgets.push_back(tiles.back());
    }
    tiles_ = std::move(tiles);
    if (!same)
        grid_->setTiles(widgets);
    fresh_ = freshTable_ = true;
}

double LivePage::now() const {
    const auto& s = *session_.snapshot();
    return toUnix(s.wall, s.now) + static_cast<double>(sinceSnapshot_.elapsed()) / 1e3;
}

void LivePage::tick() {
    if (fresh_ && (!sinceTiles_.isValid() || sinceTiles_.elapsed() >= tilesMs)) {
        fresh_ = false;
        sinceTiles_.restart();
        chart_->setSnapshot(session_.snapshot());
        updateTiles();
        updateMessage();
        traffic_->refresh();
    } else if (sinceTiles_.isValid() && sinceTiles_.elapsed() >= 2 * tilesMs) {
        sinceTiles_.restart();
        for (auto* tile : tiles_)
            tile->tick();
    }
    if (freshTable_ && !paused_ && (!sinceTable_.isValid() || sinceTable_.elapsed() >= tableMs)) {
        freshTable_ = false;
        sinceTable_.restart();
        requests_->setSnapshot(session_.snapshot());
    }
    chart_->advance(now());
}

void LivePage::refresh() {
    fresh_ = freshTable_ = true;
    sinceTiles_.invalidate();
    sinceTable_.invalidate();
    tick();
}

void LivePage::updateTiles() {
    const auto snapshot = session_.snapshot();
    for (auto* tile : tiles_) {
        std::vector<const live::TargetView*> targets;
        for (const auto& view : snapshot->targets)
            if (QString::fromStdString(view.provider) == tile->provider() &&
                std::find(shownTargets_.begin(), shownTargets_.end(), view.name) !=
                    shownTargets_.end())
                targets.push_back(&view);
        tile->setTargets(targets, *snapshot);
    }
}

void LivePage::updateMessage() {
    const auto snapshot = session_.snapshot();
    const bool faults = !snapshot->active_faults.empty();
    if (faults && !hadFaults_) {
        sentenceClosed_ = false; // another outage, another sentence
        welcomed_ = true;
    }
    hadFaults_ = faults;
    if (snapshot->outage && !sentenceClosed_) {
        message_->show(outageSentence(*snapshot->outage, brokenIsBack(*snapshot)),
                       snapshot->outage->lost > 0 ? Tone::bad : Tone::accent, {}, true);
    } else if (!welcomed_ && snapshot->simulated && !tiles_.empty()) {
        const QString first = tiles_.front()->provider();
        message_->show(
            tr("You are watching simulated providers. Nothing leaves this computer."), Tone::accent,
            {{tr("Break %1").arg(Session::displayName(first)), QStringLiteral("first_break"),
              [this, first] { session_.breakProvider(first, {}); }},
             {tr("Add a real key"), QStringLiteral("add_real_key"),
              [this] {
                  welcomed_ = true;
                  Q_EMIT addKeyRequested();
              }}},
            true);
    } else {
        message_->clear();
    }
    const bool quiet = message_->isHidden();
    if (quiet_->isHidden() == quiet)
        quiet_->setVisible(quiet);
    if (!quiet)
        return;
    const QString text = tiles_.empty()
                             ? tr("This chain has no targets. Add one on the Chains page.")
                         : snapshot->traffic.running ? carrySentence(*snapshot, shownTargets_)
                                                     : tr("Traffic is off.");
    if (quiet_->text() != text)
        quiet_->setText(text);
}

void LivePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    clock_.start();
    refresh();
}

void LivePage::hideEvent(QHideEvent* event) {
    clock_.stop();
    QWidget::hideEvent(event);
}

} // namespace brownout::ui
