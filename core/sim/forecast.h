// Simulated years of several chains under the same assumptions. Year r of every chain is played
// with the same seed (common random numbers): the same requests, draws and outages meet all of
// them, so what they differ by is the chains' own doing.
#pragma once

#include "sim/assumptions.h"

#include <atomic>
#include <functional>
#include <span>

namespace brownout::sim {

struct ForecastDay {
    std::uint32_t requests = 0, lost = 0; // by when they started
    double spend_usd = 0;
    float first_loss_s = -1; // since the day began; < 0: nothing was lost
};

// Why requests were lost: which providers were out meanwhile. Empty: none was.
struct ForecastCause {
    std::vector<std::string> out; // providers, in the document's order
    std::uint64_t lost = 0;
    int worst_day = 0; // of the year, from 0: where it lost most
};

struct ForecastYear {
    std::uint64_t number = 0, seed = 0; // from 0; the run's own seed
    bool whole = true;                  // false: stopped; the days until then
    std::uint64_t requests = 0, lost = 0;
    double availability = 1;                     // as in reports
    double p50_ms = 0, p95_ms = 0, p99_ms = 0;   // of answered requests
    bool answered = false;                       // else the three above say nothing
    std::optional<double> spend_usd, wasted_usd; // of the year; nothing: a price is not known
    std::vector<ForecastDay> days;               // days_of_year of them
    std::vector<ForecastCause> causes;           // by falling loss
    std::vector<std::string> notes;              // of the report
};

struct ForecastOptions {
    std::uint64_t seed = 1, years = 5;
    std::uint64_t first_year = 0;              // its number: to go on where an earlier call ended
    unsigned threads = 0;                      // 0: as many as the machine has
    const std::atomic<bool>* cancel = nullptr; // looked at every millisecond or so
    // From the threads that play, one call at a time: year after year, in each all chains.
    std::function<void(std::size_t chain, ForecastYear year)> year_done;
    // From the calling thread, a few times a second: the share that is done, 0 to 1.
    std::function<void(double share)> progress;
    // Called in each thread that plays before it begins; may be empty.
    std::function<void()> thread_started;
};

// Blocks until done or cancelled; years that were cut short are told, too, with `whole` false.
// The error: what simulate() refuses.
Result<void> forecast(std::span<const Candidate> chains, const Assumptions& assumptions,
                      const ForecastOptions& options);

// What a figure was in n simulated years. The range holds all but one in twenty of them and is the
// narrowest that does: it says what the simulated years were like, and promises nothing of the
// models.
struct OverYears {
    std::size_t years = 0, within = 0;
    double mean = 0, low = 0, high = 0; // low to high: `within` of `years`
    double least = 0, most = 0;         // all of them
    double mean_low = 0, mean_high = 0; // the mean's own 95 % interval, by Student's t
};
OverYears over_years(std::vector<double> figures);

} // namespace brownout::sim
