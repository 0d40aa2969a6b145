// Random worlds: any policy, any outcomes, any timing, and what must hold in all of them. A failure
// prints the world's number; BROWNOUT_WORLD=n plays that one alone,
// BROWNOUT_WORLDS=n so many.
#include "unit/engine/random_setup.h"
#include "unit/engine/watch_keys.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

using random::ms;
using random::random_outcome;
using random::random_setup;

// What a watcher knows of one call.
struct Watched {
    CallStarted request;
    CallId id;
    Instant started{}, deadline{};
    int attempts = 0, trials = 0;
    bool finished = false;
    bool final = false; // a rejection or a forbidden resend has been seen
    AttemptNumber last_ended = 0;
    Money cost;
    std::map<int, TargetId> running;
    std::map<int, int> tries;
};

struct Watch { // of one target
    BreakerState state = BreakerState::closed;
    Instant open_until{};
    int in_flight = 0;
    Money cost;
};

class World {
  public:
    explicit World(std::uint64_t seed)
        : rng_(Rng::stream(seed, 77)),
          setup_(random_setup(rng_)),
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
        const int calls = 1 + int(rng_.below(12));
        Instant at{};
        for (int i = 0; i < calls; ++i) {
            queue(at, start_event(std::uint64_t(i) + 1));
            at += ms(rng_, 0, 3000);
        }
        if (rng_.chance(0.3))
            queue(Instant{ms(rng_, 0, 10000)}, hold_event());
        if (rng_.chance(0.3))
            queue(Instant{ms(rng_, 0, 10000)}, ProbeNow{random_target()});
        for (std::uint32_t i = rng_.below(3); i > 0; --i)
            queue(Instant{ms(rng_, 0, 20000)}, CheckDue{random_target(), rng_.below(20), {}});
        for (std::uint32_t i = rng_.below(4); i > 0; --i)
            queue(Instant{ms(rng_, 0, 20000)}, quota_event());
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

  private:
    void expect(bool holds, const std::string& what) {
        if (!holds && wrong_.empty())
            wrong_ = what;
    }
    void queue(Instant at, const Event& event) {
        queue_.emplace(std::pair{at, ++sequence_}, event);
    }
    TargetId random_target() {
        return TargetId{std::uint16_t(rng_.below(std::uint32_t(targets_.size())))};
    }
    Event hold_event() { return HoldBreaker{random_target(), BreakerHold(rng_.below(3))}; }
    Event quota_event() {
        QuotaTold told;
        told.target = random_target();
        told.key = KeyIndex(rng_.below(3));
        if (rng_.chance(0.6))
            told.requests_left = rng_.below(4);
        if (rng_.chance(0.6))
            told.tokens_left = rng_.below(3000);
        told.requests_reset = told.tokens_reset = Instant{ms(rng_, 0, 30000)};
        return told;
    }
    Event start_event(std::uint64_t tag) {
        CallStarted call;
        call.tag = tag;
        call.stream = rng_.chance(0.6);
        call.idempotent = rng_.chance(0.8);
        call.input_tokens = rng_.below(1500);
        if (rng_.chance(0.3))
            call.max_output_tokens = rng_.below(500);
        if (rng_.chance(0.1))
            call.prefer = random_target();
        return call;
    }

    void step(const Event& event, Instant now) {
        ++steps_;
        now_ = now;
        before(event);
        actions_.clear();
        engine_.step(event, now, actions_);
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
            if (!call.finished)
                expect(now <= call.deadline, "a call outlasts its deadline");
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            const TargetStatus s = engine_.status(TargetId{std::uint16_t(i)}, now);
            expect(s.in_flight == targets_[i].in_flight, "in_flight is wrong");
            expect(s.breaker == targets_[i].state, "a breaker changed unseen");
            expect(s.window_failures >= 0 && s.window_failures <= s.window_requests, "window");
        }
    }

    // What the event itself means to the watcher.
    void before(const Event& event) {
        if (const auto* start = std::get_if<CallStarted>(&event)) {
            Watched call;
            call.request = *start;
            call.started = now_;
            call.deadline = now_ + setup_.chains[0].policy.timeouts.total;
            calls_[start->tag] = call;
            if (rng_.chance(0.1))
                leave_at_[start->tag] = ms(rng_, 0, 5000);
        }
        if (std::holds_alternative<ProbeNow>(event))
            keys_.probed_by_hand();
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
            a, std::int64_t{call.request.input_tokens} + call.request.max_output_tokens, now_);
        expect(broken == nullptr, broken ? broken : "");
        expect(call.tries[a.target.value] <= policy.retry.attempts_per_target,
               "more than attempts_per_target");
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
        if (leave_at_.contains(a.tag)) {
            queue(now_ + leave_at_[a.tag], CallCancelled{a.call});
            leave_at_.erase(a.tag);
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
        Instant t = now_;
        if (rng_.chance(0.05))
            return; // never connects
        queue(t += ms(rng_, 0, 400), Connected{a.call, a.attempt});
        if (rng_.chance(0.1))
            return; // hangs
        if (call.request.stream)
            for (std::uint32_t i = rng_.below(6); i > 0; --i)
                queue(t += ms(rng_, 0, 900),
                      Delta{a.call, a.attempt, 1 + rng_.below(3), rng_.chance(0.8)});
        if (rng_.chance(0.1))
            return; // stalls
        queue(t += ms(rng_, 0, 2500),
              AttemptFinished{a.call, a.attempt, random_outcome(rng_, success_)});
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
        Outcome outcome = random_outcome(rng_, 0.5);
        outcome.cost = Money{};
        queue(now_ + ms(rng_, 0, 5000), HealthChecked{a.target, outcome});
    }
    void see(const BreakerChanged& a) {
        Watch& target = targets_[a.target.value];
        expect(a.from == target.state && a.from != a.to, "a breaker's history has a gap");
        target.state = a.to;
    }
    void see(const CoolingDown& a) { expect(a.until > now_, "a cooldown in the past"); }
    void see(const ProviderDisabled& a) { expect(a.until > now_, "disabled in the past"); }

    Rng rng_;
    Setup setup_;
    Engine engine_, fork_;
    bool forked_ = false;
    double success_ = 0.5;
    Instant now_{};
    std::uint64_t sequence_ = 0, steps_ = 0;
    Actions actions_;
    std::map<std::pair<Instant, std::uint64_t>, Event> queue_;
    std::map<std::uint64_t, Watched> calls_;
    std::map<std::uint64_t, Duration> leave_at_;
    std::vector<Watch> targets_;
    KeyWatch keys_;
    std::string wrong_;
};

} // namespace

class TestEngineWorlds : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void invariants();
};

void TestEngineWorlds::invariants() {
    const int only = qEnvironmentVariableIntValue("BROWNOUT_WORLD");
    const int asked = qEnvironmentVariableIntValue("BROWNOUT_WORLDS");
    const int first = only > 0 ? only : 1;
    const int last = only > 0 ? only : asked > 0 ? asked : 20'000;
    std::uint64_t steps = 0;
    for (int seed = first; seed <= last; ++seed) {
        World world{std::uint64_t(seed)};
        const std::string wrong = world.play();
        steps += world.steps();
        QVERIFY2(wrong.empty(), ("BROWNOUT_WORLD=" + std::to_string(seed) + ": " + wrong).c_str());
    }
    qInfo("%d worlds, %llu steps", last - first + 1, static_cast<unsigned long long>(steps));
}

QTEST_APPLESS_MAIN(TestEngineWorlds)
#include "test_engine_worlds.moc"
