// Small worlds, all of them: every placement of the nine outcomes over the first attempts, on three
// targets, for every strategy and a set of policies. Calls follow one another until so many
// attempts were made, so breakers, cooldowns and disabled times of earlier calls count.
//
// CI plays every world to depth 4. BROWNOUT_DEPTH=6 plays them all to depth 6 (minutes).
// A failure prints the world and its placement.
#include "unit/engine/watch_keys.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

// A whole run takes longer than a test may by default.
[[maybe_unused]] const bool patient =
    qEnvironmentVariableIsSet("BROWNOUT_DEPTH") && qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");

enum class Busy : std::uint8_t {
    unsaid,
    a_moment,
    briefly,
    long_time
};                                                        // the Retry-After of `cooldown`
enum class Broken : std::uint8_t { status, reset, hang }; // how `retry` fails

struct WorldKind {
    Strategy strategy = Strategy::priority;
    const char* name = "";
    bool stream = true, idempotent = true;
    OnBrokenStream on_broken = OnBrokenStream::restart;
    ResendAmbiguous resend = ResendAmbiguous::idempotent_only;
    WhenAllOpen when_all_open = WhenAllOpen::try_soonest;
    Busy busy = Busy::unsaid;
    Broken broken = Broken::status;
    Cause reroute = Cause::unsupported;
    int tries = 2, max_attempts = 6, hedges = 0;
    Duration total = 5s;
    int keys = 1;
    LimitsSetup limits; // of a key
};

std::vector<WorldKind> kinds() {
    using O = OnBrokenStream;
    using R = ResendAmbiguous;
    const auto with = [](const char* name, auto&& change) {
        WorldKind kind;
        kind.name = name;
        change(kind);
        return kind;
    };
    const std::vector<WorldKind> all = {
        with("defaults", [](WorldKind&) {}),
        with("images, resets",
             [](auto& k) { k.stream = k.idempotent = false, k.broken = Broken::reset; }),
        with("resend never", [](auto& k) { k.resend = R::never, k.broken = Broken::reset; }),
        with("resend always", [](auto& k) { k.resend = R::always, k.idempotent = false; }),
        with("resume, busy briefly",
             [](auto& k) { k.on_broken = O::resume, k.busy = Busy::briefly; }),
        with("partial, busy for long",
             [](auto& k) { k.on_broken = O::partial, k.busy = Busy::long_time; }),
        with("error, three attempts", [](auto& k) { k.on_broken = O::error, k.max_attempts = 3; }),
        with("one try each", [](auto& k) { k.tries = 1, k.reroute = Cause::model_missing; }),
        with("three tries, busy briefly",
             [](auto& k) { k.tries = 3, k.busy = Busy::briefly, k.stream = false; }),
        with("hedged", [](auto& k) { k.hedges = 1; }),
        with("hedged twice, hangs",
             [](auto& k) { k.hedges = 2, k.broken = Broken::hang, k.stream = false; }),
        with("hangs, refuses",
             [](auto& k) { k.broken = Broken::hang, k.when_all_open = WhenAllOpen::refuse; }),
        with("a short deadline", [](auto& k) { k.total = 700ms, k.busy = Busy::briefly; }),
        with("context", [](auto& k) { k.reroute = Cause::context_exceeded, k.stream = false; }),
        with("moderation", [](auto& k) { k.reroute = Cause::moderation; }),
        with("two keys", [](auto& k) { k.keys = 2, k.busy = Busy::long_time; }),
        with("two keys, busy briefly, one try",
             [](auto& k) { k.keys = 2, k.busy = Busy::briefly, k.tries = 1; }),
        with("two keys that rest for a moment",
             [](auto& k) { k.keys = 2, k.busy = Busy::a_moment, k.max_attempts = 8; }),
        with("two keys with limits, hedged",
             [](auto& k) {
                 k.keys = 2, k.hedges = 1, k.limits = {2, 0, 1};
             }),
        with("limits",
             [](auto& k) {
                 k.limits = {3, 0, 1}, k.tries = 3;
             }),
    };
    std::vector<WorldKind> every;
    for (const Strategy s :
         {Strategy::priority, Strategy::weighted, Strategy::cheapest, Strategy::fastest})
        for (WorldKind kind : all) {
            kind.strategy = s;
            every.push_back(kind);
        }
    return every;
}

constexpr Duration backoff = 300ms, max_wait = 500ms, connect_time = 10ms, first_token_time = 40ms,
                   answer_time = 120ms, first_token_limit = 400ms, between_calls = 200ms;

Setup three_targets(const WorldKind& kind) {
    Setup setup;
    setup.providers.resize(3);
    for (ProviderSetup& provider : setup.providers) {
        provider.keys.resize(std::size_t(kind.keys));
        for (KeySetup& key : provider.keys)
            key.limits = kind.limits;
    }
    ChainSetup chain;
    chain.strategy = kind.strategy;
    Policy& p = chain.policy;
    p.retry.attempts_per_target = kind.tries;
    p.retry.max_attempts = kind.max_attempts;
    p.retry.backoff = {BackoffKind::fixed, backoff, 2.0, 8s, JitterKind::none};
    p.retry.max_wait = max_wait;
    p.timeouts = {200ms, first_token_limit, 400ms, 2s, kind.total, true};
    p.breaker.consecutive_failures = 2;
    p.breaker.open = 400ms;
    p.breaker.when_all_open = kind.when_all_open;
    p.disable = 1s;
    p.on_broken_stream = kind.on_broken;
    p.resend_after_ambiguous_failure = kind.resend;
    if (kind.hedges > 0)
        p.hedge = HedgePolicy{80ms, std::nullopt, kind.hedges};
    for (std::uint16_t i = 0; i < 3; ++i) {
        TargetSetup target;
        target.provider = ProviderId{i};
        target.breaker = p.breaker;
        target.price = {true, {}, {}, Money{30 - i}};
        target.context_tokens = i == 1 ? 2000 : 4000;
        setup.targets.push_back(target);
        EntrySetup entry;
        entry.target = TargetId{i};
        entry.weight = i + 1;
        entry.timeouts = p.timeouts;
        entry.retry = p.retry;
        chain.entries.push_back(entry);
    }
    setup.chains.push_back(chain);
    return setup;
}

// The digits of one world: the class of each attempt's outcome, in the order of starting.
struct Placement {
    std::array<std::uint8_t, 8> digits{};
    std::size_t depth = 0, used = 0;

    OutcomeClass next() {
        if (used == depth)
            return OutcomeClass::success;
        return OutcomeClass(digits[used++]);
    }
    // To the next placement that differs in a digit that was used. False: that was the last.
    bool advance() {
        std::fill(digits.begin() + std::ptrdiff_t(used), digits.end(), std::uint8_t{0});
        while (used > 0 && digits[used - 1] == outcome_classes - 1)
            digits[--used] = 0;
        if (used == 0)
            return false;
        ++digits[used - 1];
        used = 0;
        return true;
    }
    std::string text() const {
        std::string all;
        for (std::size_t i = 0; i < depth; ++i)
            all += std::string(i > 0 ? " " : "") + name(OutcomeClass(digits[i]));
        return all;
    }
};

// One world under one placement.
class Play {
  public:
    Play(const WorldKind& kind, const Setup& setup, const Engine& fresh, Placement& placement)
        : kind_(kind),
          policy_(setup.chains[0].policy),
          engine_(fresh),
          placement_(placement),
          keys_(setup) {}

    // Null: everything held.
    const char* run() {
        while (placement_.used < placement_.depth && wrong_ == nullptr && calls_ < 12) {
            one_call();
            now_ += between_calls;
        }
        return wrong_;
    }

  private:
    struct Due {
        Instant at;
        Event event;
    };
    struct Running {
        TargetId target;
        bool open = false;
    };

    void expect(bool holds, const char* what) {
        if (!holds && wrong_ == nullptr)
            wrong_ = what;
    }

    void one_call() {
        ++calls_;
        finished_ = final_ = false;
        attempts_ = open_ = 0;
        last_failed_ = 0;
        tries_ = visits_ = {};
        cost_ = Money{};
        due_.clear();
        deadline_ = now_ + kind_.total;
        idle_since_ = now_;
        CallStarted start;
        start.tag = std::uint64_t(calls_);
        start.stream = kind_.stream;
        start.idempotent = kind_.idempotent;
        step(start);
        while (!due_.empty() && wrong_ == nullptr) {
            const auto first = std::min_element(
                due_.begin(), due_.end(), [](const Due& a, const Due& b) { return a.at < b.at; });
            const Due next = *first;
            due_.erase(first);
            if (finished_ && std::holds_alternative<Woke>(next.event))
                continue; // too late, and harmless: shown elsewhere
            now_ = next.at;
            step(next.event);
        }
        expect(finished_, "a call that never finishes");
        expect(engine_.calls_in_flight() == 0, "a call in flight after its end");
        for (std::uint16_t i = 0; i < 3; ++i)
            expect(engine_.status(TargetId{i}, now_).in_flight == 0, "an attempt in flight");
    }

    void step(const Event& event) {
        if (const auto* end = std::get_if<AttemptFinished>(&event))
            if (running_[end->attempt].open && now_ <= deadline_)
                ended(end->attempt, end->outcome);
        out_.clear();
        engine_.step(event, now_, out_);
        for (const Action& action : out_) {
            if (const auto* a = std::get_if<StartAttempt>(&action))
                started(*a);
            else if (const auto* c = std::get_if<CancelAttempt>(&action))
                ended(c->attempt, c->outcome);
            else if (const auto* w = std::get_if<WakeAt>(&action))
                due_.push_back({w->at, Woke{w->call}});
            else if (const auto* f = std::get_if<Finish>(&action))
                finished(*f);
        }
        expect(finished_ || now_ <= deadline_, "a call outlasts its deadline");
    }

    // While nothing ran the call waited: for a backoff or a Retry-After, never for longer.
    void bounded_wait() {
        if (open_ == 0)
            expect(now_ - idle_since_ <= std::max(backoff, max_wait), "an unbounded wait");
    }

    void started(const StartAttempt& a) {
        bounded_wait();
        expect(!finished_, "an attempt of a finished call");
        expect(now_ < deadline_, "an attempt after the deadline");
        expect(!final_, "sent again after a rejection or a forbidden resend");
        expect(a.attempt == ++attempts_, "attempts are numbered from 1");
        expect(attempts_ <= kind_.max_attempts, "more than max_attempts");
        const bool rotates = keys_.rotates(a, now_);
        expect(!rotates || kind_.keys > 1, "a rotation without a second key");
        tries_[a.target.value] += !rotates;
        expect(tries_[a.target.value] <= kind_.tries, "more than attempts_per_target");
        expect(++visits_[a.target.value] <= kind_.tries * kind_.keys, "a key twice in one try");
        if (const char* broken = keys_.started(a, 0, now_))
            expect(false, broken);
        expect(++open_ <= 1 + kind_.hedges, "too many at once");
        expect(kind_.idempotent || open_ == 1, "a hedge of work that may be billed twice");
        running_[a.attempt] = {a.target, true};
        place(a);
    }

    // How this attempt will go.
    void place(const StartAttempt& a) {
        const OutcomeClass cls = placement_.next();
        if (cls == OutcomeClass::cancelled) {
            due_.push_back({now_ + first_token_time, CallCancelled{a.call}});
            return;
        }
        due_.push_back({now_ + connect_time, Connected{a.call, a.attempt}});
        if (cls == OutcomeClass::retry && kind_.broken == Broken::hang)
            return;
        const bool has_text = cls == OutcomeClass::success || cls == OutcomeClass::broken_stream;
        if (has_text && kind_.stream)
            due_.push_back({now_ + first_token_time, Delta{a.call, a.attempt}});
        due_.push_back({now_ + answer_time, AttemptFinished{a.call, a.attempt, outcome(cls)}});
    }
    Outcome outcome(OutcomeClass cls) const {
        Outcome o;
        o.cls = cls;
        o.cost = Money{7};
        o.counts_for_breaker = cls == OutcomeClass::retry || cls == OutcomeClass::failover ||
                               cls == OutcomeClass::broken_stream;
        o.ambiguous = cls == OutcomeClass::broken_stream ||
                      (cls == OutcomeClass::retry && kind_.broken == Broken::reset);
        if (cls == OutcomeClass::reroute)
            o.cause = kind_.reroute;
        if (cls == OutcomeClass::cooldown)
            o.cause = Cause::rate_limited;
        if (cls == OutcomeClass::disable)
            o.cause = Cause::bad_key;
        if (cls == OutcomeClass::cooldown && kind_.busy != Busy::unsaid)
            o.retry_after = kind_.busy == Busy::a_moment  ? 50ms
                            : kind_.busy == Busy::briefly ? 400ms
                                                          : 900ms;
        return o;
    }

    void ended(AttemptNumber number, const Outcome& o) {
        expect(running_[number].open, "an attempt ends twice");
        running_[number].open = false;
        keys_.ended(std::uint64_t(calls_), number, o, policy_.disable, true, now_);
        --open_;
        idle_since_ = now_;
        cost_ += o.cost;
        if (o.cls == OutcomeClass::success || o.cls == OutcomeClass::cancelled)
            return;
        last_failed_ = number;
        const bool may_resend =
            kind_.resend == ResendAmbiguous::always ||
            (kind_.resend == ResendAmbiguous::idempotent_only && kind_.idempotent);
        final_ = final_ || o.cls == OutcomeClass::reject || (o.ambiguous && !may_resend);
    }

    void finished(const Finish& f) {
        bounded_wait();
        expect(!finished_, "finished twice");
        expect(open_ == 0, "finished while an attempt runs");
        expect(f.attempts == attempts_, "counts attempts");
        expect(f.cost == cost_ && f.wasted >= Money{} && f.wasted <= f.cost, "cost");
        const bool served = f.result == CallResult::success || f.result == CallResult::partial;
        expect(served == (f.served_by != 0), "who served");
        if (f.result == CallResult::success)
            expect(f.explained_by == 0, "explains a success");
        else
            expect(f.explained_by == last_failed_, "not explained by the last attempt");
        expect((f.result == CallResult::refused) == (attempts_ == 0), "refused without an attempt");
        finished_ = true;
    }

    const WorldKind& kind_;
    const Policy& policy_;
    Engine engine_;
    Placement& placement_;
    KeyWatch keys_;
    Actions out_;
    Instant now_{}, deadline_{}, idle_since_{};
    std::vector<Due> due_;
    std::array<Running, 16> running_{};
    std::array<int, 3> tries_{}, visits_{}; // visits: with every key
    int calls_ = 0, attempts_ = 0, open_ = 0;
    bool finished_ = false, final_ = false;
    AttemptNumber last_failed_ = 0;
    Money cost_;
    const char* wrong_ = nullptr;
};

} // namespace

class TestEngineExhaustive : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void every_placement();
};

void TestEngineExhaustive::every_placement() {
    const int asked = qEnvironmentVariableIntValue("BROWNOUT_DEPTH");
    const std::size_t depth = asked > 0 ? std::size_t(std::min(asked, 8)) : 4;
    QElapsedTimer timer;
    timer.start();
    std::uint64_t paths = 0;
    const std::vector<WorldKind> worlds = kinds();
    for (const WorldKind& kind : worlds) {
        const Setup setup = three_targets(kind);
        const Engine fresh(setup, 1);
        Placement placement;
        placement.depth = depth;
        bool more = true;
        for (; more; ++paths) {
            const char* wrong = Play(kind, setup, fresh, placement).run();
            if (wrong != nullptr)
                QFAIL(qPrintable(QStringLiteral("%1, strategy %2: %3: %4")
                                     .arg(QString::fromLatin1(kind.name))
                                     .arg(int(kind.strategy))
                                     .arg(QString::fromStdString(placement.text()),
                                          QString::fromLatin1(wrong))));
            more = placement.advance();
        }
    }
    qInfo("%zu worlds to depth %zu: %llu placements in %.1f s", worlds.size(), depth,
          static_cast<unsigned long long>(paths), double(timer.elapsed()) / 1e3);
}

QTEST_APPLESS_MAIN(TestEngineExhaustive)
#include "test_engine_exhaustive.moc"
