// Scenarios in words: lanes of the library, expectations and verdicts, the summary of a run.
#include "ui/demo_session.h"
#include "ui/models/expectation_model.h"
#include "ui/models/scenario_library.h"
#include "ui/models/scenario_run.h"

#include <QFile>

using namespace brownout;
using namespace brownout::ui;

namespace {

chain::Json shortScenario(double seconds) {
    return {{"format", "brownout.scenario/1"},
            {"name", "short"},
            {"duration_s", seconds},
            {"traffic", {{"requests_per_s", 20}, {"arrivals", "uniform"}, {"output_tokens", 5}}},
            {"faults",
             {{{"target", "@primary"},
               {"kind", "http_error"},
               {"status", 503},
               {"when", {{"at_s", 0.5}, {"for_s", 1}}}}}},
            {"expect",
             {{{"metric", "availability"}, {"at_least", 0.9}},
              {{"metric", "latency_ms"}, {"quantile", 0.5}, {"at_most", 0.001}},
              {{"metric", "breaker_opens_within_s"}, {"target", "@primary"}, {"at_most", 1}}}}};
}

faults::Expectation expectation(faults::Metric metric, std::optional<double> least,
                                std::optional<double> most, const char* target = "",
                                std::optional<double> quantile = {}) {
    faults::Expectation e;
    e.metric = metric;
    e.at_least = least;
    e.at_most = most;
    e.target = target;
    e.quantile = quantile;
    return e;
}

} // namespace

class TestOutagesScenario : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void verdictsBelongToFinishedRuns_data() {
        using Run = ExpectationModel::Run;
        QTest::addColumn<int>("run");
        QTest::addColumn<bool>("pass");
        QTest::addColumn<bool>("final");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* name, Run run, bool pass, bool final, const char* words) {
            QTest::newRow(name) << static_cast<int>(run) << pass << final
                                << QString::fromLatin1(words);
        };
        row("so far so good", Run::running, true, false, "pending, 50 % so far");
        row("broken for good", Run::running, false, true, "failed, 50 %");
        row("held", Run::finished, true, false, "passed, 50 %");
        row("not held", Run::finished, false, false, "failed, 50 %");
        row("stopped while good", Run::stopped, true, false, "not finished, 50 % when stopped");
        row("stopped when decided", Run::stopped, true, true, "not finished, 50 % when stopped");
        row("stopped while bad", Run::stopped, false, true, "not finished, 50 % when stopped");
    }
    void verdictsBelongToFinishedRuns() {
        QFETCH(int, run);
        QFETCH(bool, pass);
        QFETCH(bool, final);
        QFETCH(QString, words);
        ExpectationModel model;
        const auto e = expectation(faults::Metric::availability, 0.4, {});
        model.setJudged({{e, 0.5, pass, final}}, static_cast<ExpectationModel::Run>(run));
        const auto cell = [&](int column) { return model.index(0, column).data().toString(); };
        QCOMPARE(cell(ExpectationModel::verdictColumn) + QStringLiteral(", ") +
                     cell(ExpectationModel::observedColumn),
                 words);
        // Neutral: neither the green of a pass nor the red of a failure.
        const auto ink = model.index(0, 0).data(Qt::ForegroundRole).value<QColor>();
        const bool neutral =
            words.startsWith(QStringLiteral("not")) || words.startsWith(QStringLiteral("pending"));
        QCOMPARE(ink != colors().good && ink != colors().bad, neutral);
    }

    void lanes() {
        const auto document = chain::read_document(demoJson(), "demo");
        chain::Json json = shortScenario(100);
        json["faults"] = {
            {{"target", "@primary"}, {"kind", "hang"}, {"when", {{"at_s", 10}, {"for_s", 20}}}},
            {{"target", "aster"},
             {"kind", "latency"},
             {"ms", 100},
             {"when", {{"at_s", 20}, {"for_s", 5}}}},
            {{"target", "*"}, {"kind", "reset"}, {"when", {{"at_s", 90}}}},
            {{"target", "cedar"},
             {"kind", "http_error"},
             {"status", 500},
             {"when", {{"at_s", 0}, {"for_s", 5}, {"probability", 0.2}}}}};
        QTemporaryDir dir;
        QFile file(dir.filePath(QStringLiteral("l.scenario.json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(json.dump()));
        file.close();
        const LoadedScenario loaded = loadScenario(file.fileName(), *document.value);
        QVERIFY2(loaded.scenario.has_value(), qPrintable(loaded.problems.join('\n')));
        QStringList rows;
        for (const TimelineLane& lane : timelineLanes(*loaded.scenario, *document.value))
            for (const FaultBlock& b : lane.blocks)
                rows << QStringLiteral("%1 %2-%3 row %4")
                            .arg(lane.provider)
                            .arg(b.from_s)
                            .arg(b.to_s)
                            .arg(b.row);
        QCOMPARE(rows,
                 (QStringList{"aster 10-30 row 0", "aster 20-25 row 1", "aster 90-100 row 0",
                              "birch 90-100 row 0", "cedar 90-100 row 0", "cedar 0-5 row 0"}));
        const auto last = timelineLanes(*loaded.scenario, *document.value).back().blocks.back();
        QVERIFY2(last.label.endsWith(QStringLiteral("500, 20 % of requests")),
                 qPrintable(last.label));
    }

    // Hours that happened are played in minutes; a file of the user's own stays as it is.
    void incidentsAreCompressed() {
        const auto document = chain::read_document(demoJson(), "demo");
        int incidents = 0;
        for (const ScenarioFile& file : scenariosIn(QStringLiteral(":/scenarios"))) {
            const LoadedScenario loaded = loadScenario(file.path, *document.value);
            QVERIFY2(loaded.scenario.has_value(), qPrintable(loaded.problems.join('\n')));
            QVERIFY2(durationOf(*loaded.scenario) <= 300, qPrintable(file.name));
            if (!file.path.contains(QStringLiteral("/incidents/")))
                continue;
            ++incidents;
            QVERIFY2(loaded.scenario->name.find("times as fast") != std::string::npos,
                     loaded.scenario->name.c_str());
            const QString own =
                QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/scenarios/incidents/") +
                file.path.section('/', -1);
            QVERIFY(durationOf(*loadScenario(own, *document.value).scenario) > 3600);
        }
        QVERIFY(incidents >= 3);
    }

    void failuresSayWhy_data() {
        using faults::Metric;
        QTest::addColumn<QString>("got");
        QTest::addColumn<QString>("wanted");
        const auto why = [](const faults::Expectation& e, std::optional<double> observed) {
            return whyFailed({e, observed, false, true}, QStringLiteral("birch: 503"));
        };
        QTest::newRow("availability")
            << why(expectation(Metric::availability, 0.999, {}), 0.9)
            << "Availability: 90 % observed, at least 99.9 % wanted. The last request without an "
               "answer met: birch: 503";
        QTest::newRow("latency") << why(expectation(Metric::latency_ms, {}, 4000, "", 0.99), 5000.0)
                                 << "Latency p99: 5.00 s observed, at most 4 s wanted.";
        QTest::newRow("never opened")
            << why(expectation(Metric::breaker_opens_within_s, {}, 5, "aster"), {}).left(31)
            << "Aster: the breaker never opened";
    }
    void failuresSayWhy() {
        QFETCH(QString, got);
        QFETCH(QString, wanted);
        QCOMPARE(got, wanted);
    }

    void words_data() {
        using faults::Metric;
        QTest::addColumn<QString>("got");
        QTest::addColumn<QString>("wanted");
        QTest::newRow("availability")
            << expectationText(expectation(Metric::availability, 0.999, {}))
            << "Availability at least 99.9 %";
        QTest::newRow("latency") << expectationText(
                                        expectation(Metric::latency_ms, {}, 4000, "", 0.99))
                                 << "Latency p99 at most 4 s";
        QTest::newRow("breaker") << expectationText(
                                        expectation(Metric::breaker_opens_within_s, {}, 5, "aster"))
                                 << "Aster's breaker opens within 5 s";
        QTest::newRow("both ends")
            << expectationText(expectation(Metric::served_by, 0.1, 0.5, "birch/haiku"))
            << "Served by Birch haiku at least 10 % and at most 50 %";
        QTest::newRow("not quite all")
            << observedText(Metric::availability, 0.999994) << "99.999 %";
        QTest::newRow("all") << observedText(Metric::availability, 1) << "100 %";
        QTest::newRow("spend") << observedText(Metric::spend_usd, 0.5) << "0.50 USD";
    }
    void words() {
        QFETCH(QString, got);
        QFETCH(QString, wanted);
        QCOMPARE(got, wanted);
    }

    void summaries_data() {
        QTest::addColumn<QString>("report");
        QTest::addColumn<QString>("wanted");
        const QString figures =
            QStringLiteral("\"requests\":90,\"availability\":{\"value\":1.0},\"spend_usd\":0.02");
        const QString tail = QStringLiteral("90 requests, availability 100 %, spend 0.0200 USD.");
        QTest::newRow("all") << QStringLiteral(
                                    "{%1,\"expectations\":[{\"metric\":\"a\",\"pass\":true},"
                                    "{\"metric\":\"b\",\"pass\":true}]}")
                                    .arg(figures)
                             << QStringLiteral("Passed: all 2 expectations held. ") + tail;
        QTest::newRow("one") << QStringLiteral(
                                    "{%1,\"expectations\":[{\"metric\":\"a\",\"pass\":true}]}")
                                    .arg(figures)
                             << QStringLiteral("Passed: its one expectation held. ") + tail;
        QTest::newRow("failed")
            << QStringLiteral("{%1,\"expectations\":[{\"metric\":\"a\",\"pass\":false},"
                              "{\"metric\":\"b\",\"pass\":true}]}")
                   .arg(figures)
            << QStringLiteral("Failed: 1 of 2 expectations did not hold (a). ") + tail;
        QTest::newRow("none") << QStringLiteral("{%1,\"expectations\":[]}").arg(figures)
                              << QStringLiteral("Finished; the scenario expects nothing. ") + tail;
        QTest::newRow("partial")
            << QStringLiteral("{%1,\"partial\":true,\"expectations\":[]}").arg(figures)
            << QStringLiteral("Stopped early: this report is partial and cannot be evidence. ") +
                   tail;
    }
    void summaries() {
        QFETCH(QString, report);
        QFETCH(QString, wanted);
        QCOMPARE(runSummary(chain::Json::parse(report.toStdString())), wanted);
    }
};

QTEST_MAIN(TestOutagesScenario)
#include "test_outages_scenario.moc"
