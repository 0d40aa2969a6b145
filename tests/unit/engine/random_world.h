// One random world: any policy, any outcomes, any timing, and a watcher of what must hold in all of
// them. What is in a world can be left out of it, so that a failure can be shown in short.
#pragma once

#include "unit/engine/random_parts.h"
#include "unit/engine/random_settings.h"
#include "unit/engine/watch_keys.h"
#include "unit/engine/words.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace brownout::engine::random {

// One world. Whatever has its own random stream, so that it stays the same when another thing is
// left out.
class World {
  public:
    using Rule = std::function<bool(const StartAttempt&)>; // one more that must hold

    explicit World(std::uint64_t seed, std::set<Item> left_out = {}, Rule rule = {})
        : seed_(seed),
          rng_(Rng::stream(seed, of_world)),
          left_out_(std::move(left_out)),
          rule_(std::move(rule)),
          setup_(make_setup()),
          engine_(setup_, seed),
          fork_(engine_),
          targets_(setup_.targets.size()),
          keys_(setup_) {
        for (std::size_t i = 0; i < targets_.size(); ++i)
            if (setup_.targets[i].hold == BreakerHold::open)
                targets_[i].state = BreakerState::open;
        success_ = rng_.uniform();
    }

    // Empty: everything held.
    std::string play() {
        plan();
        const std::uint32_t fork_step = rng_.below(60);
        for (std::uint32_t i = 0; !queue_.empty() && wrong_.empty(); ++i) {
            if (i > 20'000)
                return "it does not end";
            if (i == fork_step) {
                fork_ = engine_;
                forked_ = true;
            }
            const auto next = queue_.begin();
            const Instant now = next->first.first;
            const Event event = next->second;
            queue_.erase(next);
            step(event, now);
        }
        if (!wrong_.empty())
            return wrong_;
        for (const auto& [tag, call] : calls_)
            if (!call.finished)
                return "call " + std::to_string(tag) + " never finished";
        if (engine_.calls_in_flight() != 0)
            return "calls in flight at the end";
        return "";
    }
    std::uint64_t steps() const { return steps_; }
    const std::vector<Item>& items() const { return items_; } // those that were there
    // What happened, a line per event, from the next play() on.
    void write_down() { writes_ = true; }
    const std::string& written() const { return written_; }

  private:
    enum Stream : std::uint64_t { of_world = 77, of_call = 1000, of_event = 2000, of_check = 3000 };
    static std::uint64_t of_attempt(const StartAttempt& a) {
        return 10'000 + a.tag * 256 + a.attempt;
    }

    Setup make_setup() {
        Setup setup = random_setup(rng_);
        for (std::size_t i = 0; i < settings().size(); ++i)
            if (!there({Item::What::setting, i}))
                settings()[i].leave_out(setup);
            else
                written_ += std::string(written_.empty() ? " " : ", ") + settings()[i].name;
        spread(setup);
        return setup;
    }

    void plan() {
        Instant at{};
        const std::uint64_t calls = 1 + rng_.below(12);
        for (std::uint64_t tag = 1; tag <= calls; ++tag) {
            if (there({Item::What::call, tag}))
                queue(at, start_event(tag));
            at += ms(rng_, 0, 3000);
        }
        const std::uint32_t holds = rng_.chance(0.3), probes = rng_.chance(0.3),
                            checks = rng_.below(3), quotas = rng_.below(4);
        std::uint64_t number = 0;
        const auto add = [&](std::uint32_t count, std::uint32_t within_ms, auto&& event) {
            for (; count > 0; --count) {
                Rng rng = Rng::stream(seed_, of_event + ++number);
                const Instant when{ms(rng, 0, within_ms)};
                if (there({Item::What::event, number}))
                    queue(when, event(rng));
            }
        };
        add(holds, 10'000, [&](Rng& rng) -> Event {
            return HoldBreaker{random_target(rng), BreakerHold(rng.below(3))};
        });
        add(probes, 10'000, [&](Rng& rng) -> Event { return ProbeNow{random_target(rng)}; });
        add(checks, 20'000, [&](Rng& rng) -> Event {
            CheckDue due{random_target(rng), rng.below(20), {}, {}};
            if (rng.chance(0.3))
                due.shares = KeyIndex(rng.below(3));
            return due;
        });
        add(quotas, 20'000, [&](Rng& rng) -> Event { return quota_event(rng); });
    }
    // Is it not left out?
    bool there(const Item& item) {
        items_.push_back(item);
        return !left_out_.contains(item);
    }
    void expect(bool holds, const std::string& what) {
        if (!holds && wrong_.empty())
            wrong_ = what;
    }
    void queue(Instant at, const Event& event) {
        queue_.emplace(std::pair{at, ++sequence_}, event);
    }
    TargetId random_target(Rng& rng) const {
        return TargetId{std::uint16_t(rng.below(std::uint32_t(targets_.size())))};
    }
    QuotaTold quota_event(Rng& rng) const {
        QuotaTold told;
        told.target = random_target(rng);
        told.key = KeyIndex(rng.below(3));
        if (rng.chance(0.6))
            told.requests_left = rng.below(4);
        if (rng.chance(0.6))
            told.tokens_left = rng.below(3000);
        told.requests_reset = told.tokens_reset = Instant{ms(rng, 0, 30000)};
        return told;
    }
    CallStarted start_event(std::uint64_t tag) {
        Rng rng = Rng::stream(seed_, of_call + tag);
        CallStarted call;
        call.tag = tag;
        call.stream = rng.chance(0.6);
        call.idempotent = rng.chance(0.8);
        call.input_tokens = rng.below(1500);
        call.max_output_tokens = rng.chance(0.3) ? rng.below(500) : 0;
        if (rng.chance(0.1))
            call.prefer = random_target(rng);
        if (rng.chance(0.1))
            calls_[tag].leaves = ms(rng, 0, 5000);
        return call;
    }

    void step(const Event& event, Instant now) {
        ++steps_;
        now_ = now;
        before(event);
        actions_.clear();
        engine_.step(event, now, actions_);
        if (writes_)
            write(event);
        if (forked_) {
            Actions same;
            fork_.step(event, now, same);
            expect(std::equal(same.begin(), same.end(), actions_.begin(), actions_.end()),
                   "a fork did something else");
        }
        expect(actions_.size() <= 24, "many actions in one step");
        for (const Action& action : actions_)
            std::visit([this](const auto& a) { see(a); }, action);
        for (auto& [tag, call] : calls_)
            if (call.request.tag != 0 && !call.finished)
                expect(now <= call.deadline, "a call outlasts its deadline");
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            const TargetStatus s = engine_.status(TargetId{std::uint16_t(i)}, now);
            expect(s.in_flight == targets_[i].in_flight, "in_flight is wrong");
            expect(s.breaker == targets_[i].state, "a breaker changed unseen");
            expect(s.window_failures >= 0 && s.window_failures <= s.window_requests, "window");
        }
    }

    void write(const Event& event) {
        const auto tag_of = [&](CallId id) {
            for (const auto& [tag, call] : calls_)
                if (call.id == id)
                    return tag;
            return std::uint64_t{0}; // it has made no attempt yet
        };
        written_ += "\n  t=" + std::to_string(to_seconds(now_)) + "  " +
                    words::text(event, tag_of) + "  | " + words::text(actions_);
    }

    // What the event itself means to the watcher.
    void before(const Event& event) {
        if (const auto* start = std::get_if<CallStarted>(&event)) {
            Watched& call = calls_[start->tag];
            call.request = *start;
            call.deadline = now_ + setup_.chains[0].policy.timeouts.total;
        }
        if (std::holds_alternative<ProbeNow>(event))
            keys_.probed_by_hand();
        const auto* due = std::get_if<CheckDue>(&event);
        shared_key_ = due ? due->shares : std::nullopt;
        const auto* end = std::get_if<AttemptFinished>(&event);
        if (!end)
            return;
        Watched* call = find(end->call);
        if (!call || now_ > call->deadline || !call->running.contains(end->attempt))
            return;
        ended(*call, end->attempt, end->outcome);
    }

    void ended(Watched& call, AttemptNumber number, const Outcome& outcome) {
        const Policy& policy = setup_.chains[0].policy;
        keys_.ended(call.request.tag, number, outcome, policy.disable,
                    policy.retry.honour_retry_after, now_);
        expect(call.running.contains(number), "an attempt ends twice");
        Watch& target = targets_[call.running[number].value];
        --target.in_flight;
        target.cost += outcome.cost;
        call.running.erase(number);
        call.cost += outcome.cost;
        if (outcome.cls == OutcomeClass::success || outcome.cls == OutcomeClass::cancelled)
            return;
        call.last_ended = number;
        if (outcome.cls == OutcomeClass::reject)
            call.final = true;
        const ResendAmbiguous resend = setup_.chains[0].policy.resend_after_ambiguous_failure;
        if (outcome.ambiguous &&
            (resend == ResendAmbiguous::never ||
             (resend == ResendAmbiguous::idempotent_only && !call.request.idempotent)))
            call.final = true;
    }

    Watched* find(CallId id) {
        for (auto& [tag, call] : calls_)
            if (call.id == id && call.attempts > 0 && !call.finished)
                return &call;
        return nullptr;
    }

    void see(const StartAttempt& a) {
        Watched& call = calls_.at(a.tag);
        const Policy& policy = setup_.chains[0].policy;
        Watch& target = targets_[a.target.value];
        expect(!call.finished, "an attempt of a finished call");
        expect(now_ < call.deadline, "an attempt at or after the deadline");
        expect(!call.final, "sent again after a rejection or a forbidden resend");
        expect(++call.attempts == a.attempt, "attempts are numbered from 1");
        expect(call.attempts <= policy.retry.max_attempts, "more than max_attempts");
        if (!keys_.rotates(a, now_))
            ++call.tries[a.target.value];
        const char* broken = keys_.started(
            a, std::int64_t{call.request.input_tokens} + call.request.max_output_tokens.value_or(0),
            now_);
        expect(broken == nullptr, broken ? broken : "");
        expect(call.tries[a.target.value] <= policy.retry.attempts_per_target,
               "more than attempts_per_target");
        const std::size_t keys =
            setup_.providers[setup_.targets[a.target.value].provider.value].keys.size();
        expect(++call.visits[a.target.value] <=
                   policy.retry.attempts_per_target * std::max(int(keys), 1),
               "a key twice in one try");
        expect(!rule_ || rule_(a), "the rule that was added");
        const int extra = policy.hedge ? policy.hedge->max_extra : 0;
        expect(int(call.running.size()) <= extra, "too many at once");
        expect(fits_caps(a, call), "an attempt that breaks a cap");
        if (a.mode == AttemptMode::hedge)
            expect(call.request.idempotent && !call.running.empty(), "a hedge out of place");
        expect(a.attempt_by <= call.deadline && a.first_token_by <= a.attempt_by &&
                   a.connect_by <= a.first_token_by,
               "limits out of order");
        const TargetStatus s = engine_.status(a.target, now_);
        expect(s.hold != BreakerHold::open, "an attempt on a target held open");
        expect(s.disabled_until <= now_ || disables_now(), "an attempt on a disabled target");
        expect(a.probe == (target.state == BreakerState::half_open) || !a.probe, "a probe");
        if (target.state == BreakerState::open) {
            expect(policy.breaker.when_all_open == WhenAllOpen::try_soonest, "an open breaker");
            expect(++call.trials == 1, "more than one last resort");
        }
        call.id = a.call;
        call.running[a.attempt] = a.target;
        ++target.in_flight;
        script(a, call);
        if (call.leaves) {
            queue(now_ + *call.leaves, CallCancelled{a.call});
            call.leaves.reset();
        }
    }
    // A world lasts minutes: everything spent counts for hour and day.
    bool fits_caps(const StartAttempt& a, const Watched& call) const {
        const auto& budget = setup_.chains[0].policy.budget;
        const TargetSetup& target = setup_.targets[a.target.value];
        if (!budget || target.price.free())
            return true;
        const Money own = target.price.per_request;
        Money in_call = call.cost + own, in_all = own, at_provider = own;
        for (const auto& [tag, other] : calls_) {
            in_all += other.cost;
            for (const auto& [number, running] : other.running)
                in_all += setup_.targets[running.value].price.per_request;
        }
        for (const auto& [number, running] : call.running)
            in_call += setup_.targets[running.value].price.per_request;
        for (std::size_t i = 0; i < targets_.size(); ++i)
            if (setup_.targets[i].provider == target.provider)
                at_provider +=
                    targets_[i].cost +
                    Money{setup_.targets[i].price.per_request.pico_usd * targets_[i].in_flight};
        const auto fits = [&](const std::optional<Money>& cap, Money sum) {
            return !cap || (target.price.known && sum <= *cap);
        };
        return fits(budget->per_request, in_call) && fits(budget->per_hour, in_all) &&
               fits(budget->per_day, in_all) &&
               fits(budget->per_provider_day[target.provider.value], at_provider);
    }
    // A provider may be disabled later in the very step that started an attempt on it.
    bool disables_now() const {
        return std::any_of(actions_.begin(), actions_.end(), [](const Action& a) {
            return std::holds_alternative<ProviderDisabled>(a) ||
                   std::holds_alternative<CoolingDown>(a);
        });
    }

    // How this attempt will go.
    void script(const StartAttempt& a, const Watched& call) {
        if (!there({Item::What::attempt, a.tag, a.attempt}))
            return queue(now_, AttemptFinished{a.call, a.attempt, {}});
        Rng rng = Rng::stream(seed_, of_attempt(a));
        Instant t = now_;
        if (rng.chance(0.05))
            return; // never connects
        queue(t += ms(rng, 0, 400), Connected{a.call, a.attempt});
        if (rng.chance(0.1))
            return; // hangs
        if (call.request.stream)
            for (std::uint32_t i = rng.below(6); i > 0; --i) {
                t += ms(rng, 0, 900);
                queue(t, Delta{a.call, a.attempt, 1 + rng.below(3), rng.chance(0.8)});
            }
        if (rng.chance(0.1))
            return; // stalls
        t += ms(rng, 0, 2500);
        queue(t, AttemptFinished{a.call, a.attempt, random_outcome(rng, success_)});
    }

    void see(const CancelAttempt& a) {
        Watched& call = calls_.at(a.tag);
        ended(call, a.attempt, a.outcome);
    }
    void see(const WakeAt& a) {
        expect(a.at > now_, "a wake-up that is not in the future");
        expect(a.at <= calls_.at(a.tag).deadline, "a wake-up after the deadline");
        queue(a.at, Woke{a.call});
    }
    void see(const Forward& a) {
        const Watched& call = calls_.at(a.tag);
        expect(!call.finished && a.attempt >= 1 && a.attempt <= call.attempts, "forwards nothing");
    }
    void see(const Finish& a) {
        Watched& call = calls_.at(a.tag);
        expect(!call.finished, "finished twice");
        expect(call.running.empty(), "finished while an attempt runs");
        expect(a.attempts == call.attempts, "counts attempts");
        expect(a.cost == call.cost, "the cost is not the sum of its attempts");
        expect(a.wasted >= Money{} && a.wasted <= a.cost, "wasted");
        expect((a.result == CallResult::success || a.result == CallResult::partial) ==
                   (a.served_by != 0),
               "who served");
        if (a.result == CallResult::success)
            expect(a.explained_by == 0, "explains a success");
        else if (a.result != CallResult::refused)
            expect(a.explained_by == call.last_ended, "not explained by the last attempt");
        call.finished = true;
    }
    void see(const FailedOver& a) { expect(a.from != a.to, "failed over to itself"); }
    void see(const StreamBroken&) {}
    void see(const StartCheck& a) {
        expect(!shared_key_ || a.key == *shared_key_, "another key than the check's it shares");
        Rng rng = Rng::stream(seed_, of_check + ++checks_);
        Outcome outcome = random_outcome(rng, 0.5);
        outcome.cost = Money{};
        queue(now_ + ms(rng, 0, 5000), HealthChecked{a.target, outcome});
    }
    void see(const BreakerChanged& a) {
        Watch& target = targets_[a.target.value];
        expect(a.from == target.state && a.from != a.to, "a breaker's history has a gap");
        target.state = a.to;
    }
    void see(const CoolingDown& a) { expect(a.until > now_, "a cooldown in the past"); }
    void see(const ProviderDisabled& a) { expect(a.until > now_, "disabled in the past"); }

    std::uint64_t seed_;
    Rng rng_;
    std::set<Item> left_out_;
    Rule rule_;
    std::vector<Item> items_;
    std::string written_; // the settings first
    Setup setup_;
    Engine engine_, fork_;
    bool forked_ = false;
    double success_ = 0.5;
    Instant now_{};
    std::uint64_t sequence_ = 0, steps_ = 0, checks_ = 0;
    std::optional<KeyIndex> shared_key_; // of the check that is due
    bool writes_ = false;
    Actions actions_;
    std::map<std::pair<Instant, std::uint64_t>, Event> queue_;
    std::map<std::uint64_t, Watched> calls_;
    std::vector<Watch> targets_;
    KeyWatch keys_;
    std::string wrong_;
};

} // namespace brownout::engine::random
