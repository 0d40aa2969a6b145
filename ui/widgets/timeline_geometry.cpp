#include "ui/widgets/timeline_geometry.h"

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr double steps[] = {0.1, 0.5, 1,   2,   5,    10,   15,   30,    60,
                            120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400};
constexpr int snapReach = 6; // px

double stepOf(double least) {
    for (const double step : steps)
        if (step >= least)
            return step;
    return std::ceil(least / 86400) * 86400;
}

} // namespace

void TimelineGeometry::set(const Scene& scene, int plotWidth, double zoom) {
    duration_ = std::max(scene.duration_s, 0.001);
    scale_ = std::max(plotWidth, 1) / duration_ * std::clamp(zoom, 1.0, mostZoom);
    tops_.clear();
    heights_.clear();
    int top = axisHeight;
    for (const SceneLane& lane : scene.lanes) {
        tops_.push_back(top);
        heights_.push_back(std::max(leastLane, lane.rows * rowHeight + 2 * lanePadding));
        top += heights_.back();
    }
    tops_.push_back(top);
}

int TimelineGeometry::contentWidth() const {
    return static_cast<int>(std::lround(duration_ * scale_));
}

int TimelineGeometry::contentHeight() const {
    return tops_.empty() ? axisHeight : tops_.back();
}

int TimelineGeometry::x(double seconds) const {
    return static_cast<int>(std::lround(std::clamp(seconds * scale_, -1e6, 1e8)));
}

double TimelineGeometry::seconds(int x) const {
    return std::clamp(x / scale_, 0.0, duration_);
}

int TimelineGeometry::laneTop(int lane) const {
    return tops_[static_cast<std::size_t>(lane)];
}

int TimelineGeometry::laneHeight(int lane) const {
    return heights_[static_cast<std::size_t>(lane)];
}

int TimelineGeometry::laneAt(int y) const {
    for (std::size_t i = 0; i < heights_.size(); ++i)
        if (y < tops_[i] + heights_[i])
            return static_cast<int>(i);
    return static_cast<int>(heights_.size()) - 1;
}

QRect TimelineGeometry::block(int lane, int row, double from_s, double to_s) const {
    const int left = x(from_s);
    const int rows = (laneHeight(lane) - 2 * lanePadding) / rowHeight;
    const int spare = laneHeight(lane) - 2 * lanePadding - rows * rowHeight;
    return {left, laneTop(lane) + lanePadding + spare / 2 + row * rowHeight,
            std::max(4, x(std::min(to_s, duration_)) - left), rowHeight - 2};
}

double TimelineGeometry::tick() const {
    return stepOf(80 / scale_);
}

double TimelineGeometry::grid() const {
    return stepOf(5 / scale_);
}

double TimelineGeometry::snapped(double s, const Scene& scene,
                                 const std::vector<int>& except) const {
    const double step = grid();
    double best = std::round(s / step) * step;
    double reach = std::abs(best - s);
    bool onEdge = false;
    const auto offer = [&](double edge) {
        const double away = std::abs(edge - s);
        if (away * scale_ <= snapReach && (!onEdge || away < reach)) {
            best = edge;
            reach = away;
            onEdge = true;
        }
    };
    for (const SceneLane& lane : scene.lanes)
        for (const SceneBlock& block : lane.blocks)
            if (block.from_s != block.to_s &&
                std::find(except.begin(), except.end(), block.fault) == except.end()) {
                offer(block.from_s);
                if (!block.open)
                    offer(block.to_s);
            }
    offer(scene.duration_s);
    // To the millisecond: sums of tenths are not tenths.
    return std::max(0.0, std::round(best * 1000) / 1000);
}

} // namespace brownout::ui
