// What the scenario editor is made of: edits, texts of values, the timeline's scene and geometry,
// undo, file and recovery, the recorder.
#include "ui/demo_session.h"
#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/models/scenario_recorder.h"
#include "ui/models/scenario_scene.h"
#include "ui/models/scenario_text.h"
#include "ui/pages/outages/scenario_fields.h"
#include "ui/widgets/timeline_geometry.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>

using namespace brownout;
using namespace brownout::ui;
namespace ops = brownout::ui::scenario_edits;
using chain::Json;
using faults::Kind;
using faults::Metric;

namespace {

chain::Document demoDocument() {
    return *chain::read_document(demoJson(), "demo").value;
}

Json withFaults(Json rules, double duration = 100) {
    Json out = ops::blank();
    out["duration_s"] = duration;
    out["faults"] = std::move(rules);
    return out;
}

// "aster 10-30 row 0 solid @primary"
QStringList rowsOf(const Scene& scene) {
    static const char* const shapes[] = {"solid", "share", "ramp", "random"};
    QStringList out;
    for (const SceneLane& lane : scene.lanes)
        for (const SceneBlock& b : lane.blocks) {
            QString row = QStringLiteral("%1 %2-%3 row %4 %5")
                              .arg(lane.takes ? QString::fromStdString(lane.target) : lane.title)
                              .arg(b.from_s)
                              .arg(b.to_s)
                              .arg(b.row)
                              .arg(QLatin1String(shapes[static_cast<int>(b.shape)]));
            for (const QString& more :
                 {b.target, b.open ? QStringLiteral("open") : QString(),
                  b.repeats.empty() ? QString() : QStringLiteral("+%1").arg(b.repeats.size()),
                  b.wrong ? QStringLiteral("wrong") : QString()})
                if (!more.isEmpty())
                    row += QLatin1Char(' ') + more;
            out << row;
        }
    return out;
}

} // namespace
Q_DECLARE_METATYPE(brownout::faults::Kind)
Q_DECLARE_METATYPE(brownout::faults::Metric)

class TestScenarioEditor : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void everyKindBeginsValid_data() {
        QTest::addColumn<Kind>("kind");
        for (const faults::KindInfo& info : faults::kinds())
            QTest::newRow(info.name.data()) << info.kind;
    }
    void everyKindBeginsValid() {
        QFETCH(Kind, kind);
        const Json json = withFaults(Json::array({ops::usualFault(kind, "@primary", 10, 20)}));
        const auto read = faults::read_scenario(json, "s");
        QVERIFY2(read.ok(), read.problems.empty() ? "" : read.problems.front().text().c_str());
        QCOMPARE(read.value->faults.front().fault.kind, kind);
        // Every parameter has a field, and every field a place in the document.
        QCOMPARE(parameterFields(kind).size(), faults::info(kind).parameters.size());
        for (const FormSection& section : faultSections(kind, demoDocument()))
            for (const FieldSpec& spec : section.fields)
                QVERIFY(!spec.label.isEmpty() && spec.pointer.starts_with("/"));
    }

    void everyMetricBeginsValid_data() {
        QTest::addColumn<Metric>("metric");
        for (int i = 0; i <= static_cast<int>(Metric::longest_gap_s); ++i)
            QTest::newRow(faults::name(static_cast<Metric>(i)).data()) << static_cast<Metric>(i);
    }
    void everyMetricBeginsValid() {
        QFETCH(Metric, metric);
        Json json = ops::blank();
        json = ops::setMetric(std::move(json), 0, metric);
        const auto read = faults::read_scenario(json, "s");
        QVERIFY2(read.ok(), read.problems.empty() ? "" : read.problems.front().text().c_str());
        QCOMPARE(read.value->expect.front().metric, metric);
        const auto shown = ops::expectationsOf(json);
        QCOMPARE(shown.front().text(), read.value->expect.front().text());
        QVERIFY(!metricLabel(metric).isEmpty());
    }

    void values_data() {
        QTest::addColumn<int>("codec");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("json");
        const auto row = [](int codec, const char* text, const char* json) {
            QTest::newRow(text) << codec << QString::fromLatin1(text) << QString::fromLatin1(json);
        };
        row(0, "120", "120");
        row(0, "1.5", "1.5");
        row(0, "lognormal 400 0.8", R"({"lognormal":{"median":400,"sigma":0.8}})");
        row(0, "uniform 100 900", R"({"uniform":{"low":100,"high":900}})");
        row(0, "normal 400 50", R"({"normal":{"mean":400,"sd":50}})");
        row(0, "exponential 300", R"({"exponential":{"mean":300}})");
        row(0, "weibull 1.5 300", R"({"weibull":{"shape":1.5,"scale":300}})");
        row(0, "pareto 100 1.5", R"({"pareto":{"minimum":100,"shape":1.5}})");
        row(0, "empirical 1 2 3", R"({"empirical":[1,2,3]})");
        row(0, "lognormal 400", R"("lognormal 400")"); // the reader will refuse it at its place
        row(1, "5", "5");
        row(1, "2, 60s: 10, 90s: 2",
            R"([{"at_s":0,"requests_per_s":2},{"at_s":60,"requests_per_s":10},)"
            R"({"at_s":90,"requests_per_s":2}])");
        row(1, "fast", R"("fast")");
        row(2, "simple 0.8, coding 0.2", R"({"simple":0.8,"coding":0.2})");
        row(2, "coding", R"("coding")");
    }
    void values() {
        QFETCH(int, codec);
        QFETCH(QString, text);
        QFETCH(QString, json);
        const auto from = codec == 0 ? distributionJson : codec == 1 ? rateJson : mixJson;
        const auto to = codec == 0 ? distributionText : codec == 1 ? rateText : mixText;
        const auto value = from(text);
        QVERIFY(value.has_value());
        QCOMPARE(QString::fromStdString(value->dump()), json);
        QCOMPARE(to(*value), text);
        QVERIFY(!from(QStringLiteral("  ")));
    }

    void whenInWords_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* json, const char* words) {
            QTest::newRow(json) << QString::fromLatin1(json) << QString::fromLatin1(words);
        };
        row("{}", "");
        row(R"({"at_s":30,"for_s":60})", "from 30 s for 60 s");
        row(R"({"for_s":300})", "for the first 5 min");
        row(R"({"at_s":30})", "from 30 s to the end");
        row(R"({"at_s":5,"for_s":3,"every_s":6})", "from 5 s for 3 s, again every 6 s");
        row(R"({"probability":0.2,"first":10,"after":5})",
            "20 % of requests, first 10 requests, not the first 5 requests");
        row(R"({"ramp":{"from":0,"to":1,"over_s":30}})", "share goes from 0 % to 100 % in 30 s");
        row(R"({"renewal":{"gap_s":{"exponential":{"mean":20}},"repair_s":5}})",
            "at random: well for exponential 20 s, broken for 5 s");
    }
    void whenInWords() {
        QFETCH(QString, json);
        QFETCH(QString, words);
        QCOMPARE(whenText(Json::parse(json.toStdString())), words);
    }

    void scenes_data() {
        QTest::addColumn<QString>("rules");
        QTest::addColumn<QStringList>("rows");
        const auto row = [](const char* name, const char* rules, const QStringList& rows) {
            QTest::newRow(name) << QString::fromLatin1(rules) << rows;
        };
        row("by place", R"([{"target":"@primary","kind":"hang","when":{"at_s":10,"for_s":20}}])",
            {"aster 10-30 row 0 solid @primary"});
        row("by model",
            R"([{"target":"birch/claude-haiku-4-5","kind":"hang","when":{"for_s":20}}])",
            {"birch 0-20 row 0 solid claude-haiku-4-5"});
        row("always", R"([{"target":"cedar","kind":"reset"}])", {"cedar 0-100 row 0 solid open"});
        row("all", R"([{"target":"*","kind":"reset","when":{"at_s":90}}])",
            {"* 90-100 row 0 solid open"});
        row("stacked",
            R"([{"target":"aster","kind":"hang","when":{"at_s":10,"for_s":20}},
                {"target":"aster","kind":"latency","ms":9,"when":{"at_s":20,"for_s":5}},
                {"target":"aster","kind":"latency","ms":9,"when":{"at_s":30,"for_s":5}}])",
            {"aster 10-30 row 0 solid", "aster 20-25 row 1 solid", "aster 30-35 row 0 solid"});
        row("again",
            R"([{"target":"@last","kind":"hang","when":{"at_s":5,"for_s":3,"every_s":30}}])",
            {"cedar 5-8 row 0 solid @last +3"});
        row("share", R"([{"target":"@2","kind":"hang","when":{"probability":0.5,"for_s":9}}])",
            {"birch 0-9 row 0 share @2"});
        row("ramp", R"([{"target":"aster","kind":"hang","when":{"for_s":9,
            "ramp":{"from":1,"to":0,"over_s":9}}}])",
            {"aster 0-9 row 0 ramp"});
        row("random",
            R"([{"target":"aster","kind":"hang","when":{"renewal":{"gap_s":9,"repair_s":2}}}])",
            {"aster 0-100 row 0 random open"});
        row("several",
            R"([{"targets":["@primary","@2"],"kind":"group_outage","when":{"for_s":5}}])",
            {"@primary + @2 0-5 row 0 solid"});
        row("nobody", R"([{"target":"@9","kind":"hang","when":{"for_s":5}}])",
            {"@9 0-5 row 0 solid wrong"});
        row("unknown", R"([{"target":"aster","kind":"hangs","when":{"for_s":5}}])",
            {"aster 0-5 row 0 solid wrong"});
    }
    void scenes() {
        QFETCH(QString, rules);
        QFETCH(QStringList, rows);
        const Scene scene = sceneOf(withFaults(Json::parse(rules.toStdString())), demoDocument());
        QCOMPARE(rowsOf(scene), rows);
        QCOMPARE(scene.lanes[3].target, std::string("*"));
    }

    void moveBetweenLanesKeepsPlaces() {
        const Json json = ops::blank();
        const auto document = demoDocument();
        QCOMPARE(retarget("@primary", "birch", json, document), std::string("@2"));
        QCOMPARE(retarget("@3", "aster", json, document), std::string("@primary"));
        QCOMPARE(retarget("aster", "birch", json, document), std::string("birch"));
        QCOMPARE(retarget("@2", "*", json, document), std::string("*"));
    }

    void edgesSnap() {
        const Scene scene = sceneOf(withFaults(Json::parse(R"([{"target":"aster","kind":"hang",
                                        "when":{"at_s":10.3,"for_s":20}}])")),
                                    demoDocument());
        TimelineGeometry g;
        g.set(scene, 1000, 1); // 10 px a second
        QCOMPARE(g.grid(), 0.5);
        QCOMPARE(g.tick(), 10.0);
        QCOMPARE(g.snapped(50.2, scene), 50.0);
        QCOMPARE(g.snapped(10.4, scene), 10.3);      // the edge of a block is nearer
        QCOMPARE(g.snapped(10.4, scene, {0}), 10.5); // not its own
        QCOMPARE(g.snapped(99.8, scene), 100.0);
        g.set(scene, 1000, 10);
        QCOMPARE(g.contentWidth(), 10000);
        QCOMPARE(g.x(g.seconds(1234)), 1234);
        for (int lane = 0; lane < scene.lanes.size(); ++lane)
            QCOMPARE(g.laneAt(g.laneTop(lane) + 1), lane);
    }

    void kindsAreATree() {
        FaultKindTree tree;
        QSortFilterProxyModel found;
        found.setSourceModel(&tree);
        found.setRecursiveFilteringEnabled(true);
        found.setFilterRole(FaultKindModel::searchRole);
        QAbstractItemModelTester tester(&tree,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        int kinds = 0;
        for (int g = 0; g < tree.rowCount(); ++g)
            kinds += tree.rowCount(tree.index(g, 0));
        QCOMPARE(kinds, static_cast<int>(faults::kinds().size()));
        QCOMPARE(tree.index(0, 0).data().toString(), QStringLiteral("Connect"));
        QVERIFY(!FaultKindTree::kindAt(tree.index(0, 0)));
        found.setFilterFixedString(QStringLiteral("stream_stall"));
        QCOMPARE(found.rowCount(), 1);
        QVERIFY(FaultKindTree::kindAt(found.index(0, 0, found.index(0, 0))) == Kind::stream_stall);
    }

    void undoRedoAndMerge() {
        QTemporaryDir dir;
        ScenarioEditor editor(dir.path());
        editor.setChain(demoDocument());
        editor.openBlank();
        QVERIFY(editor.bound());
        QSignalSpy selected(&editor, &ScenarioEditor::selectionChanged);
        editor.addFault(ops::usualFault(Kind::hang, "aster", 10, 20));
        QCOMPARE(editor.selection().index, 0);
        QVERIFY(selected.count() > 0);
        for (const double at : {11.0, 12.0, 13.0}) // held arrow key
            editor.moveFaults({{0, at, 20, "aster"}}, QStringLiteral("key"));
        editor.moveFaults({{0, 20, 20, "birch"}});
        QCOMPARE(ops::targetOf(*ops::fault(editor.json(), 0)), std::string("birch"));
        editor.undoStack().undo();
        QCOMPARE(ops::atOf(*ops::fault(editor.json(), 0)), 13.0);
        editor.undoStack().undo();
        QCOMPARE(ops::atOf(*ops::fault(editor.json(), 0)), 10.0); // the whole way at once
        editor.undoStack().undo();
        QCOMPARE(ops::faultCount(editor.json()), 0);
        QVERIFY(editor.selection() == ScenarioEditor::Selection{}); // what is gone is not selected
        QVERIFY(!editor.isModified());
        while (editor.undoStack().canRedo())
            editor.undoStack().redo();
        QCOMPARE(ops::atOf(*ops::fault(editor.json(), 0)), 20.0);
        editor.duplicateFaults({0}, 20);
        QCOMPARE(ops::atOf(*ops::fault(editor.json(), 1)), 40.0);
        editor.removeFaults({0});
        QCOMPARE(ops::faultCount(editor.json()), 1);
    }

    void savedOpenedAndRecovered() {
        QTemporaryDir dir;
        const QString path = dir.filePath(QStringLiteral("mine.scenario.json"));
        {
            ScenarioEditor editor(dir.path());
            editor.setChain(demoDocument());
            editor.openBlank();
            editor.addFault(ops::usualFault(Kind::hang, "aster", 10, 20));
            QString error;
            QVERIFY2(editor.saveAs(path, &error), qPrintable(error));
            QVERIFY(!editor.isModified());
            editor.addFault(ops::usualFault(Kind::reset, "birch", 30, 10));
        } // and it crashes
        ScenarioEditor editor(dir.path());
        editor.setChain(demoDocument());
        QVERIFY(editor.openRecovered());
        QCOMPARE(editor.path(), path);
        QCOMPARE(ops::faultCount(editor.json()), 2);
        editor.undoStack().undo();
        QCOMPARE(ops::faultCount(editor.json()), 1);
        ScenarioEditor nothing(dir.path());
        QVERIFY(!nothing.openRecovered()); // what equals the file is no edit
        // One without a file comes back, too.
        {
            ScenarioEditor fresh(dir.path());
            fresh.openUnsaved(ops::blank(), QStringLiteral("drill"));
            fresh.addFault(ops::usualFault(Kind::hang, "aster", 10, 20));
        }
        ScenarioEditor again(dir.path());
        QVERIFY(again.openRecovered());
        QCOMPARE(again.name(), QStringLiteral("drill"));
        QCOMPARE(ops::faultCount(again.json()), 1);
    }

    void troubleHasAPlace() {
        QTemporaryDir dir;
        ScenarioEditor editor(dir.path());
        editor.setChain(demoDocument());
        const QString bad = dir.filePath(QStringLiteral("bad.scenario.json"));
        Json json = withFaults(Json::array({ops::usualFault(Kind::hang, "aster", 10, 20)}));
        json["faults"][0]["when"]["probability"] = 2;
        QVERIFY(chain::write_file_atomically(bad.toStdString(), json.dump()));
        QVERIFY(editor.open(bad, nullptr)); // to be repaired here
        QVERIFY(!editor.bound() && !editor.isValid());
        QCOMPARE(editor.trouble().front().pointer, std::string("/faults/0/when/probability"));
        QString error;
        QVERIFY(!editor.saveAs(bad, &error) && !error.isEmpty());
        json["faults"][0]["when"]["probability"] = 0.5;
        json["faults"][0]["target"] = "nobody";
        editor.edit(QStringLiteral("repair"), json);
        QVERIFY(editor.isValid() && !editor.bound()); // a scenario, but not for this chain
        QCOMPARE(editor.trouble().front().pointer, std::string("/faults/0/target"));
        QVERIFY(editor.saveAs(bad, &error));
        json["faults"][0]["target"] = "@2";
        editor.edit(QStringLiteral("repair"), json);
        QVERIFY(editor.bound());
        QCOMPARE(editor.bound()->faults.front().target, std::string("birch/claude-haiku-4-5"));
    }

    void whatHappensIsWrittenDown() {
        live::Snapshot now;
        const auto at = [&](double s) { now.now = Instant{} + from_seconds(100 + s); };
        live::ActiveFaultView fault;
        fault.id = 7;
        fault.manual = true;
        fault.rule.target = "aster";
        fault.rule.fault.status = 529;
        ScenarioRecorder recorder;
        at(0);
        now.traffic = {true, 5, "default"};
        recorder.start(now);
        at(3);
        fault.since = now.now;
        now.active_faults = {fault};
        at(3.02);
        recorder.update(now);
        at(8);
        now.active_faults.clear();
        now.traffic.requests_per_s = 10;
        recorder.update(now);
        at(9);
        fault.id = 8;
        fault.rule.fault.kind = Kind::hang;
        fault.rule.target = "birch";
        fault.since = now.now;
        now.active_faults = {fault};
        recorder.update(now);
        at(20);
        recorder.update(now);
        QCOMPARE(recorder.faults(), 2);
        const Json json = recorder.stop("recorded");
        QVERIFY(!recorder.running());
        const auto read = faults::read_scenario(json, "recorded");
        QVERIFY2(read.ok(), read.problems.empty() ? "" : read.problems.front().text().c_str());
        QCOMPARE(*read.value->duration_s, 20.0);
        QCOMPARE(read.value->faults.size(), std::size_t(2));
        QCOMPARE(read.value->faults[0].fault.status, 529);
        QCOMPARE(read.value->faults[0].when.at_s, 3.0);
        QCOMPARE(*read.value->faults[0].when.for_s, 5.0);
        QVERIFY(!read.value->faults[1].when.for_s); // still broken: to the end
        QCOMPARE(read.value->traffic.rate.size(), std::size_t(2));
        QCOMPARE(read.value->traffic.rate[1].at_s, 8.0);
    }
};

QTEST_MAIN(TestScenarioEditor)
#include "test_scenario_editor.moc"
