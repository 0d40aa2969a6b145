// Carries out the engine's actions: attempts over HTTP, timers, text held back until it is the
// caller's. One Driver serves one loaded chain document on one loop.
//
// Thread: the loop's only. Callbacks of an observer come from the loop, never from inside start().
#pragma once

#include "chain/keys.h"
#include "engine/engine.h"
#include "live/wire_log.h"
#include "net/http_client.h"
#include "record/event_log.h"
#include "wire/dialect.h"

#include <functional>

namespace brownout::live {

// The loop's clock: engine time starts at zero when it is made.
class Clock {
  public:
    Clock();
    Instant now() const;
    record::WallClock wall() const;
    std::int64_t unix_s(Instant at) const; // seconds since 1970, UTC, rounded down
    std::int64_t unix_s() const { return unix_s(now()); }

  private:
    std::chrono::steady_clock::time_point zero_;
    std::int64_t unix_ns_at_zero_;
};

// Who asked. Text arrives only once it is the caller's for good, except after on_restart. A request
// that does not stream gets its text with on_finish alone. An observer may start and cancel calls
// from its callbacks; it must not destroy the driver there.
class CallObserver {
  public:
    virtual ~CallObserver() = default;
    virtual void on_attempt(const record::RequestRecord&) {} // an attempt started or ended
    // What comes from here on is this attempt's answer.
    virtual void on_forward(const record::RequestRecord&, const record::AttemptRecord&) {}
    virtual void on_delta(const wire::Delta& delta) = 0;
    // Only for callers that accept it: forget what came, `target` answers from the beginning.
    virtual void on_restart(const std::string& target) = 0;
    // Another target goes on behind the text so far: the record's last seam says where.
    virtual void on_continue(const record::RequestRecord&) {}
    // Last call. `reply` holds the whole text that the caller has.
    virtual void on_finish(record::RequestPtr record, const wire::Reply& reply) = 0;
};

struct CallOptions {
    std::string chain;  // id or task; empty: default
    std::string task;   // for records; empty: the chain's
    std::string prefer; // a target's name: it is asked first, the others stay its fallbacks
    bool accepts_restart = false;
    std::optional<Instant> intended_start;             // latency counts from here
    std::optional<std::uint32_t> expect_output_tokens; // a better estimate than max_tokens
    // Of generated traffic, from 0: what simulated providers draw for the request follows from it.
    std::optional<std::uint64_t> number;
    std::shared_ptr<WireLog> wire; // to be filled with what goes over the wire; null: nobody looks
};

// A request goes on to another target than the one it has just tried. Addresses are those that are
// asked: of a simulated provider, where it listens.
struct Failover {
    const record::RequestRecord& request;
    std::string from, to, from_url, to_url;        // targets' names
    const record::AttemptRecord* failed = nullptr; // the last attempt at `from`; null: it goes on
    std::string why;
};

// What the driver tells the worker beside the callers' own callbacks.
class DriverObserver {
  public:
    virtual ~DriverObserver() = default;
    virtual void on_request_started(const record::RequestRecord&) {}
    virtual void on_attempt_finished(const record::RequestRecord&, const record::AttemptRecord&) {}
    virtual void on_request_finished(const record::RequestPtr&) {}
    virtual void on_breaker(const record::BreakerRecord&) {}
    virtual void on_failover(const Failover&) {}
    virtual void on_spent_elsewhere(const std::string&, Money, Instant) {} // as add_spend is told
    // A health check of a target has ended. What it cost was spent, and served nobody.
    virtual void on_check(const record::AttemptRecord&) {}
    // Worth telling the user: "openai/gpt-9 is not checked: ...".
    virtual void on_notice(const std::string&) {}
};

class Driver {
  public:
    using CallHandle = std::uint64_t;
    // Where a simulated provider listens ("http://127.0.0.1:4711/v1"); nothing: it does not run.
    // Asked only for those that the driver's own document simulates.
    using LabAddress = std::function<std::optional<std::string>(const std::string& provider)>;

    Driver(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock,
           const chain::Document& document, chain::ResolvedKeys keys, LabAddress lab,
           std::uint64_t seed, record::EventWriter* events, DriverObserver* observer);
    ~Driver(); // cancels running calls; observers are not called any more

    CallHandle start(wire::ChatRequest request, CallOptions options, CallObserver& observer);
    void cancel(CallHandle call); // the caller left; on_finish comes with result cancelled
    void cancel_all();
    // Backpressure from a slow caller: no on_delta until resume, but what is held (at most 64 KiB
    // and what the connection buffers) comes before on_finish at the latest. The time counts
    // against the attempt's limit, not as a stall.
    void pause(CallHandle call);
    void resume(CallHandle call);

    // Where the lab stands in front of a real provider ("http://127.0.0.1:4711"); nothing: attempts
    // go to the provider itself. Asked as each begins.
    void set_front(LabAddress front);

    // Who is told of events from now on; null: nobody. It outlives the driver.
    void set_events(record::EventWriter* events);

    // How many times its own price a target takes at the moment (>= 0): asked as each attempt ends,
    // so that a change of price is rehearsed. The engine goes on reckoning with the document's.
    using PriceFactor =
        std::function<double(const std::string& provider, const std::string& model)>;
    void set_price_factor(PriceFactor factor);

    void hold_breaker(const std::string& target, engine::BreakerHold hold);
    void probe_now(const std::string& target);
    engine::TargetStatus status(std::size_t target_index) const;
    const chain::Compiled& names() const;
    // Told of everything that enters the engine, when, and what it answered: an engine made with
    // names().setup and engine_seed() that is fed the same gives the same answers. (What adopt and
    // add_spend bring along enters beside the events.) Null, as at first: nobody is told.
    using EngineWatch = std::function<void(const engine::Event&, Instant, const engine::Actions&)>;
    void watch_engine(EngineWatch watch);
    std::uint64_t engine_seed() const;
    std::size_t calls_in_flight() const; // whose end has not been told yet
    // Sends out no more health checks: another driver watches over the targets, or a scenario plays
    // faults in the lab. Those under way end by themselves.
    void stop_health_checks();
    // Providers that are being told to stop a job whose attempt was given up. Each takes 5 s at
    // most; destroying the driver drops them.
    std::size_t jobs_being_cancelled() const;
    // Breakers, windows and cooldowns of targets that both documents name, refused keys and limits
    // of providers that both name; `with_spend` also what the old one has counted for caps. As long
    // as both run, the limits of each count what the other sends.
    void adopt(const Driver& old, bool with_spend = true);
    // What was spent on a provider outside of this driver, before now: for the caps of an hour and
    // a day. A provider that the document does not name is left out.
    void add_spend(const std::string& provider, Money cost, Instant at);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace brownout::live
