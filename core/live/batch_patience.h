// How a batch waits out an outage. A request that nobody took, for a reason that passes by itself,
// is no failed line: it is held back, its chain is asked again with one request when it may take
// one, and with twice as many after each answer. Such reasons are a rate limit, an open breaker, a
// full queue, 5xx, connections that are refused or break, timeouts; not bad keys, empty accounts,
// held breakers, budgets, refused contents and wrong requests.
//
// The wait is what the chain's targets say (Retry-After, the breaker's open time), else 1 s,
// doubled up to 60 s each time. It ends: a chain that has answered nothing for the whole patience
// is waited for no more until it answers again, and a request that was first held back that long
// ago, or that has failed four times although others of its chain were answered in between, is
// answered with its failure.
//
// The functions are pure. Thread: any.
#pragma once

#include "base/time.h"
#include "engine/setup.h"
#include "record/records.h"

#include <map>
#include <string>

namespace brownout::live {

class Driver;

// Whether asking again may help although nothing is changed, and when.
struct Outlook {
    bool passes = false;
    bool asked = false;           // a target was asked, and it was no rate limit that it told
    std::optional<Duration> wait; // nothing: not known
};
// Of a request that has ended without an answer; `driver` made it, for what is in `needs`.
Outlook outlook_of(const record::RequestRecord& request, const Driver& driver,
                   engine::Capabilities needs, Instant now);

// What is known of one request that is held back.
struct HeldBack {
    std::optional<Instant> since; // first held back; nothing: never
    int strikes = 0;
    std::uint64_t answers = 0; // of its chain, when it failed last
};

class BatchPatience {
  public:
    // `patience` >= 0; `most` >= 1 requests at a time, of each chain.
    BatchPatience(Duration patience, std::size_t most) : patience_(patience), most_(most) {}

    // How many may run now.
    std::size_t room(const std::string& chain, Instant now) const;
    Instant asks_again(const std::string& chain) const; // in the past: now

    void answered(const std::string& chain);
    // False: the request is to be answered with its failure.
    bool holds_back(const std::string& chain, HeldBack& line, const Outlook& outlook,
                    const std::string& why, Instant now);
    void skip(Duration pause); // time that does not count, and what is waited for may be over

    struct Waits {
        std::string chain, why;
        Instant asks_again{}, gives_up{};
    };
    std::optional<Waits> waits() const; // of the chain that is waited for longest

  private:
    struct Chain {
        std::optional<Instant> since; // nothing was answered since; nothing: it answers
        Instant until{};              // nothing starts before
        std::size_t allowed = 0;
        int round = 0; // waits since then
        std::uint64_t answers = 0;
        std::string why;
        bool given_up = false;
    };
    Duration patience_;
    std::size_t most_;
    std::map<std::string, Chain> chains_; // those that have ever been waited for
};

} // namespace brownout::live
