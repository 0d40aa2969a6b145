#include "record/timeline.h"

#include <algorithm>

namespace brownout::record {

void Timeline::widen() {
    width_ *= 2;
    last_until_ = last_from_ = Instant{};
    std::vector<Row> merged((rows_.size() + 1) / 2);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        merged[i / 2].requests += rows_[i].requests;
        merged[i / 2].failed += rows_[i].failed;
        merged[i / 2].spend += rows_[i].spend;
    }
    rows_ = std::move(merged);
}

Timeline::Row& Timeline::row_at(Instant at) {
    if (at >= last_from_ && at < last_until_) // as the request before
        return rows_[last_];
    const auto second = std::max<std::int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
    while (static_cast<std::size_t>(second / width_) >= max_rows)
        widen();
    const auto i = static_cast<std::size_t>(second / width_);
    if (i >= rows_.size())
        rows_.resize(i + 1);
    const Instant start{std::chrono::seconds{static_cast<std::int64_t>(i) * width_}};
    last_ = i;
    last_from_ = i == 0 ? Instant::min() : start;
    last_until_ = start + std::chrono::seconds{width_};
    return rows_[i];
}

void Timeline::add(Instant at, bool failed, Money spend) {
    Row& row = row_at(at);
    ++row.requests;
    row.failed += failed;
    row.spend += spend;
}

// Widths are powers of two: the finer one becomes as coarse as the other.
void Timeline::merge(const Timeline& other) {
    while (width_ < other.width_)
        widen();
    for (std::size_t i = 0; i < other.rows_.size(); ++i) {
        const auto second = static_cast<std::int64_t>(i) * other.width_;
        Row& row = row_at(Instant{std::chrono::seconds{second}});
        row.requests += other.rows_[i].requests;
        row.failed += other.rows_[i].failed;
        row.spend += other.rows_[i].spend;
    }
}

void Timeline::add_spend(Instant at, Money spend) {
    row_at(at).spend += spend;
}

} // namespace brownout::record
