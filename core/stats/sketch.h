// Quantiles of a stream in bounded memory: DDSketch (Masson, Rim, Lee 2019), relative error 0.5 %.
// Values are non-negative. Mergeable: the sketch of two streams is the sum of their sketches.
#pragma once

#include <cstdint>
#include <vector>

namespace brownout::stats {

class Sketch {
  public:
    static constexpr double relative_error = 0.005;

    void add(double value, std::uint64_t count = 1); // negative and NaN count as 0
    void merge(const Sketch& other);
    void clear();

    std::uint64_t count() const { return count_; }
    double sum() const { return sum_; }
    double max() const { return max_; }
    double min() const { return min_; }
    double mean() const { return count_ ? sum_ / static_cast<double>(count_) : 0; }
    // Nearest rank; q in [0, 1]. 0 when empty.
    double quantile(double q) const;

  private:
    static int index_of(double value);
    static double value_of(int index);
    std::uint64_t& grow_to(int index);
    std::vector<std::uint64_t> buckets_; // grows by need; at most 4,096 (1e-6 .. 1e11)
    int first_ = 0;
    std::uint64_t zeros_ = 0, count_ = 0;
    double sum_ = 0, max_ = 0, min_ = 0;
};

} // namespace brownout::stats
