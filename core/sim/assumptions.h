// What a forecast rests on, `brownout.forecast/1`: traffic, how each provider fails and how fast it
// answers, prices, and the chains to compare. What is left out is filled in from the chain's own
// models, from presets (chain/model_presets.h) and from the price table, and every figure says
// where it comes from. Pure; any thread.
//
// {"format": "brownout.forecast/1", "traffic": {"requests_per_day", "shape": "steady" | "daily" |
//  "weekly", "input_tokens" DIST, "output_tokens" DIST, "stream"}, "years", "seed",
//  "providers": {ID: {"outages": {"preset": ID} | {"gap_h", "repair_h", "severity", "fault"} |
//  {"none": true}, "latency": {"preset": ID} | {"first_token_ms", "token_ms", "error_ratio",
//  ...}}}, "prices": {TARGET: PRICE}, "compared": [{"label", "chain", "targets": [TARGET ...],
//  "policy": {...}, "copy": {...}}]}
// `traffic`, and `outages` and `latency` of a provider, may have a `source`: in words, whence.
#pragma once

#include "chain/prices.h"
#include "faults/scenario.h"

namespace brownout::sim {

inline constexpr std::string_view forecast_format = "brownout.forecast/1";
inline constexpr std::size_t most_compared = 8; // chains, the shown one among them
inline constexpr int days_of_year = 365;        // of a simulated year, which has no leap day
// The calendar that a simulated year is laid over: its first day is a Friday.
inline constexpr int calendar_year = 2027;
inline constexpr int first_weekday = 5; // 1 is Monday

enum class Shape {
    steady, // the same at every hour
    daily,  // least at four at night, most at four in the afternoon, five times as much
    weekly, // the same, and Saturdays and Sundays have 40 % of the other days
};
inline constexpr std::string_view shape_names[] = {"steady", "daily", "weekly"};
// Times the mean rate, at each hour of the week from Monday; 168 of them, mean 1.
std::vector<double> hourly_shape(Shape shape);

// A chain to compare: another one of the document, or the shown one with some of its targets, with
// other policy, or as it once was.
struct Compared {
    std::string label;                // empty: made from the rest
    std::string chain;                // id; empty: the shown one
    std::vector<std::string> targets; // names, in this order; empty: all as they are
    chain::Json policy;               // merged into the chain's (RFC 7386); null: nothing
    chain::Json copy;                 // the whole chain; null: none
};

struct Assumed {         // of one provider
    chain::Json outages; // null: none at all
    std::string outages_preset, outages_source;
    chain::Json latency; // of the contract's provider model, without outages
    std::string latency_preset, latency_source;
};

struct Assumptions {
    double requests_per_day = 10'000;
    Shape shape = Shape::weekly;
    bool stream = true;
    stats::Distribution input_tokens = stats::Lognormal{400, 0.8};
    stats::Distribution output_tokens = stats::Lognormal{150, 0.6};
    std::int64_t years = 5;
    std::uint64_t seed = 1;
    chain::Json providers = chain::Json::object(), prices = chain::Json::object(); // as written
    std::vector<Compared> compared;
};

chain::Json default_assumptions(); // only what has no source elsewhere
chain::Checked<Assumptions> read_assumptions(const chain::Json& json, const std::string& file);

// What is assumed of a provider of the document.
Assumed assumed(const Assumptions& a, const chain::Provider& provider);
struct AssumedPrice {
    std::optional<chain::Price> price; // nothing: unknown
    std::string source;
};
AssumedPrice assumed_price(const Assumptions& a, const chain::Target& target);

// A chain as it is forecast: the document with the chain under the shown one's id, its providers
// simulated as assumed.
struct Candidate {
    std::string label;
    std::string chain_id;
    chain::Document document;
    chain::Json chain; // as in a chain file
};
// `document`: the JSON of a valid chain document. `what`: null for the shown chain itself. The
// error: a target, chain or policy that is not there any more, or no text is made by any target.
Result<Candidate> candidate(const chain::Json& document, const std::string& shown_chain,
                            const Assumptions& a, const Compared* what,
                            const chain::PriceTable& prices);

// A year of the traffic, on the chain `chain_id`.
faults::Scenario year_of(const Assumptions& a, const std::string& chain_id);

// Can this be played? What is wrong, with a pointer into the assumptions: an outage model without
// time, more requests than a run can have.
std::vector<chain::Problem> check(const Assumptions& a, const Candidate& candidate);

} // namespace brownout::sim
