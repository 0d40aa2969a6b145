// Plays a scenario in wall-clock time over real sockets and reports. Used by the worker (on its
// loop) and, through rehearse(), by brownoutctl.
#pragma once

#include "live/lab.h"
#include "record/report.h"

#include <atomic>

namespace brownout::live {

class Rehearsal : public DriverObserver {
  public:
    struct Setup {
        const chain::Document* document = nullptr;
        faults::Scenario scenario; // bound to the document
        std::string chain_sha256;
        std::uint64_t seed = 1;
        // No request starts, and the run ends partial, once what real providers have billed, what
        // those that run may yet cost, and the next one together could exceed it.
        std::optional<Money> max_spend;
        std::vector<std::string> notes; // for the report
        double speed = 1;               // as set_speed() takes it
    };
    // Uses a driver and a lab that the caller owns and that outlive its run. It may be destroyed
    // once it is done, or after its driver.
    Rehearsal(boost::asio::io_context& loop, const Clock& clock, Driver& driver, Lab& lab,
              Setup setup);
    ~Rehearsal() override;

    // `on_done` is posted to the loop when the last request has ended.
    void start(std::function<void()> on_done);
    void stop(); // no new requests; running ones are cancelled; the report is partial
    bool stopped() const;
    // Holds the scenario's clock: no request starts and no fault begins or ends, but faults that
    // act go on acting and requests that run come to their end. A run that was paused, or did not
    // go at the wall's pace, is partial: nobody can repeat it. False: it is over, or was changed
    // too often.
    bool pause();
    bool resume();
    bool paused() const;
    // Requests come and faults pass so many times as fast (PlayClock's bounds); the chain's limits
    // and breakers stay what they are. False, too, where clients wait for answers: closed arrivals
    // come at their own pace.
    bool set_speed(double factor);
    bool has_speed() const;
    double speed() const;
    double elapsed_s() const; // of the scenario
    double duration_s() const;
    std::vector<record::Judged> judge() const;
    std::uint64_t requests() const;
    chain::Json report() const; // once done

    // The owner forwards the driver's breakers and health checks and the lab's faults to these. Its
    // own requests the rehearsal sees itself; those of others on the same driver do not count.
    void on_breaker(const record::BreakerRecord& b) override;
    void on_check(const record::AttemptRecord& check) override;
    void on_fault(const record::FaultRecord& f);
    // Something from outside took part (a fault injected by hand): the report says so and is
    // partial, because nobody can repeat it.
    void disturbed(const std::string& note);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct RehearseOptions {
    std::uint64_t seed = 1;
    bool real = false;
    std::optional<Money> max_spend; // required with real; above zero
    std::string log_path;
    bool log_content = false; // prompts and answers in it, too
    std::string ledger_path;  // where real spend is noted; empty: nowhere
    std::string chain_sha256;
    bool hooks = false;                        // the document's webhooks are called
    const std::atomic<bool>* cancel = nullptr; // polled; true stops with a partial report
    std::function<void(double elapsed_s, double duration_s, std::uint64_t requests)> progress;
    std::function<void(const std::string&)> notice; // worth telling, before the first call
    // The log or the ledger did not take everything; the report is whole all the same.
    std::function<void(const Error&)> unwritten;
};
// Blocks until done. The error when it cannot start: a real provider without `real`, one without a
// key, a real target without both prices (its calls would not count against the limit), a log or
// ledger that cannot be opened ...
Result<chain::Json> rehearse(const chain::Document& document, const faults::Scenario& scenario,
                             const chain::ResolvedKeys& keys, const RehearseOptions& options);
// Whether a bound scenario may be played on this document, as with_models() made it: a real
// provider needs `max_spend`, a key and prices, and faults that can be made in front of it.
Result<void> may_rehearse(const chain::Document& played, const faults::Scenario& scenario,
                          const chain::ResolvedKeys& keys, std::optional<Money> max_spend);
// What a rehearsal would cost on real providers: every request answered once, by the dearest
// target.
std::optional<Money> estimate_spend(const chain::Document& document,
                                    const faults::Scenario& scenario);

} // namespace brownout::live
