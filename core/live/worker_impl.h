// The inside of the Worker: everything that its one thread owns. Commands come in through the
// mailbox, figures are folded as the drivers report, and a picture is published when something
// changed, at most every `snapshot_every`.
#pragma once

#include "live/alarms.h"
#include "live/batch_job.h"
#include "live/outage_watch.h"
#include "live/rehearsal.h"
#include "live/spend_book.h"
#include "live/traffic.h"
#include "live/worker.h"
#include "record/metrics.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <thread>

namespace brownout::live {

struct Worker::Impl {
    // A driver with what it reports. Older ones stay until their calls have ended.
    struct Slot final : DriverObserver {
        Impl* worker = nullptr;
        std::unique_ptr<Driver> driver;
        chain::Document document; // as this driver plays it
        bool rehearses = false;   // plays a scenario
        bool serves() const;
        void on_request_started(const record::RequestRecord& r) override;
        void on_attempt_finished(const record::RequestRecord& r,
                                 const record::AttemptRecord& a) override;
        void on_check(const record::AttemptRecord& a) override;
        void on_notice(const std::string& text) override;
        void on_failover(const Failover& f) override;
        void on_spent_elsewhere(const std::string& provider, Money cost, Instant at) override;
        void on_request_finished(const record::RequestPtr& r) override;
        void book(const record::AttemptRecord& a); // what it cost, for the caps
        void on_breaker(const record::BreakerRecord& b) override;
    };
    // Steady traffic; the caller of each of its requests.
    struct Traffic final : CallObserver {
        Impl* worker = nullptr;
        SetTraffic asked;
        std::unique_ptr<TrafficGenerator> generator;
        std::size_t running = 0;
        void on_delta(const wire::Delta&) override {}
        void on_restart(const std::string&) override {}
        void on_finish(record::RequestPtr, const wire::Reply&) override;
    };
    struct Prompt final : CallObserver {
        Impl* worker = nullptr;
        Driver* driver = nullptr;
        Driver::CallHandle handle = 0;
        PromptView view;
        std::shared_ptr<WireLog> wire; // null: not asked for
        PromptView shown() const;
        void on_attempt(const record::RequestRecord& r) override;
        void on_delta(const wire::Delta& delta) override;
        void on_restart(const std::string& target) override;
        void on_continue(const record::RequestRecord& r) override;
        void on_finish(record::RequestPtr r, const wire::Reply& reply) override;
    };

    // What the endpoint asks of us.
    struct Host final : EndpointHost {
        Impl* worker = nullptr;
        Driver* serving_driver(const std::string& chain) override;
        const chain::Document& served_document() const override;
        std::string metrics_text() const override;
        chain::Json faults_json() const override;
        Result<std::uint32_t> add_fault(const chain::Json& fault) override;
        void remove_fault(std::optional<std::uint32_t> id) override;
        void listener_came() override;
    };

    explicit Impl(WorkerOptions o);
    ~Impl();

    // worker.cpp
    bool post(Command command);
    void drain();
    void run();
    void begin_shutdown();
    void tear_down();
    void touch(); // something changed: a picture is due
    void arm(Instant at);
    void tick();
    bool moving(Instant now) const; // the picture changes by the clock alone
    void notice(std::string text);
    void open_book(const chain::Document& document);
    void catch_up(); // what other processes spent counts at once, however idle this one is
    void tell(const record::EventText& event); // the log, and who listens
    void watch_files();                        // what the log and the ledger did not take is told

    // worker_commands.cpp
    void on(LoadDocument& c);
    void on(SetTraffic& c);
    void on(Inject& c);
    void on(RemoveFault& c);
    void on(Restore& c);
    void on(RevertAll& c);
    void on(ProbeNow& c);
    void on(HoldBreaker& c);
    void on(PlayScenario& c);
    void on(StopScenario& c);
    void on(PauseScenario& c);
    void on(ResumeScenario& c);
    void on(SetScenarioSpeed& c);
    void on(SendPrompt& c);
    void on(CancelPrompt& c);
    void on(ResetCounters& c);
    Result<std::uint32_t> inject(const faults::Rule& rule);
    // Makes `played` current, with the live state of `from` where that is given (`with_spend`: and
    // what it has spent), and hands out the slot that was current before.
    [[nodiscard]] std::unique_ptr<Slot> use(chain::Document played, std::uint64_t seed,
                                            const Driver* from, bool with_spend);
    void use_loaded_document();
    void retire(std::unique_ptr<Slot> slot);
    void carry_lanes(const Driver& earlier, const Driver& next);
    void start_traffic(const SetTraffic& asked);
    void stop_traffic();
    Driver& answering(const std::string& chain); // a prompt on that chain
    void scenario_ended();
    void fault_changed(const record::FaultRecord& f);
    void manual_faults_changed();
    std::string may_run(const std::string& chain_or_task) const; // empty: yes; else why not
    const chain::Chain* shown_chain() const;

    // worker_endpoint.cpp
    void on(ServeEndpoint& c);
    void on(StopEndpoint& c);
    void on(PlayFaults& c);
    void on(StartBatch& c);
    void on(ControlBatch& c);
    record::EventWriter* wanted_events(); // null: nobody listens
    void events_wanted_changed();
    EndpointView endpoint_view() const;

    // worker_snapshot.cpp
    void publish();
    std::vector<TargetView> target_views(Instant now);
    ScenarioView scenario_view() const;
    std::vector<ActiveFaultView> fault_views() const;

    const WorkerOptions options;

    std::mutex mailbox_mutex;
    std::deque<Command> mailbox;
    bool drain_posted = false, closed = false;

    mutable std::mutex snapshot_mutex;
    SnapshotPtr snapshot;

    // The rest belongs to the thread.
    // Other threads only post to it: sockets and timers need no locks.
    boost::asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        loop.get_executor()};
    const Clock clock;
    std::unique_ptr<record::LogFile> log;
    std::unique_ptr<record::EventWriter> events;
    std::unique_ptr<SpendBook> book; // null: nothing real was loaded yet, or no ledger
    std::unique_ptr<net::HttpClient> http;
    std::unique_ptr<Alarms> alarms; // of live traffic
    std::unique_ptr<Lab> lab;
    boost::asio::steady_timer timer{loop};
    Instant armed_for = never, published{};
    bool dirty = false, picture_due = false, leaving = false;
    Instant leave_by{};
    std::uint64_t version = 0, drivers_made = 0;

    std::optional<LoadDocument> loaded; // newest; its driver is made once no scenario plays
    bool load_waits = false;
    std::unique_ptr<Slot> current;
    // The live driver while a scenario plays on a fresh one: what it knows of budgets, breakers and
    // cooldowns holds again afterwards.
    std::unique_ptr<Slot> before_scenario;
    std::vector<std::unique_ptr<Slot>> retired;
    std::unique_ptr<Traffic> traffic;
    std::vector<std::unique_ptr<Traffic>> ended_traffic; // until their last request has ended
    std::optional<SetTraffic> paused_traffic;            // while a scenario plays
    std::unique_ptr<Rehearsal> rehearsal;
    chain::Document rehearsed; // the document that the rehearsal plays
    ScenarioView scenario;     // of the last one, once ended
    std::vector<faults::Rule> scheduled;
    struct ByHand {
        faults::Rule rule;
        Instant injected{};
    };
    std::map<faults::Injector::RuleId, ByHand> by_hand;
    std::map<std::string, engine::BreakerHold> holds; // by hand, by target
    std::deque<std::unique_ptr<Prompt>> prompts;
    Figures figures;
    record::Metrics metrics;
    OutageWatch outage;
    Host endpoint_host;
    std::unique_ptr<Endpoint> endpoint;
    std::vector<std::unique_ptr<Endpoint>> closing_endpoints; // until they are quiet
    std::string endpoint_error;
    std::unique_ptr<BatchJob> batch; // the newest; null: none yet
    std::vector<Notice> notices;
    std::uint64_t last_notice = 0;
    bool log_told = false;
    std::string book_told;

    std::thread thread; // last: starts when everything else is there
};

} // namespace brownout::live
