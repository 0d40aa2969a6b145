// Where seconds and lanes are in a timeline: pure arithmetic, in pixels of the content (nothing
// scrolled), and where a dragged edge snaps to.
#pragma once

#include "ui/models/scenario_scene.h"

#include <QRect>

namespace brownout::ui {

class TimelineGeometry {
  public:
    static constexpr int axisHeight = 24, rowHeight = 22, lanePadding = 4, leastLane = 38;
    static constexpr int edgeWidth = 6; // of a block, where it is resized
    static constexpr double mostZoom = 400;

    // `plotWidth`: pixels for the whole duration at zoom 1.
    void set(const Scene& scene, int plotWidth, double zoom);

    double pixelsPerSecond() const { return scale_; }
    int contentWidth() const;  // of the plot
    int contentHeight() const; // axis and lanes
    int x(double seconds) const;
    double seconds(int x) const; // from 0 to the end
    int laneTop(int lane) const;
    int laneHeight(int lane) const;
    int laneAt(int y) const; // the nearest
    QRect block(int lane, int row, double from_s, double to_s) const;
    double tick() const; // s between labels: at least 80 px
    double grid() const; // s that an edge snaps to: at least 5 px

    // `s` on the grid, or on an edge of a block within 6 px where that is nearer, but for those of
    // `except`.
    double snapped(double s, const Scene& scene, const std::vector<int>& except = {}) const;

  private:
    double duration_ = 60, scale_ = 1;
    std::vector<int> tops_, heights_;
};

} // namespace brownout::ui
