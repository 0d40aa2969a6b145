// The scenario document `brownout.scenario/1`: traffic, faults on schedule, and what is expected.
#pragma once

#include "chain/document.h"

#include <memory>
#include <span>

namespace brownout::faults {

inline constexpr std::string_view scenario_format = "brownout.scenario/1";

enum class Kind {
    http_error,
    rate_limit,
    // The connection.
    dns_failure,
    connect_refused,
    connect_hang,
    tls_failure,
    // Before the headers.
    latency,
    hang,
    reset,
    empty_close,
    // What a provider says of itself or of the request, in its own dialect.
    quota_exhausted,
    bad_key,
    model_missing,
    region_blocked,
    overloaded,
    context_exceeded,
    moderation,
    // The body.
    truncate,
    garbage,
    html_page,
    wrong_content_type,
    wrong_length,
    drop_field,
    // The stream.
    slow_first_token,
    slow_tokens,
    stream_stall,
    stream_cut,
    stream_error,
    bad_event,
    no_terminator,
    duplicate_event,
    keepalive_only,
    no_usage,
    split_utf8,
    // A reply that is well formed and wrong.
    empty_answer,
    length_stop,
    wrong_model,
    // What goes wrong with a picture and the job that makes it.
    job_failed,
    job_never_ready,
    expired_url,
    corrupt_image,
    // The network.
    bandwidth,
    slow_close,
    // The world.
    price_change,
    group_outage,
};
enum class ResetStage { accept, request, headers };
enum class CutHow { fin, rst };

// One way of failing. Only the parameters of its kind are read; the reader refuses the others.
struct Fault {
    Kind kind = Kind::http_error;
    int status = 503;                    // http_error
    std::string code, message;           // http_error; empty: the dialect's own for that status
    std::optional<double> retry_after_s; // http_error, rate_limit
    std::optional<std::string> body;     // http_error: sent as it is
    // latency, slow_first_token, slow_tokens (a token), slow_close; hang, connect_hang,
    // stream_stall, keepalive_only (0: for good)
    stats::Distribution ms = stats::Constant{0};
    ResetStage stage = ResetStage::headers; // reset
    int after_tokens = 0;                   // stream_stall, stream_cut, stream_error
    CutHow how = CutHow::fin;               // stream_cut
    int at_token = 0;                       // bad_event, duplicate_event
    std::optional<double> requests_per_min, tokens_per_min; // rate_limit
    double fraction = 0.5;                                  // truncate: what is left of the body
    std::string pointer;                                    // drop_field: a JSON pointer
    double kbyte_per_s = 0;                                 // bandwidth
    double factor = 1;                                      // price_change
};

// What the app's palette and `check` know about a kind.
struct KindInfo {
    Kind kind;
    std::string_view name, label, help;           // "http_error", "HTTP error", one line
    std::string_view group;                       // "Connect", "Status", "Stream" ...
    std::span<const std::string_view> parameters; // those that the reader accepts for it
};
std::span<const KindInfo> kinds();
const KindInfo& info(Kind kind);

// When a rule acts, relative to the start of the scenario. Keys combine (all must hold).
struct When {
    double at_s = 0;
    std::optional<double> for_s;       // absent: to the end
    std::optional<double> every_s;     // repeats the window [at_s, at_s + for_s)
    std::optional<std::int64_t> first; // the first N matching requests inside the window only
    std::int64_t after = 0;            // not the first N
    double probability = 1;
    struct Ramp {
        double from = 0, to = 1, over_s = 0;
    }; // probability over time since at_s
    std::optional<Ramp> ramp;
    struct Renewal {
        stats::Distribution gap_s, repair_s;
    };
    std::optional<Renewal> renewal;
    bool timed_only() const; // no probability, no counts: up or down by the clock alone
};

struct Match {
    std::optional<bool> stream, image;
    std::optional<std::string> task;
    bool any() const { return !stream && !image && !task; } // every request
};

struct Rule {
    std::string target; // "openai", "openai/gpt-5", "*", "@primary", "@2", "@last"
    // group_outage: all whom it hits, at the same times; `target` is the first of them.
    std::vector<std::string> group;
    Match match;
    When when;
    Fault fault;
};

struct RateStep {
    double at_s = 0, requests_per_s = 0;
};
enum class Arrivals { poisson, uniform, closed };
// Requests as they came once, from a CSV file: see faults/trace.h.
struct TraceRow {
    double at_s = 0; // since the first row; ascending
    std::int64_t input_tokens = 0, output_tokens = 0;
};
struct Trace {
    std::string path; // as the scenario names it
    std::vector<TraceRow> rows;
};
struct Traffic {
    std::vector<RateStep> rate{{0, 1}}; // first at 0, ascending
    Arrivals arrivals = Arrivals::poisson;
    int clients = 1;                                   // closed
    stats::Distribution think_ms = stats::Constant{0}; // closed
    std::shared_ptr<const Trace> trace; // instead of rate, arrivals and tokens; null: none
    double time_scale = 1;              // so many times as fast as the trace
    bool stream = true;
    bool image = false; // asks for pictures, one each; stream and output_tokens do not matter then
    stats::Distribution input_tokens = stats::Constant{200};
    stats::Distribution output_tokens = stats::Constant{100};
    std::string chain;                  // empty: `default`
    std::map<std::string, double> task; // mix of tasks; empty: the chain above
    double rate_at(double s) const;     // of a trace: how many came in the second after s
    bool open_loop() const { return trace || arrivals != Arrivals::closed; }
};

enum class Metric {
    availability,
    latency_ms,
    first_token_ms,
    attempts_per_request,
    fallback_ratio,
    spend_usd,
    wasted_usd,
    served_by,
    breaker_opens_within_s,
    recovers_within_s,
    longest_gap_s,
};
std::string_view name(Metric metric);

struct Expectation {
    Metric metric = Metric::availability;
    std::optional<double> quantile; // latency_ms, first_token_ms; absent: 0.95
    std::string target;             // served_by, breaker_opens_within_s, recovers_within_s
    std::optional<double> at_least, at_most;
    std::string text() const; // "latency_ms p99 at most 4000"
};

struct Scenario {
    std::string name, description;
    std::optional<double> duration_s;
    std::optional<std::int64_t> max_requests;
    Traffic traffic;
    std::map<std::string, chain::ProviderModel> models; // by provider: replaced by a simulated one
    std::vector<Rule> faults;
    std::vector<Expectation> expect;
    chain::Json source; // as it was written; goes whole into the report
};

// `file` is how problems name it. `folder`: where the paths in it begin, and that of `file` where
// it is empty.
chain::Checked<Scenario> read_scenario(const chain::Json& json, const std::string& file,
                                       const std::string& folder = {});
chain::Checked<Scenario> read_scenario_file(const std::string& path);
// A fault with its `target`, `match` and `when`: one element of `faults`.
chain::Checked<Rule> read_rule(const chain::Json& json, const std::string& file);
chain::Json to_json(const Rule& rule);

// Replaces @primary, @2, @last by the targets of the chain that the traffic uses, and checks that
// every named provider exists. Problems point into the scenario.
chain::Checked<Scenario> bind(const Scenario& scenario, const chain::Document& document,
                              const std::string& file);

} // namespace brownout::faults
