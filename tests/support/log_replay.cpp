#include "support/log_replay.h"

#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <fstream>
#include <map>
#include <string_view>

namespace brownout::test {
namespace {

using chain::Json;
using engine::Cause;

constexpr std::uint64_t for_engine = 11; // as the live driver seeds its engine

template <class Enum>
Enum named(const std::string& name) {
    for (int i = 0; i < 64; ++i)
        if (engine::name(static_cast<Enum>(i)) == name)
            return static_cast<Enum>(i);
    return {};
}

// Attempts that the engine itself ends.
bool ended_by_engine(Cause cause) {
    switch (cause) {
    case Cause::connect_timeout:
    case Cause::first_token_timeout:
    case Cause::stall_timeout:
    case Cause::attempt_timeout:
    case Cause::total_deadline:
    case Cause::hedge_lost:
    case Cause::caller_left:
    case Cause::budget:
        return true;
    default:
        return false;
    }
}
bool never_connected(Cause cause) {
    return cause == Cause::dns || cause == Cause::tls || cause == Cause::connect_refused ||
           cause == Cause::connect_timeout || cause == Cause::unsupported;
}

class Replay {
  public:
    Replay(const chain::Document& document, std::uint64_t seed)
        : document_(document),
          names_(chain::compile(document)),
          engine_(names_.setup, Rng::stream(seed, for_engine).next()) {}

    LogReplay play(const std::string& path);

  private:
    struct Attempt {
        std::string target;
        engine::StartAttempt action;
        bool told = false, connected = false, talking = false, over = false;
        std::optional<Cause> cancelled;
        Json end; // as it was recorded; null: it had not ended
    };
    struct Call {
        engine::CallId id;
        Instant wake_at = never;
        std::vector<Attempt> attempts;
        std::optional<engine::Finish> finish;
    };

    bool line(std::size_t i);
    bool started(const Json& e);
    bool attempt_started(const Json& e);
    bool first_token(const Json& e);
    bool attempt_finished(const Json& e);
    bool breaker_changed(std::size_t i);
    bool request_finished(const Json& e);
    void quota_told(const Json& e);

    Instant at(const Json& e) const { return Instant{from_seconds(e["at_s"].get<double>())}; }
    Call& call(const Json& e) { return calls_[e["request"].get<std::string>()]; }
    void begin(const Json& e) { now_ = std::max(now_, at(e)); }
    // Its timer has rung by then, if it was set.
    void wake(Call& c);
    void tokens_came(Call& c);
    void step(const engine::Event& event);
    engine::Outcome outcome(const Json& e) const;

    const chain::Document& document_;
    chain::Compiled names_;
    engine::Engine engine_;
    std::vector<Json> lines_;
    std::map<std::string, Call> calls_;
    std::vector<Call*> by_tag_;
    std::deque<engine::BreakerChanged> breakers_;
    engine::Actions actions_;
    Instant now_{};
    LogReplay out_;
};

void Replay::step(const engine::Event& event) {
    actions_.clear();
    engine_.step(event, now_, actions_);
    for (const engine::Action& action : actions_) {
        if (const auto* a = std::get_if<engine::StartAttempt>(&action)) {
            Call& c = *by_tag_[a->tag];
            c.id = a->call;
            Attempt attempt;
            attempt.action = *a;
            attempt.target = names_.targets[a->target.value].name;
            c.attempts.push_back(std::move(attempt));
        } else if (const auto* w = std::get_if<engine::WakeAt>(&action)) {
            by_tag_[w->tag]->id = w->call;
            by_tag_[w->tag]->wake_at = w->at;
        } else if (const auto* x = std::get_if<engine::CancelAttempt>(&action)) {
            by_tag_[x->tag]->attempts[x->attempt - 1u].cancelled = x->cause;
        } else if (const auto* f = std::get_if<engine::Finish>(&action)) {
            by_tag_[f->tag]->finish = *f;
        } else if (const auto* b = std::get_if<engine::BreakerChanged>(&action)) {
            breakers_.push_back(*b);
        }
    }
}

// A timer rings a little late; so late may the log's line be.
void Replay::wake(Call& c) {
    if (c.finish || c.wake_at > now_ + std::chrono::microseconds{1})
        return;
    now_ = std::max(now_, c.wake_at);
    c.wake_at = never;
    tokens_came(c);
    step(engine::Woke{c.id});
}

// The log tells of the first token alone. More have come since, unless it says that none did.
void Replay::tokens_came(Call& c) {
    for (std::size_t i = 0; i < c.attempts.size(); ++i) {
        const Attempt& a = c.attempts[i];
        if (!a.talking || a.over || a.cancelled)
            continue;
        if (a.end.is_object() && a.end["outcome"] == "stall_timeout" && now_ >= at(a.end))
            continue;
        step(engine::Delta{c.id, static_cast<engine::AttemptNumber>(i + 1), 1, true});
    }
}

engine::Outcome Replay::outcome(const Json& e) const {
    engine::Outcome out;
    out.cls = named<engine::OutcomeClass>(e["class"].get<std::string>());
    out.cause = named<Cause>(e["outcome"].get<std::string>());
    out.status = e["status"].is_null() ? std::uint16_t{0} : e["status"].get<std::uint16_t>();
    out.counts_for_breaker = e.value("counts_for_breaker", false);
    out.provider_wide = e.value("provider_wide", false);
    out.ambiguous = e.value("ambiguous", false);
    if (e.contains("should_retry"))
        out.should_retry = e["should_retry"].get<bool>();
    if (e.contains("retry_after_ms"))
        out.retry_after = from_ms(e["retry_after_ms"].get<double>());
    out.cost = Money::from_usd(e["cost_usd"].is_null() ? 0 : e["cost_usd"].get<double>());
    out.cost_estimated = e["cost_estimated"].get<bool>();
    out.input_tokens = e["input_tokens"].get<std::uint32_t>();
    out.output_tokens = e["output_tokens"].get<std::uint32_t>();
    return out;
}

bool Replay::started(const Json& e) {
    Call& c = call(e);
    by_tag_.push_back(&c);
    engine::CallStarted event;
    event.tag = by_tag_.size() - 1;
    for (std::size_t i = 0; i < document_.chains.size(); ++i)
        if (document_.chains[i].id == e["chain"].get<std::string>())
            event.chain = engine::ChainId{static_cast<std::uint16_t>(i)};
    event.stream = e["stream"].get<bool>();
    const auto& entries = names_.setup.chains[event.chain.value].entries;
    const bool pictures = std::all_of(entries.begin(), entries.end(), [&](const auto& entry) {
        return names_.setup.targets[entry.target.value].capabilities.bits ==
               engine::Capabilities::image;
    });
    event.needs.bits = pictures       ? engine::Capabilities::image
                       : event.stream ? engine::Capabilities::stream
                                      : 0u;
    event.idempotent = !pictures;
    event.pictures = pictures ? 1 : 0;
    event.accepts_restart = true;
    event.input_tokens = 200;
    event.max_output_tokens = pictures ? 0 : 60;
    step(event);
    ++out_.requests;
    return true;
}

bool Replay::attempt_started(const Json& e) {
    Call& c = call(e);
    const auto number = e["attempt"].get<std::size_t>();
    if (c.attempts.size() < number)
        wake(c);
    if (c.attempts.size() < number)
        return false;
    Attempt& a = c.attempts[number - 1];
    a.told = true;
    ++out_.attempts;
    if (a.target != e["target"].get<std::string>() ||
        engine::name(a.action.mode) != e["mode"].get<std::string>() ||
        a.action.probe != e["probe"].get<bool>())
        return false;
    for (const Json& later : lines_)
        if (later["event"] == "attempt_finished" && later["request"] == e["request"] &&
            later["attempt"] == e["attempt"])
            a.end = later;
    a.connected = !a.end.is_object() || !never_connected(named<Cause>(a.end["outcome"]));
    if (a.connected)
        step(engine::Connected{c.id, static_cast<engine::AttemptNumber>(number)});
    return true;
}

bool Replay::first_token(const Json& e) {
    Call& c = call(e);
    const auto number = e["attempt"].get<std::size_t>();
    if (c.attempts.size() < number)
        return false;
    c.attempts[number - 1].talking = true;
    step(engine::Delta{c.id, static_cast<engine::AttemptNumber>(number), 1, true});
    return true;
}

bool Replay::attempt_finished(const Json& e) {
    Call& c = call(e);
    const auto number = e["attempt"].get<std::size_t>();
    if (c.attempts.size() < number)
        return false;
    const engine::Outcome seen = outcome(e);
    if (ended_by_engine(seen.cause) && !c.attempts[number - 1].cancelled)
        wake(c);
    Attempt& a = c.attempts[number - 1];
    if (ended_by_engine(seen.cause) || a.cancelled)
        return a.cancelled == seen.cause;
    tokens_came(c);
    c.attempts[number - 1].over = true;
    step(engine::AttemptFinished{c.id, static_cast<engine::AttemptNumber>(number), seen});
    return true;
}

bool Replay::breaker_changed(std::size_t i) {
    const Json& e = lines_[i];
    // What changed it may be told in the lines after it, of the same instant.
    for (std::size_t k = i + 1; breakers_.empty() && k < lines_.size(); ++k) {
        if (at(lines_[k]) > at(e))
            break;
        if (lines_[k].contains("request") && lines_[k]["event"] != "request_started")
            wake(call(lines_[k]));
    }
    if (breakers_.empty())
        return false;
    const engine::BreakerChanged b = breakers_.front();
    breakers_.pop_front();
    ++out_.breaker_changes;
    return names_.targets[b.target.value].name == e["target"].get<std::string>() &&
           engine::name(b.from) == e["from"].get<std::string>() &&
           engine::name(b.to) == e["to"].get<std::string>() &&
           engine::name(b.why) == e["why"].get<std::string>();
}

bool Replay::request_finished(const Json& e) {
    Call& c = call(e);
    if (!c.finish)
        wake(c);
    if (!c.finish)
        return false;
    const engine::Finish& f = *c.finish;
    const std::string by = f.served_by > 0 ? c.attempts[f.served_by - 1u].target : std::string{};
    const std::string recorded =
        e["served_by"].is_null() ? std::string{} : e["served_by"].get<std::string>();
    return engine::name(f.result) == e["result"].get<std::string>() && by == recorded &&
           c.attempts.size() == e["attempts"].get<std::size_t>() &&
           std::all_of(c.attempts.begin(), c.attempts.end(),
                       [](const Attempt& a) { return a.told; });
}

void Replay::quota_told(const Json& e) {
    engine::QuotaTold told;
    const auto target = names_.target(e["target"].get<std::string>());
    if (!target)
        return;
    told.target = *target;
    told.key = e["key"].get<engine::KeyIndex>();
    if (e["requests_left"].is_number()) {
        told.requests_left = e["requests_left"].get<std::int64_t>();
        told.requests_reset = now_ + from_ms(e["requests_reset_ms"].get<double>());
    }
    if (e["tokens_left"].is_number()) {
        told.tokens_left = e["tokens_left"].get<std::int64_t>();
        told.tokens_reset = now_ + from_ms(e["tokens_reset_ms"].get<double>());
    }
    step(told);
}

bool Replay::line(std::size_t i) {
    const Json& e = lines_[i];
    const std::string what = e["event"];
    begin(e);
    if (what == "request_started")
        return started(e);
    if (what == "attempt_started")
        return attempt_started(e);
    if (what == "first_token")
        return first_token(e);
    if (what == "attempt_finished")
        return attempt_finished(e);
    if (what == "breaker_changed")
        return breaker_changed(i);
    if (what == "request_finished")
        return request_finished(e);
    if (what == "quota_told")
        quota_told(e);
    return true; // says nothing of a decision, or what other lines say
}

LogReplay Replay::play(const std::string& path) {
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);)
        lines_.push_back(Json::parse(text));
    for (std::size_t i = 0; i < lines_.size(); ++i)
        if (!line(i)) {
            out_.differs = "line " + std::to_string(i + 1) + ": " + lines_[i].dump();
            return out_;
        }
    if (!breakers_.empty())
        out_.differs = "a breaker changed of which the log does not tell";
    return out_;
}

} // namespace

LogReplay replay_log(const chain::Document& document, std::uint64_t seed, const std::string& path) {
    return Replay(document, seed).play(path);
}

} // namespace brownout::test
