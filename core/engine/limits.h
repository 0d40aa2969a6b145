// Limits that are kept by not sending: requests and tokens per minute, attempts at once, and what a
// provider said is left of its quota.
//
// A minute is a ring of quarter seconds. The oldest one falls out whole and only when all of it is
// too old, so what counts reaches back between 60 and 60.25 seconds: a limit holds over every
// stretch of 60 seconds, and room comes up to a quarter second later than it might.
#pragma once

#include "engine/setup.h"

namespace brownout::engine {

// When there is room for one more.
struct Room {
    Instant from{};             // if nothing else is started; never: waiting does not help
    bool when_one_ends = false; // besides, an attempt has to end first
    constexpr bool at(Instant now) const { return from <= now && !when_one_ends; }
    // Room in both.
    constexpr Room operator&(Room o) const {
        return {from > o.from ? from : o.from, when_one_ends || o.when_one_ends};
    }
};

// One set of limits: a provider's or a key's.
class Meter {
  public:
    static constexpr std::int64_t buckets = 241;
    static constexpr Duration width = std::chrono::milliseconds(250);

    explicit Meter(const LimitsSetup& limits) : limits_(limits) {}

    // `now` never goes back. `tokens`: what the attempt will probably use.
    Room room(std::int64_t tokens, Instant now) const;
    void begin(std::int64_t tokens, Instant now);
    // What was reserved at the start becomes what was used, as of the start.
    void end(Instant began, std::int64_t reserved, std::int64_t used, Instant now);
    // The minute of another meter, but not what it has running.
    void adopt(const Meter& old);
    // What is begun and ended besides, by another engine.
    void elsewhere(std::int64_t requests, std::int64_t tokens, int running, Instant now);
    void add_running(int running) { running_ += running; }

  private:
    struct Counts {
        std::int64_t requests = 0, tokens = 0;
    };
    static std::int64_t bucket_of(Instant t) { return t.time_since_epoch() / width; }
    Counts& place(std::int64_t b) { return ring_[static_cast<std::size_t>(b % buckets)]; }
    const Counts& place(std::int64_t b) const {
        return ring_[static_cast<std::size_t>(b % buckets)];
    }
    void advance(Instant now);
    void count(std::int64_t requests, std::int64_t tokens, Instant now);
    Counts counts(Instant now) const;
    Instant room_at(std::int64_t Counts::*what, std::int64_t excess, Instant now) const;

    LimitsSetup limits_;
    int running_ = 0;
    std::int64_t newest_ = 0; // bucket that is being filled
    Counts sum_;
    std::array<Counts, buckets> ring_{};
};

// What is left of one quota by the provider's word, less what was started since.
class Quota {
  public:
    void told(std::int64_t left, Instant reset) {
        left_ = left;
        reset_ = reset;
    }
    void take(std::int64_t n) { left_ -= n; }
    Room room(std::int64_t n, Instant now) const {
        return {now < reset_ && left_ < n ? reset_ : Instant{}, false};
    }

  private:
    std::int64_t left_ = 0;
    Instant reset_{};
};

} // namespace brownout::engine
