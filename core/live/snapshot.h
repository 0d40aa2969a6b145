// What a window shows: the newest picture of the worker, immutable once made. Cheap to make and to
// hold: series share their finished chunks, request records are shared.
#pragma once

#include "engine/engine.h"
#include "faults/scenario.h"
#include "live/batch_view.h"
#include "live/wire_log.h"
#include "record/event_log.h"
#include "record/report.h"
#include "stats/series.h"

namespace brownout::live {

struct TargetView {
    std::string name, provider, model; // "aster/gpt-5-mini"
    bool simulated = false, enabled = true;
    std::string lab_url; // where a simulated one listens ("http://127.0.0.1:4711/v1")
    engine::TargetStatus status;
    std::optional<Duration> next_probe_in; // breaker open: time until a probe is allowed
    // Over the last minute.
    double failure_rate = 0;
    std::uint32_t attempts_last_minute = 0;
    double p50_ms = -1, p95_ms = -1; // < 0: nothing observed
    double usd_per_hour = 0;
    // Since the traffic or the counters were reset.
    std::uint64_t attempts = 0, failures = 0, served = 0;
    Money spend;
    bool price_known = true;
    stats::SeriesView series;
};

struct Totals {
    std::uint64_t requests = 0, succeeded = 0, failed = 0, running = 0, fallbacks = 0;
    std::uint64_t caller_fault = 0; // rejected or cancelled: not counted in availability
    Money spend, wasted;
    double requests_per_s = 0; // over the last 10 s
};

struct ActiveFaultView {
    std::uint32_t id = 0;
    std::string target, kind, label; // label: "HTTP 503"
    bool manual = false;
    Instant since{};
    faults::Rule rule; // as it was injected or scheduled
};

struct TrafficView {
    bool running = false;
    double requests_per_s = 0;
    std::string chain;
};

enum class RunState { none, running, finished, stopped };
struct ScenarioView {
    RunState state = RunState::none;
    std::string name;
    double elapsed_s = 0, duration_s = 0; // of the scenario: they stand still while it is paused
    bool paused = false;
    double speed = 1;           // of its clock while it is not paused
    bool has_speed = false;     // whether it can be changed: its clients do not wait for answers
    std::uint64_t requests = 0; // that have ended
    std::vector<record::Judged> expectations;
    std::shared_ptr<const chain::Json> report; // when finished or stopped
    std::string error;                         // why it could not start
};

struct EndpointView {
    bool listening = false;
    bool draining = false; // takes no more requests; those that run go on
    std::string url;       // "http://127.0.0.1:8484"
    std::string token;     // for its control routes; never shown unasked
    std::string error;     // why it does not listen
    std::size_t running = 0, streams = 0;
    std::uint64_t requests = 0; // since it was switched on
};

struct PromptView { // a request of the playground
    std::uint64_t id = 0;
    bool finished = false;
    std::string text, reasoning;              // as far as the caller has it
    wire::Finish finish = wire::Finish::none; // once finished: why the answer ends
    std::shared_ptr<const std::vector<wire::Picture>> pictures; // null: none
    std::vector<ExchangePtr> wire;                              // where SendPrompt asked for it
    std::size_t wire_left_out = 0; // exchanges that were too many to keep
    std::string restarted_on;      // target of the last restart, empty: none
    record::RequestRecord record;  // with running attempts, and the seams of `text`
};

// Since the first manual fault of the current outage: for the sentence that sums up.
struct OutageSummary {
    std::string broken, answered_by; // target names; empty: none
    std::uint64_t failures = 0, lost = 0;
    double added_ms = 0, added_usd = 0; // per request, against the minute before
};

struct Notice {           // something the user should know: "keychain:openai is missing"
    std::uint64_t id = 0; // grows; the same words said again have a new one
    std::string text;
};

struct Snapshot {
    std::uint64_t version = 0;
    Instant now{};
    record::WallClock wall;
    std::string document_name;
    std::uint64_t document_revision = 0; // as posted with LoadDocument
    bool simulated = true;               // no real provider can be called
    std::vector<TargetView> targets;     // in the order of the shown chain, then the others
    Totals totals;
    TrafficView traffic;
    std::vector<ActiveFaultView> active_faults;
    std::shared_ptr<const std::vector<record::FaultRecord>> fault_windows;   // last hour
    std::shared_ptr<const std::vector<record::BreakerRecord>> breaker_lanes; // last hour
    std::shared_ptr<const std::vector<record::RequestPtr>> requests; // newest last, at most 500
    ScenarioView scenario;
    EndpointView endpoint;
    std::vector<PromptView> prompts;        // at most 8
    std::shared_ptr<const BatchView> batch; // the newest; null: none yet
    std::optional<OutageSummary> outage;
    // Alerts that are raised, and the latest that are over: oldest first, at most Alarms keeps.
    std::shared_ptr<const std::vector<record::AlertRecord>> alerts;
    static constexpr std::size_t most_notices = 5;
    std::vector<Notice> notices; // since the document was loaded, newest last
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

} // namespace brownout::live
