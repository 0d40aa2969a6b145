// The live side behind one thread: commands go in by a bounded mailbox, snapshots come out. The
// window, and brownoutctl where it needs the whole, talk to core through this and nothing else.
//
// Thread: post() and snapshot() from any thread; the rest is the worker's own.
#pragma once

#include "chain/keys.h"
#include "live/endpoint/endpoint.h"
#include "live/snapshot.h"
#include "wire/message.h"

namespace brownout::live {

struct LoadDocument { // a valid edit applies to new requests; unchanged targets keep their state
    chain::Document document;
    chain::ResolvedKeys keys;
    std::uint64_t revision = 0;
    std::string chain_sha256;
};
struct SetTraffic { // steady Poisson traffic on a chain; 0 stops it
    std::string chain;
    double requests_per_s = 0;
};
struct Inject {
    faults::Rule rule;
}; // the window's `at_s` counts from now
struct RemoveFault {
    std::uint32_t id = 0;
};
struct Restore {
    std::string provider;
};                   // removes every manual fault of a provider
struct RevertAll {}; // every fault, scheduled ones included
struct ProbeNow {
    std::string target;
};
struct HoldBreaker {
    std::string target;
    engine::BreakerHold hold = engine::BreakerHold::none;
};
struct PlayScenario {
    faults::Scenario scenario;
    std::uint64_t seed = 1;
    double speed = 1; // as SetScenarioSpeed
    // Given: real providers are called, as long as what they bill stays within it (above zero).
    // Show estimate_spend() (live/rehearsal.h) before.
    std::optional<Money> max_real_spend = std::nullopt;
};
struct StopScenario {};
struct PauseScenario {}; // its clock stands still: see live/rehearsal.h
struct ResumeScenario {};
// So many times as fast, from now on (held to 0.1 ... 100); where ScenarioView::has_speed.
struct SetScenarioSpeed {
    double factor = 1;
};
struct SendPrompt {
    std::uint64_t id = 0; // chosen by the sender
    std::string chain;
    wire::ChatRequest request;
    bool keep_wire = false; // PromptView::wire is wanted
};
struct CancelPrompt {
    std::uint64_t id = 0;
};
struct ResetCounters {}; // totals, series, records
// Switches the local endpoint on, or to another address. It serves the loaded document.
struct ServeEndpoint {
    EndpointOptions options;
};
struct StopEndpoint {}; // takes no more requests; those that run are answered
// Switches the rules of a scenario on under live traffic, from now on by their own clock. They are
// bound to the document already (faults::bind).
struct PlayFaults {
    std::vector<faults::Rule> rules;
};

// A batch of requests from a file (StartBatch, live/batch_view.h), one at a time; it goes on where
// its file of answers ends. Real providers may be called, and are billed.
struct ControlBatch {
    enum class What { pause, resume, stop } what = What::stop;
};

using Command =
    std::variant<LoadDocument, SetTraffic, Inject, RemoveFault, Restore, RevertAll, ProbeNow,
                 HoldBreaker, PlayScenario, StopScenario, PauseScenario, ResumeScenario,
                 SetScenarioSpeed, SendPrompt, CancelPrompt, ResetCounters, ServeEndpoint,
                 StopEndpoint, PlayFaults, StartBatch, ControlBatch>;

struct WorkerOptions {
    std::uint64_t seed = 1;
    std::string log_path;     // empty: no log file
    bool log_content = false; // prompts and answers in the events, too
    std::string ledger_path;  // empty: caps of the hour and day forget earlier runs
    Duration snapshot_every = std::chrono::milliseconds{33};
    bool allow_real_traffic = false; // SetTraffic on real providers
};

class Worker {
  public:
    explicit Worker(WorkerOptions options = {});
    ~Worker(); // stops traffic, cancels calls, joins

    static constexpr std::size_t mailbox_limit = 1024;
    // False when the mailbox is full: try again later.
    bool post(Command command);
    // The newest picture; never null.
    SnapshotPtr snapshot() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace brownout::live
