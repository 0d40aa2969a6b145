// What a reply costs by the price of its target: cliffs, cached and stored input, reasoning.
#include "chain/prices.h"
#include "engine/call.h"
#include "wire/billing.h"
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

    // Pictures by quality and size, as they are asked for and as the reply says they were made:
    // what is estimated before, for the caps, and what is billed.
    void pictures_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("asked"); // "quality WxH"
        QTest::addColumn<QString>("made");
        QTest::addColumn<double>("estimate");
        QTest::addColumn<double>("billed");
        QTest::addColumn<bool>("exact");
        const auto row = [](const char* model, const char* asked, const char* made, double estimate,
                            double billed, bool exact = true) {
            QTest::addRow("%s, %s: %s", model, asked, made)
                << QString(model) << QString(asked) << QString(made) << estimate << billed << exact;
        };
        row("dall-e-3", "hd 1792x1024", " ", 0.12, 0.12);
        row("dall-e-3", "high 1792x1024", " ", 0.12, 0.12); // sent as hd
        row("dall-e-3", "hd ", " ", 0.08, 0.08);
        row("dall-e-3", " ", " ", 0.04, 0.04);
        row("dall-e-3", " 1024x1792", " ", 0.08, 0.08);
        row("dall-e-3", " 1280x720", " ", 0.08, 0.08); // sent as 1792x1024
        row("gpt-image-1", "high 1024x1024", "medium 1024x1024", 0.167, 0.167);
        row("gpt-image-1", "low 1024x1024", " ", 0.011, 0.011);
        row("gpt-image-1", "low ", "low 1024x1024", 0.016, 0.011);
        row("gpt-image-1", " ", "medium 1024x1024", 0.25, 0.042);
        row("gpt-image-1", " ", "auto auto", 0.25, 0.25, false);
        row("gpt-image-1", " ", " ", 0.25, 0.25, false);
        row("gpt-image-1", "low ", "low 9x9", 0.016, 0.016, false);
        row("gpt-image-1.5", "low 1024x1024", " ", 0.009, 0.009);
        row("gpt-image-2", "high 1024x1024", " ", 0.211, 0.211);
        row("gpt-image-2", "low 2048x2048", " ", 0.211, 0.211, false); // no tier of that size
    }
    void pictures() {
        QFETCH(QString, model);
        QFETCH(QString, asked);
        QFETCH(QString, made);
        QFETCH(double, estimate);
        QFETCH(double, billed);
        QFETCH(bool, exact);
        QByteArray text = R"({"format": "brownout.chain/1", "name": "t",
            "providers": [{"id": "openai", "key": "none"}], "chains": [{"id": "default",
            "targets": [{"provider": "openai", "model": "MODEL"}]}]})";
        text.replace("MODEL", model.toUtf8());
        auto read = read_document_text(text.toStdString(), "t");
        QVERIFY(read.ok());
        fill_prices(*read.value, builtin_prices());
        const Compiled compiled = compile(*read.value);
        wire::ImageRequest image;
        image.quality = asked.section(' ', 0, 0).toStdString();
        if (const QString size = asked.section(' ', 1, 1); !size.isEmpty()) {
            image.width = size.section('x', 0, 0).toInt();
            image.height = size.section('x', 1, 1).toInt();
        }
        const auto prices = wire::picture_prices(*read.value, compiled, image);
        engine::CallStarted call;
        call.pictures = 2;
        call.picture_prices = prices;
        const auto& upstream = compiled.setup.targets[0].price;
        QCOMPARE(*engine::expected_cost(call, 0, upstream), Money::from_usd(2 * estimate));
        call.picture_prices = {}; // nobody knows: the dearest
        QVERIFY(*engine::expected_cost(call, 0, upstream) >= Money::from_usd(2 * estimate));

        const auto& price = compiled.targets[0].price;
        wire::AttemptFacts facts;
        facts.succeeded = facts.asked_for_media = true;
        facts.pictures = facts.pictures_asked = 2;
        facts.asked = wire::picture_terms(image, Dialect::openai, model.toStdString());
        facts.made = {made.section(' ', 0, 0).toStdString(), made.section(' ', 1, 1).toStdString()};
        QCOMPARE(wire::bill(facts, price).cost, Money::from_usd(2 * billed));
        QCOMPARE(wire::bill(facts, price).usage.estimated, !exact);
        facts.succeeded = false; // sent, and no reply came
        facts.ambiguous = true;
        facts.pictures = 0;
        QCOMPARE(wire::bill(facts, price).cost, Money::from_usd(2 * estimate));
    }
};

QTEST_APPLESS_MAIN(TestCost)
#include "test_cost.moc"
