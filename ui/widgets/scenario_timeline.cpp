#include "ui/widgets/scenario_timeline.h"

#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr int rowHeight = 20, lanePadding = 4, axisHeight = 3 * gridUnit;
constexpr int emptyHeight = 12 * gridUnit;

double tickStep(double duration, int pixels) {
    const double wanted = duration / std::max(1, pixels / 80);
    for (const double step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600})
        if (step >= wanted)
            return step;
    return std::max(1.0, wanted);
}

QString blockTip(const QString& provider, const FaultBlock& block) {
    return QStringLiteral("%1: %2, %3 to %4 s")
        .arg(Session::displayName(provider), block.label)
        .arg(block.from_s)
        .arg(block.to_s);
}

} // namespace

ScenarioTimeline::ScenarioTimeline(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Timeline of the scenario"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ScenarioTimeline::setLanes(QList<TimelineLane> lanes, double duration_s) {
    lanes_ = std::move(lanes);
    duration_s_ = duration_s;
    playhead_s_ = -1;
    QStringList words;
    for (const TimelineLane& lane : lanes_)
        for (const FaultBlock& block : lane.blocks)
            words << blockTip(lane.provider, block);
    setAccessibleDescription(words.join(QStringLiteral(". ")));
    updateGeometry();
    update();
}

void ScenarioTimeline::setPlayhead(double elapsed_s) {
    const int before = playheadX();
    playhead_s_ = elapsed_s;
    const int x = playheadX();
    if (x == before) // less than a pixel further
        return;
    const int left = std::min(before < 0 ? x : before, x < 0 ? before : x);
    update(QRect(left - 6, 0, std::abs(x - before) + 12, height()));
}

QSize ScenarioTimeline::sizeHint() const {
    if (lanes_.isEmpty())
        return {50 * gridUnit, emptyHeight};
    int height = axisHeight;
    for (const TimelineLane& lane : lanes_)
        height += lane.rows * rowHeight + lanePadding;
    return {50 * gridUnit, height};
}

QRect ScenarioTimeline::plot() const {
    int names = 0;
    for (const TimelineLane& lane : lanes_)
        names =
            std::max(names, fontMetrics().horizontalAdvance(Session::displayName(lane.provider)));
    const int left = std::min(names + 12, width() / 3);
    return {left, 0, std::max(1, width() - left - 2 * gridUnit), height() - axisHeight};
}

int ScenarioTimeline::laneTop(int lane) const {
    int top = 0;
    for (int i = 0; i < lane; ++i)
        top += lanes_[i].rows * rowHeight + lanePadding;
    return top;
}

int ScenarioTimeline::xOf(double seconds) const {
    const QRect area = plot();
    return area.left() +
           static_cast<int>(std::lround(seconds / std::max(duration_s_, 1e-3) * area.width()));
}

int ScenarioTimeline::playheadX() const {
    return playhead_s_ < 0 || lanes_.isEmpty() ? -1 : xOf(std::min(playhead_s_, duration_s_));
}

QRect ScenarioTimeline::blockRect(int lane, int block) const {
    const FaultBlock& b = lanes_[lane].blocks[block];
    const int left = xOf(b.from_s);
    return {left, laneTop(lane) + b.row * rowHeight + 2, std::max(3, xOf(b.to_s) - left),
            rowHeight - 4};
}

void ScenarioTimeline::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (lanes_.isEmpty()) {
        painter.setPen(colors().textMuted);
        painter.drawText(rect(), Qt::AlignCenter,
                         tr("Choose a scenario: its faults appear here, provider by provider."));
        return;
    }
    paintAxis(painter);
    for (int i = 0; i < lanes_.size(); ++i)
        paintLane(painter, i);
    if (const int x = playheadX(); x >= 0) {
        painter.setPen(QPen(colors().accent, 1));
        painter.drawLine(x, 0, x, plot().bottom() + 4);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(colors().accent);
        const QPointF head[] = {{x - 4.0, 0}, {x + 4.0, 0}, {x + 0.0, 6}};
        painter.drawConvexPolygon(head, 3);
    }
}

void ScenarioTimeline::paintAxis(QPainter& painter) const {
    const QRect area = plot();
    const double step = tickStep(duration_s_, area.width());
    for (double s = 0; s <= duration_s_ + 1e-9; s += step) {
        const int x = xOf(s);
        painter.setPen(colors().grid);
        painter.drawLine(x, 0, x, area.bottom() + 4);
        painter.setPen(colors().textMuted);
        const QRect box(x - 40, area.bottom() + 4, 80, axisHeight - 4);
        painter.drawText(box, Qt::AlignCenter, tr("%1 s").arg(s));
    }
}

void ScenarioTimeline::paintLane(QPainter& painter, int index) const {
    const TimelineLane& lane = lanes_[index];
    const QRect area = plot();
    const int top = laneTop(index), height = lane.rows * rowHeight;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(lane.blocks.isEmpty() ? colors().textMuted : colors().text);
    const QRect name(0, top, area.left() - gridUnit, height);
    painter.drawText(name, Qt::AlignRight | Qt::AlignVCenter,
                     fontMetrics().elidedText(Session::displayName(lane.provider), Qt::ElideRight,
                                              name.width()));
    painter.fillRect(QRect(area.left(), top + 2, area.width(), height - 4), colors().raised);
    for (int i = 0; i < lane.blocks.size(); ++i) {
        const QRect box = blockRect(index, i);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(colors().bad, 1));
        painter.setBrush(colors().badSoft);
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        const QRect text = box.adjusted(6, 0, -4, 0);
        if (text.width() > 16)
            painter.drawText(
                text, Qt::AlignVCenter | Qt::AlignLeft,
                fontMetrics().elidedText(lane.blocks[i].label, Qt::ElideRight, text.width()));
    }
}

QString ScenarioTimeline::toolTipAt(const QPoint& point) const {
    for (int lane = 0; lane < lanes_.size(); ++lane)
        for (int i = 0; i < lanes_[lane].blocks.size(); ++i)
            if (blockRect(lane, i).contains(point))
                return blockTip(lanes_[lane].provider, lanes_[lane].blocks[i]);
    return {};
}

bool ScenarioTimeline::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = toolTipAt(help->pos());
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), tip, this);
    return true;
}

} // namespace brownout::ui
