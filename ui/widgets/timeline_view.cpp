#include "ui/widgets/timeline_view.h"

#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/shell/theme.h"
#include "ui/widgets/timeline_access.h"

#include <QAccessible>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

namespace ops = scenario_edits;
constexpr double usualLength = 10; // s, of a new fault in a minute

} // namespace

TimelineView::TimelineView(ScenarioEditor& editor, QWidget* parent)
    : QAbstractScrollArea(parent), editor_(editor) {
    static const bool readable = (QAccessible::installFactory(timelineAccess), true);
    Q_UNUSED(readable)
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setAcceptDrops(true);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setAccessibleName(tr("Timeline of the scenario"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    horizontalScrollBar()->setSingleStep(20);
    connect(&editor_, &ScenarioEditor::changed, this, &TimelineView::refresh);
    connect(&editor_, &ScenarioEditor::selectionChanged, this, [this] {
        focus_ = -1;
        if (editor_.selectedFaults().size() < 2)
            anchor_ = -1;
        announce();
        viewport()->update();
    });
    refresh();
}

void TimelineView::refresh() {
    if (drag_.grip != Grip::none || band_)
        cancelDrag(); // what was held may be another one now
    focus_ = anchor_ = -1;
    scene_ = sceneOf(editor_.json(), editor_.chain(), editor_.trouble());
    cursor_s_ = std::min(cursor_s_, scene_.duration_s);
    cursorLane_ =
        std::clamp(cursorLane_, 0, std::max(0, static_cast<int>(scene_.lanes.size()) - 1));
    layoutScene();
    announce();
    updateGeometry();
    viewport()->update();
}

QRect TimelineView::plot() const {
    return {nameWidth, 0, std::max(1, viewport()->width() - nameWidth), viewport()->height()};
}

void TimelineView::layoutScene() {
    geometry_.set(scene_, plot().width() - 2 * gridUnit, zoom_);
    horizontalScrollBar()->setPageStep(plot().width());
    horizontalScrollBar()->setRange(
        0, std::max(0, geometry_.contentWidth() + 2 * gridUnit - plot().width()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, geometry_.contentHeight() - viewport()->height()));
}

void TimelineView::resizeEvent(QResizeEvent*) {
    layoutScene();
}

QSize TimelineView::sizeHint() const {
    return {60 * gridUnit, geometry_.contentHeight() + 12};
}

QSize TimelineView::minimumSizeHint() const {
    return {40 * gridUnit, std::min(geometry_.contentHeight() + 12, 24 * gridUnit)};
}

void TimelineView::setLocked(bool locked) {
    if (locked_ == locked)
        return;
    locked_ = locked;
    cancelDrag();
    viewport()->unsetCursor();
}

void TimelineView::setPlayhead(double seconds) {
    if (seconds == playhead_s_)
        return;
    playhead_s_ = seconds;
    // What plays stays in view where only a part is.
    if (seconds >= 0 && zoom_ > 1) {
        const int x = geometry_.x(seconds) - horizontalScrollBar()->value();
        if (x < 0 || x > plot().width() - 4 * gridUnit)
            horizontalScrollBar()->setValue(geometry_.x(seconds) - plot().width() / 4);
    }
    viewport()->update();
}

void TimelineView::setCursorSeconds(double seconds) {
    cursor_s_ = std::clamp(seconds, 0.0, scene_.duration_s);
    Q_EMIT cursorMoved();
    viewport()->update();
}

std::string TimelineView::cursorTarget() const {
    if (scene_.lanes.isEmpty())
        return "@primary";
    const SceneLane& lane = scene_.lanes[cursorLane_];
    return lane.takes ? lane.target : scene_.lanes.front().target;
}

void TimelineView::addAtCursor(faults::Kind kind) {
    addFault(kind, cursorTarget(), cursor_s_);
}

void TimelineView::addFault(faults::Kind kind, const std::string& target, double at_s) {
    if (locked_)
        return;
    const double end = scene_.duration_s;
    const double at = std::clamp(at_s, 0.0, std::max(0.0, end - geometry_.grid()));
    const double wanted = std::max(usualLength / 60 * end, geometry_.grid());
    const double lasts = std::min(std::round(wanted), end - at);
    std::string whom = target;
    if (kind == faults::Kind::group_outage && target == "*")
        whom = "@primary";
    editor_.addFault(ops::usualFault(kind, whom, at, lasts > 0 ? lasts : end - at));
    setFocus();
    showFault(selectedFault());
}

void TimelineView::setZoom(double zoom, double aroundSeconds) {
    const int before = geometry_.x(aroundSeconds) - horizontalScrollBar()->value();
    zoom_ = std::clamp(zoom, 1.0, TimelineGeometry::mostZoom);
    layoutScene();
    horizontalScrollBar()->setValue(geometry_.x(aroundSeconds) - before);
    viewport()->update();
    Q_EMIT zoomChanged();
}

int TimelineView::selectedFault() const {
    const auto& s = editor_.selection();
    return s.part == ScenarioEditor::Part::fault ? s.index : -1;
}

int TimelineView::focusFault() const {
    return focus_ >= 0 ? focus_ : selectedFault();
}

const SceneBlock* TimelineView::blockOf(int fault) const {
    const auto at = scene_.find(fault);
    return at ? &scene_.lanes[at->first].blocks[at->second] : nullptr;
}

QRect TimelineView::blockRect(int fault) const {
    const auto at = scene_.find(fault);
    if (!at)
        return {};
    const SceneBlock& block = scene_.lanes[at->first].blocks[at->second];
    return geometry_.block(at->first, block.row, block.from_s, block.to_s)
        .translated(nameWidth - horizontalScrollBar()->value(), -verticalScrollBar()->value());
}

QPoint TimelineView::pointAt(int lane, double seconds) const {
    return {nameWidth + geometry_.x(seconds) - horizontalScrollBar()->value(),
            geometry_.laneTop(lane) + geometry_.laneHeight(lane) / 2 -
                verticalScrollBar()->value()};
}

QString TimelineView::describe(int fault) const {
    const SceneBlock* block = blockOf(fault);
    if (!block)
        return tr("%1 faults").arg(scene_.faults());
    return tr("Fault %1 of %2: %3%4")
        .arg(fault + 1)
        .arg(scene_.faults())
        .arg(block->tip, block->wrong ? tr(". Not valid") : QString());
}

// Screen readers are told what is selected.
void TimelineView::announce() {
    QString words = describe(focusFault());
    if (focusFault() >= 0 && !isSelected(focusFault()))
        words += tr(". Not selected");
    if (const auto several = editor_.selectedFaults().size(); several > 1)
        words += tr(". %1 faults are selected").arg(several);
    if (words == accessibleDescription())
        return;
    setAccessibleDescription(words);
    if (!QAccessible::isActive() || !hasFocus() || focusFault() < 0)
        return;
    QAccessibleEvent focus(this, QAccessible::Focus);
    focus.setChild(focusFault());
    QAccessible::updateAccessibility(&focus);
}

std::vector<int> TimelineView::order() const {
    std::vector<int> out;
    for (const SceneLane& lane : scene_.lanes) {
        std::vector<const SceneBlock*> blocks;
        for (const SceneBlock& block : lane.blocks)
            blocks.push_back(&block);
        std::stable_sort(blocks.begin(), blocks.end(),
                         [](auto* a, auto* b) { return a->from_s < b->from_s; });
        for (const SceneBlock* block : blocks)
            out.push_back(block->fault);
    }
    return out;
}

void TimelineView::showFault(int fault) {
    const auto at = scene_.find(fault);
    if (!at)
        return;
    cursorLane_ = at->first;
    const QRect box = blockRect(fault);
    if (box.left() < nameWidth || box.left() > viewport()->width() - 2 * gridUnit)
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() + box.left() - nameWidth -
                                        plot().width() / 4);
    if (box.bottom() > viewport()->height() || box.top() < TimelineGeometry::axisHeight)
        verticalScrollBar()->setValue(verticalScrollBar()->value() + box.center().y() -
                                      viewport()->height() / 2);
}

} // namespace brownout::ui
