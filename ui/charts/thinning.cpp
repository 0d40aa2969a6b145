#include "ui/charts/thinning.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace brownout::ui {

namespace {

// The extremes of a stretch of one column.
struct Stretch {
    std::optional<QPointF> low, high;

    void add(QPointF p) {
        if (!low || p.y() < low->y())
            low = p;
        if (!high || p.y() > high->y())
            high = p;
    }
    void flush(std::vector<QPointF>& out) {
        if (!low)
            return;
        const bool lowFirst = low->x() <= high->x();
        out.push_back(lowFirst ? *low : *high);
        if (*low != *high)
            out.push_back(lowFirst ? *high : *low);
        low.reset();
        high.reset();
    }
};

} // namespace

std::vector<QPointF> thin(std::span<const QPointF> points, double from, double to, int columns) {
    std::vector<QPointF> out;
    if (points.empty() || columns < 1 || !(to > from))
        return out;
    const auto before = [](const QPointF& p, double x) { return p.x() < x; };
    auto it = std::lower_bound(points.begin(), points.end(), from, before);
    if (it != points.begin() && !std::isnan(std::prev(it)->y()))
        out.push_back(*std::prev(it));

    Stretch head, tail; // of the column: before its gap, after it
    std::optional<QPointF> gap;
    int column = -1;
    const auto flush = [&] {
        head.flush(out);
        if (gap)
            out.push_back(*gap);
        gap.reset();
        tail.flush(out);
    };
    for (; it != points.end() && it->x() <= to; ++it) {
        const int c =
            std::min(columns - 1, static_cast<int>((it->x() - from) / (to - from) * columns));
        if (c != column) {
            flush();
            column = c;
        }
        if (std::isnan(it->y())) {
            if (!gap)
                gap = *it;
        } else {
            (gap ? tail : head).add(*it);
        }
    }
    flush();
    if (it != points.end() && !std::isnan(it->y()))
        out.push_back(*it);
    return out;
}

std::vector<std::vector<QPointF>> runs(std::span<const QPointF> points) {
    std::vector<std::vector<QPointF>> out;
    bool open = false;
    for (const QPointF& p : points) {
        if (std::isnan(p.y())) {
            open = false;
            continue;
        }
        if (!open)
            out.emplace_back();
        open = true;
        out.back().push_back(p);
    }
    return out;
}

} // namespace brownout::ui
