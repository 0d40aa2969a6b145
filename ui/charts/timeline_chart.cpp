#include "ui/charts/timeline_chart.h"

#include "ui/charts/timeline_plot.h"
#include "ui/shell/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QFileDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QMimeData>
#include <QSaveFile>
#include <QVBoxLayout>

#include <cmath>

namespace brownout::ui {

namespace {

constexpr qint64 fastestMs = 40;  // 25 pictures a second at most
constexpr qint64 growingMs = 250; // values of the newest bin

QString shortNumber(double v) {
    return QString::number(v, 'g', 3);
}

} // namespace

TimelineChart::TimelineChart(QWidget* parent)
    : QWidget(parent), plot_(std::make_unique<Plot>(this)) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Charts of latency, failure rate, breaker state and spend"));
    setToolTip({});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(plot_->widget);
    plot_->widget->installEventFilter(this);

    const auto layer = [this](const char* name, Plot::Row row, bool clipped, auto paint) {
        new PaintedLayer(plot_->widget, QString::fromLatin1(name),
                         clipped ? plot_->areas[row] : nullptr,
                         [this, row, paint](QCPPainter& p) { paint(p, plot_->area(row, frame_)); });
    };
    for (int i = 0; i < Plot::rows; ++i)
        layer("shade", Plot::Row(i), false,
              [this](QPainter& p, const PlotArea& area) { paintShades(p, frame_, area); });
    layer("main", Plot::latency, false,
          [this](QPainter& p, const PlotArea& area) { paintShadeLabels(p, frame_, area, font()); });
    layer("main", Plot::latency, true,
          [this](QPainter& p, const PlotArea& area) { paintLatency(p, frame_, area); });
    layer("main", Plot::failure, true,
          [this](QPainter& p, const PlotArea& area) { paintFailures(p, frame_, area); });
    layer("main", Plot::lanes, false,
          [this](QPainter& p, const PlotArea& area) { paintLanes(p, frame_, area, font()); });
    layer("main", Plot::spend, true,
          [this](QPainter& p, const PlotArea& area) { paintBars(p, frame_, area); });
    layer("main", Plot::latency, false, [this](QPainter& p, const PlotArea& area) {
        const auto heading = [&](Plot::Row row, const QString& title, const QString& detail) {
            paintHeading(p, plot_->headingOf(row), title, detail, font());
        };
        heading(Plot::latency, tr("Latency, s"),
                withP99_ ? tr("p50 line, p95 band, p99 dotted") : tr("p50 line, p95 band"));
        heading(Plot::failure, tr("Failure rate, %"), tr("of attempts, by provider"));
        heading(Plot::lanes, tr("Breaker"), tr("closed, half-open (hatched), open"));
        heading(Plot::spend, tr("Spend, USD/min"), tr("useful solid, wasted hatched"));
        if (!frame_.empty)
            return;
        p.setPen(colors().textMuted);
        p.drawText(area.rect, Qt::AlignCenter,
                   tr("No requests in this stretch of time. Switch traffic on, or send a prompt, "
                      "and the charts fill."));
    });
    new PaintedLayer(plot_->widget, QStringLiteral("crosshair"), nullptr,
                     [this](QCPPainter& p) { paintOverlay(p); });
    plot_->applyColors(font());
}

TimelineChart::~TimelineChart() = default;

void TimelineChart::setTargets(std::vector<ChartTarget> targets) {
    if (targets == targets_)
        return;
    targets_ = std::move(targets);
    points_.assign(targets_.size(), {});
    bars_.assign(targets_.size(), {});
    const int height = lanesHeight();
    plot_->areas[Plot::lanes]->setMinimumSize(10, height);
    plot_->areas[Plot::lanes]->setMaximumSize(QWIDGETSIZE_MAX, height);
    updateGeometry();
    refreshSeries();
    dirty_ = true;
}

void TimelineChart::setSnapshot(live::SnapshotPtr snapshot) {
    if (paused_ || !snapshot)
        return;
    // Lists are shared while they do not change, so a new pointer is a change to be seen at once.
    const bool changed = !snapshot_ || snapshot->breaker_lanes != snapshot_->breaker_lanes ||
                         snapshot->fault_windows != snapshot_->fault_windows;
    snapshot_ = std::move(snapshot);
    dirty_ = dirty_ || changed;
    stale_ = true;
}

void TimelineChart::setRangeSeconds(double seconds) {
    if (seconds == range_)
        return;
    range_ = seconds;
    refreshSeries();
    dirty_ = true;
    prepareAndReplot(false);
}

void TimelineChart::setPaused(bool paused) {
    paused_ = paused;
}

void TimelineChart::advance(double unixSeconds) {
    if (paused_ || !snapshot_ || !isVisible())
        return;
    now_ = unixSeconds;
    const double perPixel = range_ / std::max(1, plot_->areas[0]->rect().width());
    const qint64 since = sinceReplot_.isValid() ? sinceReplot_.elapsed() : growingMs;
    if (since < fastestMs)
        return;
    const bool moved = std::abs(now_ - drawnAt_) >= perPixel;
    if (dirty_ || (stale_ && since >= growingMs) || (moved && since >= fastestMs)) {
        if (stale_)
            refreshSeries();
        prepareAndReplot(false);
    }
}

void TimelineChart::refreshSeries() {
    stale_ = false;
    if (!snapshot_)
        return;
    for (std::size_t t = 0; t < targets_.size(); ++t)
        for (const auto& view : snapshot_->targets)
            if (view.name == targets_[t].name) {
                points_[t].update(view.series, binSecondsFor(range_));
                bars_[t].update(view.series, barSecondsFor(range_), false);
            }
}

TimelineInput TimelineChart::input() const {
    TimelineInput in;
    in.snapshot = snapshot_.get();
    in.targets = &targets_;
    in.points = &points_;
    in.bars = &bars_;
    in.to = now_;
    in.from = now_ - range_;
    in.columns = std::max(1, plot_->areas[0]->rect().width());
    in.withP99 = withP99_;
    return in;
}

void TimelineChart::prepareAndReplot(bool now) {
    if (!snapshot_)
        return;
    frame_ = makeFrame(input());
    drawnAt_ = now_;
    dirty_ = false;
    plot_->setScale(Plot::latency, frame_.latencyTop, shortNumber(frame_.latencyTop / 2),
                    shortNumber(frame_.latencyTop), frame_.latencyTop / 2, frame_.latencyTop);
    plot_->setScale(Plot::failure, 100, QStringLiteral("50"), QStringLiteral("100"), 50, 100);
    plot_->setScale(Plot::spend, frame_.spendTop, shortNumber(frame_.spendTop / 2),
                    shortNumber(frame_.spendTop), frame_.spendTop / 2, frame_.spendTop);
    for (auto* area : plot_->areas)
        area->axis(QCPAxis::atBottom)->setRange(frame_.from, frame_.to);
    plot_->time->setDateTimeFormat(range_ <= 120 ? QStringLiteral("HH:mm:ss")
                                                 : QStringLiteral("HH:mm"));
    sinceReplot_.restart();
    ++replots_;
    plot_->widget->replot(now ? QCustomPlot::rpImmediateRefresh : QCustomPlot::rpQueuedReplot);
}

void TimelineChart::replotNow() {
    refreshSeries();
    prepareAndReplot(true);
}

void TimelineChart::setCrosshair(std::optional<double> unixSeconds) {
    if (crosshair_ == unixSeconds)
        return;
    crosshair_ = unixSeconds;
    setAccessibleDescription(crosshairText());
    plot_->widget->layer(QStringLiteral("crosshair"))->replot();
}

std::vector<CrosshairRow> TimelineChart::crosshairRows(QString* title) const {
    std::vector<CrosshairRow> rows;
    if (!crosshair_ || !snapshot_)
        return rows;
    *title = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(*crosshair_ * 1e3))
                 .toString(QStringLiteral("HH:mm:ss"));
    const auto seconds = [](double ms) {
        return ms < 0 ? tr("none") : QString::number(ms / 1e3, 'f', 2) + tr(" s");
    };
    for (std::size_t t = 0; t < targets_.size(); ++t) {
        const Bin* bin = binAt(points_[t], snapshot_->wall, *crosshair_);
        QString text = targets_[t].label + QLatin1Char(' ');
        if (bin && bin->p50_ms >= 0)
            text += tr("p50 %1  p95 %2").arg(seconds(bin->p50_ms), seconds(bin->p95_ms)) +
                    (withP99_ ? tr("  p99 %1").arg(seconds(bin->p99_ms)) : QString());
        else
            text += tr("no answer");
        if (bin && bin->attempts)
            text += tr("  failed %1 of %2").arg(bin->failures).arg(bin->attempts);
        if (t < frame_.lanes.size())
            for (const auto& s : frame_.lanes[t].segments)
                if (*crosshair_ >= s.from && *crosshair_ < s.to)
                    text += QStringLiteral("  ") + QString::fromLatin1(breakerWord(s.state));
        rows.push_back({text, targets_[t].colorIndex});
    }
    double useful = 0, wasted = 0;
    int width = 60;
    for (const auto& series : bars_)
        if (const Bin* bin = binAt(series, snapshot_->wall, *crosshair_)) {
            useful += bin->useful_usd;
            wasted += bin->wasted_usd;
            width = series.binSeconds();
        }
    rows.push_back(
        {tr("spend %1 USD/min, wasted %2")
             .arg(shortNumber((useful + wasted) * 60 / width), shortNumber(wasted * 60 / width)),
         -1});
    return rows;
}

QString TimelineChart::crosshairText() const {
    QString text;
    for (const auto& row : crosshairRows(&text))
        text += QLatin1Char('\n') + row.text;
    return text;
}

void TimelineChart::paintOverlay(QPainter& p) {
    if (!crosshair_ || *crosshair_ < frame_.from || *crosshair_ > frame_.to)
        return;
    QString title;
    const auto rows = crosshairRows(&title);
    paintCrosshair(p, plot_->whole(), plot_->area(Plot::latency, frame_).x(*crosshair_), title,
                   rows, font());
}

bool TimelineChart::eventFilter(QObject* watched, QEvent* event) {
    if (watched == plot_->widget && event->type() == QEvent::MouseMove) {
        const QPoint at = static_cast<QMouseEvent*>(event)->pos();
        const PlotArea area = plot_->area(Plot::latency, frame_);
        if (plot_->whole().contains(at) && frame_.to > frame_.from)
            setCrosshair(frame_.from + (at.x() - area.rect.left()) * (frame_.to - frame_.from) /
                                           area.rect.width());
        else
            setCrosshair({});
    } else if (watched == plot_->widget && event->type() == QEvent::Leave) {
        setCrosshair({});
    }
    return QWidget::eventFilter(watched, event);
}

void TimelineChart::keyPressEvent(QKeyEvent* event) {
    const bool left = event->key() == Qt::Key_Left, right = event->key() == Qt::Key_Right;
    if (left || right) {
        const double step = binSecondsFor(range_) * (left ? -1 : 1);
        setCrosshair(std::clamp(crosshair_.value_or(frame_.to) + step, frame_.from, frame_.to));
    } else if (event->key() == Qt::Key_Escape && crosshair_) {
        setCrosshair({});
    } else {
        QWidget::keyPressEvent(event);
    }
}

void TimelineChart::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    menu.addAction(tr("Copy picture"), this,
                   [this] { QApplication::clipboard()->setPixmap(picture()); });
    menu.addAction(tr("Save picture as PNG..."), this, &TimelineChart::savePicture);
    menu.addSeparator();
    menu.addAction(tr("Copy data as CSV"), this,
                   [this] { QApplication::clipboard()->setText(csv()); });
    menu.addAction(tr("Save data as CSV..."), this, &TimelineChart::saveCsv);
    menu.addSeparator();
    QAction* p99 = menu.addAction(tr("Show p99"));
    p99->setCheckable(true);
    p99->setChecked(withP99_);
    connect(p99, &QAction::toggled, this, [this](bool on) {
        withP99_ = on;
        prepareAndReplot(false);
    });
    menu.exec(event->globalPos());
}

void TimelineChart::savePicture() {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save picture"), QStringLiteral("brownout.png"), tr("Pictures (*.png)"));
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !picture().save(&file, "PNG") || !file.commit())
        Q_EMIT problem(tr("%1: %2. Choose another place.").arg(path, file.errorString()));
}

void TimelineChart::saveCsv() {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save data"), QStringLiteral("brownout.csv"), tr("Tables (*.csv)"));
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(csv().toUtf8()) < 0 || !file.commit())
        Q_EMIT problem(tr("%1: %2. Choose another place.").arg(path, file.errorString()));
}

QString TimelineChart::csv() const {
    return snapshot_ ? timelineCsv(input()) : QString();
}

QPixmap TimelineChart::picture() const {
    return plot_->widget->toPixmap();
}

void TimelineChart::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        plot_->applyColors(font());
        dirty_ = true;
        prepareAndReplot(false);
    }
    QWidget::changeEvent(event);
}

void TimelineChart::resizeEvent(QResizeEvent* event) {
    dirty_ = true; // as many columns as there are pixels now
    QWidget::resizeEvent(event);
}

int TimelineChart::lanesHeight() const {
    return std::max(1, static_cast<int>(targets_.size())) * laneHeight;
}

QRect TimelineChart::plotRect(int row) const {
    return row >= 0 && row < Plot::rows ? plot_->areas[row]->rect() : QRect();
}

QSize TimelineChart::sizeHint() const {
    return {900, 300 + static_cast<int>(targets_.size()) * laneHeight};
}

QSize TimelineChart::minimumSizeHint() const {
    constexpr int plots = Plot::rows - 1; // but for the lanes
    return {320, plots * leastPlotHeight + Plot::rows * headingHeight + plots * areaGap +
                     timeAxisHeight + lanesHeight()};
}

} // namespace brownout::ui
