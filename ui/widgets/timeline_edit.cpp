// What the timeline does to the faults that are selected: one or several, each time in one step.
// Where two of them exclude each other then the document says so; nothing is lost.
#include "ui/models/scenario_edits.h"
#include "ui/widgets/timeline_view.h"

#include <QApplication>
#include <QClipboard>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

namespace ops = scenario_edits;

double toMilliseconds(double s) {
    return std::round(s * 1000) / 1000; // sums of tenths are not tenths
}

} // namespace

bool TimelineView::copySelected() {
    const auto& faults = editor_.selectedFaults();
    if (faults.empty())
        return false;
    chain::Json rules = chain::Json::array();
    for (const int fault : faults)
        rules.push_back(*ops::fault(editor_.json(), fault));
    QApplication::clipboard()->setText(
        QString::fromStdString(chain::pretty_json(faults.size() == 1 ? rules[0] : rules)));
    return true;
}

void TimelineView::paste() {
    const QByteArray text = QApplication::clipboard()->text().toUtf8();
    std::vector<chain::Json> rules =
        ops::rulesIn({text.constData(), static_cast<std::size_t>(text.size())});
    if (locked_ || rules.empty())
        return;
    const auto laneOf = [&](const chain::Json& rule) {
        return providerOf(ops::targetOf(rule), editor_.json(), editor_.chain());
    };
    // Into the lane of the cursor, where another than their own was clicked; those of several lanes
    // keep theirs.
    const std::string own = laneOf(rules.front()), lane = cursorTarget();
    const bool sameLane = std::all_of(rules.begin(), rules.end(),
                                      [&](const auto& rule) { return laneOf(rule) == own; });
    const bool moves = sameLane && !own.empty() && lane != own && lane != "+";
    double first = ops::atOf(rules.front());
    for (const chain::Json& rule : rules)
        first = std::min(first, ops::atOf(rule));
    for (chain::Json& rule : rules) {
        chain::Json holder = {{"faults", chain::Json::array({rule})}};
        if (moves)
            holder = ops::setTarget(
                std::move(holder), 0,
                retarget(ops::targetOf(rule), lane, editor_.json(), editor_.chain()));
        const double at = toMilliseconds(cursor_s_ + ops::atOf(rule) - first);
        rule = ops::setSpan(std::move(holder), 0, at, ops::forOf(rule))["faults"][0];
    }
    editor_.addFaults(std::move(rules));
    showFault(selectedFault());
}

// The copies follow their originals in time, where there is room for all.
void TimelineView::duplicateSelected() {
    const std::vector<int> faults = editor_.selectedFaults();
    if (locked_ || faults.empty())
        return;
    double from = scene_.duration_s, to = 0;
    bool open = false;
    for (const int fault : faults)
        if (const SceneBlock* block = blockOf(fault)) {
            from = std::min(from, block->from_s);
            to = std::max(to, block->to_s);
            open = open || block->open;
        }
    const double length = to - from;
    const bool fits = !open && length > 0 && to + length <= scene_.duration_s;
    editor_.duplicateFaults(faults, fits ? toMilliseconds(length) : geometry_.grid());
    showFault(selectedFault());
}

void TimelineView::removeSelected() {
    if (!locked_)
        editor_.removeFaults(editor_.selectedFaults());
}

// The lane so many further that takes blocks; nothing: there are not so many.
std::optional<int> TimelineView::laneFurther(int lane, int steps) const {
    const int way = steps < 0 ? -1 : 1;
    for (int left = std::abs(steps); left > 0;) {
        lane += way;
        if (lane < 0 || lane >= scene_.lanes.size())
            return std::nullopt;
        left -= scene_.lanes[lane].takes ? 1 : 0;
    }
    return lane;
}

// A block of several providers, or of none, stays in its lane while others move; by itself it can
// be given to one.
bool TimelineView::staysInLane(int fault, std::size_t of) const {
    const auto at = scene_.find(fault);
    return !at || (of > 1 && !scene_.lanes[at->first].takes);
}

// As many of `steps` as all of them can go together.
int TimelineView::lanesTogether(const std::vector<int>& faults, int steps) const {
    const bool anyMoves = std::any_of(faults.begin(), faults.end(), [&](int fault) {
        return !staysInLane(fault, faults.size());
    });
    const auto canAll = [&](int by) {
        return std::all_of(faults.begin(), faults.end(), [&](int fault) {
            return staysInLane(fault, faults.size()) ||
                   laneFurther(scene_.find(fault)->first, by).has_value();
        });
    };
    while (steps != 0 && (!anyMoves || !canAll(steps)))
        steps += steps < 0 ? 1 : -1;
    return steps;
}

// As much of `by` as leaves all of them at least `least` inside.
double TimelineView::secondsTogether(const std::vector<int>& faults, double by,
                                     double least) const {
    double low = -scene_.duration_s, high = scene_.duration_s;
    for (const int fault : faults)
        if (const chain::Json* rule = ops::fault(editor_.json(), fault)) {
            low = std::max(low, -ops::atOf(*rule));
            high = std::min(high, std::max(0.0, scene_.duration_s - least - ops::atOf(*rule)));
        }
    return std::clamp(by, std::min(low, high), high);
}

std::vector<TimelineView::Held> TimelineView::moved(const std::vector<int>& faults, double by_s,
                                                    int lanes) const {
    std::vector<Held> out;
    for (const int fault : faults) {
        const chain::Json* rule = ops::fault(editor_.json(), fault);
        const auto at = scene_.find(fault);
        if (!rule || !at)
            continue;
        const int lane = lanes == 0 || staysInLane(fault, faults.size())
                             ? at->first
                             : laneFurther(at->first, lanes).value_or(at->first);
        const std::string own = ops::targetOf(*rule);
        Held held;
        held.lane = lane;
        held.move = {fault, toMilliseconds(ops::atOf(*rule) + by_s), ops::forOf(*rule),
                     lane == at->first ? own
                                       : retarget(own, scene_.lanes[lane].target, editor_.json(),
                                                  editor_.chain())};
        out.push_back(std::move(held));
    }
    return out;
}

void TimelineView::drop(const std::vector<Held>& held, const QString& mergeKey) {
    std::vector<ScenarioEditor::Move> moves;
    for (const Held& h : held)
        moves.push_back(h.move);
    editor_.moveFaults(moves, mergeKey);
    showFault(selectedFault());
}

void TimelineView::stretchSelected(double by_s) {
    std::vector<Held> held = moved(editor_.selectedFaults(), 0, 0);
    const double end = scene_.duration_s, least = std::abs(by_s);
    for (Held& h : held) {
        const double room = std::max(least, end - h.move.at_s);
        const double lasts = h.move.for_s.value_or(end - h.move.at_s) + by_s;
        h.move.for_s = toMilliseconds(std::clamp(lasts, least, room));
    }
    drop(held, QStringLiteral("key length %1").arg(selectionKey()));
}

// Edits of the same faults that follow each other closely are one step.
QString TimelineView::selectionKey() const {
    QString out;
    for (const int fault : editor_.selectedFaults())
        out += QString::number(fault) + QLatin1Char(' ');
    return out;
}

} // namespace brownout::ui
