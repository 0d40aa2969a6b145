// A monotone priority queue of instants: what is pushed is never earlier than what was popped last,
// as in any simulation. A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, 1990): an item lies in the
// bucket of the highest bit in which its time differs from the last popped one, so each item moves
// down at most 64 times and mostly two or three. Equal times come out in the order in which they
// went in, which a binary heap does not give for free.
#pragma once

#include "base/check.h"
#include "base/time.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace brownout::sim {

template <class Payload>
class MonotoneQueue {
  public:
    struct Item {
        std::uint64_t at = 0; // ns
        Payload payload{};
    };

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    Instant now() const { return Instant{Duration{static_cast<std::int64_t>(last_)}}; }

    // `at` is not before now().
    void push(Instant at, const Payload& payload) {
        const auto key = static_cast<std::uint64_t>(at.time_since_epoch().count());
        BROWNOUT_CHECK(key >= last_, "time does not go back");
        put({key, payload});
        ++size_;
    }

    // The next instant; `never` when nothing is left. Does not move the queue's time.
    Instant next() const {
        if (head_ < buckets_[0].size())
            return now();
        if (size_ == 0)
            return never;
        const auto b = static_cast<std::size_t>(std::countr_zero(filled_ & ~std::uint64_t{1}));
        return Instant{Duration{static_cast<std::int64_t>(least_[b])}};
    }

    // Not empty.
    Item pop() {
        BROWNOUT_CHECK(size_ > 0, "something is due");
        if (head_ == buckets_[0].size())
            refill();
        const Item item = buckets_[0][head_++];
        if (head_ == buckets_[0].size()) {
            buckets_[0].clear();
            head_ = 0;
            filled_ &= ~std::uint64_t{1};
        }
        --size_;
        return item;
    }

  private:
    // 0: the same instant; else one more than the highest bit that differs (times are below 2^63).
    std::size_t bucket_of(std::uint64_t key) const {
        return static_cast<std::size_t>(std::bit_width(key ^ last_));
    }
    void put(const Item& item) {
        const std::size_t b = bucket_of(item.at);
        const std::uint64_t bit = std::uint64_t{1} << b;
        least_[b] = (filled_ & bit) != 0 ? std::min(least_[b], item.at) : item.at;
        filled_ |= bit;
        buckets_[b].push_back(item);
    }
    void refill() {
        const auto b = static_cast<std::size_t>(std::countr_zero(filled_ & ~std::uint64_t{1}));
        last_ = least_[b];
        filled_ &= ~(std::uint64_t{1} << b);
        // Each goes further down, in order; none comes back to this bucket.
        for (const Item& item : buckets_[b])
            put(item);
        buckets_[b].clear();
    }

    std::array<std::vector<Item>, 64> buckets_;
    std::array<std::uint64_t, 64> least_{};
    std::uint64_t filled_ = 0; // a bit per bucket
    std::uint64_t last_ = 0;
    std::size_t head_ = 0; // of bucket 0
    std::size_t size_ = 0;
};

} // namespace brownout::sim
