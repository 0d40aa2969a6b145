// Scenarios on the Outages page: loading, the timeline, and a real run whose expectations turn.
#include "record/report.h"
#include "ui/demo_session.h"
#include "ui/pages/outages/scenario_panel.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/scenario_timeline.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

using namespace brownout;
using namespace brownout::ui;
using Verdict = ExpectationModel::Verdict;

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

struct Panel {
    DemoSession demo;
    ScenarioPanel panel{demo.session};
    QTemporaryDir dir;
    Panel() {
        panel.resize(960, 460);
        panel.show();
    }
    QString write(const char* name, const QByteArray& text) {
        QFile file(dir.filePath(QString::fromLatin1(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("cannot write a test file");
        return file.fileName();
    }
    QString write(const chain::Json& json) {
        return write("a.scenario.json", QByteArray::fromStdString(json.dump()));
    }
    QPushButton* button(const char* name) { return child<QPushButton>(panel, name); }
    QAbstractItemModel* model() { return child<QTableView>(panel, "expectations")->model(); }
    Verdict verdict(int row) {
        return static_cast<Verdict>(
            model()->index(row, 0).data(ExpectationModel::verdictRole).toInt());
    }
    QString text(int row, int column) { return model()->index(row, column).data().toString(); }
    QString summary() { return child<QLabel>(panel, "scenario_summary")->text(); }
    QString problems() { return child<MessageBar>(panel, "scenario_problems")->text(); }
};

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

    void aRunTurnsExpectationsGreenAndRed() {
        Panel p;
        QVERIFY(p.demo.isUp());
        QAbstractItemModelTester tester(p.model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QVERIFY(p.panel.open(p.write(shortScenario(3))));
        QCOMPARE(p.model()->rowCount(), 3);
        for (int row = 0; row < 3; ++row) {
            QCOMPARE(p.verdict(row), Verdict::pending);
            QCOMPARE(p.text(row, ExpectationModel::observedColumn),
                     QStringLiteral("not observed yet"));
        }
        QVERIFY(!p.button("save_report")->isEnabled());
        QVERIFY(!p.button("use_as_evidence")->isEnabled());
        auto* timeline = child<ScenarioTimeline>(p.panel, "scenario_timeline");
        QCOMPARE(timeline->playheadX(), -1);

        QTest::mouseClick(p.button("play_scenario"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor(
            [&] { return timeline->playheadX() > timeline->blockRect(0, 0).left(); }, 5000));
        QVERIFY(p.button("stop_scenario")->isEnabled());
        QVERIFY(!p.button("play_scenario")->isEnabled());
        QCOMPARE(p.verdict(0), Verdict::pending);
        QVERIFY2(p.text(0, ExpectationModel::observedColumn).endsWith(QStringLiteral(" so far")),
                 qPrintable(p.text(0, ExpectationModel::observedColumn)));
        keepPicture(p.panel, QStringLiteral("scenario_running"));

        QVERIFY(QTest::qWaitFor([&] { return !p.summary().isEmpty(); }, 10000));
        QCOMPARE(p.verdict(0), Verdict::passed);
        QCOMPARE(p.verdict(1), Verdict::failed);
        QCOMPARE(p.verdict(2), Verdict::passed);
        QCOMPARE(p.text(0, 0), QStringLiteral("passed")); // in words, not by colour alone
        QCOMPARE(p.text(1, 0), QStringLiteral("failed"));
        QVERIFY2(p.summary().startsWith(QStringLiteral("Failed: 1 of 3 expectations")),
                 qPrintable(p.summary()));
        QCOMPARE(child<QProgressBar>(p.panel, "scenario_progress")->value(), 1000);
        QVERIFY(p.button("play_scenario")->isEnabled());
        keepPicture(p.panel, QStringLiteral("scenario_finished"));

        const QString path = p.dir.filePath(QStringLiteral("short.report.json"));
        QVERIFY(p.panel.saveReport(path));
        const auto text = chain::read_file(path.toStdString());
        const auto report = chain::parse_json(*text, "report");
        QVERIFY(record::check_report(*report, "report").empty());
        QVERIFY(*report == *p.demo.session.snapshot()->scenario.report);
        QSignalSpy evidence(&p.panel, &ScenarioPanel::evidenceRequested);
        QTest::mouseClick(p.button("use_as_evidence"), Qt::LeftButton);
        QCOMPARE(evidence.size(), 1);

        // The verdicts are those of the run: another scenario starts without any.
        QVERIFY(p.panel.open(QStringLiteral(":/scenarios/streams-cut.scenario.json")));
        p.demo.session.breakProvider(QStringLiteral("cedar"), {});
        QVERIFY(p.demo.hasFaults(1));
        QCOMPARE(p.verdict(0), Verdict::pending);
        QVERIFY(p.summary().isEmpty());
        QVERIFY(!p.button("use_as_evidence")->isEnabled());
    }

    void stoppedEarlyIsNoEvidence() {
        Panel p;
        QVERIFY(p.demo.isUp());
        QVERIFY(p.panel.open(p.write(shortScenario(60))));
        QTest::mouseClick(p.button("play_scenario"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return p.button("stop_scenario")->isEnabled(); }, 5000));
        QTest::qWait(300);
        QTest::mouseClick(p.button("stop_scenario"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return !p.summary().isEmpty(); }, 10000));
        QVERIFY2(p.summary().startsWith(QStringLiteral("Stopped early")), qPrintable(p.summary()));
        for (int row = 0; row < p.model()->rowCount(); ++row) {
            QCOMPARE(p.verdict(row), Verdict::unfinished);
            QCOMPARE(p.text(row, ExpectationModel::verdictColumn), QStringLiteral("not finished"));
        }
        QVERIFY(p.button("save_report")->isEnabled());
        QVERIFY(!p.button("use_as_evidence")->isEnabled());
    }

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

    void problemsAreShownInline_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("pointer");
        QTest::newRow("bad JSON") << QByteArray("{\"format\": ") << "line 1";
        chain::Json json = shortScenario(3);
        json["faults"][0]["kind"] = "http_eror";
        QTest::newRow("unknown kind")
            << QByteArray::fromStdString(json.dump()) << "#/faults/0/kind";
        json = shortScenario(3);
        json["faults"][0]["target"] = "nobody";
        QTest::newRow("unknown target")
            << QByteArray::fromStdString(json.dump()) << "#/faults/0/target";
        json = shortScenario(3);
        json["expects"] = 1;
        QTest::newRow("unknown key") << QByteArray::fromStdString(json.dump()) << "expects";
    }
    void problemsAreShownInline() {
        QFETCH(QByteArray, text);
        QFETCH(QString, pointer);
        Panel p;
        QVERIFY(!p.panel.open(p.write("bad.scenario.json", text)));
        QVERIFY2(p.problems().contains(pointer), qPrintable(p.problems()));
        QVERIFY(p.problems().contains(QStringLiteral("bad.scenario.json")));
        QVERIFY(!p.button("play_scenario")->isEnabled());
        QVERIFY(p.panel.open(p.write(shortScenario(3)))); // and gone with the next good one
        QVERIFY(!child<MessageBar>(p.panel, "scenario_problems")->isVisible());
    }

    void theLibraryFitsTheDemo() {
        Panel p;
        auto* library = child<QComboBox>(p.panel, "scenario_library");
        QVERIFY(library->count() >= 3);
        for (int i = 0; i < library->count(); ++i) {
            QVERIFY2(p.panel.open(library->itemData(i).toString()), qPrintable(p.problems()));
            QVERIFY(p.model()->rowCount() > 0);
            auto* timeline = child<ScenarioTimeline>(p.panel, "scenario_timeline");
            QVERIFY(timeline->rect().contains(timeline->blockRect(0, 0)));
        }
        p.panel.setLibrary(p.dir.path());
        QCOMPARE(library->count(), 0);
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
                                 << "Aster's breaker opens after at most 5 s";
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
