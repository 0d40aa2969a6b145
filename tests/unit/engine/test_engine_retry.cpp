// Tries, waits and limits: every row of the retry rules.
#include "unit/engine/script.h"

#include <QTest>

#include <set>

using namespace brownout::engine;

class TestEngineRetry : public QObject {
    Q_OBJECT

    static void row(const char* what, const char* settings, const char* table) {
        QTest::newRow(what) << QString::fromLatin1(settings) << QString::fromLatin1(table);
    }
    static void check() {
        QFETCH(QString, settings);
        QFETCH(QString, table);
        const std::string wrong = script::play(settings.toStdString(), table.toStdString());
        QVERIFY2(wrong.empty(), wrong.c_str());
    }
    static void columns() {
        QTest::addColumn<QString>("settings");
        QTest::addColumn<QString>("table");
    }

  private Q_SLOTS:
    void tries_data();
    void tries() { check(); }
    void retry_after_data();
    void retry_after() { check(); }
    void jitter_is_drawn_from_the_seed();
    void limits_data();
    void limits() { check(); }
};

void TestEngineRetry::tries_data() {
    columns();
    row("the first answers", "", R"(
        t=0    start  | start#1 A
        t=0.4  #1 ok  | forward#1, finish success by #1)");
    row("class retry: the same target after the backoff, then the next at once", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  |
        t=0.6  wake    | start#2 A retry
        t=0.7  #2 500  | A->B, start#3 B failover
        t=0.9  #3 ok   | forward#3, finish success by #3)");
    row("class failover: the next at once", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 503  | A->B, start#2 B failover
        t=0.2  #2 503  | B->C, start#3 C failover
        t=0.3  #3 ok   | forward#3, finish success by #3)");
    row("class failover retries where no other is left", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 503  | A->B, start#2 B failover
        t=0.2  #2 503  | B->C, start#3 C failover
        t=0.3  #3 503  |
        t=0.8  wake    | start#4 C retry
        t=0.9  #4 503  | finish failed because #4 http_status)");
    row("one target alone: its tries, then one clear failure", "targets=A tries=3 fails=off", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  |
        t=0.6  wake    | start#2 A retry
        t=0.6  #2 503  |
        t=1.1  wake    | start#3 A retry
        t=1.2  #3 500  | finish failed because #3 http_status)");
    row("max_attempts ends it", "max=2", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  |
        t=0.6  wake    | start#2 A retry
        t=0.7  #2 500  | finish failed because #2 http_status)");
    row("the backoff grows", "targets=A tries=4 fails=off backoff=exponential/0.5", R"(
        t=0    start   | start#1 A
        t=0    #1 500  |
        t=0.5  wake    | start#2 A retry
        t=0.5  #2 500  |
        t=1.5  wake    | start#3 A retry
        t=1.5  #3 500  |
        t=3.5  wake    | start#4 A retry
        t=3.6  #4 ok   | forward#4, finish success by #4)");
    row("the backoff starts anew on the next target", "targets=A,B backoff=linear/1", R"(
        t=0    start   | start#1 A
        t=0    #1 500  |
        t=1    wake    | start#2 A retry
        t=1    #2 500  | A->B, start#3 B failover
        t=1    #3 500  |
        t=2    wake    | start#4 B retry
        t=2    #4 500  | finish failed because #4 http_status)");
    row("no wait that would end at the deadline", "targets=A,B total=0.6 backoff=fixed/0.5", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  | A->B, start#2 B failover
        t=0.2  #2 500  | finish failed because #2 http_status)");
    row("a rejected request goes back at once", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 400  | finish rejected because #1 bad_request)");
    row("x-should-retry: true makes a 503 a retry here", "", R"(
        t=0    start             | start#1 A
        t=0.1  #1 503 retry=yes  |
        t=0.6  wake              | start#2 A retry
        t=0.7  #2 ok             | forward#2, finish success by #2)");
    row("x-should-retry: false forbids the retry here", "targets=A,B", R"(
        t=0    start            | start#1 A
        t=0.1  #1 500 retry=no  | A->B, start#2 B failover
        t=0.2  #2 500 retry=no  | finish failed because #2 http_status)");
    row("ambiguous, idempotent: sent again", "targets=A,B tries=1", R"(
        t=0    start     | start#1 A
        t=0.1  #1 reset  | A->B, start#2 B failover
        t=0.2  #2 ok     | forward#2, finish success by #2)");
    row("ambiguous, not idempotent: never sent again", "", R"(
        t=0    start image  | start#1 A
        t=0.1  #1 reset     | finish failed because #1 reset)");
    row("a received 503 is not ambiguous", "", R"(
        t=0    start image  | start#1 A
        t=0.1  #1 503       | A->B, start#2 B failover
        t=0.2  #2 ok        | forward#2, finish success by #2)");
    row("resend always", "resend=always tries=1", R"(
        t=0    start image  | start#1 A
        t=0.1  #1 reset     | A->B, start#2 B failover
        t=0.2  #2 ok        | forward#2, finish success by #2)");
    row("resend never", "resend=never", R"(
        t=0    start     | start#1 A
        t=0.1  #1 reset  | finish failed because #1 reset)");
    row("the caller leaves while it runs", "", R"(
        t=0    start  | start#1 A
        t=0.1  leave  | cancel#1 caller_left, finish cancelled caller_left
        t=0.2  #1 ok  |)");
    row("the caller leaves while it waits", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 500  |
        t=0.2  leave   | finish cancelled because #1 caller_left)");
    row("what comes twice or late is ignored", "", R"(
        t=0    start   | start#1 A
        t=0.1  #1 503  | A->B, start#2 B failover
        t=0.1  #1 ok   |
        t=0.2  #2 ok   | forward#2, finish success by #2
        t=0.3  #2 503  |)");
    row("a slot that is used again is another call", "", R"(
        t=0    start       | start#1 A
        t=0.1  #1 ok       | forward#1, finish success by #1
        t=0.2  c2 start    | c2 start#1 A
        t=0.3  #1 503      |
        t=0.3  leave       |
        t=0.4  c2 #1 ok    | c2 forward#1, c2 finish success by #1)");
    row("a retry budget is a share of the requests",
        "targets=A tries=9 max=9 fails=off retry_budget=0/0.2/10", R"(
        t=0    start   | start#1 A
        t=0    #1 500  |
        t=0.5  wake    | start#2 A retry
        t=0.5  #2 500  |
        t=1    wake    | start#3 A retry
        t=1    #3 500  | finish failed because #3 http_status)");
    row("a spent retry budget still lets the next target be tried",
        "targets=A,B retry_budget=0/0/10", R"(
        t=0    start   | start#1 A
        t=0    #1 500  | A->B, start#2 B failover
        t=0    #2 500  | finish failed because #2 http_status)");
}

void TestEngineRetry::retry_after_data() {
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
    row("x-should-retry: true does not shorten a long Retry-After", "targets=A,B", R"(
        t=0    start                       | start#1 A
        t=0.1  #1 429 after=10 retry=yes   | A cools until 10.1, A->B, start#2 B failover
        t=0.2  #2 ok                       | forward#2, finish success by #2)");
}

void TestEngineRetry::jitter_is_drawn_from_the_seed() {
    const auto first_delay = [](std::uint64_t seed) {
        script::World world("targets=A jitter=full", seed);
        world.play(brownout::Instant{}, "start");
        world.play(brownout::Instant{}, "#1 500");
        return world.wake_of(1).time_since_epoch();
    };
    std::set<brownout::Duration> delays;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto delay = first_delay(seed);
        QVERIFY(delay > brownout::Duration::zero() && delay < brownout::from_seconds(0.5));
        QVERIFY(delay == first_delay(seed));
        delays.insert(delay);
    }
    QCOMPARE(delays.size(), std::size_t{20});
}

void TestEngineRetry::limits_data() {
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

QTEST_APPLESS_MAIN(TestEngineRetry)
#include "test_engine_retry.moc"
