// What was spent lately, and what the attempts in flight will probably add: the side of the budget
// that outlives a call. One purse for the whole document, whichever chain spends. Simulated
// providers have a side of their own in it: a cap holds for real and for simulated money each by
// itself, so that play cannot use up what may be spent, and caps can be rehearsed.
#pragma once

#include "engine/action.h"
#include "engine/policy.h"
#include "engine/setup.h"

#include <array>
#include <vector>

namespace brownout::engine {

// Money over the last hour or day: a ring of buckets over time. The oldest bucket falls out whole
// and only when all of it is too old, so what counts reaches back between all of the length and
// 1/60 more: a cap holds over every stretch of its length.
class SpendWindow {
  public:
    static constexpr int buckets = 61;

    explicit SpendWindow(Duration length) : width_(length / (buckets - 1)) {}

    // `now` never goes back. `at` <= `now`, also before the run began (negative).
    void add(Instant at, Money cost, Instant now);
    Money spent(Instant now);

  private:
    std::int64_t bucket_of(Instant t) const;
    Money& place(std::int64_t bucket);
    void advance(Instant now);

    Duration width_;
    std::int64_t newest_ = 0;
    std::size_t newest_place_ = 0; // in the ring
    Instant newest_ends_{};
    Money sum_;
    std::array<Money, buckets> ring_{};
};

class Purse {
  public:
    explicit Purse(const std::vector<ProviderSetup>& providers);

    // The cap that `expected` more on this provider would break, or Cap::none. The caps of a
    // request are its call's business.
    Cap broken_cap(const BudgetPolicy& budget, ProviderId provider, Money expected, Instant now);

    void reserve(ProviderId provider, Money expected);
    // An attempt has ended: what was reserved for it goes, what it cost stays.
    void settle(ProviderId provider, Money expected, Money cost, Instant now);
    // Spent by someone else, such as an earlier run.
    void add(ProviderId provider, Money cost, Instant at, Instant now);

    // Takes over what `old` knows to be spent, not what it has reserved: those attempts are its
    // own.
    void adopt(const Purse& old);
    void adopt(ProviderId provider, const Purse& old, ProviderId old_provider);

  private:
    struct Provider {
        bool simulated = false;
        SpendWindow day{std::chrono::hours(24)};
        Money reserved;
    };
    struct Side {
        SpendWindow hour{std::chrono::hours(1)}, day{std::chrono::hours(24)};
        Money reserved;
    };
    Side& side_of(ProviderId id) { return providers_[id.value].simulated ? play_ : real_; }

    Side real_, play_;
    std::vector<Provider> providers_;
};

} // namespace brownout::engine
