#include "ui/charts/sparkline.h"

#include "ui/charts/thinning.h"
#include "ui/shell/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace brownout::ui {

Sparkline::Sparkline(QWidget* parent) : QWidget(parent) {
    setMinimumSize(48, 24);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setToolTip(tr("Median latency in the last 2 minutes; red marks are seconds with failures"));
    setAccessibleName(tr("Latency in the last 2 minutes"));
}

void Sparkline::setSeries(const stats::SeriesView& series, std::int64_t nowSecond, int colorIndex) {
    std::vector<stats::Bucket> next;
    for (std::size_t i = series.size(); i-- > 0 && series[i].second > nowSecond - seconds;)
        next.push_back(series[i]);
    std::reverse(next.begin(), next.end());
    const bool same = nowSecond == now_ && colorIndex == colorIndex_ &&
                      next.size() == buckets_.size() &&
                      (next.empty() || (next.back().attempts == buckets_.back().attempts &&
                                        next.back().failures == buckets_.back().failures));
    if (same)
        return;
    buckets_ = std::move(next);
    now_ = nowSecond;
    colorIndex_ = colorIndex;
    update();
}

void Sparkline::paintEvent(QPaintEvent*) {
    QPainter p(this);
    const double from = static_cast<double>(now_ - seconds), to = static_cast<double>(now_);
    const auto x = [&](double s) { return (s - from) / (to - from) * (width() - 2) + 1; };
    std::vector<QPointF> points;
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const auto& b : buckets_) {
        if (b.failures > 0)
            p.fillRect(QRectF(x(static_cast<double>(b.second)) - 0.5, height() - 4, 1.5, 4),
                       colors().bad);
        if (b.p50_ms < 0)
            continue;
        if (!points.empty() && static_cast<double>(b.second) - points.back().x() > 10)
            points.push_back({static_cast<double>(b.second) - 1, std::nan("")});
        points.push_back({static_cast<double>(b.second), b.p50_ms});
        low = std::min<double>(low, b.p50_ms);
        high = std::max<double>(high, b.p50_ms);
    }
    if (points.empty()) {
        p.setPen(QPen(colors().grid, 1));
        p.drawLine(0, height() / 2, width(), height() / 2);
        return;
    }
    // A flat line stays flat: the scale is never finer than half of the highest value.
    low = std::min(low, high / 2);
    const double bottom = height() - 6, top = 2;
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(QPen(seriesColor(colorIndex_), 1.2));
    for (const auto& run : runs(thin(points, from, to, std::max(1, width() / 2)))) {
        QPolygonF line;
        for (const QPointF& pt : run)
            line << QPointF(x(pt.x()), bottom - (pt.y() - low) / (high - low) * (bottom - top));
        if (line.size() == 1)
            p.drawPoint(line.first());
        else
            p.drawPolyline(line);
    }
}

} // namespace brownout::ui
