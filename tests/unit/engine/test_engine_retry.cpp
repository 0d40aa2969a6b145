// Tries and backoffs: when an attempt is made again, and where.
#include "unit/engine/table.h"

#include <set>

using namespace brownout::engine;

class TestEngineRetry : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void tries_data();
    void tries() { check(); }
    void jitter_is_drawn_from_the_seed();
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
    row("no attempts at all", "max=0", R"(
        t=0    start   | finish refused unavailable)");
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

QTEST_APPLESS_MAIN(TestEngineRetry)
#include "test_engine_retry.moc"
