// prices: the table is listed, LiteLLM's file is laid over it, and commands reckon with it.
#include "support/ctl.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

class TestCtlPrices : public QObject {
    Q_OBJECT
  private:
    QTemporaryDir dir_;
    CtlOptions options() const {
        CtlOptions out;
        out.environment["BROWNOUT_PRICES"] = dir_.filePath("data/prices.json");
        return out;
    }
    // The input price in USD per million tokens; below zero: not listed.
    double input_price(const QString& model) const {
        const QJsonArray models =
            ctl({"prices", "list", "--json", model}, options()).json()["models"].toArray();
        for (const QJsonValue& row : models)
            if (row[u"model"] == model)
                return row[u"price"][u"input_usd_per_mtok"].toDouble(-1);
        return -1;
    }

  private Q_SLOTS:
    void initTestCase() { QVERIFY(QDir(dir_.path()).mkpath("data")); }

    void lists() {
        const auto result = ctl({"prices", "list"}, options());
        QCOMPARE(result.code, 0);
        QVERIFY(result.out.contains("claude-haiku-4-5"));
        QVERIFY(result.out.contains("2026-07-24")); // every figure has a date
        QCOMPARE(input_price("gpt-5-mini"), 0.25);
        const auto none = ctl({"prices", "list", "no-such-model"}, options());
        QCOMPARE(none.code, 0);
        QVERIFY(none.out.isEmpty());
        QVERIFY(none.err.contains("unknown"));
    }

    void imports_over_the_table() {
        const QString file = write(dir_.path(), "litellm.json", R"({
            "sample_spec": {"litellm_provider": "one of"},
            "gpt-5-mini": {"litellm_provider": "openai", "input_cost_per_token": 3e-06},
            "odd": 7})");
        const auto result = ctl({"prices", "import", file, "--json"}, options());
        QCOMPARE(result.code, 0);
        QCOMPARE(result.json()["imported"].toInt(), 1);
        QCOMPARE(result.json()["skipped"].toInt(), 1);
        QVERIFY(result.err.contains("odd"));
        QCOMPARE(input_price("gpt-5-mini"), 3.0);
        QCOMPARE(input_price("gpt-5-nano"), 0.05); // the rest stays
        QFile::remove(dir_.filePath("data/prices.json"));
    }

    void refuses_and_keeps_what_was_there_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("no JSON") << QByteArray("{\"gpt-5\": ");
        QTest::newRow("a list") << QByteArray("[]");
        QTest::newRow("nothing priced") << QByteArray("{\"m\": {\"litellm_provider\": \"x\"}}");
    }
    void refuses_and_keeps_what_was_there() {
        QFETCH(QByteArray, text);
        const QByteArray kept = R"({"format":"brownout.prices/1","source":"mine",
            "date":"2026-11-01","models":[]})";
        write(dir_.path(), "data/prices.json", kept);
        const auto result =
            ctl({"prices", "import", write(dir_.path(), "bad.json", text)}, options());
        QCOMPARE(result.code, 2);
        QVERIFY(result.err.contains("bad.json"));
        QCOMPARE(read(dir_.filePath("data/prices.json")), kept);
        QFile::remove(dir_.filePath("data/prices.json"));
    }

    // A chain that gives no price is reckoned by the table, its own price stands, and what is in
    // neither is unknown.
    void commands_use_it_data() {
        QTest::addColumn<QString>("target");
        QTest::addColumn<bool>("known");
        QTest::newRow("table") << R"("model": "gpt-5-mini")" << true;
        QTest::newRow("own") << R"("model": "mine", "price": {"input_usd_per_mtok": 1,
                                   "output_usd_per_mtok": 1})"
                             << true;
        QTest::newRow("neither") << R"("model": "mine")" << false;
    }
    void commands_use_it() {
        QFETCH(QString, target);
        QFETCH(bool, known);
        const QString chain = write(dir_.path(), "priced.chain.json",
                                    QString(R"({
            "format": "brownout.chain/1", "name": "priced",
            "providers": [{"id": "a", "dialect": "openai", "base_url": "lab:", "key": "none",
                           "model": {"first_token_ms": 1, "token_ms": 1}}],
            "chains": [{"id": "default", "targets": [{"provider": "a", %1}]}]})")
                                        .arg(target)
                                        .toUtf8());
        const auto sent =
            ctl({"send", chain, "--prompt", "Hi there", "--max-tokens", "5", "--json"}, options());
        QCOMPARE(sent.code, 0);
        QCOMPARE(sent.json()["cost_usd"].isDouble(), known);
        QVERIFY(!known || sent.json()["cost_usd"].toDouble() > 0);
    }
};

QTEST_GUILESS_MAIN(TestCtlPrices)
#include "test_ctl_prices.moc"
