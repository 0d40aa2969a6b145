// One value that an alert rule watches, with what it has seen of the last minute or hour, and what
// is spent of the budgets. Parts of Alerts (alerts.h), which knows the rules. Pure.
#pragma once

#include "chain/document.h"
#include "engine/purse.h"
#include "record/alert_record.h"
#include "stats/sketch.h"

#include <array>

namespace brownout::record {

// Sums over the last 60 s, by whole seconds: what came in second s counts until s + 60.
class MinuteSums {
  public:
    struct Sums {
        double part = 0, whole = 0;
    };
    void add(Instant at, double part, double whole);
    Sums sums(Instant now) const;

  private:
    struct Second {
        std::int64_t second = -1;
        Sums sums;
    };
    std::array<Second, 60> seconds_{};
};

// Quantiles of the last minute, by slices of 5 s.
class MinuteQuantiles {
  public:
    void add(Instant at, double value);
    std::optional<double> quantile(Instant now, double q) const; // nothing: nothing was seen

  private:
    static constexpr std::int64_t slice_s = 5;
    struct Slice {
        std::int64_t index = -1;
        stats::Sketch values;
    };
    std::array<Slice, 60 / slice_s> slices_{};
};

// What the budgets of a document count: over any hour and any day, real and simulated money apart.
class BudgetSpend {
  public:
    void add(const std::string& provider, bool simulated, Money cost, Instant at, Instant now);
    struct Caps { // the tightest of the chains that are watched
        std::optional<Money> hour, day;
        std::map<std::string, Money> provider_day;
        void take(const chain::Document& document, const chain::Chain& chain);
    };
    // The largest share of a cap that is used; nothing: there is none.
    std::optional<double> used(const Caps& caps, const std::string& provider, Instant now);

  private:
    struct Side {
        engine::SpendWindow hour{std::chrono::hours{1}}, day{std::chrono::hours{24}};
    };
    Side real_, play_;
    std::map<std::string, engine::SpendWindow> providers_;
};

struct AlertSeries {
    enum class State : std::uint8_t { quiet, waiting, raised, clearing };

    AlertRecord alert;                // whom it is about; from its raising on, the alert itself
    std::vector<std::string> targets; // names; empty: whole requests
    bool whole = false;               // about requests, not about attempts at targets
    BudgetSpend::Caps caps;
    State state = State::quiet;
    Instant since{}; // of waiting or clearing

    MinuteSums sums; // cost_jump: of fallbacks, in USD
    MinuteSums calm; // cost_jump: answers of those that should have given them
    MinuteQuantiles latencies;
    engine::SpendWindow spend{std::chrono::hours{1}};

    bool same_as(const AlertSeries& other) const; // the same rule about the same
    bool about(const std::string& target) const;
    bool of_task(const std::string& chain, const std::string& task) const {
        return alert.task.empty() || alert.task == task || alert.task == chain;
    }
    double clears_at() const; // a value above that does not clear it
};

} // namespace brownout::record
