// What a request costs at worst, as a table of policies and figures.
#include "chain/presets.h"
#include "chain/worst_case.h"

#include <QTest>

using namespace brownout;

class TestChainWorstCase : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void figures_data() {
        QTest::addColumn<QString>("pointer"); // what is changed in the demo
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("attempts");
        QTest::addColumn<double>("seconds");
        QTest::addColumn<double>("usd"); // negative: unknown
        // The demo: three targets, two tries each, 30 s in all. 1,000 tokens in and 500 out cost
        // 0.00125, 0.0035 and 0.0003 USD.
        QTest::newRow("as it is") << ""
                                  << "" << 6 << 30.0 << 0.0101;
        QTest::newRow("three tries") << "/policy/retry/max_attempts"
                                     << "3" << 3 << 30.0 << 0.00825;
        QTest::newRow("one try each") << "/chains/0/policy/retry/attempts_per_target"
                                      << "1" << 3 << 30.0 << 0.00505;
        // Six times 6 s, and the 2 s that a Retry-After may cost before each retry.
        QTest::newRow("short attempts")
            << "/policy/timeouts"
            << R"({"attempt_ms": 6000, "total_ms": 120000})" << 6 << 42.0 << 0.0101;
        // Without Retry-After: the reset of a quota is waited for as long.
        QTest::newRow("no Retry-After")
            << "/policy"
            << R"({"timeouts": {"attempt_ms": 1000}, "retry": {"honour_retry_after": false}})" << 6
            << 12.0 << 0.0101;
        QTest::newRow("backoff alone")
            << "/policy"
            << R"({"timeouts": {"attempt_ms": 1000}, "retry": {"max_wait_ms": 0}})" << 6 << 7.5
            << 0.0101;
        QTest::newRow("disabled") << "/chains/0/targets/1/enabled"
                                  << "false" << 4 << 30.0 << 0.0031;
        QTest::newRow("held open") << "/chains/0/targets/1/breaker_hold"
                                   << "\"open\"" << 4 << 30.0 << 0.0031;
        QTest::newRow("too bad") << "/policy/minimum_quality"
                                 << "0.82" << 2 << 30.0 << 0.007;
        QTest::newRow("nothing fits") << "/policy/minimum_quality"
                                      << "0.9" << 0 << 0.0 << -1.0;
        // The dearest target's estimate does not fit under the cap: it is passed over.
        QTest::newRow("capped") << "/policy/budget"
                                << R"({"per_request_usd": 0.002})" << 4 << 30.0 << 0.002;
        // A wait that would end at the deadline is not begun.
        QTest::newRow("waits that do not fit")
            << "/policy"
            << R"({"timeouts": {"attempt_ms": 100, "total_ms": 2000},
                   "retry": {"honour_retry_after": false, "attempts_per_target": 3,
                             "backoff": {"kind": "fixed", "base_ms": 1500, "jitter": "none"}}})"
            << 4 << 2.0 << 0.0095;
        QTest::newRow("target's own tries")
            << "/chains/0/targets/0/retry"
            << R"({"attempts_per_target": 1})" << 5 << 30.0 << 0.00885;
    }
    void figures() {
        QFETCH(QString, pointer);
        QFETCH(QString, value);
        QFETCH(int, attempts);
        QFETCH(double, seconds);
        QFETCH(double, usd);
        auto json = *chain::parse_json(chain::demo_chain_text(), "demo");
        if (!pointer.isEmpty())
            json[chain::Json::json_pointer(pointer.toStdString())] =
                *chain::parse_json(value.toStdString(), "value");
        const auto read = chain::read_document(json, "demo");
        QVERIFY2(read.ok(), read.problems.empty() ? "" : read.problems[0].text().c_str());
        const auto worst = chain::worst_case(*read.value, read.value->chains[0]);
        QCOMPARE(worst.attempts, attempts);
        QCOMPARE(worst.seconds, seconds);
        QCOMPARE(worst.cost ? worst.cost->usd() : -1.0, usd);
    }

    void aMissingPriceIsNotZero() {
        auto json = *chain::parse_json(chain::demo_chain_text(), "demo");
        json["chains"][0]["targets"][1].erase("price");
        const auto read = chain::read_document(json, "demo");
        QVERIFY(read.ok());
        const auto worst = chain::worst_case(*read.value, read.value->chains[0]);
        QCOMPARE(worst.unpriced, std::vector<std::string>{"birch/claude-haiku-4-5"});
        QCOMPARE(worst.cost->usd(), 0.0031);
        QCOMPARE(chain::attempt_cost(std::nullopt, {}), std::nullopt);
        chain::Price half;
        half.input_usd_per_mtok = 1;
        QCOMPARE(chain::attempt_cost(half, {}), std::nullopt);
        chain::Price picture;
        picture.image_usd = 0.04;
        QCOMPARE(chain::attempt_cost(picture, {})->usd(), 0.04);
    }
};

QTEST_APPLESS_MAIN(TestChainWorstCase)
#include "test_chain_worst_case.moc"
