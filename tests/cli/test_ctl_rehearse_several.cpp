// rehearse over several scenarios: one table, one document, JUnit, evidence, and an early end.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

using namespace brownout::test;

namespace {

const QString demo = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");
const QByteArray good_enough = R"({"metric":"availability","at_least":0.9})";
const QByteArray impossible = R"({"metric":"latency_ms","quantile":0.5,"at_most":1})";

QByteArray scenario(const QByteArray& name, const QByteArray& expect, double duration_s = 1) {
    return R"({"format":"brownout.scenario/1","name":")" + name + R"(","duration_s":)" +
           QByteArray::number(duration_s) +
           R"(,"traffic":{"requests_per_s":10,"arrivals":"uniform","output_tokens":5},)"
           R"("faults":[{"target":"@primary","kind":"http_error","status":503,)"
           R"("when":{"at_s":)" +
           QByteArray::number(duration_s / 2) + R"(}}],"expect":[)" + expect + "]}";
}

// name -> text of <failure> or <skipped>; empty for a case that passed.
QMap<QString, QString> junit_cases(const QByteArray& xml, QString& error) {
    QMap<QString, QString> cases;
    QXmlStreamReader reader(xml);
    QString name;
    while (!reader.atEnd()) {
        reader.readNext();
        if (!reader.isStartElement())
            continue;
        if (reader.name() == u"testcase") {
            name = reader.attributes().value("name").toString();
            cases[name] = QString();
            if (reader.attributes().value("time").toDouble() < 0)
                error = "a time below zero";
        } else if (reader.name() == u"failure" || reader.name() == u"skipped") {
            const QString message = reader.attributes().value("message").toString();
            cases[name] = message + "\n" + reader.readElementText();
        }
    }
    if (reader.hasError())
        error = reader.errorString();
    return cases;
}

QStringList names_in(const QJsonArray& reports) {
    QStringList names;
    for (const QJsonValue report : reports)
        names << report["scenario"]["name"].toString();
    return names;
}

} // namespace

class TestCtlRehearseSeveral : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void oneDocumentForAll() {
        QTemporaryDir dir;
        QStringList files;
        files << write(dir.path(), "b.scenario.json", scenario("b holds", good_enough))
              << write(
                     dir.path(), "a.scenario.json",
                     scenario("a <fails> & \\\"says so\\\"", good_enough + "," + impossible, 1.5));
        const QString report = dir.filePath("all.json"), junit = dir.filePath("all.xml");
        const CtlResult run = ctl(QStringList{"rehearse", demo} + files +
                                  QStringList{"--json", "--report", report, "--junit", junit,
                                              "--log", dir.filePath("log.jsonl"), "--jobs", "2"});
        QVERIFY2(run.code == 1, qPrintable(run.out + run.err));
        const QJsonObject json = run.json();
        QCOMPARE(json["format"].toString(), "brownout.reports/1");
        QCOMPARE(json["partial"].toBool(true), false);
        const QString failing = "a <fails> & \"says so\"";
        QCOMPARE(names_in(json["reports"].toArray()), (QStringList{"b holds", failing}));
        QCOMPARE(QJsonDocument::fromJson(read(report)).object(), json);
        QCOMPARE(ctl({"check", report}).code, 0);
        QVERIFY2(run.err.contains("b holds: pass") && run.err.contains(failing + ": FAIL"),
                 qPrintable(run.err)); // one line for each that has ended, as this is no terminal
        for (const char* log : {"log.a.jsonl", "log.b.jsonl"})
            QVERIFY2(read(dir.filePath(log)).contains("\"request_finished\""), log);

        QString error;
        const auto cases = junit_cases(read(junit), error);
        QVERIFY2(error.isEmpty(), qPrintable(error));
        QCOMPARE(cases.size(), 2);
        QCOMPARE(cases["b holds"], QString());
        QVERIFY2(cases[failing].contains("1 of 2 expectations failed"), qPrintable(cases[failing]));
        QVERIFY2(cases[failing].contains("latency_ms (quantile 0.5): wanted at most 1, observed"),
                 qPrintable(cases[failing]));
    }

    // The table of a folder, and what the run is worth as evidence.
    void folderTableAndEvidence() {
        QTemporaryDir dir;
        const QString folder = dir.filePath("library");
        QVERIFY(QDir().mkdir(folder));
        write(folder, "one.scenario.json", scenario("one", good_enough));
        write(folder, "two.scenario.json", scenario("two", good_enough, 120));
        write(folder, "notes.txt", "no scenario");
        const QString all = dir.filePath("all.json"), tested = dir.filePath("t.chain.json");
        const CtlResult run =
            ctl({"rehearse", demo, folder, "--within", "1", "--report", all, "--quiet"});
        QVERIFY2(run.code == 0, qPrintable(run.out + run.err));
        for (const char* word : {"scenario", "availability", "p99 ms", "fallback", "spend USD",
                                 "verdict", "two (120 times as fast)", "2 of 2 scenarios met"})
            QVERIFY2(run.out.contains(word), qPrintable(run.out));
        QVERIFY2(run.err.isEmpty(), qPrintable(run.err));

        const CtlResult exported = ctl({"export", demo, "--evidence", all, "-o", tested, "--json"});
        QVERIFY2(exported.code == 0, qPrintable(exported.err));
        QCOMPARE(exported.json()["evidence"].toInt(), 2);
        const CtlResult replayed = ctl({"verify", tested, "--replay", "--json"});
        QVERIFY2(replayed.code == 0, qPrintable(replayed.out + replayed.err));
        QCOMPARE(replayed.json()["replays"].toArray().size(), 2);

        // An edit of the second report is as good as one of the first.
        QByteArray text = read(tested);
        const auto second = text.indexOf("two (120");
        const auto figure = text.indexOf("\"attempts\": ", second);
        QVERIFY(second > 0 && figure > 0);
        text.insert(figure + int(qstrlen("\"attempts\": ")), "1");
        const CtlResult edited = ctl({"verify", write(dir.path(), "e.chain.json", text)});
        QVERIFY2(edited.code == 1 && edited.out.contains("/evidence/reports/1/report_sha256"),
                 qPrintable(edited.out));
        // And one of the chain makes all of it stale.
        text = read(tested).replace("\"name\": \"demo\"", "\"name\": \"damo\"");
        const CtlResult stale = ctl({"verify", write(dir.path(), "s.chain.json", text)});
        QVERIFY2(stale.code == 1 && stale.out.contains("stale"), qPrintable(stale.out));
    }

    void badInputPlaysNothing_data() {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<QString>("says");
        QTest::newRow("one bad among good") << QStringList{"good", "bad"} << "/faults/0/kind";
        QTest::newRow("named twice") << QStringList{"good", "good"} << "named twice";
        QTest::newRow("no scenario in a folder") << QStringList{"empty"} << "no scenario";
        QTest::newRow("no such file") << QStringList{"good", "none"} << "no such file";
    }
    void badInputPlaysNothing() {
        QFETCH(QStringList, files);
        QFETCH(QString, says);
        QTemporaryDir dir;
        QVERIFY(QDir(dir.path()).mkdir("empty"));
        write(dir.path(), "good", scenario("good", good_enough, 50));
        write(dir.path(), "bad", scenario("bad", good_enough).replace("http_error", "gremlin"));
        QStringList arguments{"rehearse", demo};
        for (const QString& file : files)
            arguments << dir.filePath(file);
        const CtlResult run = ctl(arguments + QStringList{"--report", dir.filePath("r.json")});
        QVERIFY2(run.code == 2, qPrintable(run.out + run.err));
        QVERIFY2(run.err.contains(says), qPrintable(run.err));
        QVERIFY(!QFile::exists(dir.filePath("r.json")));
        QVERIFY(run.ms < 20'000); // the good one would take 50 s
    }

    void interruptedAllIsTold() {
        QTemporaryDir dir;
        const QString log = dir.filePath("log.jsonl"), report = dir.filePath("r.json"),
                      junit = dir.filePath("r.xml");
        QProcess process;
        process.start(ctl_path(),
                      {"rehearse", demo,
                       write(dir.path(), "long.scenario.json", scenario("long", good_enough, 60)),
                       write(dir.path(), "short.scenario.json", scenario("short", good_enough)),
                       "--jobs", "1", "--report", report, "--junit", junit, "--log", log});
        QVERIFY(process.waitForStarted());
        // The longest goes first; it runs, and so the command listens to signals.
        QTRY_VERIFY_WITH_TIMEOUT(
            read(dir.filePath("log.long.jsonl")).contains("\"request_started\""), 30'000);
        process.terminate();
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitCode(), 130);
        const QJsonObject json = QJsonDocument::fromJson(read(report)).object();
        QCOMPARE(json["partial"].toBool(), true);
        QCOMPARE(names_in(json["reports"].toArray()), QStringList{"long"});
        QCOMPARE(json["reports"][0]["partial"].toBool(), true);
        QCOMPARE(json["not_run"][0]["scenario"].toString(), "short");
        QCOMPARE(ctl({"check", report}).code, 0);
        QString error;
        const auto cases = junit_cases(read(junit), error);
        QVERIFY2(error.isEmpty(), qPrintable(error));
        QVERIFY2(cases["long"].contains("stopped before its end"), qPrintable(cases["long"]));
        QVERIFY2(cases["short"].contains("before its turn"), qPrintable(cases["short"]));
        const QString out = QString::fromUtf8(process.readAllStandardOutput());
        QVERIFY2(out.contains("not run") && out.contains("PARTIAL"), qPrintable(out));
    }

    // A simulation is the same for the same seed: verify makes it again without being asked to.
    void simulatedEvidenceIsMadeAgain() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "s.scenario.json", scenario("s", good_enough, 60)),
                      report = dir.filePath("r.json"), tested = dir.filePath("t.chain.json");
        const CtlResult run =
            ctl({"simulate", demo, file, "--runs", "3", "--report", report, "--quiet"});
        QVERIFY2(run.code == 0, qPrintable(run.out + run.err));
        QCOMPARE(ctl({"export", demo, "--evidence", report, "-o", tested}).code, 0);
        const CtlResult fine = ctl({"verify", tested, "--json"});
        QVERIFY2(fine.code == 0, qPrintable(fine.out + fine.err));
        QCOMPARE(fine.json()["replays"][0]["same"].toBool(), true);
        // Figures that were edited before they became evidence have genuine hashes.
        QJsonObject edited = QJsonDocument::fromJson(read(report)).object();
        QJsonObject latency = edited["latency_ms"].toObject();
        latency["p99"] = latency["p99"].toDouble() / 2;
        edited["latency_ms"] = latency;
        write(dir.path(), "r.json", QJsonDocument(edited).toJson());
        QCOMPARE(ctl({"export", demo, "--evidence", report, "-o", tested}).code, 0);
        const CtlResult made_up = ctl({"verify", tested});
        QVERIFY2(made_up.code == 1 && made_up.out.contains("figures are others"),
                 qPrintable(made_up.out + made_up.err));
        // Two simulations have intervals for latencies, too.
        const CtlResult compared = ctl({"compare", report, report, "--json"});
        for (const QJsonValue row : compared.json()["figures"].toArray())
            if (row["figure"] == "latency_ms p99" || row["figure"] == "attempts_per_request")
                QCOMPARE(row["intervals_overlap"].toBool(), true);
    }

    // One limit for all of them together, however many there are.
    void realProvidersShareOneLimit() {
        QTemporaryDir dir;
        PlainProvider server(PlainProvider::answers, "real");
        const QString chain = write(
            dir.path(), "real.chain.json",
            R"({"format":"brownout.chain/1","name":"real","providers":[{"id":"p","dialect":"openai",
                "base_url":")" +
                QByteArray::fromStdString(server.base_url()) +
                R"(","key":"none"}],"chains":[{"id":"default","targets":[{"provider":"p",
                "model":"m","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":10}}]}]})");
        const QByteArray plain =
            R"({"format":"brownout.scenario/1","name":"s","max_requests":6,"traffic":
                {"requests_per_s":30,"output_tokens":5},"expect":[)" +
            good_enough + "]}";
        const QStringList both{"rehearse", chain, write(dir.path(), "a.scenario.json", plain),
                               write(dir.path(), "b.scenario.json", plain), "--json"};
        QCOMPARE(ctl(both).code, 2); // never unasked
        QCOMPARE(ctl(both + QStringList{"--real"}).code, 2);
        QCOMPARE(server.requests(), 0);
        const auto spent = [](const QJsonObject& json) {
            double usd = 0;
            for (const QJsonValue report : json["reports"].toArray())
                usd += report["spend_usd"].toDouble();
            return usd;
        };
        const CtlResult all = ctl(both + QStringList{"--real", "--max-spend-usd", "1"});
        QVERIFY2(all.code == 0, qPrintable(all.out + all.err));
        QCOMPARE(server.requests(), 12);
        QVERIFY(spent(all.json()) > 0);
        // Enough for the first and a part of the second.
        const double limit = spent(all.json()) * 0.8;
        const CtlResult some =
            ctl(both + QStringList{"--real", "--max-spend-usd", QString::number(limit, 'g', 12)});
        QVERIFY2(some.code == 1, qPrintable(some.out + some.err));
        QCOMPARE(some.json()["partial"].toBool(), true);
        QVERIFY(spent(some.json()) <= limit);
        QVERIFY(server.requests() > 12 && server.requests() < 24);
    }

    void compareSaysWhichWay() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "s.scenario.json", scenario("s", good_enough));
        const QString a = dir.filePath("a.json");
        QCOMPARE(ctl({"rehearse", demo, file, "--quiet", "--report", a}).code, 0);
        QJsonObject better = QJsonDocument::fromJson(read(a)).object();
        QJsonObject latency = better["latency_ms"].toObject();
        latency["p99"] = latency["p99"].toDouble() / 2;
        better["latency_ms"] = latency;
        better["availability"] =
            QJsonObject{{"value", 0.1}, {"low", 0.05}, {"high", 0.2}, {"method", "m"}};
        better["seed"] = 99;
        const QString b = write(dir.path(), "b.json", QJsonDocument(better).toJson());
        const CtlResult result = ctl({"compare", a, b, "--json"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QMap<QString, QJsonObject> rows;
        for (const QJsonValue row : result.json()["figures"].toArray())
            rows[row["figure"].toString()] = row.toObject();
        QCOMPARE(rows["latency_ms p99"]["change"].toString(), "better");
        QVERIFY(rows["latency_ms p99"]["intervals_overlap"].isNull());
        QCOMPARE(rows["latency_ms p50"]["change"].toString(), "same");
        QCOMPARE(rows["availability"]["change"].toString(), "worse");
        QCOMPARE(rows["availability"]["intervals_overlap"].toBool(true), false);
        QVERIFY(rows["availability"]["difference"].toDouble() < -0.7);
        QCOMPARE(rows["fallback_ratio"]["intervals_overlap"].toBool(false), true);
        const CtlResult text = ctl({"compare", a, b});
        QCOMPARE(text.code, 0);
        for (const char* word : {"worse, the intervals are apart", "seeds differ", "latency_ms p99",
                                 "aster/gpt-5-mini", "availability at least 0.9"})
            QVERIFY2(text.out.contains(word), qPrintable(text.out));

        better.remove("latency_ms");
        const std::pair<QString, QString> bad[] = {
            {write(dir.path(), "c.json", QJsonDocument(better).toJson()), "`latency_ms`"},
            {demo, "/format"},
            {dir.filePath("none.json"), "none.json"},
            {write(dir.path(), "d.json", "{"), "d.json"}};
        for (const auto& [path, says] : bad) {
            const CtlResult refused = ctl({"compare", a, path});
            QVERIFY2(refused.code == 2 && refused.err.contains(says), qPrintable(refused.err));
        }
    }
};

QTEST_GUILESS_MAIN(TestCtlRehearseSeveral)
#include "test_ctl_rehearse_several.moc"
