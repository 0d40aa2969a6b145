// The leaves: delay, window, verdict, random numbers, each against a table or a slow obvious model.
#include "base/money.h"
#include "base/rng.h"
#include "engine/budget.h"
#include "engine/latency.h"
#include "engine/retry_delay.h"
#include "engine/undecided.h"
#include "engine/verdict.h"
#include "engine/window.h"

#include <QTest>

#include <algorithm>
#include <vector>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

class TestEngineParts : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void delay_data();
    void delay();
    void delay_stays_in_its_range();
    void window_against_a_list();
    void latency_against_a_list();
    void retry_budget_data();
    void retry_budget();
    void undecided_for_as_long_as_a_success_may_take();
    void verdict_data();
    void verdict();
    void times_saturate();
    void money_is_exact();
    void known_random_numbers();
};

void TestEngineParts::delay_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("jitter");
    QTest::addColumn<int>("retry");
    QTest::addColumn<int>("previous_ms");
    QTest::addColumn<double>("random");
    QTest::addColumn<int>("ms");
    // base 500 ms, factor 2, cap 3000 ms
    const auto row = [](const char* what, BackoffKind kind, JitterKind jitter, int retry,
                        int previous, double random, int ms) {
        QTest::newRow(what) << int(kind) << int(jitter) << retry << previous << random << ms;
    };
    using enum BackoffKind;
    using J = JitterKind;
    row("none", none, J::full, 3, 0, 0.9, 0);
    row("none ignores decorrelated", none, J::decorrelated, 3, 900, 0.9, 0);
    row("fixed", fixed, J::none, 3, 0, 0.9, 500);
    row("linear 1", linear, J::none, 1, 0, 0.9, 500);
    row("linear 3", linear, J::none, 3, 0, 0.9, 1500);
    row("linear capped", linear, J::none, 9, 0, 0.9, 3000);
    row("exponential 1", exponential, J::none, 1, 0, 0.9, 500);
    row("exponential 3", exponential, J::none, 3, 0, 0.9, 2000);
    row("exponential capped", exponential, J::none, 4, 0, 0.9, 3000);
    row("exponential far", exponential, J::none, 2'000'000'000, 0, 0.9, 3000);
    row("full low", exponential, J::full, 2, 0, 0.0, 0);
    row("full half", exponential, J::full, 2, 0, 0.5, 500);
    row("equal low", exponential, J::equal, 2, 0, 0.0, 500);
    row("equal half", exponential, J::equal, 2, 0, 0.5, 750);
    row("decorrelated first, low", exponential, J::decorrelated, 1, 0, 0.0, 500);
    row("decorrelated first, half", exponential, J::decorrelated, 1, 0, 0.5, 1000);
    row("decorrelated from the previous", exponential, J::decorrelated, 2, 900, 0.5, 1600);
    row("decorrelated capped", exponential, J::decorrelated, 3, 2900, 0.9, 3000);
    row("additive", exponential, J::additive, 2, 0, 0.5, 1250);
    row("additive passes the cap by at most one base", exponential, J::additive, 9, 0, 0.5, 3250);
}

void TestEngineParts::delay() {
    QFETCH(int, kind);
    QFETCH(int, jitter);
    QFETCH(int, retry);
    QFETCH(int, previous_ms);
    QFETCH(double, random);
    QFETCH(int, ms);
    const BackoffPolicy policy{BackoffKind(kind), 500ms, 2.0, 3000ms, JitterKind(jitter)};
    const Duration d = retry_delay(policy, retry, Duration{previous_ms * 1ms}, random);
    QCOMPARE(std::int64_t{d.count()}, std::int64_t{ms} * 1'000'000);
}

void TestEngineParts::delay_stays_in_its_range() {
    Rng rng{7};
    for (int i = 0; i < 100'000; ++i) {
        BackoffPolicy p;
        p.kind = BackoffKind(rng.below(4));
        p.jitter = JitterKind(rng.below(5));
        p.base = Duration{rng.below(2'000'000'000)};
        p.cap = p.base + Duration{rng.below(2'000'000'000)};
        p.factor = 1.0 + 3.0 * rng.uniform();
        const Duration previous{rng.below(2'000'000'000)};
        const Duration d = retry_delay(p, 1 + int(rng.below(40)), previous, rng.uniform());
        const Duration most = p.jitter == JitterKind::additive ? p.cap + p.base : p.cap;
        QVERIFY(d >= Duration::zero() && d <= most);
    }
}

// Every request in a list, counted anew each time.
void TestEngineParts::window_against_a_list() {
    struct Seen {
        std::int64_t bucket;
        WindowCounts counts;
    };
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng{seed};
        const Duration width{1 + rng.below(1000)};
        Window window{width * Window::buckets};
        std::vector<Seen> all;
        std::int64_t now = 0;
        for (int i = 0; i < 300; ++i) {
            now += rng.below(rng.below(20) == 0 ? 20'000 : 300);
            const Instant t{Duration{now}};
            if (rng.chance(0.7)) {
                const WindowCounts c{1, int(rng.below(2)), int(rng.below(2))};
                window.add(t, c);
                all.push_back({now / width.count(), c});
            }
            WindowCounts expected;
            for (const Seen& seen : all)
                if (seen.bucket > now / width.count() - Window::buckets)
                    expected += seen.counts;
            if (!(window.counts(t) == expected))
                QFAIL(qPrintable(QStringLiteral("seed %1, step %2").arg(seed).arg(i)));
        }
        window.clear();
        QVERIFY(window.counts(Instant{Duration{now}}) == WindowCounts{});
    }
}

void TestEngineParts::latency_against_a_list() {
    Rng rng{5};
    Latency latency;
    QVERIFY(!latency.quantile(0.5, 0));
    std::vector<std::int64_t> all;
    for (int i = 0; i < 500; ++i) {
        const Duration time = std::chrono::milliseconds(rng.below(50));
        latency.add(time);
        all.push_back(time.count());
        std::vector<std::int64_t> recent(
            all.size() > Latency::kept ? all.end() - Latency::kept : all.begin(), all.end());
        std::sort(recent.begin(), recent.end());
        const double q = rng.uniform();
        const auto rank = std::size_t(q * double(recent.size()));
        QCOMPARE(std::int64_t{latency.quantile(q, 1)->count()}, recent[rank]);
        QCOMPARE(std::int64_t{latency.quantile(1.0, 1)->count()}, recent.back());
        QCOMPARE(latency.quantile(q, 20).has_value(), recent.size() >= 20);
    }
}

void TestEngineParts::retry_budget_data() {
    QTest::addColumn<double>("ratio");
    QTest::addColumn<double>("min_per_s");
    QTest::addColumn<int>("requests");
    QTest::addColumn<int>("retries");
    QTest::newRow("nothing") << 0.0 << 0.0 << 40 << 0;
    QTest::newRow("a share") << 0.25 << 0.0 << 40 << 10;
    QTest::newRow("a share, rounded down") << 0.25 << 0.0 << 43 << 10;
    QTest::newRow("at least") << 0.0 << 0.5 << 0 << 2;
    QTest::newRow("both") << 0.25 << 0.5 << 8 << 4;
}

// Over 4 s.
void TestEngineParts::retry_budget() {
    QFETCH(double, ratio);
    QFETCH(double, min_per_s);
    QFETCH(int, requests);
    QFETCH(int, retries);
    RetryBudget budget{RetryBudgetPolicy{ratio, min_per_s, 4s}};
    for (const Instant now : {Instant{1s}, Instant{9s}}) { // the second time all is forgotten
        for (int i = 0; i < requests; ++i)
            budget.request(now);
        for (int i = 0; i < retries; ++i)
            QVERIFY(budget.take(now));
        QVERIFY(!budget.take(now));
    }
    RetryBudget none{std::nullopt};
    for (int i = 0; i < 100; ++i)
        QVERIFY(none.take(Instant{}));
}

void TestEngineParts::undecided_for_as_long_as_a_success_may_take() {
    const auto begin = [](Undecided& u, Duration at, int attempts) {
        for (int i = 0; i < attempts; ++i)
            u.begin(Instant{at});
    };
    Undecided u;
    begin(u, 1s, 3);
    QCOMPARE(u.count(Instant{5s}, 100), 3);
    QCOMPARE(u.count(Instant{5s}, 2), 2);   // never more than are in flight
    QCOMPARE(u.count(Instant{7s}, 100), 0); // nothing was measured: 5 s
    u.succeeded(1, 1s);
    begin(u, 8s, 4);
    QCOMPARE(u.count(Instant{9s}, 100), 4);
    QCOMPARE(u.count(Instant{11s}, 100), 0); // twice a second

    // However long successes take, 16 s: the buckets 1 to 64 of a quarter of a second.
    Undecided slow;
    begin(slow, 0s, 3);
    slow.succeeded(1, 20s);
    begin(slow, 250ms, 4);
    begin(slow, 15750ms, 2);
    QCOMPARE(slow.count(Instant{15750ms}, 100), 9);
    begin(slow, 16s, 1);
    QCOMPARE(slow.count(Instant{16s}, 100), 7);
}

void TestEngineParts::verdict_data() {
    QTest::addColumn<int>("cls");
    QTest::addColumn<int>("cause");
    QTest::addColumn<bool>("has_text");
    QTest::addColumn<int>("move");
    QTest::addColumn<bool>("may_return");
    QTest::addColumn<bool>("caller_fault");
    const auto row = [](const char* what, OutcomeClass cls, Cause cause, bool text, Move move,
                        bool may_return, bool fault) {
        QTest::newRow(what) << int(cls) << int(cause) << text << int(move) << may_return << fault;
    };
    using enum OutcomeClass;
    row("retry", retry, Cause::http_status, false, Move::retry_here, true, false);
    row("failover", failover, Cause::http_status, false, Move::move_on, true, false);
    row("cooldown", cooldown, Cause::rate_limited, false, Move::move_on, true, false);
    row("disable", disable, Cause::bad_key, false, Move::move_on, false, false);
    row("reroute", reroute, Cause::unsupported, false, Move::move_on, false, true);
    row("moderation", reroute, Cause::moderation, false, Move::give_up, false, true);
    row("context", reroute, Cause::context_exceeded, false, Move::move_on, false, true);
    row("model missing", reroute, Cause::model_missing, false, Move::move_on, false, false);
    row("reject", reject, Cause::bad_request, false, Move::give_up, false, true);
    row("cut before it was the caller's", broken_stream, Cause::truncated, false, Move::move_on,
        true, false);
    row("cut after", broken_stream, Cause::truncated, true, Move::move_on, true, false);
    row("500 after text", retry, Cause::http_status, true, Move::move_on, true, false);
    row("rejected after text", reject, Cause::bad_request, true, Move::give_up, false, false);
    row("cancelled", cancelled, Cause::caller_left, false, Move::give_up, false, false);
}

void TestEngineParts::verdict() {
    QFETCH(int, cls);
    QFETCH(int, cause);
    QFETCH(bool, has_text);
    QFETCH(int, move);
    QFETCH(bool, may_return);
    QFETCH(bool, caller_fault);
    Outcome outcome;
    outcome.cls = OutcomeClass(cls);
    outcome.cause = Cause(cause);
    const Verdict v = judge(outcome, Policy{}, RetryPolicy{}, {true, has_text});
    QCOMPARE(int(v.move), move);
    QCOMPARE(v.may_return, may_return);
    QCOMPARE(v.caller_fault, caller_fault);
}

void TestEngineParts::times_saturate() {
    QVERIFY(after(Instant{1s}, 2s) == Instant{3s});
    QVERIFY(after(Instant{1s}, Duration::max()) == never);
    QVERIFY(after(never, 1s) == never);
    QVERIFY(after(Instant{-1s}, 2s) == Instant{1s});
    QVERIFY(from_seconds(-1) == Duration::zero());
    QVERIFY(from_seconds(std::nan("")) == Duration::zero());
    QVERIFY(from_seconds(1e300) == Duration::max());
    QVERIFY(from_ms(1.5) == 1500us);
}

void TestEngineParts::money_is_exact() {
    Money sum;
    for (int i = 0; i < 1'000'000; ++i)
        sum += Money::from_usd(0.000'000'1);
    QVERIFY(sum == Money::from_usd(0.1));
    QCOMPARE(Money::from_usd(std::nan("")).pico_usd, std::int64_t{0});
    QCOMPARE(Money::from_usd(1e30).pico_usd, INT64_MAX);
}

// The same everywhere, for ever: recorded runs depend on it.
void TestEngineParts::known_random_numbers() {
    // splitmix64 from state 0 (the reference implementation's first output).
    QCOMPARE(mix64(0), std::uint64_t{0xe220a8397b1dcdafu});
    Rng a{1}, b{1};
    QCOMPARE(a.next(), b.next());
    QVERIFY(a == b);
    QVERIFY(Rng::stream(1, 1).next() != Rng::stream(1, 2).next());
    Rng r{3};
    double sum = 0;
    for (int i = 0; i < 100'000; ++i) {
        const double u = r.uniform();
        QVERIFY(u >= 0.0 && u < 1.0);
        sum += u;
    }
    QVERIFY(std::abs(sum / 100'000 - 0.5) < 0.005);
}

QTEST_APPLESS_MAIN(TestEngineParts)
#include "test_engine_parts.moc"
