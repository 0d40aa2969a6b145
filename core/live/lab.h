// The lab: simulated providers as real HTTP servers on loopback, each in its own dialect, with the
// timing of its model and the faults of the injector; and reverse proxies in front of real ones,
// with the same faults. Thread: the loop's only.
#pragma once

#include "faults/injector.h"
#include "live/driver.h"
#include "live/play_clock.h"
#include "net/http_server.h"

namespace brownout::live {

// What simulated providers say where two are asked the same. `own`: each in words of its own, as
// real models do, so that an answer begun by one is not ended by another unnoticed. `one`: all the
// same words, for comparing dialects.
enum class Voices { own, one };

class Lab {
  public:
    Lab(boost::asio::io_context& loop, const Clock& clock, std::uint64_t seed,
        Voices voices = Voices::own);
    ~Lab();

    // Starts or reshapes the simulated provider; `port` 0 picks one. Empty: it runs; else why not.
    std::optional<std::string> serve(const std::string& provider, chain::Dialect dialect,
                                     const chain::ProviderModel& model, unsigned short port = 0);
    // Stands in front of a real provider: a server on loopback that passes on whatever comes, with
    // the key that it comes with, and brings back what is answered; the faults happen on the way.
    // The provider's certificate is checked as ever, by its own certificate authority where it has
    // one. Again with the same address: nothing changes. Empty: it runs; else why not.
    std::optional<std::string> front(const chain::Provider& provider, unsigned short port = 0);
    // Where an attempt at that provider is to go now instead of its own host ("http://host:port");
    // nothing: to itself, because the lab is not in front or no rule is about it.
    std::optional<std::string> front_url(const std::string& provider) const;
    bool fronts(const std::string& provider) const; // stands in front of it
    void stop(const std::string& provider);         // what it was asked before is answered
    // "http://127.0.0.1:PORT/v1", as its dialect wants it; nothing when it is not served.
    std::optional<std::string> base_url(const std::string& provider) const;
    // Where an attempt made now is to go: base_url, or, while the provider's name is lost or its
    // TLS fails, an address at which that happens.
    std::optional<std::string> dial_url(const std::string& provider) const;
    // How many times its own price the provider takes now; 1: as the chain believes.
    double price_factor(const std::string& provider, const std::string& model) const;
    std::vector<std::string> providers() const;
    // What a provider is busy with now; all zero when it is not served.
    struct Load {
        std::size_t open = 0;      // requests without a whole answer, the two below included
        std::size_t answering = 0; // have a place of its capacity
        std::size_t waiting = 0;   // wait for one
        std::size_t jobs = 0;      // that it remembers, ended ones included
    };
    Load load(const std::string& provider) const;

    // Rules on schedule, from now on, or by `clock` where one is given. Replaces an earlier
    // schedule; manual faults stay, and go by the wall.
    void play(std::vector<faults::Rule> rules, std::shared_ptr<const PlayClock> clock = nullptr);
    void pace_changed(); // of that clock
    void stop_playing();
    faults::Injector::RuleId inject(faults::Rule rule); // manual, until removed or its time is over
    void remove(faults::Injector::RuleId id);
    void remove_all(); // scheduled ones, too

    struct ActiveFault {
        faults::Injector::RuleId id = 0;
        std::string target;
        faults::Kind kind = faults::Kind::http_error;
        bool manual = false;
        Instant since{};
    };
    std::vector<ActiveFault> active() const;
    // Called when a window opens (record.to == never) and when it closes.
    std::function<void(const record::FaultRecord&)> on_fault;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace brownout::live
