// The breaker when all are open, when it is held by hand, and what is told and kept of it.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineHolds : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void all_open_data();
    void all_open() { check(); }
    void holds_data();
    void holds() { check(); }
    void status();
    void status_of_disabled_targets();
    void a_provider_of_many_targets();
    void adopts();
    void adopts_windows_holds_and_caution();
};

void TestEngineHolds::all_open_data() {
    columns();
    row("the one nearest to its probe is tried", "targets=A,B tries=1 fails=1 open=10/1/10", R"(
        t=0    start     | start#1 A
        t=1    #1 500    | A closed->open consecutive_failures until 11, A->B, start#2 B failover
        t=2    #2 500    | B closed->open consecutive_failures until 12, finish failed because #2 http_status
        t=3    c2 start  | c2 start#1 A
        t=3.1  c2 #1 503 | c2 finish failed because #1 http_status
        t=4    c3 start  | c3 start#1 A
        t=4.1  c3 #1 ok  | c3 forward#1, c3 finish success by #1
        t=4.2  c4 start  | A open->half_open open_time_over, c4 start#1 A probe
        t=4.3  c4 #1 ok  | c4 forward#1, A half_open->closed probe_succeeded, c4 finish success by #1)");
    row("the nearest may be the second", "targets=A,B tries=1 fails=1 open=5/2/60", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c2 #1 500 | A half_open->open probe_failed until 15, c2 A->B, c2 start#2 B failover
        t=5    c2 #2 500 | B closed->open consecutive_failures until 10, c2 finish failed because #2 http_status
        t=6    c3 start  | c3 start#1 B)");
    row("refuse", "targets=A,B tries=1 fails=1 open=10/1/10 all_open=refuse", R"(
        t=0    start     | start#1 A
        t=1    #1 500    | A closed->open consecutive_failures until 11, A->B, start#2 B failover
        t=2    #2 500    | B closed->open consecutive_failures until 12, finish failed because #2 http_status
        t=3    c2 start  | c2 finish refused unavailable
        t=11   c3 start  | A open->half_open open_time_over, c3 start#1 A probe)");
    row("a target whose own retry is left waits its backoff",
        "targets=A tries=2 fails=1 open=10/1/10", R"(
        t=0    start     | start#1 A
        t=1    #1 500    | A closed->open consecutive_failures until 11
        t=1.5  wake      | start#2 A retry
        t=1.6  #2 500    | finish failed because #2 http_status)");
    row("and no backoff that would end at the deadline",
        "targets=A tries=2 fails=1 open=10/1/10 total=1.5", R"(
        t=0    start     | start#1 A
        t=1    #1 500    | A closed->open consecutive_failures until 11, finish failed because #1 http_status)");
    row("an open target is not the last resort while a closed one exists",
        "targets=A,B tries=1 fails=2 open=10/1/10", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=1    c2 start  | c2 start#1 A
        t=1    c2 #1 500 | A closed->open consecutive_failures until 11, c2 A->B, c2 start#2 B failover
        t=1    c2 #2 500 | c2 finish failed because #2 http_status)");
    row("half-open and its probe under way: tried all the same",
        "targets=A tries=1 fails=1 open=10/1/10", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 10, finish failed because #1 http_status
        t=10   c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=10   c3 start  | c3 start#1 A)");
}

void TestEngineHolds::holds_data() {
    columns();
    row("held open: nothing goes there, not even as a last resort", "targets=A", R"(
        t=0    hold A open | A closed->open manual until never
        t=1    start       | finish refused unavailable
        t=2    probe A     |
        t=3    c2 start    | c2 finish refused unavailable)");
    row("released: the next request probes", "targets=A,B", R"(
        t=0    hold A open | A closed->open manual until never
        t=1    start       | start#1 B
        t=1    hold A none |
        t=2    c2 start    | A open->half_open open_time_over, c2 start#1 A probe)");
    row("held closed: failures do not open it", "targets=A tries=1 fails=1", R"(
        t=0    hold A closed |
        t=1    start         | start#1 A
        t=1    #1 500        | finish failed because #1 http_status
        t=2    hold A none   |
        t=2    c2 start      | c2 start#1 A
        t=2    c2 #1 500     | A closed->open consecutive_failures until 32, c2 finish failed because #1 http_status)");
    row("held closed closes an open one", "targets=A tries=1 fails=1", R"(
        t=1    start         | start#1 A
        t=1    #1 500        | A closed->open consecutive_failures until 31, finish failed because #1 http_status
        t=2    hold A closed | A open->closed manual
        t=3    c2 start      | c2 start#1 A)");
    row("held open during a backoff", "targets=A,B", R"(
        t=0    start       | start#1 A
        t=0    #1 500      |
        t=0.1  hold A open | A closed->open manual until never
        t=0.5  wake        | A->B, start#2 B failover)");
}

void TestEngineHolds::status() {
    using namespace std::chrono_literals;
    script::World world("targets=A,B tries=1 fails=2 open=5/1/5");
    const auto at = [](double s) { return brownout::Instant{brownout::from_seconds(s)}; };
    world.play(at(0), "start");
    QCOMPARE(world.engine().status(TargetId{0}, at(0)).in_flight, 1);
    world.play(at(1), "#1 500");
    TargetStatus a = world.engine().status(TargetId{0}, at(1));
    QCOMPARE(a.in_flight, 0);
    QCOMPARE(a.consecutive_failures, 1);
    QCOMPARE(a.window_requests, 1);
    QCOMPARE(a.window_failures, 1);
    QCOMPARE(int(a.breaker), int(BreakerState::closed));
    QCOMPARE(world.engine().status(TargetId{0}, at(40)).window_requests, 0);
    world.play(at(1), "#2 ok");
    world.play(at(1), "c2 start");
    world.play(at(1), "c2 #1 500");
    a = world.engine().status(TargetId{0}, at(1));
    QCOMPARE(int(a.breaker), int(BreakerState::open));
    QVERIFY(a.open_until == at(6));
    QCOMPARE(a.window_requests, 2); // why it opened stays to be seen
    QCOMPARE(a.window_failures, 2);
    QCOMPARE(world.engine().calls_in_flight(), std::size_t{1});

    // Held open: no probe is ever due, whatever is asked or comes back.
    world.play(at(7), "c3 start");
    world.play(at(7), "hold A open");
    world.play(at(8), "probe A");
    QVERIFY(world.engine().status(TargetId{0}, at(8)).open_until == brownout::never);
    world.play(at(8), "c3 #1 ok");
    QVERIFY(world.engine().status(TargetId{0}, at(8)).open_until == brownout::never);

    // Nor by the success of an attempt that was the last resort.
    script::World alone("targets=A tries=1 fails=1 open=5/1/5");
    alone.play(at(0), "start");
    alone.play(at(0), "#1 500");
    alone.play(at(1), "c2 start");
    alone.play(at(1), "hold A open");
    alone.play(at(2), "c2 #1 ok");
    QVERIFY(alone.engine().status(TargetId{0}, at(2)).open_until == brownout::never);
}

void TestEngineHolds::status_of_disabled_targets() {
    const auto at = [](double s) { return brownout::Instant{brownout::from_seconds(s)}; };
    script::World world("targets=A,B,C");
    world.play(at(0), "start");
    world.play(at(1), "#1 badkey");
    world.play(at(2), "#2 nomodel");
    QVERIFY(world.engine().status(TargetId{0}, at(2)).disabled_until == at(601));
    QVERIFY(world.engine().status(TargetId{1}, at(2)).disabled_until == at(602));
    QVERIFY(world.engine().status(TargetId{2}, at(2)).disabled_until <= at(2));
}

// However many targets a provider has: all open, and a step's actions stay within their bound.
void TestEngineHolds::a_provider_of_many_targets() {
    Setup setup;
    setup.providers.resize(1);
    ChainSetup chain;
    for (std::uint16_t i = 0; i < 200; ++i) {
        TargetSetup target;
        target.breaker.consecutive_failures = 1;
        setup.targets.push_back(target);
        if (i == 0)
            chain.entries.push_back(EntrySetup{});
    }
    setup.chains.push_back(chain);
    Engine engine(setup, 1);
    Actions out;
    engine.step(CallStarted{}, brownout::Instant{}, out);
    const CallId call = std::get<StartAttempt>(out[0]).call;
    out.clear();
    engine.step(AttemptFinished{call, 1, *script::outcome_of("dns")}, brownout::Instant{}, out);
    QVERIFY(out.size() > 20);
    for (std::uint16_t i = 0; i < 200; ++i)
        QCOMPARE(int(engine.status(TargetId{i}, {}).breaker), int(BreakerState::open));
}

// A chain edited while it runs: what is known of a target stays with it.
void TestEngineHolds::adopts() {
    const auto at = [](double s) { return brownout::Instant{brownout::from_seconds(s)}; };
    script::World old("targets=A,B tries=1 fails=1 open=5/1/5");
    old.play(at(0), "start");
    old.play(at(0), "#1 500");
    old.play(at(0), "#2 429 after=60");
    script::World edited("targets=X,A,B tries=1 fails=1 open=5/1/5");
    edited.engine().adopt(old.engine(), {std::nullopt, TargetId{0}, TargetId{1}}, at(1));
    QCOMPARE(int(edited.engine().status(TargetId{0}, at(1)).breaker), int(BreakerState::closed));
    const TargetStatus a = edited.engine().status(TargetId{1}, at(1));
    QCOMPARE(int(a.breaker), int(BreakerState::open));
    QVERIFY(a.open_until == at(5));
    QCOMPARE(a.in_flight, 0);
    QVERIFY(edited.engine().status(TargetId{2}, at(1)).cooldown_until == at(60));
}

void TestEngineHolds::adopts_windows_holds_and_caution() {
    const auto at = [](double t) { return brownout::Instant{brownout::from_seconds(t)}; };
    const std::string settings = "targets=A,B,C disable=60";
    script::World old(settings);
    old.play(at(0), "start");
    old.play(at(0), "#1 503");
    old.play(at(0), "#2 badkey");
    old.play(at(0), "hold C open");
    const std::vector<std::optional<TargetId>> same = {TargetId{0}, TargetId{1}, TargetId{2}};

    script::World edited(settings);
    edited.engine().adopt(old.engine(), same, at(1));
    QCOMPARE(edited.engine().status(TargetId{0}, at(1)).window_failures, 1);
    QCOMPARE(int(edited.engine().status(TargetId{2}, at(1)).hold), int(BreakerHold::open));
    // B was disabled: one probe at a time, and nobody's is under way.
    QCOMPARE(edited.play(at(61), "start prefer=B"), std::string("start#1 B"));
    QCOMPARE(edited.play(at(61), "c2 start prefer=B"), std::string("c2 start#1 A"));

    // Another window counts anew; a hold that the document changed is the document's.
    script::World other(settings + " window=10");
    other.engine().adopt(old.engine(), same, at(1));
    QCOMPARE(other.engine().status(TargetId{0}, at(1)).window_failures, 0);
    Setup setup = old.config().setup();
    setup.targets[0].hold = BreakerHold::open;
    Engine held(setup, 1);
    held.adopt(old.engine(), same, at(1));
    QCOMPARE(int(held.status(TargetId{0}, at(1)).hold), int(BreakerHold::open));
    QCOMPARE(int(held.status(TargetId{0}, at(1)).breaker), int(BreakerState::open));
}

QTEST_APPLESS_MAIN(TestEngineHolds)
#include "test_engine_holds.moc"
