// The timeline under the keyboard, and its menu.
#include "ui/widgets/timeline_view.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>

#include <algorithm>

namespace brownout::ui {

bool TimelineView::event(QEvent* event) {
    // Keys that are the timeline's own while it has the focus, whatever the window does with them.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        const bool own = key->matches(QKeySequence::Copy) || key->matches(QKeySequence::Cut) ||
                         key->matches(QKeySequence::Paste) ||
                         key->matches(QKeySequence::SelectAll) || key->key() == Qt::Key_Delete ||
                         (key->key() == Qt::Key_D && key->modifiers() == Qt::ControlModifier);
        if (own) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    if (editByKey(event) || selectByKey(event) || moveByKey(event))
        return;
    switch (event->key()) {
    case Qt::Key_Escape:
        if (drag_.grip != Grip::none || band_)
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

// Arrows move what is selected, with Shift its end, with Alt by tenths of a second; where nothing
// is selected they move the cursor.
bool TimelineView::moveByKey(QKeyEvent* event) {
    const int way = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    const int down = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
    if (!way && !down)
        return false;
    const std::vector<int> faults = editor_.selectedFaults();
    const double step = event->modifiers() & Qt::AltModifier ? 0.1 : geometry_.grid();
    if (faults.empty()) {
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
    if (down)
        drop(moved(faults, 0, lanesTogether(faults, down)));
    else if (event->modifiers() & Qt::ShiftModifier)
        stretchSelected(way * step);
    else
        drop(moved(faults, secondsTogether(faults, way * step, step), 0),
             QStringLiteral("key %1").arg(selectionKey()));
    return true;
}

// As in any list: Ctrl and arrows go on without selecting, Ctrl+Space takes one in or out,
// Ctrl+Shift and arrows take all on the way, Ctrl+A takes all.
bool TimelineView::selectByKey(QKeyEvent* event) {
    if (event->matches(QKeySequence::SelectAll)) {
        editor_.selectFaults(order(), selectedFault());
        return true;
    }
    if (!(event->modifiers() & Qt::ControlModifier))
        return false;
    if (event->key() == Qt::Key_Space) {
        if (focusFault() >= 0)
            toggle(focusFault());
        return true;
    }
    const bool back = event->key() == Qt::Key_Left || event->key() == Qt::Key_Up;
    const bool on = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down;
    if (!back && !on)
        return false;
    const std::vector<int> faults = order();
    if (faults.empty())
        return true;
    auto it = std::find(faults.begin(), faults.end(), focusFault());
    if (it == faults.end())
        it = back ? faults.end() - 1 : faults.begin();
    else if (back ? it != faults.begin() : it + 1 != faults.end())
        it += back ? -1 : 1;
    if (event->modifiers() & Qt::ShiftModifier) {
        selectRange(*it);
    } else {
        focus_ = *it;
        announce();
    }
    showFault(*it);
    viewport()->update();
    return true;
}

void TimelineView::toggle(int fault) {
    std::vector<int> faults = editor_.selectedFaults();
    if (isSelected(fault))
        std::erase(faults, fault);
    else
        faults.push_back(fault);
    editor_.selectFaults(std::move(faults), fault);
    focus_ = fault; // also where it was taken out
    anchor_ = isSelected(fault) ? fault : -1;
    announce();
}

void TimelineView::selectRange(int to) {
    const std::vector<int> faults = order();
    const int anchor = anchor_ >= 0 ? anchor_ : selectedFault() >= 0 ? selectedFault() : to;
    auto first = std::find(faults.begin(), faults.end(), anchor);
    auto last = std::find(faults.begin(), faults.end(), to);
    if (first == faults.end() || last == faults.end())
        return;
    if (last < first)
        std::swap(first, last);
    editor_.selectFaults({first, last + 1}, to);
    anchor_ = anchor;
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
    const bool any = selectedFault() >= 0, one = editor_.selectedFaults().size() == 1;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto add = [&](const QString& text, const char* keys, bool enabled, auto run) {
        QAction* action = menu->addAction(text, this, run);
        action->setShortcut(QKeySequence(QLatin1String(keys)));
        action->setEnabled(enabled);
    };
    add(tr("Edit"), "Return", one, [this] { Q_EMIT inspectRequested(); });
    add(tr("Duplicate"), "Ctrl+D", any && !locked_, [this] { duplicateSelected(); });
    add(tr("Copy"), "Ctrl+C", any, [this] { copySelected(); });
    add(tr("Paste"), "Ctrl+V", !locked_, [this] { paste(); });
    add(tr("Select all"), "Ctrl+A", scene_.faults() > 0,
        [this] { editor_.selectFaults(order(), selectedFault()); });
    menu->addSeparator();
    add(tr("Delete"), "Del", any && !locked_, [this] { removeSelected(); });
    menu->popup(event->globalPos());
}

} // namespace brownout::ui
