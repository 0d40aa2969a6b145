// Caps on money: per request, hour, day and provider. Prices and caps in micro-dollars.
#include "engine/purse.h"
#include "unit/engine/table.h"

#include <vector>

using namespace brownout;
using namespace brownout::engine;

class TestEngineMoney : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void request_data();
    void request() { check(); }
    void windows_data();
    void windows() { check(); }
    void unpriced_data();
    void unpriced() { check(); }
    void spend_window_against_a_list();
    void spend_comes_along_with_an_edited_chain();
    void the_finish_says_which_cap_kept_a_target_out();
};

void TestEngineMoney::request_data() {
    columns();
    row("a dear target is skipped", "prices=50,10,5 cap_request=20", R"(
        t=0    start          | start#1 B
        t=0.1  #1 503 cost=10 | B->C, start#2 C failover
        t=0.2  #2 503 cost=5  |
        t=0.7  wake           | start#3 C retry
        t=0.8  #3 503 cost=5  | finish failed because #3 http_status cost 20u wasted 20u)");
    row("a retry that would break it is not made", "targets=A prices=10 cap_request=15", R"(
        t=0    start          | start#1 A
        t=0.1  #1 500 cost=10 | finish failed because #1 http_status cost 10u wasted 10u)");
    row("hedges that run count, each of them",
        "prices=10,10,10 cap_request=25 hedge=1/2 connect=9 first=9 share=no", R"(
        t=0  start  | start#1 A
        t=1  wake   | start#2 B hedge
        t=2  wake   |
        t=3  #2 ok  | forward#2, cancel#1 hedge_lost, finish success by #2)");
    row("exactly the cap fits", "targets=A prices=10 cap_request=20", R"(
        t=0    start          | start#1 A
        t=0.1  #1 500 cost=10 |
        t=0.6  wake           | start#2 A retry)");
    row("all too dear", "prices=50,50,50 cap_request=20", R"(
        t=0    start | finish refused budget request)");
    row("reject refuses at the first that does not fit",
        "prices=50,10,5 cap_request=20 on_exceeded=reject", R"(
        t=0    start | finish refused budget request)");
    row("reject refuses later too", "prices=10,50,5 cap_request=20 on_exceeded=reject", R"(
        t=0    start         | start#1 A
        t=0.1  #1 503 cost=1 | finish refused because #1 budget request cost 1u wasted 1u)");
    row("reject: a hedge that does not fit is not made, nor one past it, and refuses nobody",
        "prices=10,50,5 cap_request=20 on_exceeded=reject hedge=0.5/1", R"(
        t=0    start  | start#1 A
        t=0.5  wake   |
        t=0.6  #1 500 |
        t=1.1  wake   | start#2 A retry
        t=1.2  #2 ok  | forward#2, finish success by #2)");
    row("a hedge that would break it is not made", "prices=10,15,5 cap_request=20 hedge=0.5/1", R"(
        t=0    start | start#1 A
        t=0.5  wake  | start#2 C hedge)");
}

void TestEngineMoney::windows_data() {
    columns();
    row("hour: what was spent counts, what was estimated no longer",
        "targets=A prices=10 cap_hour=25", R"(
        t=0    start         | start#1 A
        t=1    #1 ok cost=4  | forward#1, finish success by #1 cost 4u wasted 0u
        t=2    c2 start      | c2 start#1 A
        t=3    c2 #1 ok cost=12 | c2 forward#1, c2 finish success by #1 cost 12u wasted 0u
        t=4    c3 start      | c3 finish refused budget hour)");
    row("hour: the attempts in flight count as they were estimated",
        "targets=A prices=10 cap_hour=25", R"(
        t=0    start         | start#1 A
        t=0    c2 start      | c2 start#1 A
        t=0    c3 start      | c3 finish refused budget hour
        t=1    #1 ok cost=4  | forward#1, finish success by #1 cost 4u wasted 0u
        t=2    c4 start      | c4 start#1 A
        t=2    c5 start      | c5 finish refused budget hour)");
    row("hour: an attempt that was never sent gives its estimate back",
        "targets=A prices=20 cap_hour=25", R"(
        t=0    start         | start#1 A
        t=1    leave         | cancel#1 caller_left, finish cancelled caller_left
        t=2    c2 start      | c2 start#1 A
        t=3    c2 #1 connected |
        t=4    c2 leave      | c2 cancel#1 caller_left, c2 finish cancelled caller_left cost 20u wasted 20u
        t=5    c3 start      | c3 finish refused budget hour)");
    row("hour: it counts for at least 60 minutes and at most 61", "targets=A prices=10 cap_hour=15",
        R"(
        t=59     start        | start#1 A
        t=59     #1 ok cost=10 | forward#1, finish success by #1 cost 10u wasted 0u
        t=3659   c2 start     | c2 finish refused budget hour
        t=3660   c3 start     | c3 start#1 A)");
    row("day: at least 24 hours and at most 24 minutes more", "targets=A prices=10 cap_day=15", R"(
        t=0      start         | start#1 A
        t=0      #1 ok cost=10 | forward#1, finish success by #1 cost 10u wasted 0u
        t=86400  c2 start      | c2 finish refused budget day
        t=87839  c3 start      | c3 finish refused budget day
        t=87840  c4 start      | c4 start#1 A)");
    row("provider: the others serve on", "prices=10,10,10 cap_providers=15,0,5", R"(
        t=0    start           | start#1 A
        t=1    #1 ok cost=10   | forward#1, finish success by #1 cost 10u wasted 0u
        t=2    c2 start        | c2 start#1 B
        t=3    c2 #1 503 cost=1 |
        t=3.5  c2 wake         | c2 start#2 B retry)");
    row("provider: all its targets share it", "same_provider=yes prices=10,10,10 cap_providers=15",
        R"(
        t=0    start           | start#1 A
        t=1    #1 503 cost=10  | finish failed because #1 http_status cost 10u wasted 10u
        t=2    c2 start        | c2 finish refused budget provider)");
    row("exactly a day's cap fits", "targets=A prices=10 cap_day=20", R"(
        t=0    start           | start#1 A
        t=0    c2 start        | c2 start#1 A
        t=0    c3 start        | c3 finish refused budget day)");
    row("exactly an hour's cap fits", "targets=A prices=10 cap_hour=20", R"(
        t=0    start           | start#1 A
        t=0    c2 start        | c2 start#1 A
        t=0    c3 start        | c3 finish refused budget hour)");
    row("exactly a provider's cap fits, and an attempt that was never sent gives it back",
        "targets=A prices=10 cap_providers=20", R"(
        t=0    start           | start#1 A
        t=0    c2 start        | c2 start#1 A
        t=0    c3 start        | c3 finish refused budget provider
        t=0    leave           | cancel#1 caller_left, finish cancelled caller_left
        t=0    c4 start        | c4 start#1 A
        t=0    c5 start        | c5 finish refused budget provider)");
    row("spend of an earlier run counts", "targets=A,B prices=10,10 cap_hour=60 cap_providers=40",
        R"(
        t=10     spent A 35 at=-1800 |
        t=11     start               | start#1 B
        t=12     #1 ok cost=10       | forward#1, finish success by #1 cost 10u wasted 0u
        t=13     spent B 10 at=13    |
        t=14     c2 start            | c2 finish refused budget hour
        t=1859   c3 start            | c3 finish refused budget hour
        t=1860   c4 start            | c4 start#1 B)");
    row("spend of the day before yesterday does not", "targets=A prices=10 cap_day=15", R"(
        t=0      spent A 10 at=-87840 |
        t=0      start                | start#1 A)");
    row("a wait that ends when the money is gone goes on elsewhere",
        "targets=A,B prices=10,-1 cap_hour=15", R"(
        t=0    start            | start#1 A
        t=0    #1 500           |
        t=0.1  spent A 10 at=0  |
        t=0.5  wake             | A->B, start#2 B failover)");
    row("the smallest cap that is broken first is named: request, hour, day, provider",
        "targets=A prices=10 cap_request=5 cap_hour=5 cap_day=5 cap_providers=5", R"(
        t=0    start            | finish refused budget request)");
}

void TestEngineMoney::unpriced_data() {
    columns();
    row("an unknown price fits under no cap: skipped", "prices=50,0,5 cap_request=20", R"(
        t=0    start | start#1 C)");
    row("skipped for a day's cap too", "prices=0,0,5 cap_day=1000", R"(
        t=0    start | start#1 C)");
    row("reject: refused", "prices=0,10,5 cap_day=1000 on_exceeded=reject", R"(
        t=0    start | finish refused budget day)");
    row("another provider's cap is none of its business", "prices=0,10,5 cap_providers=0,9", R"(
        t=0    start | start#1 A)");
    row("without caps it serves", "prices=0,10,5", R"(
        t=0    start | start#1 A)");
    row("what is free serves when the money is gone", "prices=10,-1,5 cap_hour=10", R"(
        t=0    start           | start#1 A
        t=1    #1 ok cost=30   | forward#1, finish success by #1 cost 30u wasted 0u
        t=2    c2 start        | c2 start#1 B)");
}

// Everything ever spent in a list, counted anew: over its length at least, 1/60 more at most.
void TestEngineMoney::spend_window_against_a_list() {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Rng rng{seed};
        SpendWindow window{std::chrono::hours(1)};
        std::vector<std::pair<Instant, Money>> all;
        Instant now{};
        for (int i = 0; i < 300; ++i) {
            now += std::chrono::seconds(rng.below(rng.below(20) == 0 ? 9000 : 120));
            const Instant at = now - std::chrono::seconds(rng.below(5000));
            const Money cost{rng.below(1000)};
            window.add(at, cost, now);
            all.emplace_back(at, cost);
            Money least, most;
            for (const auto& [when, spent] : all) {
                if (now - when < std::chrono::minutes(60))
                    least += spent;
                if (now - when < std::chrono::minutes(61))
                    most += spent;
            }
            const Money counted = window.spent(now);
            if (counted < least || counted > most)
                QFAIL(qPrintable(QStringLiteral("seed %1, step %2").arg(seed).arg(i)));
        }
        QVERIFY(window.spent(now + std::chrono::minutes(61)) == Money{});
    }
}

void TestEngineMoney::spend_comes_along_with_an_edited_chain() {
    script::World old("targets=A,B prices=10,10 cap_hour=15");
    const Instant t{std::chrono::seconds(1)};
    old.play(t, "start");
    old.play(t, "#1 ok cost=10");
    old.play(t, "c2 start"); // refused; what is in flight stays the old engine's
    script::World edited("targets=X,A prices=10,10 cap_hour=15");
    edited.engine().adopt(old.engine(), {std::nullopt, TargetId{0}}, t);
    QCOMPARE(edited.play(t, "start"), std::string("finish refused budget hour"));
    script::World by_provider("targets=X,A prices=10,10 cap_providers=0,15");
    by_provider.engine().adopt(old.engine(), {std::nullopt, TargetId{0}}, t);
    by_provider.play(t, "start prefer=A");
    QCOMPARE(std::get<StartAttempt>(by_provider.actions()[0]).target, TargetId{0});
}

void TestEngineMoney::the_finish_says_which_cap_kept_a_target_out() {
    script::World world("targets=A,B prices=10,10 cap_providers=0,5");
    const Instant t{std::chrono::seconds(1)};
    world.play(t, "start");
    world.play(t, "#1 400");
    QCOMPARE(int(std::get<Finish>(world.actions()[0]).cap), int(Cap::none));
    world.play(t, "start tools"); // A is asked, then B does not fit
    world.play(t, "#1 503");
    world.play(t + std::chrono::milliseconds(500), "wake");
    world.play(t + std::chrono::milliseconds(500), "#2 503");
    const auto& finish = std::get<Finish>(world.actions()[world.actions().size() - 1]);
    QCOMPARE(int(finish.result), int(CallResult::failed));
    QCOMPARE(int(finish.cap), int(Cap::provider));

    // A hedge that was not made is nobody's refusal.
    for (const char* exceeded : {"reject", "skip_target"}) {
        script::World hedged(std::string("targets=A,B prices=10,50 cap_request=20 hedge=0.5/1 ") +
                             "on_exceeded=" + exceeded);
        hedged.play(t, "start");
        hedged.play(t + std::chrono::milliseconds(500), "wake");
        hedged.play(t + std::chrono::milliseconds(600), "#1 ok");
        const auto& served = std::get<Finish>(hedged.actions()[hedged.actions().size() - 1]);
        QCOMPARE(int(served.result), int(CallResult::success));
        QCOMPARE(int(served.cap), int(Cap::none));
    }

    // Refused before any attempt: not a success of class success.
    script::World poor("targets=A prices=10 cap_hour=5");
    poor.play(t, "start");
    QCOMPARE(int(std::get<Finish>(poor.actions()[0]).why.cls), int(OutcomeClass::failover));
    // Refused after one: its own class.
    script::World later("prices=10,50,5 cap_request=20 on_exceeded=reject");
    later.play(t, "start");
    later.play(t, "#1 429 cost=1");
    const auto& refused = std::get<Finish>(later.actions()[later.actions().size() - 1]);
    QCOMPARE(int(refused.result), int(CallResult::refused));
    QCOMPARE(int(refused.why.cls), int(OutcomeClass::cooldown));
}

QTEST_APPLESS_MAIN(TestEngineMoney)
#include "test_engine_money.moc"
