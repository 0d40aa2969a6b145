// Answers whose length the caller does not name (out=?): what they are reckoned with. Prices in
// micro-dollars a token, input/output.
#include "engine/output_mean.h"
#include "unit/engine/table.h"

using namespace brownout;
using namespace brownout::engine;

class TestEngineEstimates : public script::UntimedTableTest {
    Q_OBJECT

  private Q_SLOTS:
    void output_data();
    void output() { check(); }
    void the_mean();
};

void TestEngineEstimates::output_data() {
    columns();
    row("cheapest: 500 tokens come out, unless the caller says otherwise",
        "strategy=cheapest targets=A,B token_prices=1/10,2/3", R"(
        t=0  start in=100 out=?    | start#1 B
        t=1  c2 start in=100 out=0 | c2 start#1 A
        t=2  c3 start in=100 out=9 | c3 start#1 A)");
    row("a cap of the request holds for them, too", "targets=A token_prices=1/1 cap_request=599",
        R"(
        t=0  start in=100 out=?     | finish refused budget request
        t=1  c2 start in=99 out=?   | c2 start#1 A
        t=2  c3 start in=100 out=1  | c3 start#1 A)");
    row("and a limit on tokens", "targets=A,B limits=0/1000/0", R"(
        t=0  start in=400 out=?  | start#1 A
        t=1  c2 start in=101     | c2 start#1 B
        t=2  c3 start in=100     | c3 start#1 A)");
    row("answers teach: five hundred four times, then one of a hundred, is 420",
        "targets=A,B limits=0/1000/0", R"(
        t=0  start out=?             | start#1 A
        t=1  #1 ok used=100          | forward#1, finish success by #1
        t=2  c2 start in=481 out=?   | c2 start#1 B
        t=3  c3 start in=480 out=?   | c3 start#1 A)");
    row("but not those whose length was named", "targets=A,B limits=0/1000/0", R"(
        t=0  start out=1             | start#1 A
        t=1  #1 ok used=1            | forward#1, finish success by #1
        t=2  c2 start in=500 out=?   | c2 start#1 B
        t=3  c3 start in=499 out=?   | c3 start#1 A)");
    row("nor those that failed, or were not counted", "targets=A,B,C limits=0/1000/0 tries=1", R"(
        t=0  start out=?             | start#1 A
        t=1  #1 400 used=1           | finish rejected because #1 bad_request
        t=2  c2 start out=?          | c2 start#1 A
        t=3  c2 #1 refused           | c2 A->B, c2 start#2 B failover
        t=4  c2 #2 ok                | c2 forward#2, c2 finish success by #2
        t=5  c3 start in=500 out=?   | c3 start#1 C
        t=6  c4 start in=499 out=?   | c4 start#1 A)");
    row("a guess keeps nobody out of a window", "targets=A,B windows=600,0", R"(
        t=0  start in=550 out=?       | start#1 A
        t=1  c2 start in=550 out=51   | c2 start#1 B)");
}

// Against doubles: after many answers it follows, and never leaves their range.
void TestEngineEstimates::the_mean() {
    OutputMean mean;
    QCOMPARE(mean.expected(), usual_output_tokens);
    double reference = usual_output_tokens, n = 4;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const std::uint32_t tokens = i < 500 ? i % 7 : 4'000'000'000u;
        mean.add(tokens);
        n = std::min(n + 1, 64.0);
        reference += (tokens - reference) / n;
        QVERIFY(std::abs(mean.expected() - reference) <= 1 + reference * 1e-6);
    }
    QVERIFY(mean.expected() > 3'900'000'000u);
}

QTEST_APPLESS_MAIN(TestEngineEstimates)
#include "test_engine_estimates.moc"
