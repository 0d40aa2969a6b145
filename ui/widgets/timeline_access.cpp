#include "ui/widgets/timeline_access.h"

#include "ui/widgets/timeline_view.h"

#include <QAccessibleWidget>
#include <QPointer>
#include <QWindow>

#include <map>

namespace brownout::ui {
namespace {

class BlockAccess : public QAccessibleInterface {
  public:
    BlockAccess(TimelineView* view, int fault) : view_(view), fault_(fault) {}

    bool isValid() const override { return view_ && fault_ < view_->scene().faults(); }
    QObject* object() const override { return nullptr; } // drawn by its parent
    QWindow* window() const override { return view_ ? view_->window()->windowHandle() : nullptr; }
    QAccessibleInterface* parent() const override {
        return QAccessible::queryAccessibleInterface(view_);
    }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QString text(QAccessible::Text what) const override {
        return what == QAccessible::Name && isValid() ? view_->describe(fault_) : QString();
    }
    void setText(QAccessible::Text, const QString&) override {}
    QRect rect() const override {
        if (!isValid())
            return {};
        const QRect box = view_->blockRect(fault_);
        return {view_->viewport()->mapToGlobal(box.topLeft()), box.size()};
    }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QAccessible::State state() const override {
        QAccessible::State state;
        state.focusable = state.selectable = true;
        state.multiSelectable = state.extSelectable = true;
        state.selected = isValid() && view_->isSelected(fault_);
        state.focused = isValid() && view_->focusFault() == fault_ && view_->hasFocus();
        state.invalid = !isValid();
        return state;
    }

  private:
    QPointer<TimelineView> view_;
    int fault_;
};

class TimelineAccess : public QAccessibleWidget {
  public:
    explicit TimelineAccess(TimelineView* view)
        : QAccessibleWidget(view, QAccessible::List), view_(view) {}

    int childCount() const override { return view_->scene().faults(); }
    QAccessibleInterface* child(int index) const override {
        if (index < 0 || index >= childCount())
            return nullptr;
        auto it = blocks_.find(index);
        if (it == blocks_.end())
            it = blocks_
                     .emplace(index, QAccessible::registerAccessibleInterface(
                                         new BlockAccess(view_, index)))
                     .first;
        return QAccessible::accessibleInterface(it->second);
    }
    QAccessibleInterface* childAt(int x, int y) const override {
        for (int i = 0; i < childCount(); ++i)
            if (QAccessibleInterface* block = child(i); block->rect().contains(x, y))
                return block;
        return nullptr;
    }
    int indexOfChild(const QAccessibleInterface* wanted) const override {
        for (int i = 0; i < childCount(); ++i)
            if (child(i) == wanted)
                return i;
        return -1;
    }
    QAccessibleInterface* focusChild() const override { return child(view_->focusFault()); }

  protected:
    ~TimelineAccess() override {
        for (const auto& [index, id] : blocks_)
            QAccessible::deleteAccessibleInterface(id);
    }

  private:
    TimelineView* view_;
    mutable std::map<int, QAccessible::Id> blocks_; // by fault
};

} // namespace

QAccessibleInterface* timelineAccess(const QString&, QObject* object) {
    auto* view = qobject_cast<TimelineView*>(object);
    return view ? new TimelineAccess(view) : nullptr;
}

} // namespace brownout::ui
