// A target's sentence is true: its numbers are read back and compared with what the engine does in
// virtual time, over a thousand random policies.
#include "unit/chain/lone_request.h"
#include "unit/chain/random_chain.h"
#include "unit/chain/sentence.h"

#include <QSet>
#include <QtTest>

using namespace brownout;
using namespace brownout::chain;
using namespace std::chrono_literals;
using engine::OutcomeClass;

namespace {

// Three digits are said.
bool near(Duration is, Duration said) {
    return std::abs(to_seconds(is) - to_seconds(said)) <= 0.0051 * to_seconds(said) + 1e-6;
}

struct Case {
    Document document;
    Compiled compiled;
    std::size_t place = 0;
    engine::TargetId target;
    Said said;
    bool ordered = false; // priority: those before it have their turn first

    engine::CallStarted request() const {
        engine::CallStarted out;
        out.stream = true;
        if (!ordered)
            out.prefer = target;
        return out;
    }
    // Its turn has come: those before it are held open.
    void take_turn(engine::Engine& engine, Instant now) const {
        engine::Actions actions;
        for (std::size_t i = 0; ordered && i < place; ++i)
            engine.step(engine::HoldBreaker{compiled.setup.chains[0].entries[i].target,
                                            engine::BreakerHold::open},
                        now, actions);
    }
};

using Check = QString; // what is false; empty: all true

Check never_used(const Case& c) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        engine::Engine engine(c.compiled.setup, seed);
        Instant now{};
        auto request = c.request();
        request.prefer = c.target;
        const auto ending = lone::run(engine, now, request, [](const engine::StartAttempt&) {
            lone::Script fails;
            fails.ends = 0ns;
            fails.outcome.cls = OutcomeClass::failover;
            return fails;
        });
        for (const auto& attempt : ending.attempts)
            if (attempt.target == c.target)
                return "it is used";
    }
    return {};
}

Check first_token(const Case& c) {
    engine::Engine engine(c.compiled.setup, 1);
    Instant now{};
    c.take_turn(engine, now);
    const auto ending = lone::run(engine, now, c.request(),
                                  [](const engine::StartAttempt&) { return lone::Script{}; });
    if (ending.attempts.empty() || ending.attempts[0].target != c.target)
        return "it is not tried";
    const Duration waited = ending.attempts[0].ended;
    return near(waited, c.said.first_token)
               ? QString()
               : QString("the first token is waited for %1 s").arg(to_seconds(waited));
}

struct Tried {
    int tries = 0;
    std::vector<Duration> gaps;
    bool moved_on = false;
};

Tried try_it(const Case& c, std::uint64_t seed, std::optional<Duration> retry_after) {
    engine::Engine engine(c.compiled.setup, seed);
    Instant now{};
    if (c.said.while_budget) // many requests, so that the budget allows what it ever allows
        for (int i = 0; i < 300; ++i)
            lone::run(engine, now, c.request(), [](const engine::StartAttempt&) {
                lone::Script good;
                good.ends = 0ns;
                return good;
            });
    c.take_turn(engine, now);
    const auto ending = lone::run(engine, now, c.request(), [&](const engine::StartAttempt& start) {
        lone::Script fails;
        fails.ends = 0ns;
        fails.outcome.cls = start.target == c.target ? OutcomeClass::retry : OutcomeClass::reject;
        fails.outcome.retry_after = retry_after;
        return fails;
    });
    Tried out;
    for (const auto& attempt : ending.attempts) {
        if (attempt.target != c.target) {
            out.moved_on = true;
            break;
        }
        if (out.tries++ > 0)
            out.gaps.push_back(attempt.started - ending.attempts[std::size_t(out.tries) - 2].ended);
    }
    return out;
}

Check tries(const Case& c) {
    const Said& said = c.said;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const Tried is = try_it(c, seed, {});
        const bool right = said.up_to || said.while_budget ? is.tries >= 1 && is.tries <= said.tries
                                                           : is.tries == said.tries;
        if (!right)
            return QString("tried %1 times").arg(is.tries);
        if (is.tries == said.tries && is.moved_on != said.moves_on)
            return is.moved_on ? "it moves on" : "it gives up";
        for (const Duration gap : is.gaps)
            if (to_seconds(gap) < 0.994 * to_seconds(said.shortest) - 1e-6 ||
                to_seconds(gap) > 1.006 * to_seconds(said.longest) + 1e-6)
                return QString("a wait of %1 s").arg(to_seconds(gap));
    }
    if (!said.retry_after || said.tries < 2 || said.while_budget)
        return {};
    const Duration total = c.compiled.setup.chains[0].policy.timeouts.total;
    const Duration shorter = Duration{said.retry_after->count() / 100 * 99};
    const Duration longer = Duration{said.retry_after->count() / 100 * 102};
    if (longer >= total)
        return {};
    const Tried waited = try_it(c, 0, shorter);
    if (waited.gaps.empty() || waited.gaps[0] != shorter)
        return "a Retry-After within its bound is not waited for";
    // Beyond the bound it is left alone, unless the backoff itself is as long.
    const Tried beyond = try_it(c, 0, longer);
    if (!beyond.gaps.empty() &&
        (beyond.gaps[0] == longer || to_seconds(beyond.gaps[0]) > 1.006 * to_seconds(said.longest)))
        return "a Retry-After beyond its bound is waited for";
    return {};
}

// Every key is busy for longer than anybody waits: each is asked once, at once.
Check keys(const Case& c) {
    if (c.said.keys == 1)
        return {};
    engine::Engine engine(c.compiled.setup, 2);
    Instant now{};
    c.take_turn(engine, now);
    const auto ending = lone::run(engine, now, c.request(), [&](const engine::StartAttempt& start) {
        lone::Script busy;
        busy.ends = 0ns;
        busy.outcome.cls = start.target == c.target ? OutcomeClass::cooldown : OutcomeClass::reject;
        busy.outcome.cause = engine::Cause::rate_limited;
        busy.outcome.retry_after = std::chrono::hours(1);
        return busy;
    });
    const auto& policy = c.compiled.setup.chains[0].policy.retry;
    const auto most = std::size_t(std::min(c.said.keys, policy.max_attempts));
    QSet<int> used;
    for (std::size_t i = 0; i < most; ++i) {
        if (ending.attempts.size() <= i || ending.attempts[i].target != c.target ||
            ending.attempts[i].started != Duration::zero())
            return QString("only %1 keys are asked at once").arg(i);
        used.insert(ending.attempts[i].key);
    }
    return std::size_t(used.size()) == most ? QString() : "a key is asked twice";
}

// The breaker under requests that end at once, one after the other.
class BreakerDrive {
  public:
    explicit BreakerDrive(const Case& c) : c_(c), engine_(c.compiled.setup, 3) {}

    bool request(bool success) { // true: the breaker opened
        engine::Actions actions;
        auto started = c_.request();
        started.prefer = c_.target;
        engine_.step(started, now, actions);
        probe = false;
        engine::CallId call;
        for (const auto& action : actions)
            if (const auto* start = std::get_if<engine::StartAttempt>(&action)) {
                probe = start->probe && start->target == c_.target;
                call = start->call;
            }
        engine::Outcome outcome;
        outcome.cls = success ? OutcomeClass::success : OutcomeClass::reject;
        outcome.counts_for_breaker = !success;
        engine::Actions more;
        engine_.step(engine::AttemptFinished{call, 1, outcome}, now, more);
        for (const auto& action : more)
            if (const auto* changed = std::get_if<engine::BreakerChanged>(&action))
                if (changed->target == c_.target && changed->to == engine::BreakerState::open) {
                    open_for = changed->open_until - now;
                    return true;
                }
        return false;
    }
    bool opens() { // after as many failures as it takes
        for (int i = 0; i < 100; ++i)
            if (request(false))
                return true;
        return false;
    }
    Instant now{};
    Duration open_for{};
    bool probe = false; // the last request was a probe

  private:
    const Case& c_;
    engine::Engine engine_;
};

// After `successes` in the window: with how many failures the sentence says that it opens.
int opens_after(const Said& said, int successes) {
    for (int f = 1; f <= 60; ++f) {
        if (said.in_a_row && f >= *said.in_a_row)
            return f;
        if (said.ratio && successes + f >= said.minimum &&
            f >= *said.ratio * (successes + f) - 1e-9)
            return f;
    }
    return 0;
}

Check breaker_rules(const Case& c) {
    for (const int successes : {0, 10}) {
        BreakerDrive drive(c);
        for (int i = 0; i < successes; ++i)
            drive.request(true);
        const int said = c.said.held_closed ? 0 : opens_after(c.said, successes);
        int is = 0;
        for (int f = 1; f <= 60 && is == 0; ++f)
            is = drive.request(false) ? f : 0;
        if (is != said)
            return QString("after %1 successes it opens after %2 failures, not %3")
                .arg(successes)
                .arg(is)
                .arg(said);
    }
    if (!c.said.ratio || c.said.in_a_row || c.said.minimum < 2 || c.said.held_closed)
        return {};
    for (const double part : {0.8, 1.2}) { // of the window, between the first and the last
        BreakerDrive drive(c);
        for (int i = 1; i < c.said.minimum; ++i)
            drive.request(false);
        drive.now += from_seconds(part * to_seconds(c.said.window));
        if (drive.request(false) != (part < 1))
            return "its window is another one";
    }
    return {};
}

Check open_times(const Case& c) {
    if (c.said.held_closed || !opens_after(c.said, 0))
        return {};
    BreakerDrive drive(c);
    if (!drive.opens())
        return "it never opens";
    if (!near(drive.open_for, *c.said.probes_after))
        return QString("open for %1 s").arg(to_seconds(drive.open_for));
    const Instant until = drive.now + drive.open_for;
    drive.now = until - 1ms;
    drive.request(true);
    if (drive.probe)
        return "it probes earlier";
    BreakerDrive again(c);
    if (!again.opens())
        return "it never opens again";
    Duration longest = again.open_for;
    for (int i = 0; i < 40; ++i) {
        again.now += again.open_for;
        if (!again.request(false) || !again.probe)
            return "there is no probe after its open time";
        longest = std::max(longest, again.open_for);
    }
    const Duration said = c.said.later.value_or(*c.said.probes_after);
    return near(longest, said) ? QString()
                               : QString("later open for %1 s").arg(to_seconds(longest));
}

// Requests that begin together and answer after `time`: does the breaker open?
bool opens_when_slow(const Case& c, Duration time) {
    engine::Engine engine(c.compiled.setup, 5);
    engine::Actions actions;
    std::vector<engine::CallId> calls;
    for (int i = 0; i < c.said.minimum; ++i) {
        auto started = c.request();
        started.prefer = c.target;
        started.idempotent = false; // never hedged
        actions = {};
        engine.step(started, Instant{}, actions);
        for (const auto& action : actions)
            if (const auto* start = std::get_if<engine::StartAttempt>(&action))
                calls.push_back(start->call);
    }
    bool opened = false;
    for (const auto call : calls) {
        actions = {};
        engine.step(engine::Connected{call, 1}, Instant{}, actions);
    }
    for (const auto call : calls) {
        actions = {};
        engine.step(engine::AttemptFinished{call, 1, {}}, Instant{} + time, actions);
        for (const auto& action : actions)
            if (const auto* changed = std::get_if<engine::BreakerChanged>(&action))
                opened = opened || changed->to == engine::BreakerState::open;
    }
    return opened;
}

Check slow_calls(const Case& c) {
    if (!c.said.slow_ratio || c.said.held_closed)
        return {};
    const auto part = [&](double factor) { return from_seconds(factor * to_seconds(c.said.slow)); };
    if (part(1.02) >= c.said.first_token)
        return {}; // such an answer is cut before it is slow
    if (opens_when_slow(c, part(0.98)))
        return "it opens although nobody was slow";
    return opens_when_slow(c, part(1.02)) ? QString() : "slow answers do not open it";
}

} // namespace

class TestDescribeTruth : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void sentencesAreTrue() {
        int policies = 0, sentences = 0, unused = 0, slow = 0, with_keys = 0;
        for (std::uint64_t seed = 0; policies < 1000; ++seed) {
            Rng rng(seed + 50'000);
            Json json = random::document(rng, random::Taste::exotic);
            // What keeps requests out altogether is not what a sentence is about.
            json["policy"].erase("budget");
            for (Json& provider : json["providers"])
                provider.erase("limits");
            Case c;
            c.document = *read_document(json, "random").value;
            const Chain& chain = c.document.chains[0];
            QSet<QString> names;
            for (const Target& target : chain.targets)
                names.insert(QString::fromStdString(target.name()));
            if (names.size() != qsizetype(chain.targets.size()))
                continue; // doubles share what is measured here
            ++policies;
            c.compiled = compile(c.document);
            c.ordered = chain.strategy == engine::Strategy::priority;
            for (c.place = 0; c.place < chain.targets.size(); ++c.place) {
                const std::string sentence = describe(c.document, chain, chain.targets[c.place]);
                c.target = c.compiled.setup.chains[0].entries[c.place].target;
                c.said = read_sentence(sentence);
                ++sentences;
                unused += c.said.never_used;
                slow += c.said.slow_ratio.has_value();
                with_keys += c.said.keys > 1;
                QStringList wrong;
                if (c.said.never_used)
                    wrong << never_used(c);
                else
                    wrong << first_token(c) << tries(c) << keys(c) << breaker_rules(c)
                          << open_times(c) << slow_calls(c);
                wrong.removeAll(QString());
                QVERIFY2(wrong.isEmpty(), qPrintable(QString("seed %1, target %2: %3\nbut %4\n%5")
                                                         .arg(seed)
                                                         .arg(c.place + 1)
                                                         .arg(sentence.c_str(), wrong.join("; "),
                                                              pretty_json(json).c_str())));
            }
        }
        qInfo("%d policies, %d sentences (%d of targets that are never used, %d with slow calls, "
              "%d with "
              "several keys)",
              policies, sentences, unused, slow, with_keys);
        QVERIFY(unused > 50 && slow > 200 && with_keys > 200);
    }
};

QTEST_APPLESS_MAIN(TestDescribeTruth)
#include "test_describe_truth.moc"
