#include "engine/limits.h"

#include <algorithm>

namespace brownout::engine {

void Meter::advance(Instant now) {
    const std::int64_t bucket = bucket_of(now);
    const std::int64_t steps = std::min(bucket - newest_, buckets);
    for (std::int64_t i = 0; i < steps; ++i) {
        Counts& oldest = place(bucket - i);
        sum_.requests -= oldest.requests;
        sum_.tokens -= oldest.tokens;
        oldest = {};
    }
    newest_ = bucket;
}

// What still counts of the sum, with the ring as it is.
Meter::Counts Meter::counts(Instant now) const {
    Counts still = sum_;
    const std::int64_t gone = std::min(bucket_of(now) - buckets, newest_);
    for (std::int64_t b = std::max(newest_ - buckets + 1, std::int64_t{0}); b <= gone; ++b) {
        still.requests -= place(b).requests;
        still.tokens -= place(b).tokens;
    }
    return still;
}

// When so many of them have fallen out.
Instant Meter::room_at(std::int64_t Counts::*what, std::int64_t excess, Instant now) const {
    const std::int64_t oldest = std::max(newest_ - buckets, bucket_of(now) - buckets) + 1;
    for (std::int64_t b = std::max(oldest, std::int64_t{0}); b <= newest_; ++b) {
        excess -= place(b).*what;
        if (excess <= 0)
            return Instant{width * (b + buckets)};
    }
    return never;
}

Room Meter::room(std::int64_t tokens, Instant now) const {
    Room room;
    room.when_one_ends = limits_.concurrency > 0 && running_ >= limits_.concurrency;
    // The sum may hold what is too old by now: where even that leaves room, nobody looks closer.
    const bool requests_fit =
        limits_.requests_per_min == 0 || sum_.requests < limits_.requests_per_min;
    const bool tokens_fit =
        limits_.tokens_per_min == 0 || sum_.tokens + tokens <= limits_.tokens_per_min;
    if (requests_fit && tokens_fit)
        return room;
    const Counts still = counts(now);
    if (limits_.requests_per_min > 0 && still.requests >= limits_.requests_per_min)
        room.from = room_at(&Counts::requests, still.requests + 1 - limits_.requests_per_min, now);
    if (limits_.tokens_per_min > 0 && still.tokens + tokens > limits_.tokens_per_min)
        room.from =
            std::max(room.from,
                     room_at(&Counts::tokens, still.tokens + tokens - limits_.tokens_per_min, now));
    return room;
}

void Meter::count(std::int64_t requests, std::int64_t tokens, Instant now) {
    advance(now);
    place(newest_).requests += requests;
    place(newest_).tokens += tokens;
    sum_.requests += requests;
    sum_.tokens += tokens;
}

void Meter::begin(std::int64_t tokens, Instant now) {
    count(1, tokens, now);
    ++running_;
}

void Meter::elsewhere(std::int64_t requests, std::int64_t tokens, int running, Instant now) {
    count(requests, tokens, now);
    running_ += running;
}

void Meter::end(Instant began, std::int64_t reserved, std::int64_t used, Instant now) {
    --running_;
    advance(now);
    const std::int64_t bucket = bucket_of(began);
    if (used == reserved || bucket <= newest_ - buckets)
        return;
    place(bucket).tokens += used - reserved;
    sum_.tokens += used - reserved;
}

void Meter::adopt(const Meter& old) {
    const LimitsSetup limits = limits_;
    *this = old;
    limits_ = limits;
    running_ = 0;
}

} // namespace brownout::engine
