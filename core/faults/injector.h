// Decides which faults hit a request. Pure: time since the start is an argument. Each rule draws
// from its own seeded stream, so adding a rule never changes what another does.
#pragma once

#include "faults/scenario.h"

namespace brownout::faults {

struct RequestFacts {
    std::string_view provider, model, task;
    bool stream = false, image = false;
    // A look at a job that was taken on earlier. Hit only by rules that are up or down by the clock
    // alone, and not by rate limits; counted by none.
    bool follow_up = false;
    // Whose draws these are: a stream of this number, so that it does not matter which requests
    // came before. Nothing: each rule draws in the order in which requests come.
    std::optional<std::uint64_t> draw = {};
};

class Injector {
  public:
    Injector() = default;
    Injector(std::vector<Rule> rules, std::uint64_t seed);

    using RuleId = std::uint32_t;
    // A manual fault: acts from `since` on, in the rule's own window.
    RuleId add(Rule rule, Duration since);
    void remove(RuleId id);
    void clear();

    // The faults for a request that arrives now, in rule order, with `ms` drawn (a Constant).
    // Counts the request for `first` and `after`.
    std::vector<Fault> decide(const RequestFacts& facts, Duration elapsed);
    // Does a fault of this kind, by the clock alone, act on the whole provider now? For what
    // happens to connections: a rule on one model hits them all, since a connection names no model.
    // (A connect_hang with a time is no such fault: its connections are made, and silent.)
    bool acts_on_connections(Kind kind, std::string_view provider, Duration elapsed) const;
    // How many times as much the model costs now.
    double price_factor(std::string_view provider, std::string_view model, Duration elapsed) const;

    struct Window { // for charts, the log and "within seconds of the start" expectations
        RuleId id = 0;
        std::string target; // as in the rule; an outage of several has one window for each
        Kind kind = Kind::http_error;
        bool active = false;
    };
    std::vector<Window> windows(Duration elapsed) const;
    // The next instant after `elapsed` at which any window opens or closes; forever: none.
    Duration next_change(Duration elapsed) const;

  private:
    struct Entry {
        RuleId id = 0;
        Rule rule;
        Duration since{};
        Rng rng;
        std::uint64_t stream = 0; // of requests that bring a number for their draws
        std::int64_t seen = 0;
        std::vector<std::pair<Duration, Duration>> renewals; // outages since `since`, ascending
        bool open(Duration elapsed) const;
        Duration next_change(Duration elapsed) const;
        // Counts and draws.
        bool hits(const RequestFacts& facts, Duration elapsed, Rng& draws);
    };
    Entry make(Rule rule, Duration since);

    std::vector<Entry> entries_;
    std::uint64_t seed_ = 0;
    RuleId next_id_ = 1;
};

// Does a rule's target name this provider and model?
bool names(std::string_view rule_target, std::string_view provider, std::string_view model);
bool hits(const Rule& rule, std::string_view provider, std::string_view model);

} // namespace brownout::faults
