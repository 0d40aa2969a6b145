// Limits of providers and keys: never exceeded, waited for up to max_wait, or passed by. Rows say
// limits=requests a minute/tokens a minute/at once, of every provider; 0: no limit. Room comes when
// the quarter second in which an attempt began is a minute old.
#include "unit/engine/table.h"

#include "base/rng.h"
#include "engine/limits.h"

#include <deque>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

class TestEngineLimits : public script::UntimedTableTest {
    Q_OBJECT

  private Q_SLOTS:
    void per_minute_data();
    void per_minute() { check(); }
    void at_once_data();
    void at_once() { check(); }
    void quotas_data();
    void quotas() { check(); }
    void a_meter_against_a_list();
    void many_wait_and_a_step_stays_small();
    void a_place_that_comes_at_the_deadline_is_too_late();
};

void TestEngineLimits::per_minute_data() {
    columns();
    row("the next target takes what would be too much", "limits=2/0/0", R"(
        t=0   start     | start#1 A
        t=1   c2 start  | c2 start#1 A
        t=2   c3 start  | c3 start#1 B
        t=59  c4 start  | c4 start#1 B
        t=61  c5 start  | c5 start#1 A)");
    row("room that comes soon enough is waited for", "targets=A limits=1/0/0 wait=2", R"(
        t=0      start     | start#1 A
        t=0.1    #1 ok     | forward#1, finish success by #1
        t=58.5   c2 start  |
        t=60.25  c2 wake   | c2 start#1 A)");
    row("room that does not is not", "targets=A limits=1/0/0 wait=2", R"(
        t=0     start     | start#1 A
        t=58.2  c2 start  | c2 finish refused unavailable)");
    row("who waits for room that another call takes waits no longer than max_wait in all",
        "targets=A limits=1/0/0 wait=2", R"(
        t=0      start     | start#1 A
        t=59     c2 start  |
        t=59.5   c3 start  |
        t=60.25  c2 wake   | c2 start#1 A
        t=60.25  c3 wake   | c3 finish refused unavailable)");
    row("retries count like any request", "targets=A,B limits=2/0/0", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    |
        t=0.6  wake      | start#2 A retry
        t=0.7  c2 start  | c2 start#1 B
        t=0.8  #2 ok     | forward#2, finish success by #2)");
    row("a retry that would be too much goes elsewhere", "targets=A,B limits=1/0/0", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  | A->B, start#2 B failover)");
    row("tokens are reserved by the estimate", "limits=0/1000/0", R"(
        t=0  start in=400 out=200     | start#1 A
        t=1  c2 start in=400 out=200  | c2 start#1 B
        t=2  c3 start in=300 out=100  | c3 start#1 A)");
    row("and corrected when the attempt has ended", "limits=0/1000/0", R"(
        t=0  start in=400 out=500     | start#1 A
        t=1  c2 start in=200          | c2 start#1 B
        t=2  #1 ok used=450           | forward#1, finish success by #1
        t=3  c3 start in=550          | c3 start#1 A
        t=4  c3 #1 ok used=560        | c3 forward#1, c3 finish success by #1
        t=5  c4 start in=1            | c4 start#1 B)");
    row("however little it was", "limits=0/1000/0", R"(
        t=0  start in=900      | start#1 A
        t=1  #1 ok used=1      | forward#1, finish success by #1
        t=2  c2 start in=1000  | c2 start#1 B
        t=3  c3 start in=999   | c3 start#1 A)");
    row("what failed without a word keeps its estimate", "limits=0/1000/0", R"(
        t=0  start in=900       | start#1 A
        t=1  #1 503             | A->B, start#2 B failover
        t=2  c2 start in=200    | c2 start#1 C)");
    row("what never got there used nothing", "limits=0/1000/0 tries=1", R"(
        t=0  start in=900       | start#1 A
        t=1  #1 refused         | A->B, start#2 B failover
        t=2  c2 start in=1000   | c2 start#1 A)");
    row("a limit of one token is one", "limits=0/1/0", R"(
        t=0  start in=1     | start#1 A
        t=1  c2 start in=1  | c2 start#1 B)");
    row("tokens that come soon enough are waited for", "targets=A limits=0/1000/0 wait=2", R"(
        t=0      start in=900     | start#1 A
        t=0.1    #1 ok            | forward#1, finish success by #1
        t=58.5   c2 start in=200  |
        t=60.25  c2 wake          | c2 start#1 A)");
    row("more than the limit fits nowhere", "targets=A limits=0/1000/0", R"(
        t=0  start in=1001     | finish refused unavailable
        t=0  c2 start in=1000  | c2 start#1 A)");
    row("each key has its own", "keys=2 key_limits=1/0/0 targets=A,B", R"(
        t=0   start     | start#1 A key0
        t=1   c2 start  | c2 start#1 A key1
        t=2   c3 start  | c3 start#1 B key0
        t=61  c4 start  | c4 start#1 A key0
        t=62  c5 start  | c5 start#1 A key1)");
    row("the provider's holds for all its keys", "keys=2 limits=2/0/0 key_limits=2/0/0 targets=A,B",
        R"(
        t=0  start            | start#1 A key0
        t=1  #1 429 after=60  | start#2 A retry key1
        t=2  c2 start         | c2 start#1 B key0)");
    row("a key without room is no key to rotate to", "keys=2 key_limits=1/0/0 targets=A,B", R"(
        t=0    start              | start#1 A key0
        t=0.1  #1 ok              | forward#1, finish success by #1
        t=1    c2 start           | c2 start#1 A key1
        t=1.1  c2 #1 429 after=9  | c2 A->B, c2 start#2 B failover key0)");
    row("the provider's targets share it", "same_provider=yes limits=1/0/0", R"(
        t=0  start     | start#1 A
        t=1  c2 start  | c2 finish refused unavailable)");
    row("an open breaker's trial keeps it too", "targets=A limits=2/0/0 fails=2 tries=1", R"(
        t=0  start     | start#1 A
        t=1  #1 503    | finish failed because #1 http_status
        t=2  c2 start  | c2 start#1 A
        t=3  c2 #1 503 | A closed->open consecutive_failures until 33, c2 finish failed because #1 http_status
        t=4  c3 start  | c3 finish refused unavailable)");
    row("a hedge takes no room that is not there", "limits=1/0/0 hedge=1/1 targets=A,B", R"(
        t=0    start     | start#1 A
        t=0.5  c2 start  | c2 start#1 B
        t=1    wake      |
        t=1.5  c2 wake   |
        t=2    #1 ok     | forward#1, finish success by #1)");
}

void TestEngineLimits::at_once_data() {
    columns();
    row("the next target takes what would be too many", "limits=0/0/1", R"(
        t=0  start     | start#1 A
        t=1  c2 start  | c2 start#1 B
        t=2  #1 ok     | forward#1, finish success by #1
        t=3  c3 start  | c3 start#1 A)");
    row("where nobody is free, calls queue, and who came first goes first",
        "targets=A limits=0/0/1", R"(
        t=0    start     | start#1 A
        t=0.5  c2 start  |
        t=0.6  c3 start  |
        t=1    #1 ok     | forward#1, finish success by #1, c2 start#1 A
        t=1.5  c2 #1 ok  | c2 forward#1, c2 finish success by #1, c3 start#1 A)");
    row("for max_wait and no longer", "targets=A limits=0/0/1 wait=2", R"(
        t=0    start     | start#1 A
        t=0.5  c2 start  |
        t=2.5  c2 wake   | c2 finish refused unavailable
        t=3    #1 ok     | forward#1, finish success by #1)");
    row("or to the deadline", "targets=A limits=0/0/1 wait=2 total=1.5", R"(
        t=0    start     | start#1 A
        t=1    c2 start  |
        t=1.4  #1 ok     | forward#1, finish success by #1, c2 start#1 A
        t=1.5  c3 start  |
        t=2.5  c2 wake   | c2 cancel#1 connect_timeout, c2 finish failed because #1 total_deadline, c3 start#1 A)");
    row("no waiting at all", "targets=A limits=0/0/1 wait=0", R"(
        t=0    start     | start#1 A
        t=0.5  c2 start  | c2 finish refused unavailable)");
    row("who leaves the queue is not served", "targets=A limits=0/0/1", R"(
        t=0    start     | start#1 A
        t=0.1  c2 start  |
        t=0.2  c3 start  |
        t=0.3  c4 start  |
        t=0.4  c3 leave  | c3 finish cancelled caller_left
        t=0.5  #1 ok     | forward#1, finish success by #1, c2 start#1 A
        t=0.6  c2 leave  | c2 cancel#1 caller_left, c2 finish cancelled caller_left, c4 start#1 A)");
    row("a failure hands the place on while its own call waits", "targets=A limits=0/0/1", R"(
        t=0    start     | start#1 A
        t=0.1  c2 start  |
        t=0.2  #1 500    | c2 start#1 A
        t=0.7  wake      |
        t=0.8  c2 #1 ok  | c2 forward#1, c2 finish success by #1, start#2 A retry
        t=0.9  #2 ok     | forward#2, finish success by #2)");
    row("a breaker that opens sends the queue away",
        "targets=A limits=0/0/1 fails=1 all_open=refuse", R"(
        t=0    start     | start#1 A
        t=0.1  c2 start  |
        t=0.2  c3 start  |
        t=0.3  #1 400    | finish rejected because #1 bad_request, c2 start#1 A
        t=0.4  c2 #1 503 | A closed->open consecutive_failures until 30.4, c2 finish failed because #1 http_status, c3 finish refused unavailable)");
    row("so does a provider whose keys are all refused", "targets=A limits=0/0/1 keys=2", R"(
        t=0    start      | start#1 A key0
        t=0.1  c2 start   |
        t=0.2  #1 badkey  | start#2 A retry key1
        t=0.3  #2 badkey  | provider 0 disabled until 600.2, finish failed because #2 bad_key, c2 finish refused unavailable)");
    row("per key: the next key has a place", "keys=2 key_limits=0/0/1 targets=A,B", R"(
        t=0  start     | start#1 A key0
        t=1  c2 start  | c2 start#1 A key1
        t=2  c3 start  | c3 start#1 B key0
        t=3  #1 ok     | forward#1, finish success by #1
        t=4  c4 start  | c4 start#1 A key0)");
    row("a key's minute that is known is waited for, not another's end",
        "targets=A keys=2 key_limits=1/0/1 wait=2", R"(
        t=0      start     | start#1 A key0
        t=0.1    #1 ok     | forward#1, finish success by #1
        t=1      c2 start  | c2 start#1 A key1
        t=59.5   c3 start  |
        t=60.25  c3 wake   | c3 start#1 A key0)");
    row("a retry does not queue where another target is left",
        "keys=2 key_limits=0/0/2 targets=A,B", R"(
        t=0    start         | start#1 A key0
        t=0    c2 start      | c2 start#1 A key0
        t=0    c3 start      | c3 start#1 A key1
        t=0    c4 start      | c4 start#1 A key1
        t=0.1  c2 #1 badkey  | c2 A->B, c2 start#2 B failover key0
        t=0.2  #1 500        | A->B, start#2 B failover key0)");
    row("who queued in vain does not go back to whom he has left",
        "targets=A,B limits=0/0/1 fails=1 tries=1 wait=2", R"(
        t=0    c2 start prefer=B  | c2 start#1 B
        t=0.1  start              | start#1 A
        t=0.2  #1 503             | A closed->open consecutive_failures until 30.2
        t=2.2  wake               | finish failed because #1 http_status)");
    row("who queues for a retry may be the trial of a breaker that opens meanwhile",
        "targets=A limits=0/0/1 fails=2 tries=3 wait=2", R"(
        t=0    start          | start#1 A
        t=0.1  c2 start       |
        t=0.2  #1 500         | c2 start#1 A
        t=0.7  wake           |
        t=0.8  c2 #1 503      | A closed->open consecutive_failures until 30.8
        t=1    hold A closed  | A open->closed manual
        t=1.3  wake           | start#2 A retry
        t=1.3  c2 wake        | c2 finish failed because #1 http_status)");
    row("a place and a minute: both are needed", "targets=A limits=1/0/1 wait=2", R"(
        t=0      start     | start#1 A
        t=59     c2 start  |
        t=59.5   #1 ok     | forward#1, finish success by #1
        t=60.25  c2 wake   | c2 start#1 A)");
}

void TestEngineLimits::quotas_data() {
    columns();
    row("tokens of what has ended are not under way", "", R"(
        t=0    start in=400            | start#1 A
        t=0.1  #1 ok                   | forward#1, finish success by #1
        t=0.2  quota A tokens=500/20   |
        t=1    c2 start in=500         | c2 start#1 A)");
    row("alone it refuses nobody, whoever comes before", "targets=A,B wait=2", R"(
        t=0  hold A open            | A closed->open manual until never
        t=0  quota B requests=0/60  |
        t=1  start                  | start#1 B)");
    row("none left: the next target until the reset", "", R"(
        t=0    start                   | start#1 A
        t=0.1  quota A requests=0/20   |
        t=0.2  c2 start                | c2 start#1 B
        t=20   c3 start                | c3 start#1 A)");
    row("what is left is counted down", "", R"(
        t=0    start                   | start#1 A
        t=0.1  #1 ok                   | forward#1, finish success by #1
        t=0.2  quota A requests=2/20   |
        t=1    c2 start                | c2 start#1 A
        t=2    c3 start                | c3 start#1 A
        t=3    c4 start                | c4 start#1 B)");
    row("what is under way may not be counted yet", "", R"(
        t=0    start                   | start#1 A
        t=0.1  c2 start                | c2 start#1 A
        t=0.2  quota A requests=2/20   |
        t=1    c3 start                | c3 start#1 B)");
    row("what told it is counted", "", R"(
        t=0    start in=100                           | start#1 A
        t=0.1  c2 start in=100                        | c2 start#1 A
        t=0.2  quota A by=#1 requests=2/20 tokens=300/20  |
        t=1    c3 start in=201                        | c3 start#1 B
        t=1    c4 start in=200                        | c4 start#1 A
        t=1    c5 start                               | c5 start#1 B)");
    row("tokens: what does not fit goes elsewhere", "", R"(
        t=0  quota A tokens=500/20        |
        t=1  start in=501                 | start#1 B
        t=2  c2 start in=300              | c2 start#1 A
        t=3  c3 start in=300              | c3 start#1 B)");
    row("a later word replaces an earlier one", "", R"(
        t=0  quota A requests=0/20    |
        t=1  quota A requests=5/20    |
        t=2  start                    | start#1 A)");
    row("a reset that is worth the wait is waited for", "targets=A wait=2", R"(
        t=0    quota A requests=0/1.5  |
        t=0.1  start                   |
        t=1.5  wake                    | start#1 A)");
    row("alone it refuses nobody", "targets=A wait=2", R"(
        t=0  quota A requests=0/60  |
        t=1  start                  | start#1 A)");
    row("but a limit of ours does", "targets=A wait=2 limits=1/0/0", R"(
        t=0  quota A requests=0/60  |
        t=1  start                  | start#1 A
        t=2  c2 start               | c2 finish refused unavailable)");
    row("each key has its own", "keys=2 targets=A,B", R"(
        t=0  quota A key=0 requests=0/60  |
        t=1  start                        | start#1 A key1
        t=2  quota A key=1 requests=0/60  |
        t=3  c2 start                     | c2 start#1 B key0)");
    row("in the past it says nothing", "", R"(
        t=5  quota A requests=0/5  |
        t=5  start                 | start#1 A)");
}

// Any limits, any traffic: after every start, what began within the last 60 s is within them, and
// what is told as the time of room is one.
void TestEngineLimits::a_meter_against_a_list() {
    Rng rng{3};
    int refusals = 0, waited_out = 0;
    for (int world = 0; world < 200; ++world) {
        const LimitsSetup limits{1 + rng.below(20), 50 + rng.below(500), 1 + int(rng.below(4))};
        Meter meter(limits);
        struct Started {
            Instant at;
            std::int64_t tokens;
        };
        std::deque<Started> all, running;
        Instant now{Duration{rng.below(1'000'000'000)}};
        const auto sums = [&](Instant t) {
            std::pair<std::int64_t, std::int64_t> sum;
            for (const Started& s : all)
                if (s.at > t - 60s) {
                    ++sum.first;
                    sum.second += s.tokens;
                }
            return sum;
        };
        for (int i = 0; i < 400; ++i) {
            now += std::chrono::milliseconds(rng.below(rng.chance(0.02) ? 90'000 : 900));
            if (!running.empty() && rng.chance(0.5)) {
                const Started ended = running.front();
                running.pop_front();
                const std::int64_t used = rng.below(std::uint32_t(ended.tokens) + 1);
                meter.end(ended.at, ended.tokens, used, now);
                for (Started& s : all)
                    if (s.at == ended.at && s.tokens == ended.tokens) {
                        s.tokens = used;
                        break;
                    }
            }
            const std::int64_t tokens = rng.below(120);
            const Room room = meter.room(tokens, now);
            QCOMPARE(room.when_one_ends, int(running.size()) >= limits.concurrency);
            if (!room.at(now)) {
                ++refusals;
                if (room.from == never) {
                    QVERIFY(tokens > limits.tokens_per_min);
                } else if (room.from > now) {
                    // Just before there is none yet; the reference may have it a quarter earlier.
                    const auto [requests, used] = sums(room.from - 250ms - 1ns);
                    QVERIFY(requests + 1 > limits.requests_per_min ||
                            used + tokens > limits.tokens_per_min);
                    QVERIFY(!meter.room(tokens, room.from - 1ns).at(room.from - 1ns));
                    QVERIFY(meter.room(tokens, room.from).from <= room.from);
                    ++waited_out;
                }
                continue;
            }
            meter.begin(tokens, now);
            all.push_back({now, tokens});
            running.push_back(all.back());
            const auto [requests, used] = sums(now);
            QVERIFY(requests <= limits.requests_per_min);
            QVERIFY(used <= limits.tokens_per_min);
            QVERIFY(int(running.size()) <= limits.concurrency);
        }
    }
    QVERIFY(refusals > 1000 && waited_out > 1000);
}

// A hundred queue for one place at a target whose breaker then opens: all are sent away, few in a
// step.
void TestEngineLimits::many_wait_and_a_step_stays_small() {
    script::World world("targets=A limits=0/0/1 fails=1 all_open=refuse");
    const Instant t{1s};
    world.play(t, "start");
    for (int c = 2; c <= 101; ++c)
        QCOMPARE(world.play(t, "c" + std::to_string(c) + " start"), std::string{});
    world.play(t, "#1 503");
    int steps = 1, told = 0;
    std::size_t most = world.actions().size();
    const auto count = [&] {
        most = std::max(most, world.actions().size());
        for (const Action& a : world.actions())
            told += std::holds_alternative<Finish>(a);
    };
    count();
    for (; steps < 100; ++steps) {
        Instant next = never;
        std::uint64_t tag = 0;
        for (std::uint64_t c = 2; c <= 101; ++c)
            if (world.wake_of(c) < next) {
                next = world.wake_of(c);
                tag = c;
            }
        if (tag == 0 || next > t + 1s)
            break;
        QVERIFY(next > t); // a wake-up is in the future
        world.play(next, "c" + std::to_string(tag) + " wake");
        count();
    }
    QCOMPARE(told, 101);
    QCOMPARE(world.engine().calls_in_flight(), std::size_t{0});
    QVERIFY(most < Actions::capacity && steps > 1 && steps < 10);
}

void TestEngineLimits::a_place_that_comes_at_the_deadline_is_too_late() {
    const auto at = [](double s) { return Instant{from_seconds(s)}; };
    for (const double late : {2.9, 3.0}) {
        script::World world("targets=A limits=0/0/1 wait=9 total=2");
        QCOMPARE(world.play(at(0), "check A"), std::string{"check A"});
        QCOMPARE(world.play(at(1), "start"), std::string{}); // until 3
        // At that very instant, and the wake-up comes after it.
        QCOMPARE(world.step(HealthChecked{TargetId{0}, {}}, at(late)),
                 std::string{late < 3 ? "start#1 A" : "finish refused unavailable"});
    }
}

QTEST_APPLESS_MAIN(TestEngineLimits)
#include "test_engine_limits.moc"
