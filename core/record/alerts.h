// Alert rules: what happened and when goes in, alerts that are raised and cleared come out, each
// once. Pure: no clock, no socket; the same for live traffic, a rehearsal and a log.
//
// What is measured, per target and per task as a rule says (chain/document.h):
//   failure_rate    share of the attempts of the last minute that failed. An attempt that was
//                   cancelled does not count, one whose request was at fault counts as no failure.
//                   Of whole requests: those that were not answered in full, but for the caller's
//                   own faults, as in availability.
//   fallback_ratio  share of the last minute's answers that came from another target than the one
//                   that a healthy chain asks first; with a target: of those it should have given.
//   latency_ms      quantile (0.95 unless the rule says) of the last minute's successes.
//   spend_usd       USD spent in the last hour.
//   budget_used     the largest share that is used of any cap of an hour or a day that the budgets
//                   of the chains name; with a provider: of its cap of a day. Real and simulated
//                   money count apart, as they do for the caps.
//   cost_jump       what the last minute's fallbacks cost, divided by what the target that should
//                   have answered would have cost for the same tokens; 1 while it answers itself.
//   breaker_open    1 while a target's breaker is not closed.
//
// Raised once a value has been above `above` for `for_s` without a break; cleared once it has been
// at most 0.8 * `above` (a cost_jump: at most 1, where that is more) for as long, but for 10 s at
// least and 5 min at most. In between nothing changes, so a value that sways raises one alert.
// Where nothing was observed in the last minute, what is raised stays raised, and what is about to
// be raised is forgotten, unless a breaker is what keeps the target from being asked.
//
// bad_key (of a provider) and model_missing (of a target) are raised at once, whatever the
// document says, and cleared by the next success; where several keys rotate, by one that comes
// after the refused key has had its next chance.
//
// Bounded: max_series watched values, a minute or 61 sums of each. Instants never go back. Thread:
// one at a time.
#pragma once

#include "record/alert_series.h"
#include "record/records.h"

#include <map>
#include <unordered_map>

namespace brownout::record {

class Alerts {
  public:
    static constexpr std::size_t max_series = 1000;
    static constexpr Duration shortest_clear = std::chrono::seconds{10};
    static constexpr Duration longest_clear = std::chrono::minutes{5};

    // The rules of this document from now on. What goes on being watched keeps what it has seen and
    // its state; what is no longer watched and was raised is cleared by the next advance().
    // Breakers count as closed until told. A document of another name has spent nothing.
    void load(const chain::Document& document, Instant now);

    void attempt(const RequestRecord& request, const AttemptRecord& finished, Instant now);
    void request(const RequestRecord& finished, Instant now);
    void check(const AttemptRecord& finished, Instant now); // a health check
    void breaker(const std::string& target, engine::BreakerState state);
    // By another process or driver, for the budgets; `at` <= `now`.
    void spent(const std::string& provider, Money cost, Instant at, Instant now);

    // Looks at every rule: what was raised or cleared since the last time, in order.
    std::vector<AlertRecord> advance(Instant now);
    // When advance() is due next; never: only once something has happened.
    Instant next() const;
    std::vector<AlertRecord> active() const; // by id
    struct Gauge {
        AlertMetric metric;
        std::string target, task;
        bool active = false;
    };
    std::vector<Gauge> gauges() const; // of every rule, and of what was raised without one

  private:
    using List = std::vector<std::size_t>; // places in series_
    using Where = std::unordered_map<std::string, List>;
    struct Refused { // a key or a model
        AlertRecord alert;
        Instant last{}; // time of the last refusal
    };
    struct Provider {
        bool simulated = false;
        Duration returns{}; // a refused key is tried again after that; zero: it has but one
    };

    void watch(const chain::Document& document, const chain::Alert& rule);
    void add(AlertSeries series, const chain::Alert& rule);
    void index();
    std::optional<double> value(AlertSeries& series, Instant now);
    void judge(AlertSeries& series, Instant now);
    bool kept_from_asking(const AlertSeries& series) const;
    void raise(AlertSeries& series, double value, Instant now);
    void clear(AlertRecord& alert, double value, Instant now);
    void refused(AlertMetric metric, const std::string& target, Instant now);
    void answered(const AttemptRecord& a, Instant now);
    void cost_of_fallback(AlertSeries& series, const RequestRecord& r, const std::string& first,
                          Instant now);

    std::vector<AlertSeries> series_;
    Where of_target_;          // what an attempt at a target is folded into
    List of_all_, of_request_; // of every attempt; of every request
    std::map<std::string, Provider> providers_;
    std::unordered_map<std::string, chain::Price> prices_; // by target
    std::unordered_map<std::string, engine::BreakerState> breakers_;
    std::map<std::pair<AlertMetric, std::string>, Refused> refused_;
    BudgetSpend spend_;
    std::string document_;
    std::vector<AlertRecord> news_;
    std::uint64_t last_id_ = 0;
    Instant last_news_{}, last_look_{};
    bool waiting_ = false; // a rule is about to be raised or to be cleared
};

} // namespace brownout::record
