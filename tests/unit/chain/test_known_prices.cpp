// When a target's price counts as known, and when it costs nothing: half a price is none.
#include "chain/document.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::chain;

class TestKnownPrices : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // A price is known when everything that a request may be billed for has one, and nothing is
    // free before that.
    void known_prices_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("price");
        QTest::addColumn<bool>("known");
        QTest::addColumn<bool>("free");
        const auto row = [](const char* model, const char* price, bool known, bool free) {
            QTest::addRow("%s %s", model, price)
                << QString(model) << QString(price) << known << free;
        };
        row("gpt-5-mini", R"({"input_usd_per_mtok": 1, "output_usd_per_mtok": 2})", true, false);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 0, "output_usd_per_mtok": 0})", true, true);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 0, "output_usd_per_mtok": 2})", true, false);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 3})", false, false);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 0})", false, false);
        row("gpt-5-mini", R"({"output_usd_per_mtok": 3})", false, false);
        row("gpt-5-mini", R"({"image_usd": 0})", false, false);
        row("gpt-5-mini", "{}", false, false);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 1, "output_usd_per_mtok": 2,
            "tiers": [{"above_input_tokens": 9, "input_usd_per_mtok": 2}]})",
            false, false);
        row("gpt-5-mini", R"({"input_usd_per_mtok": 0, "output_usd_per_mtok": 0,
            "tiers": [{"above_input_tokens": 9, "input_usd_per_mtok": 2, "output_usd_per_mtok": 0}]})",
            true, false);
        row("gpt-image-1", R"({"image_usd": 0.04})", true, false);
        row("gpt-image-1", R"({"image_usd": 0})", true, true);
        row("gpt-image-1", R"({"image_usd": 0, "image_tiers": [{"size": "1x1", "image_usd": 1}]})",
            true, false);
        row("gpt-image-1", R"({"image_usd": 0, "input_usd_per_mtok": 5})", true, true);
        row("gpt-image-1", R"({"input_usd_per_mtok": 5, "output_usd_per_mtok": 40})", false, false);
    }
    void known_prices() {
        QFETCH(QString, model);
        QFETCH(QString, price);
        QFETCH(bool, known);
        Json json = Json::parse(R"({"format": "brownout.chain/1", "name": "t",
            "providers": [{"id": "openai", "key": "none"}], "chains": [{"id": "default"}]})");
        json["chains"][0]["targets"] = Json::array({{{"provider", "openai"},
                                                     {"model", model.toStdString()},
                                                     {"price", Json::parse(price.toStdString())}}});
        const auto read = read_document(json, "");
        QVERIFY2(read.ok(), read.ok() ? "" : read.problems[0].text().c_str());
        const engine::ExpectedPrice expected = compile(*read.value).setup.targets[0].price;
        QCOMPARE(expected.known, known);
        QTEST(expected.free(), "free");
    }
};

QTEST_APPLESS_MAIN(TestKnownPrices)
#include "test_known_prices.moc"
