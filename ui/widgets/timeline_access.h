// The timeline for screen readers: a list whose items are its blocks, which are drawn and no
// widgets. Thread: the window's.
#pragma once

class QAccessibleInterface;
class QObject;
class QString;

namespace brownout::ui {

// For QAccessible::installFactory(); null for what is no TimelineView.
QAccessibleInterface* timelineAccess(const QString& className, QObject* object);

} // namespace brownout::ui
