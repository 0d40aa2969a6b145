#include "ui/charts/timeline_frame.h"

#include "ui/charts/thinning.h"
#include "ui/shell/session.h"

#include <QDateTime>
#include <QTimeZone>

#include <algorithm>
#include <cmath>
#include <map>

namespace brownout::ui {

namespace {

constexpr double gapY = std::numeric_limits<double>::quiet_NaN();

// A line breaks where nothing was observed for this long: shorter holes are bridged, so that a slow
// traffic still gives a line.
double bridgeSeconds(int binSeconds) {
    return std::max(3.0 * binSeconds, 10.0);
}

template <class Value> // Value: const Bin& -> y, NaN where there is none
std::vector<QPointF> points(const BinnedSeries& series, double start, double bridge, Value value) {
    std::vector<QPointF> out;
    for (const Bin& bin : series.bins()) {
        const double y = value(bin);
        if (std::isnan(y))
            continue;
        const double x = start + static_cast<double>(bin.second) + series.binSeconds() / 2.0;
        if (!out.empty() && x - out.back().x() > bridge)
            out.push_back({(x + out.back().x()) / 2, gapY});
        out.push_back({x, y});
    }
    return out;
}

std::vector<std::vector<QPointF>> lines(const std::vector<QPointF>& all, const TimelineInput& in) {
    return runs(thin(all, in.from, in.to, in.columns));
}

std::vector<std::vector<QPointF>> band(const BinnedSeries& series, const TimelineInput& in,
                                       double start) {
    const double bridge = bridgeSeconds(series.binSeconds());
    const auto low = points(series, start, bridge,
                            [](const Bin& b) { return b.p50_ms < 0 ? gapY : b.p50_ms / 1e3; });
    const auto high = points(series, start, bridge, [](const Bin& b) {
        return b.p50_ms < 0 ? gapY : std::max(b.p95_ms, b.p50_ms) / 1e3;
    });
    // Both have points and gaps at the same places, so their runs belong together.
    const auto lows = lines(low, in), highs = lines(high, in);
    std::vector<std::vector<QPointF>> out;
    for (std::size_t i = 0; i < std::min(lows.size(), highs.size()); ++i) {
        out.push_back(lows[i]);
        out.back().insert(out.back().end(), highs[i].rbegin(), highs[i].rend());
    }
    return out;
}

void addBars(TimelineFrame& frame, const TimelineInput& in, double start) {
    std::map<std::int64_t, double> height; // so far, by bar
    const auto add = [&](bool wasted) {
        for (std::size_t t = 0; t < in.targets->size(); ++t) {
            const BinnedSeries& series = (*in.bars)[t];
            const double width = series.binSeconds();
            for (const Bin& bin : series.bins()) {
                const double x = start + static_cast<double>(bin.second);
                const double value = (wasted ? bin.wasted_usd : bin.useful_usd) * 60 / width;
                if (value <= 0 || x + width < in.from || x > in.to)
                    continue;
                double& low = height[bin.second];
                frame.bars.push_back(
                    {x, x + width, low, low + value, (*in.targets)[t].colorIndex, wasted});
                low += value;
            }
        }
    };
    add(false);
    add(true); // on top of what was useful
    double highest = 0;
    for (const auto& [second, value] : height)
        highest = std::max(highest, value);
    frame.spendTop = niceCeiling(highest, 0.0001);
}

void addShades(TimelineFrame& frame, const TimelineInput& in) {
    const live::Snapshot& s = *in.snapshot;
    if (!s.fault_windows)
        return;
    for (const record::FaultRecord& f : *s.fault_windows) {
        const double from = toUnix(s.wall, f.from), to = std::min(toUnix(s.wall, f.to), in.to);
        if (to < in.from || from > in.to)
            continue;
        frame.shades.push_back({from, to,
                                QStringLiteral("outage: %1, %2")
                                    .arg(faultTargetName(f.target), faultKindName(f.kind))});
    }
}

} // namespace

TimelineFrame makeFrame(const TimelineInput& in) {
    const live::Snapshot& s = *in.snapshot;
    TimelineFrame frame;
    frame.from = in.from;
    frame.to = in.to;
    const double start = runStart(s.wall);
    double highest = 0;
    for (std::size_t t = 0; t < in.targets->size(); ++t) {
        const ChartTarget& target = (*in.targets)[t];
        const BinnedSeries& series = (*in.points)[t];
        TimelineFrame::Curve curve;
        curve.colorIndex = target.colorIndex;
        const double bridge = bridgeSeconds(series.binSeconds());
        // A rate is drawn only where something was attempted: between an outage's last failure and
        // the next attempt nothing is known.
        const double adjacent = 1.5 * series.binSeconds();
        curve.p50 = lines(points(series, start, bridge,
                                 [](const Bin& b) { return b.p50_ms < 0 ? gapY : b.p50_ms / 1e3; }),
                          in);
        if (in.withP99)
            curve.p99 =
                lines(points(series, start, bridge,
                             [](const Bin& b) { return b.p99_ms < 0 ? gapY : b.p99_ms / 1e3; }),
                      in);
        curve.failure =
            lines(points(series, start, adjacent,
                         [](const Bin& b) { return b.attempts ? 100 * b.failureRate() : gapY; }),
                  in);
        curve.band = band(series, in, start);
        for (const Bin& b : series.bins()) {
            const double x = start + static_cast<double>(b.second);
            if (x + series.binSeconds() < in.from || x > in.to || !b.attempts)
                continue;
            frame.empty = false;
            highest = std::max(highest, (in.withP99 ? b.p99_ms : b.p95_ms) / 1e3);
        }
        frame.curves.push_back(std::move(curve));

        auto state = engine::BreakerState::closed;
        for (const auto& view : s.targets)
            if (view.name == target.name)
                state = view.status.breaker;
        TimelineFrame::Lane lane{target.label, target.colorIndex, {}};
        const double begin = std::max(in.from, start);
        if (s.breaker_lanes)
            lane.segments =
                laneSegments(*s.breaker_lanes, s.wall, target.name, state, begin, in.to);
        else
            lane.segments = laneSegments({}, s.wall, target.name, state, begin, in.to);
        frame.lanes.push_back(std::move(lane));
    }
    frame.latencyTop = niceCeiling(highest, 0.5);
    addBars(frame, in, start);
    addShades(frame, in);
    return frame;
}

QString faultTargetName(const std::string& target) {
    if (target == "*")
        return QStringLiteral("all providers");
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

QString faultKindName(const std::string& kind) {
    for (const faults::KindInfo& k : faults::kinds())
        if (k.name == kind)
            return QString::fromUtf8(k.label.data(), static_cast<qsizetype>(k.label.size()));
    return QString::fromStdString(kind);
}

const Bin* binAt(const BinnedSeries& series, const record::WallClock& wall, double unixSeconds) {
    const auto second = static_cast<std::int64_t>(std::floor(unixSeconds - runStart(wall)));
    const auto& bins = series.bins();
    auto it = std::upper_bound(bins.begin(), bins.end(), second,
                               [](std::int64_t s, const Bin& b) { return s < b.second; });
    if (it == bins.begin())
        return nullptr;
    --it;
    return second < it->second + series.binSeconds() ? &*it : nullptr;
}

QString timelineCsv(const TimelineInput& in) {
    const live::Snapshot& s = *in.snapshot;
    QString out = QStringLiteral("time,seconds,target,p50_ms,p95_ms,p99_ms,attempts,failures,"
                                 "failure_rate,useful_usd,wasted_usd,breaker\n");
    const auto number = [](double v, int decimals) {
        return v < 0 ? QString() : QString::number(v, 'f', decimals);
    };
    const double start = runStart(s.wall);
    for (std::size_t t = 0; t < in.targets->size(); ++t) {
        const BinnedSeries& series = (*in.points)[t];
        const ChartTarget& target = (*in.targets)[t];
        auto state = engine::BreakerState::closed;
        for (const auto& view : s.targets)
            if (view.name == target.name)
                state = view.status.breaker;
        std::vector<LaneSegment> lane;
        if (s.breaker_lanes)
            lane = laneSegments(*s.breaker_lanes, s.wall, target.name, state, start, in.to);
        for (const Bin& b : series.bins()) {
            const double x = start + static_cast<double>(b.second);
            if (x < in.from || x > in.to)
                continue;
            const auto segment = std::find_if(lane.begin(), lane.end(),
                                              [&](const LaneSegment& l) { return x < l.to; });
            const QString time =
                QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(x * 1e3), QTimeZone::utc())
                    .toString(Qt::ISODate);
            out += QStringList{time,
                               QString::number(series.binSeconds()),
                               QString::fromStdString(target.name),
                               number(b.p50_ms, 1),
                               number(b.p95_ms, 1),
                               number(b.p99_ms, 1),
                               QString::number(b.attempts),
                               QString::number(b.failures),
                               b.attempts ? number(b.failureRate(), 4) : QString(),
                               number(b.useful_usd, 9),
                               number(b.wasted_usd, 9),
                               QString::fromLatin1(
                                   breakerWord(segment == lane.end() ? state : segment->state))}
                       .join(QLatin1Char(',')) +
                   QLatin1Char('\n');
        }
    }
    return out;
}

} // namespace brownout::ui
