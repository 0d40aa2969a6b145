// What a simulated provider draws for one request. Each request to a provider draws from a stream
// of its own, so that what becomes of one never shifts the draws of another; lab and simulator draw
// the same. Generated traffic brings the stream's number along (draw_number), so that neither the
// order in which sockets are served nor what the chain did before makes a difference; others are
// numbered as they come. Pure.
#pragma once

#include "chain/document.h"
#include "stats/quantile_table.h"

#include <string_view>

namespace brownout::sim {

// What a large account has; never enforced, only told in headers. Limits that bite are faults.
inline constexpr double usual_requests_per_min = 30'000, usual_tokens_per_min = 150e6;

inline constexpr std::int64_t most_output_tokens = 32'768; // of one answer

// Of the traffic's request `request` (from 0) when its chain asks a provider for the `nth` time
// (from 1).
constexpr std::uint64_t draw_number(std::uint64_t request, std::uint64_t nth) {
    constexpr std::uint64_t traffic = std::uint64_t{1}
                                      << 63; // apart from requests without a number
    return traffic | (request << 8) | (nth & 0xff);
}

// To the nearest whole number, halves up, as std::llround does, without a call. 0 <= value < 2^53.
constexpr std::int64_t rounded(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return whole + (value - static_cast<double>(whole) >= 0.5);
}

struct ProviderDraws {
    std::int64_t output_tokens = 1; // where the request does not say how many
    double factor = 1;              // slow mode, on every time
    double first_token_ms = 0;      // with the factor
    bool fails = false;             // answers 500
    Rng timing;                     // for what is drawn later
    Rng text() const;
    Rng id() const;

  private:
    friend class ProviderModelTable;
    std::uint64_t text_seed_ = 0, id_seed_ = 0;
};

// The sum of many token times is one draw: a normal number, corrected for skewness (Cornish and
// Fisher, 1938). Where single gaps matter (tails that are too heavy for that), each is drawn.
struct TokenTimes {
    double mean = 0, sd = 0, skewness = 0; // ms
    double longest = 0;                    // ms; what the generator can draw at most
    bool heavy = false;                    // drawn one by one
    static TokenTimes of(const stats::Distribution& token_ms);
};

class ProviderModelTable {
  public:
    // `seed`: of the run.
    ProviderModelTable(const chain::ProviderModel& model, std::string_view provider,
                       std::uint64_t seed);
    void reseed(std::string_view provider, std::uint64_t seed);
    ProviderDraws draw(std::uint64_t request) const {
        ProviderDraws out;
        draw(request, out);
        return out;
    }
    void draw(std::uint64_t request, ProviderDraws& out) const; // in place: a copy costs as much
    const chain::ProviderModel& model() const { return model_; }
    const stats::QuantileTable& token_ms() const { return token_ms_; }
    const TokenTimes& tokens() const { return tokens_; }
    // The time of so many gaps between tokens at once, without the slow mode's factor. ms
    double gaps_ms(std::int64_t count, Rng& timing) const;

  private:
    chain::ProviderModel model_;
    std::uint64_t seed_;
    stats::QuantileTable output_tokens_, first_token_ms_, token_ms_;
    TokenTimes tokens_;
};

// As many tokens as an answer has: those that were asked for, else the model's own.
std::int64_t answer_tokens(const ProviderDraws& draws, std::optional<std::int64_t> asked);

} // namespace brownout::sim
