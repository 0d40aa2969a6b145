// Several keys for one provider: which one goes out, and what becomes of one that fails.
#include "unit/engine/table.h"

using namespace brownout;
using namespace brownout::engine;

class TestEngineKeys : public script::UntimedTableTest {
    Q_OBJECT

  private Q_SLOTS:
    void busy_data();
    void busy() { check(); }
    void refused_data();
    void refused() { check(); }
};

void TestEngineKeys::busy_data() {
    columns();
    row("the first key, as long as it works", "keys=2", R"(
        t=0    start     | start#1 A key0
        t=0.1  #1 ok     | forward#1, finish success by #1
        t=1    c2 start  | c2 start#1 A key0)");
    row("too many requests: at once the next key, which then stays in use", "keys=2", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=30  | start#2 A retry key1
        t=0.2  #2 ok            | forward#2, finish success by #2
        t=0.3  c2 start         | c2 start#1 A key1
        t=60   c3 start         | c3 start#1 A key1)");
    row("the next key goes out however short the first one's rest is", "keys=2 wait=0", R"(
        t=0    start    | start#1 A key0
        t=0.1  #1 429   | start#2 A retry key1
        t=0.2  #2 429   | A->B, start#3 B failover key0)");
    row("no time named: the key rests for max_wait", "keys=2 wait=2", R"(
        t=0    start     | start#1 A key0
        t=0.1  #1 429    | start#2 A retry key1
        t=0.2  #2 429    | A cools until 2.1, A->B, start#3 B failover key0
        t=2    c2 start  | c2 start#1 B key0
        t=2.1  c3 start  | c3 start#1 A key0)");
    row("a Retry-After that is worth the wait is not waited for beside a ready key", "keys=2", R"(
        t=0    start           | start#1 A key0
        t=0.1  #1 429 after=1  | start#2 A retry key1)");
    row("the target cools only once no key is left, until the first one is back", "keys=2", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=30  | start#2 A retry key1
        t=0.2  #2 429 after=60  | A cools until 30.1, A->B, start#3 B failover key0
        t=30   c2 start         | c2 start#1 B key0
        t=30.1 c3 start         | c3 start#1 A key0)");
    row("the last key is waited for like an only one", "targets=A keys=2", R"(
        t=0    start             | start#1 A key0
        t=0.1  #1 429 after=30   | start#2 A retry key1
        t=0.2  #2 429 after=1.5  | A cools until 1.7
        t=1.7  wake              | start#3 A retry key1
        t=1.8  #3 ok             | forward#3, finish success by #3)");
    row("other keys are no tries on the target", "targets=A keys=3 tries=1", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=30  | start#2 A retry key1
        t=0.2  #2 429 after=30  | start#3 A retry key2
        t=0.3  #3 429 after=30  | A cools until 30.1, finish failed because #3 rate_limited)");
    row("each key once per try, though the first one is back by then", "keys=2 tries=1", R"(
        t=0    start              | start#1 A key0
        t=0.1  #1 429 after=0.05  | start#2 A retry key1
        t=0.2  #2 429 after=0.05  | A->B, start#3 B failover key0)");
    row("and once more in the next try", "keys=2 tries=2 targets=A,B", R"(
        t=0     start              | start#1 A key0
        t=0.1   #1 429 after=0.05  | start#2 A retry key1
        t=0.2   #2 429 after=0.05  |
        t=0.25  wake               | start#3 A retry key1
        t=0.3   #3 429 after=0.05  | start#4 A retry key0
        t=0.4   #4 429 after=0.05  | A->B, start#5 B failover key0)");
    row("each key once, where none rests", "keys=3 wait=0", R"(
        t=0    start   | start#1 A key0
        t=0.1  #1 429  | start#2 A retry key1
        t=0.2  #2 429  | start#3 A retry key2
        t=0.3  #3 429  | A->B, start#4 B failover key0)");
    row("another failure in between begins a try, and each key is there for it again",
        "keys=2 wait=0 targets=A,B", R"(
        t=0    start   | start#1 A key0
        t=0.1  #1 429  | start#2 A retry key1
        t=0.2  #2 500  |
        t=0.7  wake    | start#3 A retry key1
        t=0.8  #3 429  | start#4 A retry key0
        t=0.9  #4 429  | A->B, start#5 B failover key0)");
    row("but they count for max_attempts", "keys=3 max=2", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=30  | start#2 A retry key1
        t=0.2  #2 429 after=30  | finish failed because #2 rate_limited)");
    row("a key that is busy on one target is not on another", "keys=2 same_provider=yes", R"(
        t=0    start                 | start#1 A key0
        t=0.1  #1 429 after=30       | start#2 A retry key1
        t=0.2  #2 429 after=30       | A cools until 30.1, A->B, start#3 B failover key1
        t=0.3  #3 429 after=30       | start#4 B retry key0
        t=0.4  #4 ok                 | forward#4, finish success by #4
        t=0.5  c2 start              | c2 start#1 B key0)");
    row("a target that is busy as a whole has no better key", "keys=2", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 503 after=30  | A cools until 30.1, A->B, start#2 B failover key0)");
    row("x-should-retry is about the same key", "keys=2", R"(
        t=0    start                     | start#1 A key0
        t=0.1  #1 429 after=30 retry=no  | start#2 A retry key1)");
    row("text that the caller has goes on elsewhere", "keys=2 targets=A,B", R"(
        t=0    start stream  | start#1 A key0
        t=0.1  #1 token      | forward#1
        t=0.2  #1 429        | broken#1, A->B, start#2 B restart key0)");
    row("one that has rested goes on the moment that it may", "keys=2 targets=A,B", R"(
        t=0    start                | start#1 A key0
        t=0.1  #1 429 after=1.9     | start#2 A retry key1
        t=1    c2 start             | c2 start#1 A key1
        t=2    c2 #1 429 after=30   | c2 start#2 A retry key0)");
    row("so it does at the very start of time", "keys=2 targets=A,B", R"(
        t=0  start            | start#1 A key0
        t=0  #1 429 after=30  | start#2 A retry key1
        t=0  #2 badkey        | A->B, start#3 B failover key0)");
    row("who waits for a key that rests and is told to rest longer waits on", "keys=2 targets=A",
        R"(
        t=0    start                | start#1 A key0
        t=0.1  #1 429 after=1.5     | start#2 A retry key1
        t=0.2  #2 429 after=1.4     | A cools until 1.6
        t=0.3  c2 start             |
        t=1.6  wake                 | start#3 A retry key1
        t=1.6  c2 wake              | c2 start#1 A key1
        t=1.7  #3 429 after=1.5     | start#4 A retry key0
        t=1.8  #4 429 after=60      | A cools until 3.2, finish failed because #4 rate_limited
        t=1.9  c3 start             |
        t=2    c2 #1 429 after=2.5  | A cools until 4.5, c2 finish failed because #1 rate_limited
        t=3.2  c3 wake              |
        t=4.5  c3 wake              | c3 start#1 A key1)");
    row("an open breaker keeps every key back", "keys=2 fails=1 targets=A,B", R"(
        t=0    start     | start#1 A key0
        t=0    c2 start  | c2 start#1 A key0
        t=0.1  #1 503    | A closed->open consecutive_failures until 30.1, A->B, start#2 B failover key0
        t=0.2  c2 #1 429 | c2 A->B, c2 start#2 B failover key0)");
}

void TestEngineKeys::refused_data() {
    columns();
    row("a bad key: the next one at once, and the bad one is left alone", "keys=2", R"(
        t=0    start      | start#1 A key0
        t=0.1  #1 badkey  | start#2 A retry key1
        t=0.2  #2 ok      | forward#2, finish success by #2
        t=1    c2 start   | c2 start#1 A key1)");
    row("at the very start of time, too", "keys=2 targets=A,B", R"(
        t=0  start      | start#1 A key0
        t=0  #1 badkey  | start#2 A retry key1
        t=1  c2 start   | c2 start#1 A key1)");
    row("no money: the same", "keys=2", R"(
        t=0    start       | start#1 A key0
        t=0.1  #1 nomoney  | start#2 A retry key1)");
    row("the provider is disabled once no key is left, until the first one may be probed",
        "keys=2 disable=100 targets=A,B", R"(
        t=0      start      | start#1 A key0
        t=0.1    #1 badkey  | start#2 A retry key1
        t=0.2    #2 badkey  | provider 0 disabled until 100.1, A->B, start#3 B failover key0
        t=0.3    #3 ok      | forward#3, finish success by #3
        t=100    c2 start   | c2 start#1 B key0
        t=100.1  c3 start   | c3 start#1 A key0
        t=100.1  c4 start   | c4 start#1 B key0
        t=100.2  c3 #1 ok   | c3 forward#1, c3 finish success by #1
        t=100.3  c5 start   | c5 start#1 A key0
        t=100.4  c6 start   | c6 start#1 A key0)");
    row("what is wrong with one target's key is wrong at the whole provider",
        "keys=2 same_provider=yes disable=100", R"(
        t=0    start      | start#1 A key0
        t=0.1  #1 badkey  | start#2 A retry key1
        t=0.2  #2 500     |
        t=0.7  wake       | start#3 A retry key1
        t=0.8  #3 500     | A->B, start#4 B failover key1)");
    row("one attempt at a time tries a key that was refused", "keys=2 disable=10 targets=A,B", R"(
        t=0     start               | start#1 A key0
        t=0.1   #1 badkey           | start#2 A retry key1
        t=0.2   #2 ok               | forward#2, finish success by #2
        t=20    c2 start            | c2 start#1 A key1
        t=20.1  c2 #1 429 after=60  | c2 start#2 A retry key0
        t=20.2  c3 start            | c3 start#1 B key0
        t=20.3  c2 #2 badkey        | c2 A->B, c2 start#3 B failover key0
        t=40    c4 start            | c4 start#1 A key0)");
    row("an answer to an attempt from before says nothing about a refused key",
        "keys=2 disable=10 targets=A,B", R"(
        t=0     start               | start#1 A key0
        t=0     c2 start            | c2 start#1 A key0
        t=0.1   #1 badkey           | start#2 A retry key1
        t=0.2   c2 #1 ok            | c2 forward#1, c2 finish success by #1
        t=20    #2 429 after=60     | A->B, start#3 B failover key0
        t=20.1  c3 start            | c3 start#1 A key0
        t=20.2  c4 start            | c4 start#1 B key0)");
    row("what was never answered does not say that the key is in order",
        "keys=2 disable=10 targets=A,B tries=1", R"(
        t=0     start               | start#1 A key0
        t=0.1   #1 badkey           | start#2 A retry key1
        t=0.2   #2 429 after=60     | A cools until 60.2, A->B, start#3 B failover key0
        t=20    c2 start            | c2 start#1 A key0
        t=20.1  c2 #1 dns           | c2 A->B, c2 start#2 B failover key0
        t=20.2  c3 start            | c3 start#1 A key0
        t=20.3  c4 start            | c4 start#1 B key0
        t=20.4  c3 #1 500           | c3 A->B, c3 start#2 B failover key0
        t=20.5  c5 start            | c5 start#1 A key0
        t=20.5  c6 start            | c6 start#1 A key0)");
    row("nor that the account is", "disable=10 targets=A,B tries=1", R"(
        t=0     start         | start#1 A
        t=0.1   #1 nomoney    | provider 0 disabled until 10.1, A->B, start#2 B failover
        t=20    c2 start      | c2 start#1 A
        t=20.1  c2 #1 refused | c2 A->B, c2 start#2 B failover
        t=20.2  c3 start      | c3 start#1 A
        t=20.3  c4 start      | c4 start#1 B
        t=20.4  c3 #1 503     | c3 A->B, c3 start#2 B failover
        t=20.5  c5 start      | c5 start#1 A
        t=20.5  c6 start      | c6 start#1 A)");
    row("every provider has its own", "keys=2 targets=A,B disable=100", R"(
        t=0    start      | start#1 A key0
        t=0.1  #1 503     | A->B, start#2 B failover key0
        t=0.2  #2 badkey  | start#3 B retry key1
        t=0.3  #3 badkey  | provider 1 disabled until 100.2, finish failed because #3 bad_key)");
    row("propagated only once no key is left", "keys=2 on_bad_key=propagate", R"(
        t=0    start      | start#1 A key0
        t=0.1  #1 badkey  | start#2 A retry key1
        t=0.2  #2 badkey  | provider 0 disabled until 600.1, finish failed because #2 bad_key)");
    row("a key that is missing is never used", "keys=2 missing=0", R"(
        t=0    start      | start#1 A key1
        t=0.1  #1 badkey  | provider 0 disabled until 600.1, A->B, start#2 B failover key1
        t=700  c2 start   | c2 start#1 A key1)");
    row("probed by hand, all keys are tried again, in order of use", "keys=2 targets=A", R"(
        t=0    start      | start#1 A key0
        t=0.1  #1 badkey  | start#2 A retry key1
        t=0.2  #2 badkey  | provider 0 disabled until 600.1, finish failed because #2 bad_key
        t=1    probe A    |
        t=1.1  c2 start   | c2 start#1 A key1
        t=1.2  c2 #1 429  | c2 start#2 A retry key0)");
    row("keys that rest, too", "keys=2 targets=A", R"(
        t=0    start            | start#1 A key0
        t=0.1  #1 429 after=60  | start#2 A retry key1
        t=0.2  #2 429 after=60  | A cools until 60.1, finish failed because #2 rate_limited
        t=1    probe A          |
        t=1.1  c2 start         | c2 start#1 A key1)");
    row("but not those of the next target", "keys=2 targets=A,B", R"(
        t=0    hold A open         | A closed->open manual until never
        t=0    start               | start#1 B key0
        t=0.1  #1 429 after=60     | start#2 B retry key1
        t=1    probe A             |
        t=2    c2 start            | c2 start#1 B key1
        t=2.1  c2 #1 429 after=60  | B cools until 60.1, c2 finish failed because #1 rate_limited)");
    row("a lone key that is missing: the attempt is made, to say so", "keys=1 missing=0", R"(
        t=0    start      | start#1 A)");
    row("blocked is not about the key", "keys=2", R"(
        t=0    start       | start#1 A key0
        t=0.1  #1 blocked  | provider 0 disabled until 600.1, A->B, start#2 B failover key0)");
}

QTEST_APPLESS_MAIN(TestEngineKeys)
#include "test_engine_keys.moc"
