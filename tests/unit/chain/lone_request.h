// One request through a real engine in virtual time, every attempt of it as a script says.
#pragma once

#include "chain/document.h"
#include "engine/engine.h"

#include <functional>
#include <map>
#include <optional>

namespace brownout::chain::lone {

struct Script {
    bool connects = true;
    std::optional<Duration> first_token; // after the start; then a delta before every stall limit
    bool content = false;                // else reasoning only
    Duration ends = Duration::max();     // after the start; max: a limit of the engine ends it
    std::optional<Duration> quota_reset; // told with the end: nothing is left until so much later
    engine::Outcome outcome;
};
// What an attempt does. The engine's action tells its limits.
using Adversary = std::function<Script(const engine::StartAttempt&)>;

struct Ending {
    engine::Finish finish;
    Duration time{}; // of the whole request
    struct Attempt {
        engine::TargetId target;
        Duration started{}, ended{};             // after the request began
        engine::Cause cut = engine::Cause::none; // the limit that ended it
        engine::KeyIndex key = 0;
    };
    std::vector<Attempt> attempts;
};

class Request {
  public:
    Request(engine::Engine& engine, Instant& now) : engine_(engine), now_(now) {}

    Ending run(const engine::CallStarted& started, const Adversary& adversary) {
        began_ = now_;
        adversary_ = &adversary;
        send(started);
        for (int events = 0; !finished_ && events < 100'000; ++events) {
            auto [at, event] = next();
            if (at == never)
                break; // nothing more will happen
            now_ = std::max(now_, at);
            send(event);
        }
        ending_.time = now_ - began_;
        return ending_;
    }
    bool finished() const { return finished_; }

  private:
    struct Running {
        engine::StartAttempt start;
        Script script;
        Instant began, next_delta = never, ends = never;
        bool connect_due = false;
    };

    // What happens next, and when: the targets first, where a limit falls on the same instant.
    std::pair<Instant, engine::Event> next() {
        Instant at = wake_;
        Running *speaks = nullptr, *ends = nullptr;
        for (auto& [number, r] : running_) {
            if (r.connect_due) {
                r.connect_due = false;
                return {now_, engine::Connected{call_, number}};
            }
            if (r.next_delta <= at && r.next_delta <= r.ends && r.next_delta != never) {
                at = r.next_delta;
                speaks = &r, ends = nullptr;
            }
            if (r.ends <= at && r.ends < r.next_delta) {
                at = r.ends;
                speaks = nullptr, ends = &r;
            }
        }
        if (speaks) {
            speaks->next_delta = after(at, speaks->start.stall - Duration{1});
            return {at, engine::Delta{call_, speaks->start.attempt, 1, speaks->script.content}};
        }
        if (ends && ends->script.quota_reset) {
            const Instant reset = after(at, *ends->script.quota_reset);
            ends->script.quota_reset.reset();
            engine::QuotaTold told;
            told.target = ends->start.target;
            told.key = ends->start.key;
            told.requests_left = 0;
            told.requests_reset = reset;
            return {at, told};
        }
        if (ends) {
            const auto number = ends->start.attempt;
            const engine::Outcome outcome = ends->script.outcome;
            note_end(number, at, engine::Cause::none);
            running_.erase(number);
            return {at, engine::AttemptFinished{call_, number, outcome}};
        }
        wake_ = never;
        return {at, engine::Woke{call_}};
    }

    void note_end(engine::AttemptNumber number, Instant at, engine::Cause cut) {
        auto& attempt = ending_.attempts[std::size_t(number) - 1];
        attempt.ended = at - began_;
        attempt.cut = cut;
    }

    void send(const engine::Event& event) {
        engine::Actions actions;
        engine_.step(event, now_, actions);
        for (const auto& action : actions) {
            if (const auto* start = std::get_if<engine::StartAttempt>(&action)) {
                call_ = start->call;
                ending_.attempts.push_back(
                    {start->target, now_ - began_, {}, engine::Cause::none, start->key});
                Running r{*start, (*adversary_)(*start), now_, never, never, false};
                r.connect_due = r.script.connects;
                if (r.script.first_token)
                    r.next_delta = after(now_, *r.script.first_token);
                if (r.script.ends != Duration::max())
                    r.ends = after(now_, r.script.ends);
                running_[start->attempt] = r;
            } else if (const auto* cancel = std::get_if<engine::CancelAttempt>(&action)) {
                note_end(cancel->attempt, now_, cancel->cause);
                running_.erase(cancel->attempt);
            } else if (const auto* wake = std::get_if<engine::WakeAt>(&action)) {
                call_ = wake->call;
                wake_ = wake->at;
            } else if (const auto* finish = std::get_if<engine::Finish>(&action)) {
                ending_.finish = *finish;
                finished_ = true;
            }
        }
    }

    engine::Engine& engine_;
    Instant& now_;
    Instant began_{}, wake_ = never;
    const Adversary* adversary_ = nullptr;
    engine::CallId call_;
    std::map<engine::AttemptNumber, Running> running_;
    Ending ending_;
    bool finished_ = false;
};

inline Ending run(engine::Engine& engine, Instant& now, const engine::CallStarted& started,
                  const Adversary& adversary) {
    return Request(engine, now).run(started, adversary);
}

} // namespace brownout::chain::lone
