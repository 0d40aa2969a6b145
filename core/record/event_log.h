// The structured log: one JSON object a line, as the contract's section on events names them.
#pragma once

#include "chain/json_text.h"
#include "record/alert_record.h"
#include "record/records.h"

#include <cstdio>
#include <functional>

namespace brownout::record {

// Turns engine time into UTC: a run notes the wall clock once, at its start.
struct WallClock {
    std::int64_t unix_ns_at_zero = 0;
    std::string iso8601(Instant t) const; // "2026-11-20T21:43:00.123Z"
};

// An event as it was written: a whole JSON object in one line, in UTF-8. Good during the call only.
struct EventText {
    std::string_view event; // "request_started"
    std::string_view text;
};

// Makes the events; each is a whole JSON object with `ts` and `event` first, and `at_s`, which
// orders and measures finer than `ts`: seconds since the clock began, to the nanosecond. With the
// chain and the seed they say enough to ask an engine again.
class EventWriter {
  public:
    using Sink = std::function<void(const EventText&)>;
    EventWriter(WallClock clock, Sink sink) : clock_(clock), sink_{std::move(sink)} {}

    // Whether who makes the events is to give prompts and answers, too; off at first.
    void set_content(bool on) { content_ = on; }
    bool content() const { return content_; }

    // `ts`: when it was due; `now`: when it began. `prompt` and `answer`: what is to be read there.
    void request_started(const RequestRecord& r, std::optional<Instant> now = std::nullopt,
                         const chain::Json* prompt = nullptr);
    void attempt_started(const RequestRecord& r, const AttemptRecord& a);
    void first_token(const RequestRecord& r, const AttemptRecord& a);
    // Beside the running attempts of the request; `a` is the extra one.
    void hedge_started(const RequestRecord& r, const AttemptRecord& a);
    void attempt_finished(const RequestRecord& r, const AttemptRecord& a);
    // What a reply said is left of a key's limits, where that is little, or is so no more.
    void quota_told(const std::string& target, const engine::QuotaTold& told, Instant now);
    void failover(const RequestRecord& r, const std::string& from, const std::string& to,
                  const std::string& why, Duration added, Instant now);
    void stream_broken(const RequestRecord& r, std::int64_t tokens, const std::string& policy,
                       Instant now);
    // Another target goes on where the answer broke off.
    void answer_continued(const RequestRecord& r, const Seam& seam, Instant now);
    // A cap kept a target out of this request. `scope`: "request", "hour", "day" or "provider".
    void budget_refused(const RequestRecord& r, const std::string& scope, Instant now);
    void request_finished(const RequestRecord& r, const chain::Json* answer = nullptr);
    void breaker_changed(const BreakerRecord& b);
    void cooldown(const std::string& target, Instant until, Instant now);
    void provider_disabled(const std::string& provider, const std::string& why, Instant now);
    // Of a target that is asked now and then how it is; its cost served nobody.
    void health_checked(const AttemptRecord& a);
    // Its checks do not go out; told once.
    void health_check_skipped(const std::string& target, const std::string& why, Instant now);
    void fault_started(const FaultRecord& f);
    void fault_ended(const FaultRecord& f);
    void alert_raised(const AlertRecord& a);
    void alert_cleared(const AlertRecord& a);
    // A webhook ("on_failover") whose calls are not taken, told once until one is taken again;
    // then, with how many were lost. `host` is all that is told of its address.
    void hook_failed(const std::string& hook, const std::string& host, const std::string& why,
                     Instant now);
    void hook_recovered(const std::string& hook, const std::string& host, std::uint64_t lost,
                        Instant now);

  private:
    // What every request tells is written straight as text; the rest is rare, and made as a value.
    chain::Json begin(const char* event, Instant at) const;
    chain::JsonText line(const char* event, Instant ts, Instant at);
    const std::string& stamp(Instant at);
    void send(const char* event, chain::JsonText line);
    struct Out {
        Sink sink;
        void operator()(const chain::Json& event) const;
    };
    WallClock clock_;
    Out sink_;
    std::string line_, stamp_;
    bool content_ = false;
    std::int64_t stamped_ms_ = -1; // what stamp_ says, since 1970
};

// What an event and a webhook tell of an alert, but for the time: {id, metric, target, task, value,
// above, for_s, simulated, text}, and, where there is one, quantile; once it is cleared, lasted_s.
chain::Json fields_of(const AlertRecord& alert);

// Appends lines to a file, whole ones only: whenever the process is killed, every line can be read.
// A line is written at once when the last writing is older than 250 ms; the rest by flush(), which
// an owner with a timer calls each second or more often, and on destruction. A log that is not
// whole says so: after what was to be logged, look at good().
class LogFile {
  public:
    static Result<std::unique_ptr<LogFile>> open(const std::string& path);
    ~LogFile();
    void write(std::string_view line, Instant now); // without its end
    void flush();
    // False once something could not be written (a full disk, say); problem() tells what. Flushes.
    bool good();
    Error problem() const;

  private:
    LogFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
    void note(bool written);
    std::FILE* file_;
    std::string path_;
    std::string pending_; // whole lines
    int failed_ = 0;      // errno of the first failure
    Instant flushed_{};
};

} // namespace brownout::record
