// Models of providers from what an event log says of them: how long the first token and the others
// took, how often answers failed, when the provider was down and for how long, what it could take
// at once. Then a check:
// the log's own traffic is simulated with these models, the outages that were seen at their times,
// beside what happened.
//
// What is fitted, and how:
// - first_token_ms: lognormal, weibull, normal or exponential by maximum likelihood, the one with
// the
//   lowest BIC (Schwarz, Estimating the dimension of a model, Ann. Statist. 6, 1978); attempts that
//   were given up before their first token count as "longer than that". Where none is near, the
//   quantiles that were seen (`empirical`).
// - slow_mode: a second lognormal of the same width, shifted in first token and tokens alike, by
//   expectation and maximization, where BIC asks for it.
// - token_ms: lognormal with the mean and the variance of single gaps, by the gaps of whole
// answers.
// - outages: failures in a row. An outage begins with the first of `failures_in_a_row` failures and
//   ends with the first of three successes; its ends lie halfway to the attempts before and after.
//   The number is the smallest (3, 4, 5, 6, 8, 12) that chance alone, at the ratio of failures that
//   are left, would bring about fewer than once in a hundred such logs.
// - error_ratio: the failures that are left, among the attempts outside of outages.
// - capacity: where sheds (429, 503, 529) begin at so many attempts in flight, and only there.
// Goodness is the largest distance between the curve that was seen and the fitted one (Kolmogorov
// and Smirnov).
//
// Blocks; any thread. The log is read once, line by line; memory is bounded by the limits below,
// whatever its length.
#pragma once

#include "faults/scenario.h"
#include "stats/interval.h"

#include <atomic>
#include <functional>

namespace brownout::tune {

inline constexpr std::string_view calibration_format = "brownout.calibration/1";
inline constexpr std::size_t most_providers = 64,
                             most_log_targets = 256;    // later ones: counted only
inline constexpr std::size_t most_samples = 50'000;     // a provider: drawn evenly from all answers
inline constexpr std::size_t most_replayed = 1'000'000; // requests, for the check
inline constexpr std::uint64_t least_answers = 30;      // for a provider's model
inline constexpr std::uint64_t least_outages = 3;       // for `outages`

struct Parameter { // with its 95 % interval; low = high where there is none
    std::string name;
    double value = 0, low = 0, high = 0;
};
struct Goodness {
    std::string family; // "lognormal"
    std::uint64_t n = 0, given_up = 0;
    double ks = 0;     // 0 to 1
    std::string words; // what it means
};

struct SeenOutage { // Unix time; cut short where the log was
    double from_s = 0, to_s = 0;
};

struct ProviderFit {
    std::string provider;
    std::uint64_t attempts = 0, succeeded = 0, failed = 0, cancelled = 0, refused = 0;
    std::map<std::string, std::uint64_t> by_class, by_cause; // of those that failed
    std::optional<chain::ProviderModel> model;
    chain::Json json;    // the model, rounded to four digits; null without one
    std::string missing; // why there is none
    std::vector<Parameter> parameters;
    std::optional<Goodness> first_token, tokens;
    std::uint64_t outages = 0;
    std::vector<SeenOutage> seen; // of them, in order
    double severity = 0;          // share of attempts that failed in them
    chain::Json fault;            // what most of those failures looked like
    int failures_in_a_row = 0;
    double watched_h = 0;
    std::vector<std::string> notes;
};

// How many requests came, and what they asked for.
struct SeenTraffic {
    double requests_per_day = 0, watched_h = 0; // the rate of the time that was watched
    bool stream = true;                         // most of them
    // By the lowest BIC; nothing: too few answers told their tokens.
    std::optional<stats::Distribution> input_tokens, output_tokens;
};

// One figure, as it was and as the models have it: the range that 95 of 100 such runs would be in.
struct Compared {
    std::string figure, unit;
    std::optional<double> happened, forecast, low, high;
    bool within() const {
        return happened && low && high && *low <= *happened && *happened <= *high;
    }
};

struct Calibration {
    std::string log;
    std::uint64_t lines = 0, events = 0, unknown_lines = 0, requests = 0;
    bool cut = false; // the last line is not whole
    std::vector<ProviderFit> providers;
    std::optional<SeenTraffic> traffic; // nothing: fewer than `least_answers` requests
    std::vector<Compared> check;        // empty where no provider could be fitted
    std::uint64_t check_runs = 0;
    std::vector<std::string> notes;
    chain::Json models() const; // {provider: model}: a scenario's `models`
};

struct CalibrateOptions {
    std::uint64_t seed = 1;
    std::uint64_t check_runs = 20; // 2 to 1000
    unsigned threads = 0;          // 0: as many as the machine has
    // The chain that wrote the log, for the check; null: one is made up from what the log shows,
    // with default settings.
    const chain::Document* chain = nullptr;
    const std::atomic<bool>* cancel = nullptr;
    std::function<void(double share, const std::string& what)> progress; // the calling thread
};

// The error: bad_input with the place for a file that is no event log or that holds too little for
// any provider; environment for one that cannot be read; cancelled.
Result<Calibration> calibrate(const std::string& path, const CalibrateOptions& options);

chain::Json to_json(const Calibration& c); // brownout.calibration/1
std::string text(const Calibration& c);

} // namespace brownout::tune
