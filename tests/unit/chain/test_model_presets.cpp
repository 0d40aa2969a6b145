// The table of known outages and latencies: what is in it agrees with the figures that it was made
// from, and what is wrong in such a table is named.
#include "chain/model_presets.h"

#include "chain/model_read.h"

#include <QTest>

using namespace brownout;
using chain::Json;

namespace {

chain::ProviderModel model_of(const Json& json) {
    chain::ProblemList problems("test");
    auto out = chain::read_provider_model(json, "", problems);
    if (problems.has_errors())
        qFatal("%s", problems.all().front().text().c_str());
    return out;
}

chain::Provider provider(const char* id, chain::Dialect dialect, const char* url) {
    chain::Provider out;
    out.id = id;
    out.dialect = dialect;
    out.base_url = url;
    return out;
}

} // namespace

class TestModelPresets : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Outages a year and hours each, as the sources count them.
    void outages_a_year_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<double>("a_year");
        QTest::addColumn<double>("hours");
        QTest::newRow("OpenAI, 12 of 2 to 4 h") << "openai-2025" << 12.0 << 3.0;
        QTest::newRow("Anthropic, 6 of 1 to 2 h") << "anthropic-2025" << 6.0 << 1.5;
        QTest::newRow("Gemini, 4 of 1 to 3 h") << "gemini-2025" << 4.0 << 2.0;
        QTest::newRow("DeepSeek, 8 of 1 to 6 h") << "deepseek-2025" << 8.0 << 3.5;
        // 5.55 days between starts, by a Weibull fit whose mean is 5.27 days; repairs of 1.24 h in
        // the middle, by a lognormal fit with mean 2.48 h.
        QTest::newRow("API, fitted") << "incidents-api" << 365 / 5.27 << 2.48;
    }
    void outages_a_year() {
        QFETCH(QString, id);
        QFETCH(double, a_year);
        QFETCH(double, hours);
        const auto* preset = chain::model_presets().outage(id.toStdString());
        QVERIFY(preset);
        QVERIFY(!preset->source.empty() && !preset->date.empty() && !preset->fit.empty());
        const auto model = model_of({{"outages", preset->model}});
        const double repair = stats::mean(model.outages->repair_h);
        const double cycle = stats::mean(model.outages->gap_h) + repair;
        QVERIFY2(std::abs(8760 / cycle / a_year - 1) < 0.01, qPrintable(QString::number(cycle)));
        QVERIFY2(std::abs(repair / hours - 1) < 0.01, qPrintable(QString::number(repair)));
    }
    void latencies() {
        const auto& rows = chain::model_presets().latency;
        QCOMPARE(rows.size(), std::size_t{19});
        const auto* groq = chain::model_presets().latency_of("llmperf-groq-70b");
        QVERIFY(groq);
        const auto model = model_of(groq->model);
        QVERIFY(std::abs(stats::quantile(model.first_token_ms, 0.5) / 223.8 - 1) < 0.01);
        QCOMPARE(model.error_ratio, 0.0);
    }

    void who_is_assumed_to_fail_how_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("preset"); // empty: none
        using enum chain::Dialect;
        const auto row = [](const char* name, const char* id, chain::Dialect dialect,
                            const char* url, const char* preset) {
            QTest::newRow(name) << id << static_cast<int>(dialect) << url << preset;
        };
        row("by its name", "deepseek", openai, "https://api.deepseek.com", "deepseek-2025");
        row("by its address", "main", anthropic, "https://api.anthropic.com", "anthropic-2025");
        row("a simulated one by its dialect", "cedar", gemini, "lab:", "gemini-2025");
        row("a gateway, by nothing", "proxy", openai, "https://gateway.example.com/v1", "");
        row("one without figures", "groq", openai, "https://api.groq.com/openai/v1", "");
    }
    void who_is_assumed_to_fail_how() {
        QFETCH(QString, id);
        QFETCH(int, dialect);
        QFETCH(QString, url);
        QFETCH(QString, preset);
        const auto* found = chain::usual_outages(
            provider(qPrintable(id), static_cast<chain::Dialect>(dialect), qPrintable(url)));
        QCOMPARE(found ? QString::fromStdString(found->id) : QString(), preset);
    }

    void what_is_wrong_is_named_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("pointer");
        const QByteArray head = R"({"format":"brownout.models/1","outages":[)";
        const QByteArray row = R"({"id":"a","label":"A","source":"s","outages":%1})";
        QTest::newRow("another format") << QByteArray(R"({"format":"x"})") << "/format";
        QTest::newRow("sigma below zero")
            << head +
                   QByteArray(row).replace(
                       "%1", R"({"gap_h":1,"repair_h":{"lognormal":{"median":1,"sigma":-1}}})") +
                   "]}"
            << "/outages/0/outages/repair_h/lognormal/sigma";
        QTest::newRow("no source")
            << head + R"({"id":"a","label":"A","outages":{"gap_h":1,"repair_h":1}}]})"
            << "/outages/0";
        QTest::newRow("twice") << head +
                                      QByteArray(row).replace("%1", R"({"gap_h":1,"repair_h":1})") +
                                      "," +
                                      QByteArray(row).replace("%1", R"({"gap_h":1,"repair_h":1})") +
                                      "]}"
                               << "/outages/1/id";
    }
    void what_is_wrong_is_named() {
        QFETCH(QByteArray, text);
        QFETCH(QString, pointer);
        const auto read =
            chain::read_model_presets(*chain::parse_json(text.toStdString(), "t"), "t");
        QVERIFY(!read.ok());
        QVERIFY2(QString::fromStdString(read.problems.front().pointer).startsWith(pointer),
                 read.problems.front().text().c_str());
    }
};

QTEST_APPLESS_MAIN(TestModelPresets)
#include "test_model_presets.moc"
