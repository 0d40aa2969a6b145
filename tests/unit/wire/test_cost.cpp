// What a reply costs by the price of its target: cliffs, cached and stored input, reasoning.
#include "wire/dialect.h"
#include "wire/usage.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::chain;

class TestCost : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void cost_data() {
        QTest::addColumn<QString>("price");
        QTest::addColumn<int>("input");
        QTest::addColumn<int>("cached");
        QTest::addColumn<int>("written");
        QTest::addColumn<int>("output");
        QTest::addColumn<int>("reasoning");
        QTest::addColumn<double>("usd"); // below zero: unknown
        const QString tiers = R"({"input_usd_per_mtok": 2, "output_usd_per_mtok": 10,
            "cached_input_usd_per_mtok": 0.2, "cache_write_usd_per_mtok": 2.5,
            "tiers": [{"above_input_tokens": 200000, "input_usd_per_mtok": 4,
                       "output_usd_per_mtok": 18}]})";
        QTest::newRow("plain") << tiers << 1000 << 0 << 0 << 100 << 0 << 0.003;
        QTest::newRow("cached input") << tiers << 1000 << 500 << 0 << 0 << 0 << 0.0011;
        QTest::newRow("cache write") << tiers << 1000 << 0 << 1000 << 0 << 0 << 0.0025;
        QTest::newRow("at the threshold") << tiers << 200000 << 0 << 0 << 1000 << 0 << 0.41;
        QTest::newRow("one token above: all of it costs more")
            << tiers << 200001 << 0 << 0 << 1000 << 0 << 0.818004;
        QTest::newRow("cached above, no rate of its own: as input")
            << tiers << 300000 << 300000 << 0 << 0 << 0 << 1.2;
        const QString thinks = R"({"input_usd_per_mtok": 1, "output_usd_per_mtok": 2,
                                   "reasoning_usd_per_mtok": 3})";
        QTest::newRow("reasoning apart") << thinks << 0 << 0 << 0 << 1000 << 400 << 0.0024;
        const QString no_output = R"({"input_usd_per_mtok": 1})";
        QTest::newRow("unknown output") << no_output << 10 << 0 << 0 << 1 << 0 << -1.0;
        QTest::newRow("unknown output that did not occur")
            << no_output << 1000 << 0 << 0 << 0 << 0 << 0.001;
    }
    void cost() {
        QFETCH(QString, price);
        QFETCH(int, input);
        QFETCH(int, cached);
        QFETCH(int, written);
        QFETCH(int, output);
        QFETCH(int, reasoning);
        QFETCH(double, usd);
        ProblemList problems("test");
        const Price read =
            read_price(ObjectReader(*parse_json(price.toStdString(), "test"), "", problems));
        QVERIFY(!problems.has_errors());
        wire::Usage usage;
        usage.input = input;
        usage.cached_read = cached;
        usage.cache_write = written;
        usage.output = output;
        usage.reasoning = reasoning;
        const auto cost = wire::cost_of(usage, read);
        QCOMPARE(cost ? cost->usd() : -1.0, usd);
        QVERIFY(read_price(ObjectReader(to_json(read), "", problems)) == read);
    }
};

QTEST_APPLESS_MAIN(TestCost)
#include "test_cost.moc"
