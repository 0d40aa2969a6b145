#include "record/event_log.h"

#include "base/calendar.h"
#include "record/attempt_cost.h"

#include <cerrno>
#include <cmath>
#include <system_error>

namespace brownout::record {

namespace {

using chain::Json;
using chain::JsonText;

constexpr std::size_t most_pending = 64 << 10; // bytes

double ms_between(Instant from, Instant to) {
    return std::round(to_ms(to - from) * 1e3) / 1e3;
}

double seconds_of(Instant at) {
    return std::round(to_seconds(at) * 1e9) / 1e9;
}

double rounded_usd(Money money) {
    return std::round(money.usd() * 1e12) / 1e12;
}

} // namespace

std::string WallClock::iso8601(Instant t) const {
    const std::int64_t ns = unix_ns_at_zero + t.time_since_epoch().count();
    const std::int64_t s = ns >= 0 ? ns / 1'000'000'000 : -((-ns + 999'999'999) / 1'000'000'000);
    return rfc3339(s, static_cast<int>((ns - s * 1'000'000'000) / 1'000'000));
}

Json EventWriter::begin(const char* event, Instant at) const {
    Json json;
    json["ts"] = clock_.iso8601(at);
    json["event"] = event;
    json["at_s"] = seconds_of(at);
    return json;
}

// Most events fall into the millisecond of the one before.
const std::string& EventWriter::stamp(Instant at) {
    const std::int64_t ns = clock_.unix_ns_at_zero + at.time_since_epoch().count();
    if (ns < 0 || ns / 1'000'000 != stamped_ms_) {
        stamp_ = clock_.iso8601(at);
        stamped_ms_ = ns / 1'000'000;
    }
    return stamp_;
}

JsonText EventWriter::line(const char* event, Instant ts, Instant at) {
    line_.clear();
    JsonText e(line_);
    e.open('{');
    e.member("ts", stamp(ts));
    e.member("event", event);
    e.member("at_s", seconds_of(at));
    return e;
}

void EventWriter::send(const char* event, JsonText line) {
    line.close('}');
    sink_.sink({event, line_});
}

void EventWriter::Out::operator()(const Json& event) const {
    sink({event["event"].get_ref<const std::string&>(),
          event.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

void EventWriter::request_started(const RequestRecord& r, std::optional<Instant> now,
                                  const Json* prompt) {
    JsonText e = line("request_started", r.started, now.value_or(r.started));
    e.member("request", r.id);
    e.member("chain", r.chain);
    e.member("task", r.task);
    e.member("stream", r.stream);
    if (prompt)
        e.member("prompt", *prompt);
    send("request_started", e);
}

void EventWriter::attempt_started(const RequestRecord& r, const AttemptRecord& a) {
    JsonText e = line("attempt_started", a.started, a.started);
    e.member("request", r.id);
    e.member("attempt", a.number);
    e.member("target", a.target);
    e.member("mode", engine::name(a.mode));
    e.member("probe", a.probe);
    send("attempt_started", e);
}

void EventWriter::first_token(const RequestRecord& r, const AttemptRecord& a) {
    const Instant at = a.first_token.value_or(a.started);
    JsonText e = line("first_token", at, at);
    e.member("request", r.id);
    e.member("attempt", a.number);
    e.member("target", a.target);
    e.member("ms", ms_between(a.started, at));
    send("first_token", e);
}

void EventWriter::hedge_started(const RequestRecord& r, const AttemptRecord& a) {
    Json e = begin("hedge_started", a.started);
    e["request"] = r.id;
    e["attempt"] = a.number;
    e["target"] = a.target;
    sink_(e);
}

void EventWriter::attempt_finished(const RequestRecord& r, const AttemptRecord& a) {
    JsonText e = line("attempt_finished", a.ended, a.ended);
    e.member("request", r.id);
    e.member("attempt", a.number);
    e.member("target", a.target);
    e.member("outcome", engine::name(a.outcome.cause));
    e.member("class", engine::name(a.outcome.cls));
    e.member("status", a.outcome.status ? std::optional{a.outcome.status} : std::nullopt);
    e.member("code", a.code.empty() ? std::nullopt : std::optional<std::string_view>{a.code});
    e.member("message", a.message);
    e.member("ms", ms_between(a.started, a.ended));
    e.member("input_tokens", a.outcome.input_tokens);
    e.member("output_tokens", a.outcome.output_tokens);
    const auto cost = known_cost(a);
    e.member("cost_usd", cost ? std::optional{rounded_usd(*cost)} : std::nullopt);
    e.member("cost_estimated", a.outcome.cost_estimated);
    if (!a.notes.empty())
        e.member("left_out", Json(a.notes));
    for (const auto& [name, is] : {std::pair{"counts_for_breaker", a.outcome.counts_for_breaker},
                                   {"provider_wide", a.outcome.provider_wide},
                                   {"ambiguous", a.outcome.ambiguous}})
        if (is)
            e.member(name, true);
    if (a.outcome.should_retry)
        e.member("should_retry", *a.outcome.should_retry);
    if (a.outcome.retry_after)
        e.member("retry_after_ms", to_ms(*a.outcome.retry_after));
    send("attempt_finished", e);
}

void EventWriter::quota_told(const std::string& target, const engine::QuotaTold& told,
                             Instant now) {
    Json e = begin("quota_told", now);
    e["target"] = target;
    e["key"] = told.key;
    const auto say = [&](const char* left_name, const std::optional<std::int64_t>& left,
                         const char* reset_name, Instant reset) {
        e[left_name] = left ? Json(*left) : Json(nullptr);
        e[reset_name] = left ? Json(ms_between(now, reset)) : Json(nullptr);
    };
    say("requests_left", told.requests_left, "requests_reset_ms", told.requests_reset);
    say("tokens_left", told.tokens_left, "tokens_reset_ms", told.tokens_reset);
    sink_(e);
}

void EventWriter::failover(const RequestRecord& r, const std::string& from, const std::string& to,
                           const std::string& why, Duration added, Instant now) {
    JsonText e = line("failover", now, now);
    e.member("request", r.id);
    e.member("from", from);
    e.member("to", to);
    e.member("why", why);
    e.member("added_ms", ms_between(now - added, now));
    send("failover", e);
}

void EventWriter::stream_broken(const RequestRecord& r, std::int64_t tokens,
                                const std::string& policy, Instant now) {
    Json e = begin("stream_broken", now);
    e["request"] = r.id;
    e["tokens"] = tokens;
    e["policy"] = policy;
    sink_(e);
}

void EventWriter::answer_continued(const RequestRecord& r, const Seam& seam, Instant now) {
    Json e = begin("answer_continued", now);
    e["request"] = r.id;
    e["attempt"] = seam.attempt;
    e["target"] = seam.target;
    e["after_bytes"] = seam.after_bytes;
    sink_(e);
}

void EventWriter::budget_refused(const RequestRecord& r, const std::string& scope, Instant now) {
    Json e = begin("budget_refused", now);
    e["request"] = r.id;
    e["scope"] = scope;
    sink_(e);
}

void EventWriter::request_finished(const RequestRecord& r, const Json* answer) {
    // Unknown is not zero.
    const auto known = [&r](Money money) {
        return r.cost_unknown ? std::nullopt : std::optional{rounded_usd(money)};
    };
    JsonText e = line("request_finished", r.ended, r.ended);
    e.member("request", r.id);
    e.member("chain", r.chain);
    e.member("result", engine::name(r.result));
    e.member("served_by",
             r.served_by.empty() ? std::nullopt : std::optional<std::string_view>{r.served_by});
    e.member("attempts", r.attempts.size());
    e.member("ms", ms_between(r.started, r.ended));
    e.member("first_token_ms",
             r.first_token ? std::optional{ms_between(r.started, *r.first_token)} : std::nullopt);
    e.member("cost_usd", known(r.cost));
    e.member("wasted_usd", known(r.wasted));
    if (!r.error.empty())
        e.member("error", r.error);
    if (answer)
        e.member("answer", *answer);
    send("request_finished", e);
}

void EventWriter::breaker_changed(const BreakerRecord& b) {
    Json e = begin("breaker_changed", b.at);
    e["target"] = b.target;
    e["from"] = engine::name(b.from);
    e["to"] = engine::name(b.to);
    e["why"] = engine::name(b.why);
    sink_(e);
}

void EventWriter::cooldown(const std::string& target, Instant until, Instant now) {
    Json e = begin("cooldown", now);
    e["target"] = target;
    e["until"] = until == never ? Json(nullptr) : Json(clock_.iso8601(until));
    sink_(e);
}

void EventWriter::provider_disabled(const std::string& provider, const std::string& why,
                                    Instant now) {
    Json e = begin("provider_disabled", now);
    e["provider"] = provider;
    e["why"] = why;
    sink_(e);
}

void EventWriter::health_checked(const AttemptRecord& a) {
    Json e = begin("health_checked", a.ended);
    e["target"] = a.target;
    e["outcome"] = engine::name(a.outcome.cause);
    e["class"] = engine::name(a.outcome.cls);
    e["status"] = a.outcome.status ? Json(a.outcome.status) : Json(nullptr);
    e["message"] = a.message;
    e["ms"] = ms_between(a.started, a.ended);
    const auto cost = known_cost(a);
    e["cost_usd"] = cost ? Json(rounded_usd(*cost)) : Json(nullptr);
    sink_(e);
}

void EventWriter::health_check_skipped(const std::string& target, const std::string& why,
                                       Instant now) {
    Json e = begin("health_check_skipped", now);
    e["target"] = target;
    e["why"] = why;
    sink_(e);
}

void EventWriter::fault_started(const FaultRecord& f) {
    Json e = begin("fault_started", f.from);
    e["target"] = f.target;
    e["kind"] = f.kind;
    e["rule"] = f.rule;
    sink_(e);
}

void EventWriter::fault_ended(const FaultRecord& f) {
    Json e = begin("fault_ended", f.to == never ? f.from : f.to);
    e["target"] = f.target;
    e["kind"] = f.kind;
    e["rule"] = f.rule;
    sink_(e);
}

Json fields_of(const AlertRecord& a) {
    const auto or_null = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json(text);
    };
    Json fields{{"id", a.id},
                {"metric", name(a.metric)},
                {"target", or_null(a.target)},
                {"task", or_null(a.task)},
                {"value", std::round(a.value * 1e9) / 1e9},
                {"above", a.above},
                {"for_s", a.for_s},
                {"simulated", a.simulated},
                {"text", a.text}};
    if (a.quantile)
        fields["quantile"] = *a.quantile;
    if (a.cleared)
        fields["lasted_s"] = ms_between(a.raised, *a.cleared) / 1e3;
    return fields;
}

void EventWriter::alert_raised(const AlertRecord& a) {
    Json e = begin("alert_raised", a.raised);
    e.update(fields_of(a));
    sink_(e);
}

void EventWriter::alert_cleared(const AlertRecord& a) {
    Json e = begin("alert_cleared", a.cleared.value_or(a.raised));
    e.update(fields_of(a));
    sink_(e);
}

void EventWriter::hook_failed(const std::string& hook, const std::string& host,
                              const std::string& why, Instant now) {
    Json e = begin("hook_failed", now);
    e["hook"] = hook;
    e["host"] = host;
    e["why"] = why;
    sink_(e);
}

void EventWriter::hook_recovered(const std::string& hook, const std::string& host,
                                 std::uint64_t lost, Instant now) {
    Json e = begin("hook_recovered", now);
    e["hook"] = hook;
    e["host"] = host;
    e["lost"] = lost;
    sink_(e);
}

Result<std::unique_ptr<LogFile>> LogFile::open(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "ae");
    if (!file)
        return environment_error(
            path, std::string{"cannot be written: "} + std::generic_category().message(errno),
            "Name a file in a directory that you can write to");
    std::setvbuf(file, nullptr, _IONBF, 0); // whole lines are gathered here, not by stdio
    return std::unique_ptr<LogFile>(new LogFile(file, path));
}

LogFile::~LogFile() {
    flush();
    std::fclose(file_);
}

void LogFile::write(std::string_view line, Instant now) {
    using namespace std::chrono_literals;
    pending_ += line;
    pending_ += '\n';
    if (pending_.size() >= most_pending || now - flushed_ >= 250ms || now < flushed_) {
        flush();
        flushed_ = now;
    }
}

void LogFile::flush() {
    if (pending_.empty())
        return;
    note(std::fwrite(pending_.data(), 1, pending_.size(), file_) == pending_.size());
    pending_.clear();
}

void LogFile::note(bool written) {
    if (!written && failed_ == 0)
        failed_ = errno != 0 ? errno : EIO;
}

bool LogFile::good() {
    flush();
    return failed_ == 0;
}

Error LogFile::problem() const {
    return {Error::Kind::environment, path_,
            "the event log is not whole: " + std::generic_category().message(failed_),
            "Name a file on a disk with room"};
}

} // namespace brownout::record
