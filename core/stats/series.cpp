#include "stats/series.h"

#include <algorithm>

namespace brownout::stats {

namespace {

void set_quantiles(Bucket& bucket, const Sketch& sketch) {
    if (sketch.count() == 0)
        return;
    bucket.p50_ms = static_cast<float>(sketch.quantile(0.50));
    bucket.p95_ms = static_cast<float>(sketch.quantile(0.95));
    bucket.p99_ms = static_cast<float>(sketch.quantile(0.99));
}

} // namespace

std::size_t SeriesView::size() const {
    return chunks_.size() * Series::chunk_size + tail_.size();
}

const Bucket& SeriesView::operator[](std::size_t i) const {
    const std::size_t chunk = i / Series::chunk_size;
    return chunk < chunks_.size() ? (*chunks_[chunk])[i % Series::chunk_size]
                                  : tail_[i - chunks_.size() * Series::chunk_size];
}

Series::Series(std::size_t keep_seconds)
    : keep_chunks_(std::max<std::size_t>(1, (keep_seconds + chunk_size - 1) / chunk_size)) {
    tail_.reserve(chunk_size);
}

void Series::advance(std::int64_t second) {
    if (!started_) {
        started_ = true;
        current_.second = second;
        return;
    }
    if (second <= current_.second)
        return;
    set_quantiles(current_, sketch_);
    tail_.push_back(current_);
    if (tail_.size() == chunk_size) {
        chunks_.push_back(std::make_shared<const std::vector<Bucket>>(std::move(tail_)));
        tail_ = {};
        tail_.reserve(chunk_size);
        if (chunks_.size() > keep_chunks_)
            chunks_.erase(chunks_.begin());
    }
    sketch_.clear();
    current_ = Bucket{};
    current_.second = second;
}

void Series::attempt(std::int64_t second, bool failed, bool served, double ms) {
    advance(second);
    ++current_.attempts;
    if (failed)
        ++current_.failures;
    else
        sketch_.add(ms);
    if (served)
        ++current_.served;
}

void Series::spend(std::int64_t second, double useful_usd, double wasted_usd) {
    advance(second);
    current_.useful_usd += useful_usd;
    current_.wasted_usd += wasted_usd;
}

SeriesView Series::view() const {
    SeriesView view;
    view.chunks_ = chunks_;
    view.tail_ = tail_;
    if (started_) {
        Bucket running = current_;
        set_quantiles(running, sketch_);
        view.tail_.push_back(running);
    }
    return view;
}

} // namespace brownout::stats
