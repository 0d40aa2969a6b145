#include "stats/sketch.h"

#include "stats/portable_math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace brownout::stats {

namespace {
constexpr double gamma = (1 + Sketch::relative_error) / (1 - Sketch::relative_error);
constexpr double log_gamma = 0.010000083334583356; // ln(gamma)
constexpr double smallest = 1e-6;                  // below it counts as 0
constexpr double largest = 1e11;                   // above it counts as this; max() stays exact

// Where the buckets end, and for each 1/256 of an octave the bucket of its lower end: a look-up in
// place of a logarithm for each value.
class Buckets {
  public:
    static const Buckets& table() {
        static const Buckets made;
        return made;
    }
    // `value` within smallest .. largest.
    int index_of(double value) const {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const auto cell = static_cast<std::size_t>((bits >> 44) - first_cell);
        int index = of_cell_[cell];
        while (value > upper(index))
            ++index;
        return index;
    }

  private:
    Buckets() {
        for (std::size_t i = 0; i < ends_.size(); ++i)
            ends_[i] = portable_exp((static_cast<int>(i) + first_index) * log_gamma);
        for (std::size_t cell = 0; cell < of_cell_.size(); ++cell) {
            const double low = std::bit_cast<double>((cell + first_cell) << 44);
            int index = static_cast<int>(std::floor(portable_log(low) / log_gamma)) - 1;
            index = std::max(index, first_index);
            while (low > upper(index))
                ++index;
            of_cell_[cell] = static_cast<std::int16_t>(index);
        }
    }
    double upper(int index) const { return ends_[static_cast<std::size_t>(index - first_index)]; }

    static constexpr std::uint64_t first_cell = 0x3eb0c; // 2^44ths of the bits of `smallest`
    static constexpr int first_index = -1384;            // below it: nothing above `smallest`
    std::array<double, 3920> ends_{};                    // to above `largest`
    std::array<std::int16_t, 0x42374 - 0x3eb0c + 2> of_cell_{};
};

} // namespace

// Bucket i holds (gamma^(i-1), gamma^i].
inline int Sketch::index_of(double value) {
    static const Buckets& buckets = Buckets::table();
    return buckets.index_of(std::min(value, largest));
}

double Sketch::value_of(int index) {
    return 2 * portable_exp(index * log_gamma) / (gamma + 1);
}

void Sketch::add(double value, std::uint64_t count) {
    if (count == 0)
        return;
    if (!(value > 0))
        value = 0;
    if (value > std::numeric_limits<double>::max())
        value = largest;
    min_ = count_ ? std::min(min_, value) : value;
    max_ = count_ ? std::max(max_, value) : value;
    count_ += count;
    sum_ += value * static_cast<double>(count);
    if (value < smallest) {
        zeros_ += count;
        return;
    }
    const int index = index_of(value);
    const auto at =
        static_cast<std::size_t>(index - first_); // huge where it comes before the first
    if (at < buckets_.size())
        buckets_[at] += count;
    else
        grow_to(index) += count;
}

std::uint64_t& Sketch::grow_to(int index) {
    if (buckets_.empty())
        first_ = index;
    if (index < first_) {
        buckets_.insert(buckets_.begin(), static_cast<std::size_t>(first_ - index), 0);
        first_ = index;
    }
    const auto at = static_cast<std::size_t>(index - first_);
    if (at >= buckets_.size())
        buckets_.resize(at + 1);
    return buckets_[at];
}

void Sketch::merge(const Sketch& other) {
    if (other.count_ == 0)
        return;
    min_ = count_ ? std::min(min_, other.min_) : other.min_;
    max_ = count_ ? std::max(max_, other.max_) : other.max_;
    count_ += other.count_;
    zeros_ += other.zeros_;
    sum_ += other.sum_;
    if (other.buckets_.empty())
        return;
    if (buckets_.empty()) {
        buckets_ = other.buckets_;
        first_ = other.first_;
        return;
    }
    const int first = std::min(first_, other.first_);
    const int last = std::max(first_ + static_cast<int>(buckets_.size()),
                              other.first_ + static_cast<int>(other.buckets_.size()));
    buckets_.insert(buckets_.begin(), static_cast<std::size_t>(first_ - first), 0);
    buckets_.resize(static_cast<std::size_t>(last - first));
    first_ = first;
    for (std::size_t i = 0; i < other.buckets_.size(); ++i)
        buckets_[i + static_cast<std::size_t>(other.first_ - first)] += other.buckets_[i];
}

void Sketch::clear() {
    *this = Sketch{};
}

double Sketch::quantile(double q) const {
    if (count_ == 0)
        return 0;
    if (!(q > 0))
        return min_;
    if (q >= 1)
        return max_;
    auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    rank = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t seen = zeros_;
    if (rank <= seen)
        return std::clamp(0.0, min_, max_);
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (rank <= seen)
            return std::clamp(value_of(first_ + static_cast<int>(i)), min_, max_);
    }
    return max_;
}

} // namespace brownout::stats
