// The timeline under mouse, wheel, keyboard, and kinds of faults that are dropped on it.
#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/shell/theme.h"
#include "ui/widgets/timeline_view.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QHelpEvent>
#include <QMenu>
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

double TimelineView::snap(double s, bool on, int except) const {
    return on ? geometry_.snapped(s, scene_, except)
              : std::max(0.0, std::round(s * 100) / 100); // to hundredths all the same
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    const QPoint p = event->position().toPoint();
    const auto [fault, grip] = hit(p);
    if (fault >= 0) {
        editor_.selectFault(fault);
        cursorLane_ = scene_.find(fault)->first;
    }
    if (event->button() != Qt::LeftButton)
        return;
    if (fault < 0) {
        editor_.select({});
        if (p.x() >= nameWidth)
            setCursorSeconds(snap(geometry_.seconds(toContent(p).x()),
                                  !(event->modifiers() & Qt::AltModifier), -1));
        if (p.y() >= TimelineGeometry::axisHeight && !scene_.lanes.isEmpty())
            cursorLane_ = geometry_.laneAt(toContent(p).y());
        viewport()->update();
        return;
    }
    if (locked_)
        return;
    const chain::Json* rule = ops::fault(editor_.json(), fault);
    drag_ = {grip,
             fault,
             p,
             false,
             ops::atOf(*rule),
             ops::forOf(*rule),
             ops::targetOf(*rule),
             scene_.find(fault)->first};
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    const QPoint p = event->position().toPoint();
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

void TimelineView::dragTo(const QPoint& p, bool snapping) {
    const SceneBlock* block = blockOf(drag_.fault);
    const chain::Json* rule = ops::fault(editor_.json(), drag_.fault);
    if (!block || !rule)
        return;
    const double by = (p.x() - drag_.from.x()) / geometry_.pixelsPerSecond();
    const double end = scene_.duration_s, least = std::min(geometry_.grid(), end);
    if (drag_.grip == Grip::left) {
        const double at = std::clamp(snap(block->from_s + by, snapping, drag_.fault), 0.0,
                                     std::max(0.0, block->to_s - least));
        drag_.at_s = at;
        if (!block->open)
            drag_.for_s = block->to_s - at;
        return;
    }
    if (drag_.grip == Grip::right) {
        const double to = std::clamp(snap(block->to_s + by, snapping, drag_.fault),
                                     block->from_s + least, std::max(end, block->from_s + least));
        // Pulled to the very end it stays as open as it was.
        drag_.for_s = block->open && to >= end ? std::nullopt : std::optional(to - block->from_s);
        return;
    }
    drag_.at_s = std::clamp(snap(block->from_s + by, snapping, drag_.fault), 0.0,
                            std::max(0.0, end - least));
    const int lane = geometry_.laneAt(toContent(p).y());
    drag_.lane = lane >= 0 && scene_.lanes[lane].takes ? lane : scene_.find(drag_.fault)->first;
    const std::string own = ops::targetOf(*rule);
    drag_.target =
        drag_.lane == scene_.find(drag_.fault)->first
            ? own
            : retarget(own, scene_.lanes[drag_.lane].target, editor_.json(), editor_.chain());
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || drag_.grip == Grip::none)
        return;
    const Drag done = std::exchange(drag_, {});
    viewport()->update();
    if (!done.moving)
        return;
    if (done.grip == Grip::body)
        editor_.moveFault(done.fault, done.at_s, done.target);
    else
        editor_.setSpan(done.fault, done.at_s, done.for_s);
    showFault(done.fault);
}

void TimelineView::cancelDrag() {
    drag_ = {};
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

bool TimelineView::event(QEvent* event) {
    // Keys that are the timeline's own while it has the focus, whatever the window does with them.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        const bool own = key->matches(QKeySequence::Copy) || key->matches(QKeySequence::Cut) ||
                         key->matches(QKeySequence::Paste) || key->key() == Qt::Key_Delete ||
                         (key->key() == Qt::Key_D && key->modifiers() == Qt::ControlModifier);
        if (own) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    if (editByKey(event) || moveByKey(event))
        return;
    switch (event->key()) {
    case Qt::Key_Escape:
        if (drag_.grip != Grip::none)
            cancelDrag();
        else
            editor_.select({});
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (selectedFault() >= 0)
            Q_EMIT inspectRequested();
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        setZoom(zoom_ * 1.5, cursor_s_);
        return;
    case Qt::Key_Minus:
        setZoom(zoom_ / 1.5, cursor_s_);
        return;
    case Qt::Key_0:
        fit();
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool TimelineView::editByKey(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        return copySelected();
    if (event->matches(QKeySequence::Cut)) {
        if (!locked_ && copySelected())
            removeSelected();
        return true;
    }
    if (event->matches(QKeySequence::Paste)) {
        paste();
        return true;
    }
    if (event->key() == Qt::Key_D && event->modifiers() == Qt::ControlModifier) {
        duplicateSelected();
        return true;
    }
    if (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace) {
        removeSelected();
        return true;
    }
    return false;
}

// Arrows move the selected fault, with Shift its end, with Alt by tenths of a second; without one
// they move the cursor.
bool TimelineView::moveByKey(QKeyEvent* event) {
    const int way = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    const int down = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
    if (!way && !down)
        return false;
    const int fault = selectedFault();
    const chain::Json* rule = ops::fault(editor_.json(), fault);
    const double step = event->modifiers() & Qt::AltModifier ? 0.1 : geometry_.grid();
    if (!rule) {
        if (way)
            setCursorSeconds(cursor_s_ + way * step);
        else
            cursorLane_ = std::clamp(cursorLane_ + down, 0,
                                     std::max(0, static_cast<int>(scene_.lanes.size()) - 1));
        viewport()->update();
        return true;
    }
    if (locked_)
        return true;
    if (down) {
        moveToLane(down);
        return true;
    }
    const double at = ops::atOf(*rule), end = scene_.duration_s;
    const QString key = QStringLiteral("key %1").arg(fault);
    if (event->modifiers() & Qt::ShiftModifier) {
        const double lasts = ops::forOf(*rule).value_or(end - at) + way * step;
        editor_.setSpan(fault, at, std::clamp(lasts, step, std::max(step, end - at)),
                        key + QStringLiteral(" length"));
    } else {
        const double to = std::clamp(at + way * step, 0.0, std::max(0.0, end - step));
        editor_.moveFault(fault, std::round(to * 1000) / 1000, ops::targetOf(*rule), key);
    }
    showFault(fault);
    return true;
}

// Tab goes from block to block, and out of the timeline after the last.
bool TimelineView::focusNextPrevChild(bool next) {
    const std::vector<int> faults = order();
    const auto it = std::find(faults.begin(), faults.end(), selectedFault());
    if (hasFocus() && !faults.empty()) {
        if (it == faults.end()) {
            if (next) {
                editor_.selectFault(faults.front());
                showFault(faults.front());
                return true;
            }
        } else if (next ? it + 1 != faults.end() : it != faults.begin()) {
            const int fault = next ? *(it + 1) : *(it - 1);
            editor_.selectFault(fault);
            showFault(fault);
            return true;
        }
    }
    return QAbstractScrollArea::focusNextPrevChild(next);
}

void TimelineView::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    const std::vector<int> faults = order();
    const bool back = event->reason() == Qt::BacktabFocusReason;
    if ((event->reason() == Qt::TabFocusReason || back) && !faults.empty() && selectedFault() < 0)
        editor_.selectFault(back ? faults.back() : faults.front());
    viewport()->update();
}

void TimelineView::contextMenuEvent(QContextMenuEvent* event) {
    const bool any = selectedFault() >= 0;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto add = [&](const QString& text, const char* keys, bool enabled, auto run) {
        QAction* action = menu->addAction(text, this, run);
        action->setShortcut(QKeySequence(QLatin1String(keys)));
        action->setEnabled(enabled);
    };
    add(tr("Edit"), "Return", any, [this] { Q_EMIT inspectRequested(); });
    add(tr("Duplicate"), "Ctrl+D", any && !locked_, [this] { duplicateSelected(); });
    add(tr("Copy"), "Ctrl+C", any, [this] { copySelected(); });
    add(tr("Paste"), "Ctrl+V", !locked_, [this] { paste(); });
    menu->addSeparator();
    add(tr("Delete"), "Del", any && !locked_, [this] { removeSelected(); });
    menu->popup(event->globalPos());
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
                                     !(event->modifiers() & Qt::AltModifier), -1));
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
