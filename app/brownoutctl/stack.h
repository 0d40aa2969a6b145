// Everything that one live call needs, on one loop: client, lab for the simulated providers, event
// log, driver, and the chain's alerts and webhooks. For commands that make calls themselves.
#pragma once

#include "app/brownoutctl/context.h"
#include "live/alarms.h"
#include "live/driver.h"
#include "live/lab.h"
#include "live/spend_book.h"

#include <boost/asio/io_context.hpp>

namespace brownout::ctl {

class LiveStack {
  public:
    // Starts the lab for simulated providers; the error when a port or the log file is refused, or
    // when a cap of the hour or day cannot be kept because there is no ledger.
    static Result<std::unique_ptr<LiveStack>>
    make(const chain::Document& document, chain::ResolvedKeys keys, const Context& context);
    boost::asio::io_context loop;
    live::Clock clock;
    live::Lab lab;
    std::unique_ptr<record::LogFile> log;
    std::unique_ptr<record::EventWriter> events;
    std::unique_ptr<live::SpendBook> book; // null: nothing is called for real, or no ledger
    net::HttpClient http;
    std::unique_ptr<live::Driver> driver;
    std::unique_ptr<live::Alarms> alarms;

    // Once all is done: `code`, or exit_environment when the log or the ledger did not take
    // everything that it had to; then it is told on stderr. Webhooks that are still to be called
    // are waited for, 2 s at most; what is lost is told.
    int finish(const Context& context, int code);

    explicit LiveStack(std::uint64_t seed)
        : lab(loop, clock, seed, live::Voices::one), http(loop) {}

  private:
    struct Watcher final : live::Booking {
        const Context* context = nullptr;
        live::Alarms* alarms = nullptr; // null: no driver yet, or none any more
        void on_notice(const std::string& text) override { context->say(text); }
        void on_attempt_finished(const record::RequestRecord& r,
                                 const record::AttemptRecord& a) override {
            Booking::on_attempt_finished(r, a);
            if (alarms)
                alarms->attempt(r, a);
        }
        void on_check(const record::AttemptRecord& a) override {
            Booking::on_check(a);
            if (alarms)
                alarms->check(a);
        }
        void on_request_finished(const record::RequestPtr& r) override {
            if (alarms)
                alarms->request(*r);
        }
        void on_breaker(const record::BreakerRecord& b) override {
            if (alarms)
                alarms->breaker(b);
        }
        void on_failover(const live::Failover& f) override {
            if (alarms)
                alarms->failover(f);
        }
        void on_spent_elsewhere(const std::string& provider, Money cost, Instant at) override {
            if (alarms)
                alarms->spent(provider, cost, at);
        }
    };
    void call_webhooks();
    Result<void> open_book(const chain::Document& document, const Context& context);
    chain::Document document_;
    Watcher watcher_;
    bool must_book_ = false; // a cap depends on the ledger
};

} // namespace brownout::ctl
