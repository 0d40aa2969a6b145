// The local endpoint: clients of OpenAI, Anthropic, FAL and Replicate change their base URL and
// nothing else, and are served through the chain. Beside it: figures, events and faults for whoever
// holds the token. Thread: the loop's only.
#pragma once

#include "live/driver.h"
#include "live/endpoint/fault_switches.h"
#include "live/endpoint/guard.h"
#include "live/serving.h"

#include <set>

namespace brownout::live {

class EndpointCall;

// Who serves behind it: the worker.
class EndpointHost : public Serving, public FaultSwitches {
  public:
    virtual std::string metrics_text() const = 0; // for Prometheus
    virtual void listener_came() = 0;             // to /events
};

struct EndpointOptions {
    std::string host = "127.0.0.1"; // an IP address
    unsigned short port = 0;        // 0: a free one
    std::string token;              // empty: one is made
};

class Endpoint {
  public:
    Endpoint(boost::asio::io_context& loop, const Clock& clock, EndpointHost& host,
             EndpointOptions options);
    ~Endpoint(); // resets what is being answered; the drivers of its calls are gone by then

    std::optional<std::string> listen(); // nothing: it does; else why not
    std::string url() const;             // "http://127.0.0.1:8484"
    const std::string& token() const;
    // Takes no more connections; requests that run go on.
    void stop_taking();
    void cancel_all();              // as if every caller had left
    std::size_t running() const;    // requests that wait for an answer or get one
    std::size_t streams() const;    // of them
    bool quiet() const;             // nothing runs, and every answer has left
    std::uint64_t requests() const; // that came for an answer, since it was made
    // A line of the event log, for everybody who listens to /events.
    void tell(const record::EventText& event);
    bool heard() const; // somebody listens

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace brownout::live
