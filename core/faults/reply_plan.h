// What the faults that hit one request make of its reply, whoever plays the provider: a server on
// loopback or a model in virtual time. Pure: the instant is an argument.
#pragma once

#include "faults/scenario.h"

#include <map>

namespace brownout::faults {

// A bucket that refills steadily. A request may take more than is there (its tokens are known only
// afterwards at real providers, too); the next one then waits.
struct TokenBucket {
    double per_min = 0, capacity = 0, level = 0;
    Instant filled{};
    TokenBucket() = default;
    TokenBucket(double rate_per_min, double holds, Instant now)
        : per_min(rate_per_min), capacity(holds), level(holds), filled(now) {}
    void refill(Instant now);
    Duration until(double wanted) const; // after refill()
};

// What is left until a provider would limit. A limit of zero: there is none.
struct Left {
    std::int64_t limit = 0, remaining = 0;
    Duration reset{}; // until it is full again
};
struct Quota {
    Left requests, tokens;
};

// The rate_limit faults of one provider: a bucket for each limit of each rule. A bucket holds one
// second's worth and at least one request, so that a limit bites as soon as it acts; the same
// reading that OpenAI gives of its own limits ("60 a minute may be enforced as 1 a second").
class RateLimits {
  public:
    struct Verdict {
        std::optional<Duration> wait; // limited: until it would pass
        bool tokens = false;          // by tokens, else by requests
        Quota quota;                  // limits of zero: this fault sets none
    };
    // `twin` tells apart rules that say the same.
    Verdict take(const Fault& fault, int twin, std::int64_t tokens, Instant now);

  private:
    std::map<std::tuple<double, double, int>, std::pair<TokenBucket, TokenBucket>> buckets_;
};

// What is done to the bytes of a reply that is otherwise served well.
struct Spoiling {
    enum class Instead { nothing, garbage, html } instead = Instead::nothing;
    std::optional<double> keep; // of the body; framed as if it were whole
    bool wrong_type = false, wrong_length = false;
    std::vector<std::string> dropped; // JSON pointers
    bool any() const {
        return instead != Instead::nothing || keep || wrong_type || wrong_length ||
               !dropped.empty();
    }
};

struct ReplyPlan {
    // raw_error: with the body that the fault brings.
    enum class Fate { serve, error, raw_error, hang, reset, half_headers, close };
    Fate fate = Fate::serve;
    Duration silence{};                         // before anything at all
    std::optional<Fault> ended_by;              // what made it an error
    std::optional<RateLimits::Verdict> limited; // where that was a rate limit
    struct Stall {
        int after_tokens = 0;
        Duration pause{}; // forever: for good
    };
    std::vector<Stall> stalls; // in ascending order
    std::optional<int> cut_after;
    CutHow cut_how = CutHow::fin;
    std::optional<int> bad_event_at;
    bool no_terminator = false;
    // Of a stream, after so many tokens: an error in its own words.
    std::optional<int> error_after;
    std::optional<int> duplicate_at;
    Duration more_before_first{}; // headers are out by then
    double more_per_token_ms = 0;
    std::optional<Duration> keep_alives; // signs of life only, for so long
    bool split_characters = false;
    Spoiling spoiling;
    bool empty = false, stopped_by_length = false, other_model = false, tell_usage = true;
    double bytes_per_s = 0;         // 0: as fast as it goes
    std::optional<Duration> closes; // the body ends with the connection, which ends so late
    bool job_fails = false, job_never_ready = false, url_expired = false, picture_corrupt = false;
    Quota quota; // of rate_limit faults that let it pass
};

// As many tokens as it then has of those that were asked for.
std::int64_t tokens_said(const ReplyPlan& plan, std::int64_t tokens);

// Where a stream of so many tokens stops, and why: of several ends the earliest.
struct Stop {
    enum class Why { complete, cut, error_event, bad_event };
    std::int64_t tokens = 0;
    Why why = Why::complete;
};
Stop where_it_stops(const ReplyPlan& plan, std::int64_t tokens);

// Faults compose in rule order: waits add up, and the first one that ends the request decides.
// `tokens`: input and output of the request, for limits on tokens.
ReplyPlan compose(const std::vector<Fault>& faults, std::int64_t tokens, RateLimits& limits,
                  Instant now);

} // namespace brownout::faults
