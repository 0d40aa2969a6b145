// Active health checks: when one goes out, and what its result does. `check A` is the time of a
// check, `checked A 503` its result.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineHealth : public script::UntimedTableTest {
    Q_OBJECT

  private Q_SLOTS:
    void goes_out_data();
    void goes_out() { check(); }
    void counts_data();
    void counts() { check(); }
};

void TestEngineHealth::goes_out_data() {
    columns();
    row("to a target that may be asked", "", R"(
        t=1  check A  | check A)");
    row("one at a time", "", R"(
        t=1  check A       | check A
        t=2  check A       |
        t=3  checked A ok  |
        t=4  check A       | check A)");
    row("not to one that is held open", "", R"(
        t=1  hold A open  | A closed->open manual until never
        t=2  check A      |)");
    row("not to an open breaker, before its probe is due", "fails=1", R"(
        t=0     start       | start#1 A
        t=1     #1 503      | A closed->open consecutive_failures until 31, A->B, start#2 B failover
        t=30.9  check A     |
        t=31    check A     | check A)");
    row("not to a disabled provider, before its time is over", "", R"(
        t=0      start      | start#1 A
        t=1      #1 badkey  | provider 0 disabled until 601, A->B, start#2 B failover
        t=2      #2 ok      | forward#2, finish success by #2
        t=600.9  check A    |
        t=601    check A    | check A)");
    row("with the key in use", "keys=2", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=30  | start#2 A retry key1
        t=1    check A          | check A key1)");
    row("only where limits have room", "limits=1/0/0", R"(
        t=0     start     | start#1 A
        t=1     check A   |
        t=61    check A   | check A
        t=62    c2 start  | c2 start#1 B)");
    row("it takes a place while it lasts, and whoever waits gets it then", "targets=A limits=0/0/1",
        R"(
        t=1    check A       | check A
        t=1.5  start         |
        t=2    checked A ok  | start#1 A)");
    row("only where no cap is passed", "prices=10,10,10 cap_hour=50", R"(
        t=0  start          | start#1 A
        t=1  #1 ok cost=48  | forward#1, finish success by #1 cost 48u wasted 0u
        t=2  check A cost=3 |
        t=3  check A cost=2 | check A
        t=4  check B        | check B)");
    row("one request for several targets takes one place", "same_provider=yes limits=2/0/2", R"(
        t=1  check A           | check A
        t=1  check B shares=0  | check B
        t=2  start             | start#1 A
        t=3  c2 start          | c2 finish refused unavailable
        t=4  checked A ok      |
        t=4  checked B ok      |)");
}

void TestEngineHealth::counts_data() {
    columns();
    row("failures open the breaker as attempts' do", "fails=2", R"(
        t=1   check A        | check A
        t=2   checked A 503  |
        t=3   check A        | check A
        t=4   checked A 503  | A closed->open consecutive_failures until 34
        t=5   start          | start#1 B)");
    row("together with attempts'", "fails=2", R"(
        t=0   start          | start#1 A
        t=1   #1 503         | A->B, start#2 B failover
        t=2   check A        | check A
        t=3   checked A 503  | A closed->open consecutive_failures until 33)");
    row("by the ratio as well", "fails=off ratio=0.5/2", R"(
        t=1   check A        | check A
        t=2   checked A 503  |
        t=3   check A        | check A
        t=4   checked A 503  | A closed->open failure_ratio until 34)");
    row("what failed was not slow, too", "fails=off ratio=off slow=1/1/1", R"(
        t=1   check A        | check A
        t=2   checked A 503  |
        t=3   start          | start#1 A)");
    row("a success does not make up for failures", "fails=2", R"(
        t=0   start          | start#1 A
        t=1   #1 503         | A->B, start#2 B failover
        t=2   check A        | check A
        t=3   checked A ok   |
        t=4   c2 start       | c2 start#1 A
        t=5   c2 #1 503      | A closed->open consecutive_failures until 35, c2 A->B, c2 start#2 B failover)");
    row("a success is the probe that closes", "fails=1", R"(
        t=0   start         | start#1 A
        t=1   #1 503        | A closed->open consecutive_failures until 31, A->B, start#2 B failover
        t=31  check A       | check A
        t=32  checked A ok  | A open->half_open open_time_over, A half_open->closed probe_succeeded
        t=33  c2 start      | c2 start#1 A)");
    row("as many as it takes to close", "fails=1 probes=1/2", R"(
        t=0   start         | start#1 A
        t=1   #1 503        | A closed->open consecutive_failures until 31, A->B, start#2 B failover
        t=31  check A       | check A
        t=32  checked A ok  | A open->half_open open_time_over
        t=33  check A       | check A
        t=34  checked A ok  | A half_open->closed probe_succeeded)");
    row("a failure is the probe that opens again, for longer", "fails=1", R"(
        t=0   start          | start#1 A
        t=1   #1 503         | A closed->open consecutive_failures until 31, A->B, start#2 B failover
        t=31  check A        | check A
        t=32  checked A 503  | A open->half_open open_time_over, A half_open->open probe_failed until 92)");
    row("while a request probes, its result says nothing", "fails=1", R"(
        t=0   start         | start#1 A
        t=1   #1 503        | A closed->open consecutive_failures until 31, A->B, start#2 B failover
        t=31  check A       | check A
        t=32  c2 start      | A open->half_open open_time_over, c2 start#1 A probe
        t=33  checked A ok  |
        t=34  c2 #1 ok      | c2 forward#1, A half_open->closed probe_succeeded, c2 finish success by #1)");
    row("a disabled provider whose time is over is found well", "", R"(
        t=0    start         | start#1 A
        t=1    #1 badkey     | provider 0 disabled until 601, A->B, start#2 B failover
        t=601  check A       | check A
        t=602  checked A ok  |
        t=603  c2 start      | c2 start#1 A
        t=603  c3 start      | c3 start#1 A)");
    row("in the instant in which it is over, too", "", R"(
        t=0    start         | start#1 A
        t=1    #1 badkey     | provider 0 disabled until 601, A->B, start#2 B failover
        t=601  check A       | check A
        t=601  checked A ok  |
        t=603  c2 start      | c2 start#1 A
        t=603  c3 start      | c3 start#1 A)");
    row("a failure does not tell that its account is in order", "", R"(
        t=0    start          | start#1 A
        t=1    #1 badkey      | provider 0 disabled until 601, A->B, start#2 B failover
        t=601  check A        | check A
        t=602  checked A 503  |
        t=603  c2 start       | c2 start#1 A
        t=603  c3 start       | c3 start#1 B)");
    row("or is disabled again", "", R"(
        t=0    start             | start#1 A
        t=1    #1 badkey         | provider 0 disabled until 601, A->B, start#2 B failover
        t=601  check A           | check A
        t=602  checked A badkey  | provider 0 disabled until 1202
        t=603  c2 start          | c2 start#1 B)");
    row("a bad key is found before a request meets it", "keys=2", R"(
        t=1  check A           | check A key0
        t=2  checked A badkey  |
        t=3  start             | start#1 A key1)");
    row("a shared list speaks of the key that it went out with",
        "keys=2 same_provider=yes targets=A,B", R"(
        t=0    start prefer=A      | start#1 A key0
        t=0.1  #1 429 after=90     | start#2 A retry key1
        t=1    c2 start prefer=B   | c2 start#1 B key1
        t=1.1  c2 #1 429 after=90  | c2 start#2 B retry key0
        t=2    check A             | check A key1
        t=2    check B shares=1    | check B key1
        t=3    checked A badkey    |
        t=3    checked B badkey    |
        t=4    c3 start prefer=B   | c3 start#1 B key0)");
    row("a shared list with a key that is not there says nothing", "targets=A,B", R"(
        t=1    check A            | check A
        t=1    check B shares=1   |)");
    row("too many requests: the target cools", "", R"(
        t=1   check A                 | check A
        t=2   checked A 429 after=30  | A cools until 32
        t=3   start                   | start#1 B)");
    row("what it cost counts for the caps", "prices=10,0,10 cap_hour=50", R"(
        t=1  check A               | check A
        t=2  checked A ok cost=45  |
        t=3  start                 | finish refused budget hour)");
    row("a result that nobody waited for is still heard", "fails=1", R"(
        t=1  checked A 503  | A closed->open consecutive_failures until 31)");
}

QTEST_APPLESS_MAIN(TestEngineHealth)
#include "test_engine_health.moc"
