// The breaker: what opens it and how it probes, seen through whole calls.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineBreaker : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void opens_data();
    void opens() { check(); }
    void probes_data();
    void probes() { check(); }
};

void TestEngineBreaker::opens_data() {
    columns();
    row("consecutive failures", "targets=A,B tries=1 fails=2 open=5/1/5", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | A->B, start#2 B failover
        t=0.2  #2 ok     | forward#2, finish success by #2
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 500 | A closed->open consecutive_failures until 6.1, c2 A->B, c2 start#2 B failover
        t=1.2  c2 #2 ok  | c2 forward#2, c2 finish success by #2
        t=2    c3 start  | c3 start#1 B)");
    row("a success between starts the count anew", "targets=A tries=1 fails=2", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=2    c3 start  | c3 start#1 A
        t=2.1  c3 #1 500 | c3 finish failed because #1 http_status)");
    row("what says nothing about health neither counts nor resets", "targets=A tries=1 fails=2", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 400 | c2 finish rejected because #1 bad_request
        t=2    c3 start  | c3 start#1 A
        t=2.1  c3 leave  | c3 cancel#1 caller_left, c3 finish cancelled caller_left
        t=3    c4 start  | c4 start#1 A
        t=3.1  c4 #1 500 | A closed->open consecutive_failures until 33.1, c4 finish failed because #1 http_status)");
    row("a limit counts as a failure", "targets=A,B tries=1 fails=1", R"(
        t=0    start        | start#1 A
        t=0.1  #1 connected |
        t=15   wake         | cancel#1 first_token_timeout, A closed->open consecutive_failures until 45, A->B, start#2 B failover)");
    row("the total deadline does not", "targets=A tries=1 fails=1 total=20 attempt=60", R"(
        t=0    start stream | start#1 A
        t=0    #1 connected |
        t=10   #1 thinks    |
        t=20   wake         | cancel#1 total_deadline, finish failed because #1 total_deadline)");
    row("off never opens", "targets=A tries=1 fails=off ratio=off", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 500 | c2 finish failed because #1 http_status
        t=2    c3 start  | c3 start#1 A)");
    row("a ratio of the window, with a minimum of requests",
        "targets=A tries=1 fails=off ratio=0.5/4", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=2    c3 start  | c3 start#1 A
        t=2.1  c3 #1 ok  | c3 forward#1, c3 finish success by #1
        t=3    c4 start  | c4 start#1 A
        t=3.1  c4 #1 500 | A closed->open failure_ratio until 33.1, c4 finish failed because #1 http_status)");
    row("below the ratio it stays closed", "targets=A tries=1 fails=off ratio=0.5/3", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=1    c2 start  | c2 start#1 A
        t=1.1  c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=2    c3 start  | c3 start#1 A
        t=2.1  c3 #1 ok  | c3 forward#1, c3 finish success by #1
        t=3    c4 start  | c4 start#1 A)");
    row("what has left the window no longer counts",
        "targets=A tries=1 fails=off ratio=0.5/2 window=10", R"(
        t=0    start     | start#1 A
        t=0.1  #1 500    | finish failed because #1 http_status
        t=11   c2 start  | c2 start#1 A
        t=11.1 c2 #1 500 | c2 finish failed because #1 http_status)");
    row("slow calls", "targets=A tries=1 slow=2/1/2", R"(
        t=0    start     | start#1 A
        t=2.1  #1 ok     | forward#1, finish success by #1
        t=3    c2 start  | c2 start#1 A
        t=5    c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=6    c3 start  | c3 start#1 A)");
    row("slow calls: any one, where the ratio is 0", "targets=A tries=1 slow=2/0/1", R"(
        t=0    start     | start#1 A
        t=1    #1 ok     | forward#1, finish success by #1
        t=3    c2 start  | c2 start#1 A
        t=5.1  c2 #1 ok  | c2 forward#1, A closed->open slow_calls until 35.1, c2 finish success by #1)");
    row("slow calls, enough of them", "targets=A tries=1 slow=2/1/2", R"(
        t=0    start     | start#1 A
        t=2.1  #1 ok     | forward#1, finish success by #1
        t=3    c2 start  | c2 start#1 A
        t=5.1  c2 #1 ok  | c2 forward#1, A closed->open slow_calls until 35.1, c2 finish success by #1)");
    row("a stream is slow when its first token is", "targets=A slow=2/0.5/2", R"(
        t=0    start stream    | start#1 A
        t=1    #1 token        | forward#1
        t=9    #1 ok           | finish success by #1
        t=10   c2 start stream | c2 start#1 A
        t=12.1 c2 #1 token     | c2 forward#1
        t=13   c2 #1 ok        | A closed->open slow_calls until 43, c2 finish success by #1)");
    row("provider-wide: its other targets open too", "same_provider=yes fails=2 tries=2 open=5/1/5",
        R"(
        t=0    start    | start#1 A
        t=0.1  #1 dns   |
        t=0.6  wake     | start#2 A retry
        t=0.7  #2 dns   | A closed->open consecutive_failures until 5.7, B closed->open provider_wide until 5.7, C closed->open provider_wide until 5.7, A->B, start#3 B failover)");
    row("provider-wide: whichever of them fails", "same_provider=yes tries=1 fails=1", R"(
        t=0    start prefer=B | start#1 B
        t=0.1  #1 dns   | B closed->open consecutive_failures until 30.1, A closed->open provider_wide until 30.1, C closed->open provider_wide until 30.1, B->A, start#2 A failover)");
    row("provider-wide: other providers stay", "targets=A,B tries=1 fails=1", R"(
        t=0    start    | start#1 A
        t=0.1  #1 dns   | A closed->open consecutive_failures until 30.1, A->B, start#2 B failover)");
    row("a breaker that opens during a backoff is asked again", "targets=A,B fails=2", R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0.1  #1 500    |
        t=0.2  c2 #1 500 | A closed->open consecutive_failures until 30.2, c2 A->B, c2 start#2 B failover
        t=0.6  wake      | A->B, start#2 B failover)");
    row("late results of an open breaker change nothing", "targets=A,B tries=1 fails=1", R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0.1  #1 500    | A closed->open consecutive_failures until 30.1, A->B, start#2 B failover
        t=0.2  c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=0.3  c3 start  | c3 start#1 B)");
    row("nor does a late failure", "targets=A,B tries=1 fails=1", R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0.1  #1 500    | A closed->open consecutive_failures until 30.1, A->B, start#2 B failover
        t=0.2  c2 #1 500 | c2 A->B, c2 start#2 B failover
        t=0.3  c3 start  | c3 start#1 B)");
    row("failures wait until they are no fewer than the undecided", "targets=A,B tries=1 fails=1",
        R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0    c3 start  | c3 start#1 A
        t=0    c4 start  | c4 start#1 A
        t=0.1  #1 500    | A->B, start#2 B failover
        t=0.2  c2 #1 500 | A closed->open consecutive_failures until 30.2, c2 A->B, c2 start#2 B failover)");
    row("the same for a ratio", "targets=A,B tries=1 fails=off ratio=0.5/2", R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0    c3 start  | c3 start#1 A
        t=0    c4 start  | c4 start#1 A
        t=0    c5 start  | c5 start#1 A
        t=0    c6 start  | c6 start#1 A
        t=0.1  #1 500    | A->B, start#2 B failover
        t=0.1  c2 #1 500 | c2 A->B, c2 start#2 B failover
        t=0.2  c3 #1 500 | A closed->open failure_ratio until 30.2, c3 A->B, c3 start#2 B failover)");
    row("whoever has run for longer than successes take is not waited for",
        "targets=A,B tries=1 fails=1 first=60 connect=60 attempt=60", R"(
        t=0    start     | start#1 A
        t=0    c2 start  | c2 start#1 A
        t=0    c3 start  | c3 start#1 A
        t=0    c4 start  | c4 start#1 A
        t=6    #1 500    | A closed->open consecutive_failures until 36, A->B, start#2 B failover)");
    row("a success that began before the failures does not end their run",
        "targets=A,B tries=1 fails=2", R"(
        t=0    start     | start#1 A
        t=0.1  c2 start  | c2 start#1 A
        t=0.1  c3 start  | c3 start#1 A
        t=0.1  c4 start  | c4 start#1 A
        t=0.2  c2 #1 500 | c2 A->B, c2 start#2 B failover
        t=0.3  #1 ok     | forward#1, finish success by #1
        t=0.4  c3 #1 500 | c3 A->B, c3 start#2 B failover
        t=0.5  c4 #1 500 | A closed->open consecutive_failures until 30.5, c4 A->B, c4 start#2 B failover)");
}

void TestEngineBreaker::probes_data() {
    columns();
    row("a probe that succeeds closes it", "targets=A,B tries=1 fails=1 open=5/2/60", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0.1  #2 ok     | forward#2, finish success by #2
        t=4.9  c2 start  | c2 start#1 B
        t=5    c3 start  | A open->half_open open_time_over, c3 start#1 A probe
        t=5.1  c3 #1 ok  | c3 forward#1, A half_open->closed probe_succeeded, c3 finish success by #1
        t=5.2  c4 start  | c4 start#1 A)");
    row("the answer is forwarded like any other", "targets=A,B tries=1 fails=1 open=5/2/60", R"(
        t=0    start          | start#1 A
        t=0    #1 500         | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0.1  #2 ok          | forward#2, finish success by #2
        t=5    c2 start stream | A open->half_open open_time_over, c2 start#1 A probe
        t=5.1  c2 #1 token    | c2 forward#1
        t=5.2  c2 #1 ok       | A half_open->closed probe_succeeded, c2 finish success by #1)");
    row("a probe that fails re-opens it for longer, up to the cap",
        "targets=A,B tries=1 fails=1 open=5/2/15", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c2 #1 500 | A half_open->open probe_failed until 15, c2 A->B, c2 start#2 B failover
        t=5    c2 #2 ok  | c2 forward#2, c2 finish success by #2
        t=15   c3 start  | A open->half_open open_time_over, c3 start#1 A probe
        t=15   c3 #1 500 | A half_open->open probe_failed until 30, c3 A->B, c3 start#2 B failover
        t=15   c3 #2 ok  | c3 forward#2, c3 finish success by #2
        t=30   c4 start  | A open->half_open open_time_over, c4 start#1 A probe
        t=30   c4 #1 ok  | c4 forward#1, A half_open->closed probe_succeeded, c4 finish success by #1
        t=31   c5 start  | c5 start#1 A
        t=31   c5 #1 500 | A closed->open consecutive_failures until 36, c5 A->B, c5 start#2 B failover)");
    row("one probe at a time", "targets=A,B tries=1 fails=1 open=5/1/5", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c3 start  | c3 start#1 B)");
    row("two probes at a time, three successes to close",
        "targets=A,B tries=1 fails=1 open=5/1/5 probes=2/3", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c3 start  | c3 start#1 A probe
        t=5    c4 start  | c4 start#1 B
        t=5.1  c2 #1 ok  | c2 forward#1, c2 finish success by #1
        t=5.1  c3 #1 ok  | c3 forward#1, c3 finish success by #1
        t=5.2  c5 start  | c5 start#1 A probe
        t=5.3  c5 #1 ok  | c5 forward#1, A half_open->closed probe_succeeded, c5 finish success by #1)");
    row("a cancelled probe counts as nothing and frees its place",
        "targets=A,B tries=1 fails=1 open=5/1/5", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5.1  c2 leave  | c2 cancel#1 caller_left, c2 finish cancelled caller_left
        t=5.2  c3 start  | c3 start#1 A probe)");
    row("a probe that is told to come later counts as nothing",
        "targets=A,B tries=1 fails=1 open=5/1/5", R"(
        t=0    start             | start#1 A
        t=0    #1 500            | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok             | forward#2, finish success by #2
        t=5    c2 start          | A open->half_open open_time_over, c2 start#1 A probe
        t=5.1  c2 #1 429 after=3 | A cools until 8.1, c2 A->B, c2 start#2 B failover
        t=5.2  c2 #2 ok          | c2 forward#2, c2 finish success by #2
        t=8.1  c3 start          | c3 start#1 A probe)");
    row("a slow probe has failed", "targets=A,B tries=1 fails=1 open=5/1/5 slow=2/1/9", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=7.1  c2 #1 ok  | c2 forward#1, A half_open->open probe_failed until 12.1, c2 finish success by #1)");
    row("of two probes the late one changes nothing",
        "targets=A,B tries=1 fails=1 open=5/1/5 probes=2/1", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=5    c2 start  | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c3 start  | c3 start#1 A probe
        t=5.1  c2 #1 500 | A half_open->open probe_failed until 10.1, c2 A->B, c2 start#2 B failover
        t=5.2  c3 #1 ok  | c3 forward#1, c3 finish success by #1
        t=5.3  c4 start  | c4 start#1 B)");
    row("a probe of an earlier period frees no place",
        "targets=A,B tries=1 fails=1 open=5/1/5 probes=2/1", R"(
        t=0    start        | start#1 A
        t=0    #1 500       | A closed->open consecutive_failures until 5, A->B, start#2 B failover
        t=0    #2 ok        | forward#2, finish success by #2
        t=5    c2 start     | A open->half_open open_time_over, c2 start#1 A probe
        t=5    c3 start     | c3 start#1 A probe
        t=5    c3 #1 connected |
        t=5.1  c2 #1 500    | A half_open->open probe_failed until 10.1, c2 A->B, c2 start#2 B failover
        t=5.2  c2 #2 ok     | c2 forward#2, c2 finish success by #2
        t=11   c4 start     | A open->half_open open_time_over, c4 start#1 A probe
        t=11   c5 start     | c5 start#1 A probe
        t=11   c3 leave     | c3 cancel#1 caller_left, c3 finish cancelled caller_left
        t=11   c6 start     | c6 start#1 B)");
    row("probe now", "targets=A,B tries=1 fails=1 open=30/1/30", R"(
        t=0    start     | start#1 A
        t=0    #1 500    | A closed->open consecutive_failures until 30, A->B, start#2 B failover
        t=0    #2 ok     | forward#2, finish success by #2
        t=1    probe A   |
        t=2    c2 start  | A open->half_open open_time_over, c2 start#1 A probe)");
}

QTEST_APPLESS_MAIN(TestEngineBreaker)
#include "test_engine_breaker.moc"
