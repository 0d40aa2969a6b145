// Everything that one live call needs, on one loop: client, lab for the simulated providers, event
// log, driver. For commands that make calls themselves.
#pragma once

#include "app/brownoutctl/context.h"
#include "live/driver.h"
#include "live/lab.h"

#include <boost/asio/io_context.hpp>

namespace brownout::ctl {

class LiveStack {
  public:
    // Starts the lab for simulated providers; the error when a port or the log file is refused.
    static Result<std::unique_ptr<LiveStack>>
    make(const chain::Document& document, chain::ResolvedKeys keys, const Context& context);
    boost::asio::io_context loop;
    live::Clock clock;
    live::Lab lab;
    std::unique_ptr<record::LogFile> log;
    std::unique_ptr<record::EventWriter> events;
    net::HttpClient http;
    std::unique_ptr<live::Driver> driver;

    explicit LiveStack(std::uint64_t seed) : lab(loop, clock, seed), http(loop) {}
};

// Serves every provider that the document simulates (`base_url` "lab:") on a free port each.
std::optional<std::string> serve_simulated(live::Lab& lab, const chain::Document& document,
                                           unsigned short first_port = 0);

} // namespace brownout::ctl
