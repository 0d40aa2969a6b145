// The worker's running figures: per target and in total, folded as attempts and requests end, so
// that a snapshot costs the same at one request a second and at a thousand. Bounded in memory.
//
// Pure: instants are arguments and never go back. Thread: one at a time.
#pragma once

#include "live/snapshot.h"

#include <array>
#include <deque>
#include <map>

namespace brownout::live {

// One target's last minute and its totals.
class TargetFigures {
  public:
    void attempt(const record::AttemptRecord& a, Instant now);
    void spend(Money cost, bool useful, Instant now);
    // Fills everything but names and status.
    void fill(TargetView& view, Instant now, Instant since) const;

  private:
    static constexpr std::int64_t minute = 60;
    static constexpr std::int64_t sketch_s = 5; // seconds in one of the minute's sketches
    struct Second {
        std::int64_t second = -1;
        std::uint32_t attempts = 0, failures = 0;
        Money spend;
    };
    struct Slice {
        std::int64_t index = -1;
        stats::Sketch ms;
    };
    Second& at(std::int64_t second);
    void refresh_quantiles(std::int64_t second) const;

    std::array<Second, minute> seconds_{};
    std::array<Slice, minute / sketch_s> slices_{};
    stats::Series series_;
    std::uint64_t attempts_ = 0, failures_ = 0, served_ = 0;
    Money spend_;
    mutable std::int64_t quantiles_at_ = -1; // recomputed once a second
    mutable double p50_ = -1, p95_ = -1;
};

class Figures {
  public:
    static constexpr std::size_t most_requests = 500;
    static constexpr std::size_t most_windows = 2000; // fault windows, breaker changes
    static constexpr Duration keep = std::chrono::hours{1};

    void started(Instant now);
    void attempt(const record::AttemptRecord& a, Instant now);
    void check(const record::AttemptRecord& a, Instant now); // a health check: wasted spend
    void request(const record::RequestPtr& r, Instant now);
    void breaker(const record::BreakerRecord& b);
    void fault(const record::FaultRecord& f);
    // Calls that run stay counted as running; fault windows and breaker lanes stay.
    void reset(Instant now);

    // Totals, requests, fault windows, breaker lanes.
    void fill(Snapshot& out, Instant now);
    void fill(TargetView& view, Instant now) const; // by view.name
    // Does a figure still change although nothing happens? Rates fade for a minute.
    bool fading(Instant now) const;

    // Means over the successes of the minute before `now`; nothing when there were none.
    struct Baseline {
        double ms = 0, usd = 0;
    };
    std::optional<Baseline> last_minute(Instant now) const;

  private:
    struct Second {
        std::int64_t second = -1;
        std::uint32_t started = 0, succeeded = 0;
        double ms = 0, usd = 0; // sums over the successes
    };
    Second& at(Instant now);
    void forget_old(Instant now);

    std::map<std::string, TargetFigures> targets_;
    std::array<Second, 60> seconds_{};
    Totals totals_;
    Instant since_{}, last_event_{};
    std::deque<record::RequestPtr> requests_;
    std::deque<record::FaultRecord> faults_;
    std::deque<record::BreakerRecord> breakers_;
    // Copies for snapshots, made again only when something changed.
    std::shared_ptr<const std::vector<record::RequestPtr>> shown_requests_;
    std::shared_ptr<const std::vector<record::FaultRecord>> shown_faults_;
    std::shared_ptr<const std::vector<record::BreakerRecord>> shown_breakers_;
};

} // namespace brownout::live
