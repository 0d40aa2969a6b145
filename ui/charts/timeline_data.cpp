#include "ui/charts/timeline_data.h"

#include <algorithm>
#include <cmath>

namespace brownout::ui {

double runStart(const record::WallClock& wall) {
    return static_cast<double>(wall.unix_ns_at_zero) / 1e9;
}

double toUnix(const record::WallClock& wall, Instant t) {
    return t == never ? std::numeric_limits<double>::infinity() : runStart(wall) + to_seconds(t);
}

namespace {

// The share of a second's values above `v`.
double tailAbove(const stats::Bucket& b, double v) {
    const double p50 = b.p50_ms, p95 = std::max<double>(b.p95_ms, p50),
                 p99 = std::max<double>(b.p99_ms, p95);
    const double low = p95 > 0 ? p50 * p50 / p95 : p50; // mirrored 5th percentile
    const struct {
        double value, tail;
    } known[] = {{low, 0.95}, {p50, 0.50}, {p95, 0.05}, {p99, 0.01}};
    if (v < known[0].value)
        return 1;
    for (int i = 3; i >= 0; --i) {
        if (v < known[i].value)
            continue;
        if (i == 3)
            return v > p99 ? 0 : known[3].tail;
        const double width = known[i + 1].value - known[i].value;
        return known[i].tail - (known[i].tail - known[i + 1].tail) * (v - known[i].value) / width;
    }
    return 1;
}

std::uint32_t successes(const stats::Bucket& b) {
    return b.attempts > b.failures ? b.attempts - b.failures : 1;
}

Bin combine(std::int64_t second, std::span<const stats::Bucket> buckets, bool quantiles) {
    Bin bin;
    bin.second = second;
    for (const auto& b : buckets) {
        bin.attempts += b.attempts;
        bin.failures += b.failures;
        bin.served += b.served;
        bin.useful_usd += b.useful_usd;
        bin.wasted_usd += b.wasted_usd;
    }
    if (!quantiles)
        return bin;
    bin.p50_ms = mixtureQuantile(buckets, 0.50);
    bin.p95_ms = mixtureQuantile(buckets, 0.95);
    bin.p99_ms = mixtureQuantile(buckets, 0.99);
    return bin;
}

std::int64_t alignDown(std::int64_t second, int width) {
    return second - (second % width + width) % width;
}

} // namespace

double mixtureQuantile(std::span<const stats::Bucket> seconds, double q) {
    double low = std::numeric_limits<double>::infinity(), high = -1, weight = 0;
    const stats::Bucket* only = nullptr;
    int observed = 0;
    for (const auto& b : seconds) {
        if (b.p50_ms < 0)
            continue;
        ++observed;
        only = &b;
        const double top = std::max({b.p50_ms, b.p95_ms, b.p99_ms});
        low = std::min<double>(low, top > 0 ? b.p50_ms * b.p50_ms / top : b.p50_ms);
        high = std::max<double>(high, top);
        weight += successes(b);
    }
    if (observed == 0)
        return -1;
    if (observed == 1 && (q == 0.50 || q == 0.95 || q == 0.99))
        return q == 0.50 ? only->p50_ms : q == 0.95 ? only->p95_ms : only->p99_ms;
    // The share above v falls as v grows: halve the interval to well below a pixel.
    for (int i = 0; i < 24; ++i) {
        const double mid = (low + high) / 2;
        double tail = 0;
        for (const auto& b : seconds)
            if (b.p50_ms >= 0)
                tail += successes(b) * tailAbove(b, mid);
        (tail / weight > 1 - q ? low : high) = mid;
    }
    return high;
}

void BinnedSeries::update(const stats::SeriesView& series, int binSeconds, bool quantiles) {
    if (binSeconds != width_)
        bins_.clear();
    width_ = binSeconds;
    const std::size_t size = series.size();
    if (size == 0) {
        bins_.clear();
        return;
    }
    // What the series has dropped (too old, or reset) goes here too.
    const std::int64_t oldest = alignDown(series[0].second, width_);
    if (!bins_.empty() && bins_.back().second > series[size - 1].second)
        bins_.clear(); // another run
    bins_.erase(bins_.begin(), std::find_if(bins_.begin(), bins_.end(),
                                            [&](const Bin& b) { return b.second >= oldest; }));
    // The newest bin may have grown, and late ends may still fall into the second before it.
    for (int i = 0; i < 2 && !bins_.empty(); ++i)
        bins_.pop_back();
    const std::int64_t start =
        bins_.empty() ? std::numeric_limits<std::int64_t>::min() : bins_.back().second + width_;

    std::size_t first = 0, last = size; // first bucket whose second >= start
    while (first < last) {
        const std::size_t mid = (first + last) / 2;
        if (series[mid].second < start)
            first = mid + 1;
        else
            last = mid;
    }
    std::vector<stats::Bucket> bin;
    for (std::size_t i = first; i < size;) {
        const std::int64_t second = alignDown(series[i].second, width_);
        bin.clear();
        for (; i < size && series[i].second < second + width_; ++i)
            bin.push_back(series[i]);
        bins_.push_back(combine(second, bin, quantiles));
    }
}

int binSecondsFor(double rangeSeconds) {
    return rangeSeconds <= 90 ? 1 : rangeSeconds <= 900 ? 5 : 15;
}

int barSecondsFor(double rangeSeconds) {
    return rangeSeconds <= 90 ? 2 : rangeSeconds <= 900 ? 15 : 60;
}

std::vector<LaneSegment> laneSegments(std::span<const record::BreakerRecord> records,
                                      const record::WallClock& wall, std::string_view target,
                                      engine::BreakerState now, double from, double to) {
    std::vector<LaneSegment> out;
    if (!(to > from))
        return out;
    auto state = now;
    for (const auto& r : records)
        if (r.target == target) {
            state = r.from; // what it was before the first change on record
            break;
        }
    double since = from;
    for (const auto& r : records) {
        if (r.target != target)
            continue;
        const double at = toUnix(wall, r.at);
        if (at > to)
            break;
        if (at > since) {
            out.push_back({since, at, state});
            since = at;
        }
        state = r.to;
    }
    if (to > since)
        out.push_back({since, to, state});
    // Neighbours of one state are one stretch.
    std::vector<LaneSegment> joined;
    for (const auto& s : out)
        if (!joined.empty() && joined.back().state == s.state)
            joined.back().to = s.to;
        else
            joined.push_back(s);
    return joined;
}

const char* breakerWord(engine::BreakerState state) {
    switch (state) {
    case engine::BreakerState::closed:
        return "closed";
    case engine::BreakerState::half_open:
        return "half-open";
    case engine::BreakerState::open:
        break;
    }
    return "open";
}

double niceCeiling(double highest, double least) {
    const double v = std::max(highest, least);
    if (!(v > 0) || !std::isfinite(v))
        return 1;
    const double power = std::pow(10.0, std::floor(std::log10(v)));
    for (const double step : {1.0, 2.0, 5.0, 10.0})
        if (v <= step * power * (1 + 1e-9))
            return step * power;
    return 10 * power;
}

} // namespace brownout::ui
