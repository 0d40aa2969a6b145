// The timeline under mouse and wheel, and kinds of faults that are dropped on it.
#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/shell/theme.h"
#include "ui/widgets/timeline_view.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QHelpEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

namespace ops = scenario_edits;

std::optional<faults::Kind> kindIn(const QMimeData* data) {
    const QByteArray name = data->data(QString::fromLatin1(FaultKindTree::mimeType));
    for (const faults::KindInfo& info : faults::kinds())
        if (info.name == std::string_view(name.constData(), static_cast<std::size_t>(name.size())))
            return info.kind;
    return std::nullopt;
}

} // namespace

QPoint TimelineView::toContent(const QPoint& p) const {
    return {p.x() - nameWidth + horizontalScrollBar()->value(),
            p.y() + verticalScrollBar()->value()};
}

std::pair<int, TimelineView::Grip> TimelineView::hit(const QPoint& p) const {
    if (p.x() < nameWidth || p.y() < TimelineGeometry::axisHeight)
        return {-1, Grip::none};
    for (const SceneLane& lane : scene_.lanes)
        for (const SceneBlock& block : lane.blocks) {
            const QRect box = blockRect(block.fault);
            if (!box.adjusted(-2, 0, 2, 0).contains(p))
                continue;
            const int edge = std::min(TimelineGeometry::edgeWidth, box.width() / 4);
            if (p.x() <= box.left() + edge)
                return {block.fault, Grip::left};
            if (p.x() >= box.right() - edge)
                return {block.fault, Grip::right};
            return {block.fault, Grip::body};
        }
    return {-1, Grip::none};
}

double TimelineView::snap(double s, bool on, const std::vector<int>& except) const {
    return on ? geometry_.snapped(s, scene_, except)
              : std::max(0.0, std::round(s * 100) / 100); // to hundredths all the same
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    const auto [fault, grip] = hit(event->position().toPoint());
    if (fault >= 0)
        cursorLane_ = scene_.find(fault)->first;
    if (event->button() != Qt::LeftButton) { // a menu is about what is selected
        if (fault >= 0 && !isSelected(fault))
            editor_.selectFault(fault);
        return;
    }
    if (fault >= 0)
        pressBlock(fault, grip, event);
    else
        pressGround(event);
}

void TimelineView::pressBlock(int fault, Grip grip, QMouseEvent* event) {
    bool alone = false;
    if (event->modifiers() & Qt::ShiftModifier) {
        selectRange(fault);
    } else if (event->modifiers() & Qt::ControlModifier) {
        toggle(fault);
    } else if (isSelected(fault)) { // of several: a drag takes all along
        alone = editor_.selectedFaults().size() > 1;
        editor_.selectFaults(editor_.selectedFaults(), fault);
    } else {
        editor_.selectFault(fault);
    }
    if (locked_ || !isSelected(fault))
        return;
    drag_ = {grip,
             fault,
             event->position().toPoint(),
             false,
             alone,
             moved(grip == Grip::body ? editor_.selectedFaults() : std::vector<int>{fault}, 0, 0)};
}

void TimelineView::pressGround(QMouseEvent* event) {
    const QPoint p = event->position().toPoint();
    const bool adds = event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier);
    if (!adds) {
        editor_.select({});
        if (p.x() >= nameWidth)
            setCursorSeconds(
                snap(geometry_.seconds(toContent(p).x()), !(event->modifiers() & Qt::AltModifier)));
        if (p.y() >= TimelineGeometry::axisHeight && !scene_.lanes.isEmpty())
            cursorLane_ = geometry_.laneAt(toContent(p).y());
    }
    if (p.x() >= nameWidth)
        band_ = Band{toContent(p), toContent(p), false, editor_.selectedFaults()};
    viewport()->update();
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    const QPoint p = event->position().toPoint();
    if (band_)
        return pullBand(p);
    if (drag_.grip == Grip::none) {
        const auto [fault, grip] = hit(p);
        if (fault < 0 || locked_)
            viewport()->unsetCursor();
        else
            viewport()->setCursor(grip == Grip::body ? Qt::OpenHandCursor : Qt::SizeHorCursor);
        return;
    }
    if (!drag_.moving && (p - drag_.from).manhattanLength() < QApplication::startDragDistance())
        return;
    drag_.moving = true;
    dragTo(p, !(event->modifiers() & Qt::AltModifier));
    viewport()->update();
}

// What it touches is selected while it is pulled, so that one sees what one gets.
void TimelineView::pullBand(const QPoint& p) {
    band_->to = toContent(p);
    if (!band_->moving &&
        (band_->to - band_->from).manhattanLength() < QApplication::startDragDistance())
        return;
    band_->moving = true;
    const QRect area = QRect(band_->from, band_->to).normalized();
    std::vector<int> faults = band_->kept;
    for (int lane = 0; lane < scene_.lanes.size(); ++lane)
        for (const SceneBlock& block : scene_.lanes[lane].blocks)
            if (geometry_.block(lane, block.row, block.from_s, block.to_s).intersects(area))
                faults.push_back(block.fault);
    editor_.selectFaults(std::move(faults), selectedFault());
    viewport()->update();
}

void TimelineView::dragTo(const QPoint& p, bool snapping) {
    const SceneBlock* block = blockOf(drag_.fault);
    if (!block || drag_.held.empty())
        return;
    const double by = (p.x() - drag_.from.x()) / geometry_.pixelsPerSecond();
    const double end = scene_.duration_s, least = std::min(geometry_.grid(), end);
    ScenarioEditor::Move& own = drag_.held.front().move; // of a stretched one
    if (drag_.grip == Grip::left) {
        own.at_s = std::clamp(snap(block->from_s + by, snapping, {drag_.fault}), 0.0,
                              std::max(0.0, block->to_s - least));
        if (!block->open)
            own.for_s = block->to_s - own.at_s;
        return;
    }
    if (drag_.grip == Grip::right) {
        const double to = std::clamp(snap(block->to_s + by, snapping, {drag_.fault}),
                                     block->from_s + least, std::max(end, block->from_s + least));
        // Pulled to the very end it stays as open as it was.
        own.for_s = block->open && to >= end ? std::nullopt : std::optional(to - block->from_s);
        return;
    }
    const std::vector<int>& faults = editor_.selectedFaults();
    const double at = snap(block->from_s + by, snapping, faults);
    // Lanes that take blocks, from its own to the one under the hand.
    const int from = scene_.find(drag_.fault)->first;
    const int lane = geometry_.laneAt(toContent(p).y());
    int lanes = 0;
    if (lane >= 0 && scene_.lanes[lane].takes)
        for (int i = std::min(from, lane); i <= std::max(from, lane); ++i)
            lanes += i != from && scene_.lanes[i].takes ? (lane > from ? 1 : -1) : 0;
    drag_.held = moved(faults, secondsTogether(faults, at - block->from_s, least),
                       lanesTogether(faults, lanes));
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton)
        return;
    band_.reset();
    viewport()->update();
    if (drag_.grip == Grip::none)
        return;
    const Drag done = std::exchange(drag_, {});
    if (!done.moving) {
        if (done.alone)
            editor_.selectFault(done.fault);
        return;
    }
    if (done.grip == Grip::body) {
        drop(done.held);
    } else {
        const ScenarioEditor::Move& own = done.held.front().move;
        editor_.setSpan(own.fault, own.at_s, own.for_s);
        showFault(own.fault);
    }
}

void TimelineView::cancelDrag() {
    drag_ = {};
    band_.reset();
    viewport()->update();
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (hit(event->position().toPoint()).first >= 0)
        Q_EMIT inspectRequested();
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    const int by = event->angleDelta().y();
    if (event->modifiers() & Qt::ControlModifier) {
        const double at = geometry_.seconds(toContent(event->position().toPoint()).x());
        setZoom(zoom_ * std::pow(1.25, by / 120.0), at);
        event->accept();
        return;
    }
    if (event->modifiers() & Qt::ShiftModifier || event->angleDelta().x() != 0) {
        QScrollBar* bar = horizontalScrollBar();
        bar->setValue(bar->value() - (by != 0 ? by : event->angleDelta().x()));
        event->accept();
        return;
    }
    QAbstractScrollArea::wheelEvent(event);
}

void TimelineView::dragEnterEvent(QDragEnterEvent* event) {
    if (!locked_ && kindIn(event->mimeData()))
        event->acceptProposedAction();
}

void TimelineView::dragMoveEvent(QDragMoveEvent* event) {
    const QPoint p = event->position().toPoint();
    const int lane = scene_.lanes.isEmpty() ? -1 : geometry_.laneAt(toContent(p).y());
    if (locked_ || lane < 0 || !scene_.lanes[lane].takes || p.x() < nameWidth) {
        drop_.reset();
        event->ignore();
    } else {
        drop_ = qMakePair(lane, snap(geometry_.seconds(toContent(p).x()),
                                     !(event->modifiers() & Qt::AltModifier)));
        event->acceptProposedAction();
    }
    viewport()->update();
}

void TimelineView::dragLeaveEvent(QDragLeaveEvent*) {
    drop_.reset();
    viewport()->update();
}

void TimelineView::dropEvent(QDropEvent* event) {
    const auto kind = kindIn(event->mimeData());
    const auto at = std::exchange(drop_, std::nullopt);
    viewport()->update();
    if (!kind || !at || locked_)
        return;
    event->acceptProposedAction();
    cursorLane_ = at->first;
    addFault(*kind, scene_.lanes[at->first].target, at->second);
}

bool TimelineView::viewportEvent(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const SceneBlock* block = blockOf(hit(help->pos()).first);
    if (block)
        QToolTip::showText(help->globalPos(), block->tip, this);
    else
        QToolTip::hideText();
    return true;
}

} // namespace brownout::ui
