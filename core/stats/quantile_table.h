// A distribution's quantiles, computed once: drawing from it then costs a look-up, and gives the
// same bytes in every build and on every machine. Linear between 4,096 points in the middle (within
// 1e-4 of the exact quantile for the distributions that documents use); the tails, where a line
// would not do, are computed exactly. Constant in memory: 33 KB, nothing for a constant.
#pragma once

#include "stats/distribution.h"

namespace brownout::stats {

class QuantileTable {
  public:
    explicit QuantileTable(Distribution distribution = Constant{0});

    // As stats::sample: never negative, and one uniform number is drawn whatever the distribution.
    double sample(Rng& rng) const {
        const double q = rng.uniform() + 0x1.0p-54;
        return points_.empty() ? constant_ : at(q);
    }
    const Distribution& distribution() const { return distribution_; }
    bool constant() const { return points_.empty(); }

  private:
    double at(double q) const;
    static constexpr int cells = 4096;
    static constexpr int tail_cells = cells / 64; // on either side
    Distribution distribution_;
    double constant_ = 0;
    std::vector<double> points_; // at i / cells
};

} // namespace brownout::stats
