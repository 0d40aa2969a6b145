// How long is waited: for a Retry-After, and for an attempt before it breaks a limit.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineWaits : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void retry_after_data();
    void retry_after() { check(); }
    void limits_data();
    void limits() { check(); }
};

void TestEngineWaits::retry_after_data() {
    columns();
    row("up to max_wait it is waited for", "", R"(
        t=0    start            | start#1 A
        t=0.1  #1 500 after=2   | A cools until 2.1
        t=2.1  wake             | start#2 A retry
        t=2.2  #2 ok            | forward#2, finish success by #2)");
    row("longer: a cooldown, and the next at once", "", R"(
        t=0    start             | start#1 A
        t=0.1  #1 500 after=2.1  | A cools until 2.2, A->B, start#2 B failover
        t=0.2  #2 ok             | forward#2, finish success by #2
        t=2.1  c2 start          | c2 start#1 B
        t=2.2  c3 start          | c3 start#1 A)");
    row("not honoured: the backoff decides", "honour=no", R"(
        t=0    start            | start#1 A
        t=0.1  #1 500 after=9   |
        t=0.6  wake             | start#2 A retry
        t=0.7  #2 ok            | forward#2, finish success by #2)");
    row("429 up to max_wait: waited for on the same target", "", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=2  | A cools until 2.1
        t=2.1  wake            | start#2 A retry
        t=2.2  #2 ok           | forward#2, finish success by #2)");
    row("meanwhile others keep away", "", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=1  | A cools until 1.1
        t=0.2  c2 start        | c2 start#1 B
        t=1.1  wake            | start#2 A retry
        t=1.1  c3 start        | c3 start#1 A)");
    row("429 past max_wait: the next at once, the time is kept as a cooldown", "", R"(
        t=0    start             | start#1 A
        t=0.1  #1 429 after=2.5  | A cools until 2.6, A->B, start#2 B failover
        t=0.2  #2 ok             | forward#2, finish success by #2
        t=2.5  c2 start          | c2 start#1 B
        t=2.6  c3 start          | c3 start#1 A)");
    row("no backoff besides, however long it would be", "backoff=fixed/5", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=1  | A cools until 1.1
        t=1.1  wake            | start#2 A retry)");
    row("waited for as often as there are tries", "tries=3", R"(
        t=0    start           | start#1 A
        t=0    #1 429 after=1  | A cools until 1
        t=1    wake            | start#2 A retry
        t=1    #2 429 after=1  | A cools until 2
        t=2    wake            | start#3 A retry
        t=2    #3 429 after=1  | A cools until 3, A->B, start#4 B failover)");
    row("one try per target: nothing is waited for", "tries=1", R"(
        t=0    start           | start#1 A
        t=0    #1 429 after=1  | A cools until 1, A->B, start#2 B failover)");
    row("max_attempts ends it", "tries=3 max=2", R"(
        t=0    start           | start#1 A
        t=0    #1 429 after=1  | A cools until 1
        t=1    wake            | start#2 A retry
        t=1    #2 429 after=1  | A cools until 2, finish failed because #2 rate_limited)");
    row("a wait up to the deadline helps nobody", "total=1 share=no", R"(
        t=0    start           | start#1 A
        t=0    #1 429 after=1  | A cools until 1, A->B, start#2 B failover)");
    row("a wait that ends before the deadline is made", "total=1 share=no", R"(
        t=0    start             | start#1 A
        t=0    #1 429 after=0.9  | A cools until 0.9
        t=0.9  wake              | start#2 A retry)");
    row("a spent retry budget: nothing is waited for", "retry_budget=0/0/10", R"(
        t=0    start           | start#1 A
        t=0    #1 429 after=1  | A cools until 1, A->B, start#2 B failover)");
    row("503 with a time goes on all the same", "", R"(
        t=0    start           | start#1 A
        t=0.1  #1 503 after=1  | A cools until 1.1, A->B, start#2 B failover
        t=0.2  #2 ok           | forward#2, finish success by #2
        t=1    c2 start        | c2 start#1 B)");
    row("503 with a time and no other: waited for", "targets=A", R"(
        t=0    start           | start#1 A
        t=0.1  #1 503 after=1  | A cools until 1.1
        t=1.1  wake            | start#2 A retry)");
    row("a time of zero is none", "", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=0  | A cools until 2.1, A->B, start#2 B failover)");
    row("429 with a time that is not honoured: the next at once", "honour=no", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=1  | A cools until 2.1, A->B, start#2 B failover)");
    row("x-should-retry: false, whatever the Retry-After", "targets=A,B", R"(
        t=0    start                    | start#1 A
        t=0.1  #1 429 after=1 retry=no  | A cools until 1.1, A->B, start#2 B failover
        t=0.2  #2 429 after=1 retry=no  | B cools until 1.2, finish failed because #2 rate_limited)");
    row("x-should-retry: true waits for a 503 too", "targets=A,B", R"(
        t=0    start                     | start#1 A
        t=0.1  #1 503 after=1 retry=yes  | A cools until 1.1
        t=1.1  wake                      | start#2 A retry)");
    row("its target breaks while it waits: the next then", "targets=A,B fails=1", R"(
        t=0    start           | start#1 A
        t=0    c2 start        | c2 start#1 A
        t=0.1  #1 429 after=1  | A cools until 1.1
        t=0.2  c2 #1 503       | A closed->open consecutive_failures until 30.2, c2 A->B, c2 start#2 B failover
        t=1.1  wake            | A->B, start#2 B failover)");
    row("429 without a time: busy for max_wait", "", R"(
        t=0    start     | start#1 A
        t=0.1  #1 429    | A cools until 2.1, A->B, start#2 B failover
        t=0.2  #2 ok     | forward#2, finish success by #2
        t=2    c2 start  | c2 start#1 B
        t=2.1  c3 start  | c3 start#1 A)");
    row("429 without a time and nothing to wait for: no cooldown", "wait=0", R"(
        t=0    start     | start#1 A
        t=0.1  #1 429    | A->B, start#2 B failover
        t=0.2  #2 ok     | forward#2, finish success by #2
        t=0.2  c2 start  | c2 start#1 A)");
    row("429 and no other: waits for it", "targets=A", R"(
        t=0    start           | start#1 A
        t=0.1  #1 429 after=1  | A cools until 1.1
        t=1.1  wake            | start#2 A retry
        t=1.2  #2 ok           | forward#2, finish success by #2)");
    row("429 and no other, no time: the backoff", "targets=A", R"(
        t=0    start   | start#1 A
        t=0.1  #1 429  |
        t=0.6  wake    | start#2 A retry
        t=0.7  #2 429  | finish failed because #2 rate_limited)");
    row("429 and no other, too long: fails at once", "targets=A", R"(
        t=0    start            | start#1 A
        t=0.1  #1 429 after=30  | A cools until 30.1, finish failed because #1 rate_limited
        t=1    c2 start         | c2 finish refused unavailable
        t=28.1 c3 start         |
        t=30.1 c3 wake          | c3 start#1 A
        t=30.2 c3 #1 ok         | c3 forward#1, c3 finish success by #1)");
    row("of two busy targets the one that is free first", "targets=A,B", R"(
        t=0    start              | start#1 A
        t=0    #1 429 after=5     | A cools until 5, A->B, start#2 B failover
        t=0    #2 429 after=4     | B cools until 4, finish failed because #2 rate_limited
        t=3.5  c2 start           |
        t=4    c2 wake            | c2 start#1 B
        t=4    c2 #1 429 after=9  | B cools until 13
        t=5    c2 wake            | c2 B->A, c2 start#2 A failover)");
    row("a cooldown that another call was told is respected", "targets=A", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0.1  #1 500              |
        t=0.2  c2 #1 429 after=1.5 | A cools until 1.7
        t=0.6  wake                |
        t=1.7  wake                | start#2 A retry
        t=1.7  c2 wake             | c2 start#2 A retry)");
    row("a backoff that ends with another call's cooldown is no longer than it was",
        "targets=A backoff=fixed/5", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0    c2 #1 429 after=5.1 | A cools until 5.1, c2 finish failed because #1 rate_limited
        t=0.1  #1 500              |
        t=5.1  wake                | start#2 A retry)");
    row("of two that are free at once, the first in order", "targets=A,B tries=1", R"(
        t=0    start             | start#1 A
        t=0    #1 429 after=1    | A cools until 1, A->B, start#2 B failover
        t=0    #2 429 after=1    | B cools until 1, finish failed because #2 rate_limited
        t=0.5  c2 start          |
        t=1    c2 wake           | c2 start#1 A)");
    row("nobody waits for a target that is free at the deadline", "targets=A tries=1 total=1", R"(
        t=0    start             | start#1 A
        t=0    #1 429 after=1.5  | A cools until 1.5, finish failed because #1 rate_limited
        t=0.5  c2 start          | c2 finish refused unavailable
        t=0.6  c3 start          |)");
    row("who waited for another's cooldown has not got its own try back", "targets=A,B tries=1", R"(
        t=0    c2 start prefer=B  | c2 start#1 B
        t=0    start              | start#1 A
        t=0    c2 #1 429 after=1  | B cools until 1, c2 B->A, c2 start#2 A failover
        t=0    #1 429 after=1.9   | A cools until 1.9
        t=0.5  hold B open        | B closed->open manual until never
        t=1    wake               | finish failed because #1 rate_limited)");
    row("a spent retry budget is not got round by another call's cooldown",
        "targets=A retry_budget=0/0/10", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0    c2 #1 429 after=1   | A cools until 1, c2 finish failed because #1 rate_limited
        t=0.5  #1 500              | finish failed because #1 http_status)");
    row("another call's cooldown is waited for up to max_wait", "targets=A", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0    c2 #1 429 after=2   | A cools until 2
        t=0    #1 500              |
        t=2    wake                | start#2 A retry)");
    row("and again, for as long as others are told so", "targets=A", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0    c3 start            | c3 start#1 A
        t=0.1  #1 500              |
        t=0.5  c2 #1 429 after=1.5 | A cools until 2
        t=0.6  wake                |
        t=1.5  c3 #1 429 after=2   | A cools until 3.5
        t=2    wake                |
        t=3.5  wake                | start#2 A retry)");
    row("and no longer", "targets=A", R"(
        t=0    start               | start#1 A
        t=0    c2 start            | c2 start#1 A
        t=0    c2 #1 429 after=2.1 | A cools until 2.1, c2 finish failed because #1 rate_limited
        t=0    #1 500              | finish failed because #1 http_status)");
    row("x-should-retry: true does not shorten a long Retry-After", "targets=A,B", R"(
        t=0    start                       | start#1 A
        t=0.1  #1 429 after=10 retry=yes   | A cools until 10.1, A->B, start#2 B failover
        t=0.2  #2 ok                       | forward#2, finish success by #2)");
}

void TestEngineWaits::limits_data() {
    columns();
    row("connect", "targets=A,B tries=1", R"(
        t=0    start  | start#1 A
        t=3    wake   | cancel#1 connect_timeout, A->B, start#2 B failover
        t=3.1  #2 ok  | forward#2, finish success by #2)");
    row("a connect timeout is of class retry", "", R"(
        t=0    start  | start#1 A
        t=3    wake   | cancel#1 connect_timeout
        t=3.5  wake   | start#2 A retry)");
    row("first token, or a whole reply", "", R"(
        t=0    start          | start#1 A
        t=0.1  #1 connected   |
        t=15   wake           | cancel#1 first_token_timeout, A->B, start#2 B failover
        t=15.1 #1 ok          |)");
    row("a first token in time re-arms for the stall", "", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 connected  |
        t=14   #1 token      | forward#1
        t=28   #1 token      |
        t=43   wake          | cancel#1 stall_timeout, broken#1, A->B, start#2 B restart)");
    row("reasoning is progress and commits nothing", "stall=5", R"(
        t=0    start stream  | start#1 A
        t=1    #1 thinks     |
        t=5    #1 thinks     |
        t=10   wake          | cancel#1 stall_timeout, A->B, start#2 B failover)");
    row("attempt", "attempt=20", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 connected  |
        t=10   #1 thinks     |
        t=19   #1 thinks     |
        t=20   wake          | cancel#1 attempt_timeout, A->B, start#2 B failover)");
    row("attempt shorter than the first token", "attempt=4", R"(
        t=0    start         | start#1 A
        t=1    #1 connected  |
        t=4    wake          | cancel#1 attempt_timeout, A->B, start#2 B failover)");
    row("total: nothing outlasts it", "targets=A total=20 attempt=60", R"(
        t=0    start stream  | start#1 A
        t=0.1  #1 connected  |
        t=10   #1 token      | forward#1
        t=18   #1 token      |
        t=20   wake          | cancel#1 total_deadline, broken#1, finish failed because #1 total_deadline)");
    row("a token that comes after the deadline is too late",
        "targets=A total=20 attempt=60 first=30", R"(
        t=0    start stream   | start#1 A
        t=0    #1 connected   |
        t=20   wake           | cancel#1 first_token_timeout, finish failed because #1 total_deadline
        t=20.1 #1 token       |)");
    row("a silent primary gets its share of a short deadline", "total=2", R"(
        t=0     start         | start#1 A
        t=0     #1 connected  |
        t=0.666666666 wake    | cancel#1 first_token_timeout, A->B, start#2 B failover
        t=1     #2 ok         | forward#2, finish success by #2)");
    row("without shares it eats the deadline", "total=2 share=no", R"(
        t=0     start         | start#1 A
        t=0     #1 connected  |
        t=2     wake          | cancel#1 first_token_timeout, finish failed because #1 total_deadline)");
    row("the last candidate gets what is left", "targets=A,B total=2", R"(
        t=0     start         | start#1 A
        t=0     #1 connected  |
        t=1     wake          | cancel#1 first_token_timeout, A->B, start#2 B failover
        t=1     #2 connected  |
        t=2     wake          | cancel#2 first_token_timeout, finish failed because #2 total_deadline)");
    row("max_attempts leaves fewer to share with", "total=2 max=1", R"(
        t=0     start         | start#1 A
        t=0     #1 connected  |
        t=2     wake          | cancel#1 first_token_timeout, finish failed because #1 total_deadline)");
    row("a target that has begun to answer keeps its time", "total=3", R"(
        t=0     start stream  | start#1 A
        t=0.5   #1 token      | forward#1
        t=2.9   #1 token      |
        t=2.95  #1 ok         | finish success by #1)");
    row("a timeout of work that may be billed is not sent again", "", R"(
        t=0    start image   | start#1 A
        t=0.1  #1 connected  |
        t=15   wake          | cancel#1 first_token_timeout, finish failed because #1 first_token_timeout)");
}

QTEST_APPLESS_MAIN(TestEngineWaits)
#include "test_engine_waits.moc"
