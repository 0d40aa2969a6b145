// Streams that break, text that is held back, hedges, and the order in which targets are asked.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineStreams : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void broken_data();
    void broken() { check(); }
    void commit_data();
    void commit() { check(); }
    void hedges_data();
    void hedges() { check(); }
    void routing_data();
    void routing() { check(); }
    void weights_are_shares();
    void weights_after_a_failed_pick();
    void fastest_goes_by_the_median_and_explores();
};

void TestEngineStreams::broken_data() {
    columns();
    row("before the first token failover is invisible", "", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 connected |
        t=0.2  #1 503       | A->B, start#2 B failover
        t=0.3  #2 token     | forward#2
        t=0.4  #2 ok        | finish success by #2)");
    row("restart on the next target", "", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 token      | forward#1
        t=0.2  #1 cut cost=4 | broken#1, A->B, start#2 B restart
        t=0.3  #2 token      | forward#2
        t=0.4  #2 ok cost=6  | finish success by #2 cost 10u wasted 4u)");
    row("any failure after text is a broken stream", "", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token     | forward#1
        t=0.2  #1 500       | broken#1, A->B, start#2 B restart)");
    row("a restart that fails moves on, still as a restart", "tries=1", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token     | forward#1
        t=0.2  #1 cut       | broken#1, A->B, start#2 B restart
        t=0.3  #2 503       | B->C, start#3 C restart
        t=0.4  #3 503       | finish failed because #3 http_status)");
    row("a restart has no other target", "targets=A", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token     | forward#1
        t=0.2  #1 cut       | broken#1
        t=0.7  wake         | start#2 A restart
        t=0.8  #2 token     | forward#2
        t=0.9  #2 ok        | finish success by #2)");
    row("resume where the text may be prefilled", "broken=resume", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 token      | forward#1
        t=0.2  #1 cut cost=4 | broken#1, A->B, start#2 B resume
        t=0.3  #2 token      | forward#2
        t=0.4  #2 ok cost=6  | finish success by #2 cost 10u wasted 0u)");
    row("resume becomes restart where it may not", "broken=resume prefill=C", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 token      | forward#1
        t=0.2  #1 cut cost=4 | broken#1, A->B, start#2 B restart
        t=0.3  #2 token      | forward#2
        t=0.4  #2 cut cost=6 | broken#2, B->C, start#3 C resume
        t=0.5  #3 token      | forward#3
        t=0.6  #3 ok cost=7  | finish success by #3 cost 17u wasted 4u)");
    row("partial", "broken=partial", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 token      | forward#1
        t=0.2  #1 cut cost=4 | broken#1, finish partial by #1 because #1 truncated cost 4u wasted 0u)");
    row("error", "broken=error", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token     | forward#1
        t=0.2  #1 cut       | broken#1, finish failed because #1 truncated)");
    row("work that may be billed twice is not restarted", "", R"(
        t=0    start stream image | start#1 A
        t=0.1  #1 token           | forward#1
        t=0.2  #1 cut             | broken#1, finish failed because #1 truncated)");
    row("the deadline breaks a stream", "total=20 broken=partial attempt=60", R"(
        t=0    start stream | start#1 A
        t=1    #1 token     | forward#1
        t=15   #1 token     |
        t=20   wake         | cancel#1 total_deadline, broken#1, finish partial by #1 because #1 total_deadline)");
    row("a restart whose text does not match is ended by a rejection", "", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token     | forward#1
        t=0.2  #1 cut       | broken#1, A->B, start#2 B restart
        t=0.3  #2 token     | forward#2
        t=0.4  #2 400       | broken#2, finish failed because #2 bad_request)");
}

void TestEngineStreams::commit_data() {
    columns();
    row("after so many tokens", "commit=3", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token*2   |
        t=0.2  #1 token     | forward#1
        t=0.3  #1 ok        | finish success by #1)");
    row("a short answer is whole before that", "commit=30", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token*2   |
        t=0.3  #1 ok        | forward#1, finish success by #1)");
    row("what is held back fails over invisibly", "commit=complete", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 token*50  |
        t=0.2  #1 cut       | A->B, start#2 B failover
        t=0.3  #2 token*50  |
        t=0.4  #2 ok        | forward#2, finish success by #2)");
    row("reasoning commits nothing", "", R"(
        t=0    start stream | start#1 A
        t=0.1  #1 thinks    |
        t=0.2  #1 503       | A->B, start#2 B failover)");
}

void TestEngineStreams::hedges_data() {
    columns();
    row("after a time; the loser is cancelled and billed", "hedge=0.8/1 prices=5,7,9", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 connected  |
        t=0.8  wake          | start#2 B hedge
        t=0.9  #2 connected  |
        t=1    #2 token      | forward#2, cancel#1 hedge_lost
        t=1.1  #2 ok cost=7  | finish success by #2 cost 12u wasted 5u)");
    row("the first may win too", "hedge=0.8/1", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 connected  |
        t=0.8  wake          | start#2 B hedge
        t=0.9  #1 token      | forward#1, cancel#2 hedge_lost
        t=1.1  #1 ok         | finish success by #1)");
    row("an answer in time is not hedged", "hedge=0.8/1", R"(
        t=0    start stream  | start#1 A
        t=0.7  #1 token      | forward#1
        t=2    #1 ok         | finish success by #1)");
    row("never work that is not idempotent", "hedge=0.8/1", R"(
        t=0    start image   | start#1 A
        t=2    #1 ok         | forward#1, finish success by #1)");
    row("max_extra", "hedge=0.5/2", R"(
        t=0    start  | start#1 A
        t=0.5  wake   | start#2 B hedge
        t=1    wake   | start#3 C hedge
        t=2    #3 ok  | forward#3, cancel#1 hedge_lost, cancel#2 hedge_lost, finish success by #3)");
    row("the first may be the hedge, once it may be asked again", "hedge=0.5/1", R"(
        t=0    start            | start#1 A
        t=0.1  #1 429 after=30  | A cools until 30.1, A->B, start#2 B failover
        t=0.2  #2 ok            | forward#2, finish success by #2
        t=30   c2 start         | c2 start#1 B
        t=30.5 c2 wake          | c2 start#2 A hedge)");
    row("a failure waits for the hedge", "hedge=0.5/1", R"(
        t=0    start   | start#1 A
        t=0.5  wake    | start#2 B hedge
        t=0.6  #1 503  |
        t=0.7  #2 503  | B->C, start#3 C failover)");
    row("a rejection does not", "hedge=0.5/1", R"(
        t=0    start   | start#1 A
        t=0.5  wake    | start#2 B hedge
        t=0.6  #1 400  | cancel#2 hedge_lost, finish rejected because #1 bad_request)");
    row("no hedge while the call waits to retry", "hedge=0.5/1", R"(
        t=0    start   | start#1 A
        t=0.3  #1 500  |
        t=0.8  wake    | start#2 A retry
        t=1.3  wake    | start#3 B hedge)");
    row("nobody to hedge with", "targets=A hedge=0.5/1", R"(
        t=0    start  | start#1 A
        t=0.5  wake   |
        t=0.6  #1 ok  | forward#1, finish success by #1)");
    row("hedges count as attempts", "hedge=0.5/2 max=2", R"(
        t=0    start  | start#1 A
        t=0.5  wake   | start#2 B hedge
        t=1.1  #1 503 |
        t=1.2  #2 503 | finish failed because #2 http_status)");
    row("a loser's probe counts as nothing", "hedge=0.5/1 tries=1 fails=1 open=5/1/5", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5.5  c2 wake   | c2 start#2 B hedge
        t=5.6  c2 #2 ok  | c2 forward#2, c2 cancel#1 hedge_lost, c2 finish success by #2
        t=5.7  c3 start  | c3 start#1 A probe)");
    row("by quantile, once enough was measured", "targets=A,B hedge_quantile=0.5/1", R"(
        t=0    start     | start#1 A
        t=1    #1 ok     | forward#1, finish success by #1
        t=10   start     | start#1 A
        t=11   #1 ok     | forward#1, finish success by #1
        t=20   start     | start#1 A
        t=21   #1 ok     | forward#1, finish success by #1
        t=30   start     | start#1 A
        t=31   #1 ok     | forward#1, finish success by #1
        t=40   start     | start#1 A
        t=42   #1 ok     | forward#1, finish success by #1
        t=50   start     | start#1 A
        t=52   #1 ok     | forward#1, finish success by #1
        t=60   start     | start#1 A
        t=62   #1 ok     | forward#1, finish success by #1
        t=70   start     | start#1 A
        t=72   #1 ok     | forward#1, finish success by #1
        t=80   start     | start#1 A
        t=82   wake      | start#2 B hedge)");
}

void TestEngineStreams::routing_data() {
    columns();
    row("cheapest", "strategy=cheapest prices=30,10,20", R"(
        t=0    start   | start#1 B
        t=0.1  #1 503  | B->C, start#2 C failover
        t=0.2  #2 503  | C->A, start#3 A failover)");
    row("cheapest of those that are good enough",
        "strategy=cheapest prices=30,10,20 minimum_quality=0.5 qualities=1,0.4,0.6", R"(
        t=0    start   | start#1 C)");
    row("an unknown price sorts last", "strategy=cheapest prices=30,0,20", R"(
        t=0    start   | start#1 C
        t=0.1  #1 503  | C->A, start#2 A failover
        t=0.2  #2 503  | A->B, start#3 B failover)");
    row("fastest measures everybody first, then goes by the median", "strategy=fastest", R"(
        t=0    start   | start#1 A
        t=2    #1 ok   | forward#1, finish success by #1
        t=10   start   | start#1 B
        t=11   #1 ok   | forward#1, finish success by #1
        t=20   start   | start#1 C
        t=22.5 #1 ok   | forward#1, finish success by #1
        t=30   start   | start#1 B
        t=31   #1 503  | B->A, start#2 A failover
        t=32   #2 503  | A->C, start#3 C failover)");
    row("fastest: who has only failed comes last", "strategy=fastest targets=A,B", R"(
        t=0    start   | start#1 A
        t=0    #1 503  | A->B, start#2 B failover
        t=1    #2 ok   | forward#2, finish success by #2
        t=2    start   | start#1 B)");
    row("weight 0 comes last", "strategy=weighted weights=0,1,0", R"(
        t=0    start   | start#1 B
        t=0.1  #1 503  | B->A, start#2 A failover
        t=0.2  #2 503  | A->C, start#3 C failover)");
}

void TestEngineStreams::weights_are_shares() {
    script::World world("strategy=weighted weights=3,1,0");
    std::array<int, 3> first{};
    constexpr int calls = 20'000;
    for (int i = 0; i < calls; ++i) {
        const brownout::Instant now{brownout::from_ms(i)};
        world.play(now, "start");
        ++first[std::get<StartAttempt>(world.actions()[0]).target.value];
        world.play(now, "#1 ok");
    }
    // Five standard deviations of a binomial are 306.
    QVERIFY2(std::abs(first[0] - calls * 3 / 4) < 306, std::to_string(first[0]).c_str());
    QCOMPARE(first[2], 0);
}

// Without replacement: the second pick is a fair draw among the others.
void TestEngineStreams::weights_after_a_failed_pick() {
    script::World world("strategy=weighted weights=3,1,2 fails=off ratio=off");
    std::array<int, 3> second{};
    int b_first = 0;
    for (int i = 0; i < 20'000; ++i) {
        const brownout::Instant now{brownout::from_ms(i)};
        world.play(now, "start");
        const bool b = std::get<StartAttempt>(world.actions()[0]).target.value == 1;
        world.play(now, "#1 503");
        if (b) {
            ++b_first;
            ++second[std::get<StartAttempt>(world.actions()[1]).target.value];
        }
        world.play(now, "#2 ok");
    }
    QVERIFY(b_first > 3'000);
    // After B, A is drawn with 3/5. Five standard deviations are 141.
    QVERIFY(std::abs(second[0] - b_first * 3 / 5) < 141);
    QCOMPARE(second[1], 0);
}

// A's median is the lowest though it has been the slowest once. One call in twenty draws its first
// target, so a third of 5 % goes to B and to C each; the others follow in order.
void TestEngineStreams::fastest_goes_by_the_median_and_explores() {
    script::World world("strategy=fastest fails=off ratio=off");
    double t = 0;
    const auto at = [&] { return brownout::Instant{brownout::from_seconds(t)}; };
    std::array<int, 3> first{};
    constexpr int calls = 12'000;
    constexpr double times[] = {0.1, 0.2, 0.3};
    for (int i = 0; i < calls; ++i) {
        t += 100;
        world.play(at(), "start");
        const auto target = std::get<StartAttempt>(world.actions()[0]).target.value;
        ++first[target];
        if (i > 100 && target != 0 && i % 2 == 0) {
            world.play(at(), "#1 503");
            QCOMPARE(std::get<StartAttempt>(world.actions()[1]).target, TargetId{0});
            world.play(at(), "#2 400"); // ends it, and measures nothing
            continue;
        }
        t += target == 0 && i % 10 == 3 ? 0.4 : times[target];
        world.play(at(), "#1 ok");
    }
    QVERIFY(std::abs(first[1] - calls / 60) < 71);
    QVERIFY(std::abs(first[2] - calls / 60) < 71);

    // Of two as well: one call in forty.
    script::World two("strategy=fastest targets=A,B");
    int second_first = 0;
    for (int i = 0; i < 1'200; ++i) {
        t += 100;
        two.play(at(), "start");
        const auto target = std::get<StartAttempt>(two.actions()[0]).target.value;
        second_first += target == 1 ? 1 : 0;
        t += times[target];
        two.play(at(), "#1 ok");
    }
    QVERIFY(std::abs(second_first - 30) < 28);
}

QTEST_APPLESS_MAIN(TestEngineStreams)
#include "test_engine_streams.moc"
