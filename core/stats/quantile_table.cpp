#include "stats/quantile_table.h"

#include <algorithm>
#include <utility>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace brownout::stats {

QuantileTable::QuantileTable(Distribution distribution) : distribution_(std::move(distribution)) {
    if (const auto* fixed = std::get_if<Constant>(&distribution_)) {
        constant_ = std::max(0.0, fixed->value);
        return;
    }
    points_.resize(cells + 1);
    for (int i = tail_cells; i <= cells - tail_cells; ++i)
        points_[static_cast<std::size_t>(i)] =
            std::max(0.0, quantile(distribution_, static_cast<double>(i) / cells));
}

double QuantileTable::at(double q) const {
    const double place = q * cells;
    const int i = static_cast<int>(place);
    if (i < tail_cells || i >= cells - tail_cells)
        return std::max(0.0, quantile(distribution_, q));
    const auto k = static_cast<std::size_t>(i);
    return points_[k] + (place - i) * (points_[k + 1] - points_[k]);
}

} // namespace brownout::stats
