// One picture of the Live charts, in data coordinates and already thinned to pixel columns: all
// that is left is to draw it. Pure; any thread. x in seconds of Unix time.
#pragma once

#include "ui/charts/timeline_data.h"

#include <QPointF>

namespace brownout::ui {

// A target as the charts know it.
struct ChartTarget {
    std::string name;   // as in records
    QString label;      // "Aster"
    int colorIndex = 0; // into seriesColor()
    friend bool operator==(const ChartTarget&, const ChartTarget&) = default;
};

struct TimelineFrame {
    double from = 0, to = 0;
    struct Curve {
        int colorIndex = 0;
        std::vector<std::vector<QPointF>> p50, p99, failure; // s, s, percent: one line each
        std::vector<std::vector<QPointF>> band; // s: p50 forth, p95 back: a polygon each
    };
    std::vector<Curve> curves;
    struct Bar {
        double from = 0, to = 0, low = 0, high = 0; // USD per minute, stacked
        int colorIndex = 0;
        bool wasted = false;
    };
    std::vector<Bar> bars;
    struct Lane {
        QString label;
        int colorIndex = 0;
        std::vector<LaneSegment> segments;
    };
    std::vector<Lane> lanes;
    struct Shade {
        double from = 0, to = 0;
        QString label; // "outage: Aster, HTTP error"
    };
    std::vector<Shade> shades;
    double latencyTop = 1, spendTop = 0.001; // s, USD per minute
    bool empty = true;                       // nothing was observed in the range
};

struct TimelineInput {
    const live::Snapshot* snapshot = nullptr;
    const std::vector<ChartTarget>* targets = nullptr;
    const std::vector<BinnedSeries>* points = nullptr; // by target
    const std::vector<BinnedSeries>* bars = nullptr;
    double from = 0, to = 0;
    int columns = 1000; // pixels
    bool withP99 = false;
};
TimelineFrame makeFrame(const TimelineInput& input);

// "Aster" for the fault target "aster" or "aster/gpt-5-mini", "all providers" for "*".
QString faultTargetName(const std::string& target);
// "HTTP error" for "http_error"; the kind itself where it is not known.
QString faultKindName(const std::string& kind);

// A line of the crosshair's readout.
struct CrosshairRow {
    QString text;
    int colorIndex = -1; // < 0: plain text colour
};

// One row for each point and target of [from, to]: for spreadsheets.
QString timelineCsv(const TimelineInput& input);
// The bin that holds a time, or null.
const Bin* binAt(const BinnedSeries& series, const record::WallClock& wall, double unixSeconds);

} // namespace brownout::ui
