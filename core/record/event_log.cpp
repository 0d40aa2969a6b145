#include "record/event_log.h"

#include "record/attempt_cost.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <system_error>

namespace brownout::record {

namespace {

using chain::Json;

constexpr std::size_t most_pending = 64 << 10; // bytes

double ms_between(Instant from, Instant to) {
    return std::round(to_ms(to - from) * 1e3) / 1e3;
}

Json maybe_ms(Instant from, const std::optional<Instant>& to) {
    return to ? Json(ms_between(from, *to)) : Json(nullptr);
}

double usd(Money money) {
    return std::round(money.usd() * 1e12) / 1e12;
}

} // namespace

std::string WallClock::iso8601(Instant t) const {
    using namespace std::chrono;
    const sys_time<nanoseconds> at{nanoseconds{unix_ns_at_zero} + t.time_since_epoch()};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{floor<milliseconds>(at - day)};
    char text[48];
    std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text;
}

Json EventWriter::begin(const char* event, Instant at) const {
    Json json;
    json["ts"] = clock_.iso8601(at);
    json["event"] = event;
    json["at_s"] = std::round(to_seconds(at) * 1e9) / 1e9;
    return json;
}

void EventWriter::request_started(const RequestRecord& r, std::optional<Instant> now) {
    Json e = begin("request_started", now.value_or(r.started));
    e["ts"] = clock_.iso8601(r.started);
    e["request"] = r.id;
    e["chain"] = r.chain;
    e["task"] = r.task;
    e["stream"] = r.stream;
    sink_(e);
}

void EventWriter::attempt_started(const RequestRecord& r, const AttemptRecord& a) {
    Json e = begin("attempt_started", a.started);
    e["request"] = r.id;
    e["attempt"] = a.number;
    e["target"] = a.target;
    e["mode"] = engine::name(a.mode);
    e["probe"] = a.probe;
    sink_(e);
}

void EventWriter::first_token(const RequestRecord& r, const AttemptRecord& a) {
    const Instant at = a.first_token.value_or(a.started);
    Json e = begin("first_token", at);
    e["request"] = r.id;
    e["attempt"] = a.number;
    e["target"] = a.target;
    e["ms"] = ms_between(a.started, at);
    sink_(e);
}

void EventWriter::hedge_started(const RequestRecord& r, const AttemptRecord& a) {
    Json e = begin("hedge_started", a.started);
    e["request"] = r.id;
    e["attempt"] = a.number;
    e["target"] = a.target;
    sink_(e);
}

void EventWriter::attempt_finished(const RequestRecord& r, const AttemptRecord& a) {
    Json e = begin("attempt_finished", a.ended);
    e["request"] = r.id;
    e["attempt"] = a.number;
    e["target"] = a.target;
    e["outcome"] = engine::name(a.outcome.cause);
    e["class"] = engine::name(a.outcome.cls);
    e["status"] = a.outcome.status ? Json(a.outcome.status) : Json(nullptr);
    e["code"] = a.code.empty() ? Json(nullptr) : Json(a.code);
    e["message"] = a.message;
    e["ms"] = ms_between(a.started, a.ended);
    e["input_tokens"] = a.outcome.input_tokens;
    e["output_tokens"] = a.outcome.output_tokens;
    const auto cost = known_cost(a);
    e["cost_usd"] = cost ? Json(usd(*cost)) : Json(nullptr);
    e["cost_estimated"] = a.outcome.cost_estimated;
    if (!a.notes.empty())
        e["left_out"] = a.notes;
    for (const auto& [name, is] : {std::pair{"counts_for_breaker", a.outcome.counts_for_breaker},
                                   {"provider_wide", a.outcome.provider_wide},
                                   {"ambiguous", a.outcome.ambiguous}})
        if (is)
            e[name] = true;
    if (a.outcome.should_retry)
        e["should_retry"] = *a.outcome.should_retry;
    if (a.outcome.retry_after)
        e["retry_after_ms"] = to_ms(*a.outcome.retry_after);
    sink_(e);
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
    Json e = begin("failover", now);
    e["request"] = r.id;
    e["from"] = from;
    e["to"] = to;
    e["why"] = why;
    e["added_ms"] = std::round(to_ms(added) * 1e3) / 1e3;
    sink_(e);
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

void EventWriter::request_finished(const RequestRecord& r) {
    Json e = begin("request_finished", r.ended);
    e["request"] = r.id;
    e["chain"] = r.chain;
    e["result"] = engine::name(r.result);
    e["served_by"] = r.served_by.empty() ? Json(nullptr) : Json(r.served_by);
    e["attempts"] = r.attempts.size();
    e["ms"] = ms_between(r.started, r.ended);
    e["first_token_ms"] = maybe_ms(r.started, r.first_token);
    // Unknown is not zero.
    e["cost_usd"] = r.cost_unknown ? Json(nullptr) : Json(usd(r.cost));
    e["wasted_usd"] = r.cost_unknown ? Json(nullptr) : Json(usd(r.wasted));
    if (!r.error.empty())
        e["error"] = r.error;
    sink_(e);
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
    e["cost_usd"] = cost ? Json(usd(*cost)) : Json(nullptr);
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

void LogFile::write(const Json& event, Instant now) {
    using namespace std::chrono_literals;
    pending_ += event.dump(-1, ' ', false, Json::error_handler_t::replace);
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
