// Rerouting by need, disabled providers, and what a call costs.
#include "unit/engine/table.h"

using namespace brownout::engine;

class TestEngineReroute : public script::TableTest {
    Q_OBJECT

  private Q_SLOTS:
    void reroutes_data();
    void reroutes() { check(); }
    void money_data();
    void money() { check(); }
};

void TestEngineReroute::reroutes_data() {
    columns();
    row("context: only to a larger window", "targets=A,B,C windows=8000,4000,32000", R"(
        t=0    start      | start#1 A
        t=0.1  #1 toolong | A->C, start#2 C failover
        t=0.2  #2 ok      | forward#2, finish success by #2)");
    row("context: an unknown window may be larger", "targets=A,B windows=8000,0", R"(
        t=0    start      | start#1 A
        t=0.1  #1 toolong | A->B, start#2 B failover)");
    row("context: nobody has a larger one", "targets=A,B windows=8000,8000", R"(
        t=0    start      | start#1 A
        t=0.1  #1 toolong | finish rejected because #1 context_exceeded)");
    row("context: propagate", "on_context=propagate", R"(
        t=0    start      | start#1 A
        t=0.1  #1 toolong | finish rejected because #1 context_exceeded)");
    row("a request that is too long is not sent there", "windows=1000,2000,3000", R"(
        t=0    start in=1500 out=600 | start#1 C)");
    row("a window is as long as it says", "windows=1000,2000,3000", R"(
        t=0    start in=1000 out=? | start#1 A)");
    row("an unknown window fits everything", "windows=0,2000,3000", R"(
        t=0    start in=1500 out=5000 | start#1 A)");
    row("everything switched off", "disabled=ABC", R"(
        t=0    start | finish refused unavailable)");
    row("nothing is good enough", "minimum_quality=2", R"(
        t=0    start | finish refused unavailable)");
    row("a preferred target that is switched off changes nothing", "disabled=A", R"(
        t=0    start prefer=A | start#1 B
        t=0.1  #1 503         | B->C, start#2 C failover)");
    row("a request that fits exactly", "windows=1000,2000,3000", R"(
        t=0    start in=1500 out=500 | start#1 B)");
    row("a request that is too long for all", "windows=1000,2000,3000", R"(
        t=0    start in=2500 out=600 | finish refused context_exceeded)");
    row("moderation propagates", "", R"(
        t=0    start        | start#1 A
        t=0.1  #1 moderated | finish rejected because #1 moderation)");
    row("moderation: the next by policy", "on_moderation=next targets=A,B", R"(
        t=0    start        | start#1 A
        t=0.1  #1 moderated | A->B, start#2 B failover
        t=0.2  #2 moderated | finish rejected because #2 moderation)");
    row("unsupported: elsewhere", "targets=A,B", R"(
        t=0    start          | start#1 A
        t=0.1  #1 unsupported | A->B, start#2 B failover)");
    row("after a target's own fault it is failed, not rejected", "targets=A,B on_moderation=next",
        R"(
        t=0    start        | start#1 A
        t=0.1  #1 503       | A->B, start#2 B failover
        t=0.2  #2 moderated | finish failed because #2 moderation)");
    row("model missing: that target only", "same_provider=yes targets=A,B disable=60", R"(
        t=0    start      | start#1 A
        t=0.1  #1 nomodel | A cools until 60.1, A->B, start#2 B failover
        t=0.2  #2 ok      | forward#2, finish success by #2
        t=60   c2 start   | c2 start#1 B
        t=60.1 c3 start   | c3 start#1 A)");
    row("model missing: propagate", "on_model_missing=propagate", R"(
        t=0    start      | start#1 A
        t=0.1  #1 nomodel | A cools until 600.1, finish failed because #1 model_missing)");
    row("bad key: the provider is out, with all its targets", "same_provider=yes targets=A,B", R"(
        t=0    start     | start#1 A
        t=0.1  #1 badkey | provider 0 disabled until 600.1, finish failed because #1 bad_key
        t=1    c2 start  | c2 finish refused unavailable)");
    row("bad key: others serve, and it is probed by one call at a time", "targets=A,B disable=60",
        R"(
        t=0    start        | start#1 A
        t=0.1  #1 badkey    | provider 0 disabled until 60.1, A->B, start#2 B failover
        t=0.2  #2 ok        | forward#2, finish success by #2
        t=60   c2 start     | c2 start#1 B
        t=60.1 c3 start     | c3 start#1 A
        t=60.1 c4 start     | c4 start#1 B
        t=60.2 c2 leave     | c2 cancel#1 caller_left, c2 finish cancelled caller_left
        t=60.2 c4 leave     | c4 cancel#1 caller_left, c4 finish cancelled caller_left
        t=60.2 c3 #1 nomoney | provider 0 disabled until 120.2, c3 A->B, c3 start#2 B failover
        t=60.3 c3 #2 ok     | c3 forward#2, c3 finish success by #2
        t=121  c5 start     | c5 start#1 A
        t=121.1 c5 #1 ok    | c5 forward#1, c5 finish success by #1
        t=121.2 c6 start    | c6 start#1 A
        t=121.2 c7 start    | c7 start#1 A)");
    row("bad key: a late answer of an earlier attempt does not end the caution",
        "targets=A,B disable=60", R"(
        t=0    start        | start#1 A
        t=0    c2 start     | c2 start#1 A
        t=0.1  #1 badkey    | provider 0 disabled until 60.1, A->B, start#2 B failover
        t=0.2  #2 ok        | forward#2, finish success by #2
        t=0.2  c2 #1 ok     | c2 forward#1, c2 finish success by #1
        t=60.1 c3 start     | c3 start#1 A
        t=60.1 c4 start     | c4 start#1 B)");
    row("what is known already is not told again", "targets=A,B disable=60", R"(
        t=0    start        | start#1 A
        t=0    c2 start     | c2 start#1 A
        t=0    c3 start     | c3 start#1 A
        t=0    c4 start     | c4 start#1 A
        t=0    c5 start prefer=B | c5 start#1 B
        t=0    c6 start prefer=B | c6 start#1 B
        t=0.1  #1 429 after=9    | A cools until 9.1, A->B, start#2 B failover
        t=0.1  c2 #1 429 after=9 | c2 A->B, c2 start#2 B failover
        t=0.1  c5 #1 nomodel     | B cools until 60.1, c5 finish failed because #1 model_missing
        t=0.1  c6 #1 nomodel     | c6 finish failed because #1 model_missing
        t=0.1  c3 #1 badkey      | provider 0 disabled until 60.1, c3 finish failed because #1 bad_key
        t=0.1  c4 #1 badkey      | c4 finish failed because #1 bad_key)");
    row("a cooldown and a missing model end by hand", "targets=A", R"(
        t=0    start             | start#1 A
        t=0    #1 429 after=30   | A cools until 30, finish failed because #1 rate_limited
        t=1    probe A           |
        t=1    c2 start          | c2 start#1 A
        t=2    c2 #1 nomodel     | A cools until 602, c2 finish failed because #1 model_missing
        t=3    probe A           |
        t=3    c3 start          | c3 start#1 A)");
    row("bad key: propagate", "on_bad_key=propagate", R"(
        t=0    start     | start#1 A
        t=0.1  #1 badkey | provider 0 disabled until 600.1, finish failed because #1 bad_key)");
    row("no money is never the caller's to see while another serves", "on_bad_key=propagate", R"(
        t=0    start      | start#1 A
        t=0.1  #1 nomoney | provider 0 disabled until 600.1, A->B, start#2 B failover)");
    row("a disabled time ends by hand", "targets=A,B", R"(
        t=0    start     | start#1 A
        t=0.1  #1 badkey | provider 0 disabled until 600.1, A->B, start#2 B failover
        t=1    probe A   |
        t=2    c2 start  | c2 start#1 A)");
    row("candidates by what they can do", "tools=B", R"(
        t=0    start tools | start#1 B
        t=0.1  #1 503      |
        t=0.6  wake        | start#2 B retry
        t=0.7  #2 503      | finish failed because #2 http_status)");
    row("nobody can do it", "tools=none", R"(
        t=0    start tools | finish refused unsupported)");
    row("an entry that is switched off", "disabled=A", R"(
        t=0    start | start#1 B)");
    row("a preferred target goes first, the others stay", "", R"(
        t=0    start prefer=C | start#1 C
        t=0.1  #1 503         | C->A, start#2 A failover
        t=0.2  #2 503         | A->B, start#3 B failover)");
    row("quality below the minimum is no candidate", "minimum_quality=0.5 qualities=0.4,0.5,1", R"(
        t=0    start | start#1 B)");
}

void TestEngineReroute::money_data() {
    columns();
    row("useful and wasted", "targets=A,B", R"(
        t=0    start           | start#1 A
        t=0.1  #1 503 cost=3   | A->B, start#2 B failover
        t=0.2  #2 ok cost=20   | forward#2, finish success by #2 cost 23u wasted 3u)");
    row("all wasted when it fails", "targets=A tries=1", R"(
        t=0    start           | start#1 A
        t=0.1  #1 503 cost=3   | finish failed because #1 http_status cost 3u wasted 3u)");
    row("an attempt that was sent and cancelled is estimated", "targets=A prices=7", R"(
        t=0    start         | start#1 A
        t=0.1  #1 connected  |
        t=0.2  leave         | cancel#1 caller_left, finish cancelled caller_left cost 7u wasted 7u)");
    row("one that was not sent costs nothing", "targets=A prices=7", R"(
        t=0    start | start#1 A
        t=0.2  leave | cancel#1 caller_left, finish cancelled caller_left)");
}

QTEST_APPLESS_MAIN(TestEngineReroute)
#include "test_engine_reroute.moc"
