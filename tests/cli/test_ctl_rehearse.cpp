// rehearse, export and verify: the verdict, the report, and evidence that notices every edit.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

const QString demo = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");

// "Primary down for a minute", in six seconds: the demo's open time scales with it.
QByteArray fast_chain() {
    QByteArray text = read(demo);
    const QByteArray open = "\"open_s\": 5";
    if (!text.contains(open))
        qFatal("the demo chain no longer opens for 5 s");
    return text.replace(open, "\"open_s\": 1");
}

QByteArray scenario(const QByteArray& expect) {
    return "{\"format\":\"brownout.scenario/1\",\"name\":\"short outage\",\"duration_s\":7,"
           "\"traffic\":{\"requests_per_s\":10,\"arrivals\":\"poisson\",\"stream\":true,"
           "\"input_tokens\":50,\"output_tokens\":10},"
           "\"faults\":[{\"target\":\"@primary\",\"kind\":\"http_error\",\"status\":503,"
           "\"when\":{\"at_s\":1,\"for_s\":3}}],\"expect\":" +
           expect + "}";
}

const QByteArray holds =
    "[{\"metric\":\"availability\",\"at_least\":0.999},"
    "{\"metric\":\"breaker_opens_within_s\",\"target\":\"@primary\",\"at_most\":2},"
    "{\"metric\":\"recovers_within_s\",\"target\":\"@primary\",\"at_most\":3}]";

QJsonObject parsed(const QString& path) {
    return QJsonDocument::fromJson(read(path)).object();
}

} // namespace

class TestCtlRehearse : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void primaryDown() {
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "a.chain.json", fast_chain());
        const QString file = write(dir.path(), "a.scenario.json", scenario(holds));
        const QString report = dir.filePath("report.json"), log = dir.filePath("events.jsonl"),
                      junit = dir.filePath("junit.xml");
        const CtlResult result = ctl({"rehearse", chain, file, "--json", "--seed", "7", "--report",
                                      report, "--log", log, "--junit", junit});
        QVERIFY2(result.code == 0, qPrintable(result.out + result.err));
        const QJsonObject json = result.json();
        QCOMPARE(json["format"].toString(), "brownout.report/1");
        QCOMPARE(json["seed"].toInt(), 7);
        QVERIFY(json["availability"]["value"].toDouble() >= 0.999);
        for (const QJsonValue e : json["expectations"].toArray()) {
            QVERIFY2(e["pass"].toBool(), qPrintable(e["metric"].toString()));
        }
        const QJsonArray targets = json["targets"].toArray();
        QCOMPARE(targets[0]["target"].toString(), "aster/gpt-5-mini");
        const QJsonArray breaker = targets[0]["breaker"].toArray();
        QVERIFY(breaker.size() >= 2);
        QCOMPARE(breaker.first()["from"].toString(), "closed");
        QCOMPARE(breaker.first()["to"].toString(), "open");
        QCOMPARE(breaker.last()["from"].toString(), "half_open");
        QCOMPARE(breaker.last()["to"].toString(), "closed");
        QVERIFY(targets[1]["served"].toInt() > 0); // Birch answered meanwhile

        QCOMPARE(parsed(report), json);
        QCOMPARE(ctl({"check", report}).code, 0);
        QVERIFY(read(junit).contains("<testsuite"));
        logEqualsReport(log, json);
    }

    void impossibleExpectationFails() {
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "a.chain.json", fast_chain());
        const QString file =
            write(dir.path(), "a.scenario.json",
                  scenario("[{\"metric\":\"latency_ms\",\"quantile\":0.5,\"at_most\":1}]"));
        const CtlResult result = ctl({"rehearse", chain, file});
        QVERIFY2(result.code == 1, qPrintable(result.out + result.err));
        QVERIFY2(result.out.contains("fail", Qt::CaseInsensitive), qPrintable(result.out));
    }

    void realProvidersNeedLeave() {
        QTemporaryDir dir;
        PlainProvider server(PlainProvider::answers, "real");
        const QString chain = write(
            dir.path(), "a.chain.json",
            "{\"format\":\"brownout.chain/1\",\"name\":\"t\",\"providers\":[{\"id\":\"p\","
            "\"dialect\":\"openai\",\"base_url\":\"" +
                QByteArray::fromStdString(server.base_url()) +
                "\",\"key\":\"none\"}],\"chains\":[{\"id\":\"default\",\"targets\":[{\"provider\":"
                "\"p\",\"model\":\"m\",\"price\":{\"input_usd_per_mtok\":1,"
                "\"output_usd_per_mtok\":10}}]}]}");
        const QString file = write(
            dir.path(), "a.scenario.json",
            "{\"format\":\"brownout.scenario/1\",\"name\":\"t\",\"duration_s\":2,\"traffic\":"
            "{\"requests_per_s\":5},\"expect\":[{\"metric\":\"availability\",\"at_least\":1}]}");
        const CtlResult refused = ctl({"rehearse", chain, file});
        QCOMPARE(refused.code, 2);
        QVERIFY2(refused.err.contains("--real"), qPrintable(refused.err));
        QCOMPARE(ctl({"rehearse", chain, file, "--real"}).code, 2);
        QCOMPARE(ctl({"rehearse", chain, file, "--real", "--max-spend-usd", "0"}).code, 2);
        // Found before the first call, not after the last.
        for (const char* option : {"--report", "--junit", "--log"}) {
            const CtlResult nowhere = ctl({"rehearse", chain, file, "--real", "--max-spend-usd",
                                           "0.1", option, dir.filePath("none/file")});
            QVERIFY2(nowhere.code == 2 || nowhere.code == 4, option);
        }
        QCOMPARE(server.requests(), 0);
        // Every expectation holds, but the run did not come to its end.
        const CtlResult stopped =
            ctl({"rehearse", chain, file, "--real", "--max-spend-usd", "1e-9", "--json"});
        QCOMPARE(stopped.code, 1);
        QCOMPARE(stopped.json()["partial"].toBool(), true);
        QCOMPARE(server.requests(), 0);
        const CtlResult allowed =
            ctl({"rehearse", chain, file, "--real", "--max-spend-usd", "0.1", "--json"});
        QVERIFY2(allowed.code == 0, qPrintable(allowed.out + allowed.err));
        QVERIFY(server.requests() > 0);
        QVERIFY2(allowed.err.contains("estimate"), qPrintable(allowed.err));
        QCOMPARE(allowed.json()["targets"][0]["was"].toString(), "real");
    }

    void evidenceNoticesEdits() {
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "a.chain.json", fast_chain());
        const QString file = write(dir.path(), "a.scenario.json", scenario(holds));
        const QString report = dir.filePath("report.json"), tested = dir.filePath("t.chain.json");
        const CtlResult run = ctl({"rehearse", chain, file, "--report", report});
        QVERIFY2(run.code == 0, qPrintable(run.out + run.err));
        const CtlResult exported = ctl({"export", chain, "--evidence", report, "-o", tested});
        QVERIFY2(exported.code == 0, qPrintable(exported.err));
        QCOMPARE(ctl({"check", tested}).code, 0);
        const CtlResult fine = ctl({"verify", tested});
        QVERIFY2(fine.code == 0, qPrintable(fine.out + fine.err));
        const CtlResult sent = ctl({"send", tested, "--prompt", "Hi"});
        QVERIFY2(sent.code == 0 && !sent.err.contains("evidence"), qPrintable(sent.err));

        // One number of the chain, one figure of the evidence, one hash.
        const std::pair<QByteArray, QByteArray> edits[] = {
            {"\"open_s\": 1", "\"open_s\": 2"},
            {"\"requests\": ", "\"requests\": 1"},
            {"\"p95\": ", "\"p95\": 1"},
            {"\"evidence_sha256\": \"", "\"evidence_sha256\": \"0"},
        };
        for (const auto& [from, to] : edits) {
            QByteArray text = read(tested);
            const auto at = text.indexOf(from);
            QVERIFY2(at >= 0, from.constData());
            text.replace(at, from.size(), to);
            const QString edited = write(dir.path(), "edited.chain.json", text);
            const CtlResult result = ctl({"verify", edited});
            QVERIFY2(result.code == 1, qPrintable(from + ": " + result.out.toUtf8()));
            // Who only reads the chain goes on, and says it in a line.
            const QString state = from.contains("open_s") ? "stale" : "broken";
            const CtlResult warned = ctl({"send", edited, "--prompt", "Hi"});
            QVERIFY2(warned.code == 0 && warned.err.count("the evidence is " + state) == 1,
                     qPrintable(warned.err));
        }
        const CtlResult replayed = ctl({"verify", tested, "--replay"});
        QVERIFY2(replayed.code == 0, qPrintable(replayed.out + replayed.err));
    }

    void interruptedRunStillReports() {
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "a.chain.json", fast_chain());
        const QString file = write(dir.path(), "a.scenario.json", scenario(holds));
        const QString report = dir.filePath("report.json");
        QProcess process;
        const QString log = dir.filePath("log.jsonl");
        process.start(ctl_path(), {"rehearse", chain, file, "--report", report, "--log", log});
        QVERIFY(process.waitForStarted());
        // It runs, and so it listens to signals.
        QTRY_VERIFY_WITH_TIMEOUT(read(log).contains("\"request_started\""), 30'000);
        process.terminate();
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(parsed(report)["partial"].toBool(), true);
    }

    // SIGKILL leaves a log of whole lines, up to the last second; also of a quiet one.
    void killedRunLeavesItsLog_data() {
        QTest::addColumn<QByteArray>("rate");
        QTest::addColumn<int>("finished"); // requests, before it is killed
        QTest::newRow("busy") << QByteArray("20") << 30;
        QTest::newRow("quiet since") << QByteArray("[{\"at_s\":0,\"requests_per_s\":20},"
                                                   "{\"at_s\":0.3,\"requests_per_s\":0}]")
                                     << 5;
    }
    void killedRunLeavesItsLog() {
        QFETCH(QByteArray, rate);
        QFETCH(int, finished);
        QTemporaryDir dir;
        const QString log = dir.filePath("log.jsonl");
        const QString file =
            write(dir.path(), "a.scenario.json",
                  "{\"format\":\"brownout.scenario/1\",\"duration_s\":120,\"traffic\":{"
                  "\"arrivals\":\"uniform\",\"output_tokens\":5,\"requests_per_s\":" +
                      rate + "}}");
        QProcess process;
        process.start(ctl_path(), {"rehearse", demo, file, "--log", log});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(read(log).count("\"request_finished\"") >= finished, 30'000);
        const QDateTime killed = QDateTime::currentDateTimeUtc();
        process.kill();
        QVERIFY(process.waitForFinished(30'000));
        const QByteArray text = read(log);
        QVERIFY(text.endsWith('\n'));
        QDateTime last;
        for (const QByteArray& line : text.trimmed().split('\n')) {
            const QJsonObject event = QJsonDocument::fromJson(line).object();
            QVERIFY2(event.contains("event"), line.constData());
            last = QDateTime::fromString(event["ts"].toString(), Qt::ISODateWithMs);
        }
        if (finished > 5) // one request each 50 ms
            QVERIFY2(last.msecsTo(killed) < 2000, qPrintable(last.toString(Qt::ISODateWithMs)));
    }

  private:
    // Totals and the log are two ways to the same figures.
    static void logEqualsReport(const QString& log, const QJsonObject& report) {
        int started = 0, succeeded = 0, attempts = 0;
        double spend = 0;
        for (const QByteArray& line : read(log).split('\n')) {
            if (line.isEmpty())
                continue;
            const QJsonObject event = QJsonDocument::fromJson(line).object();
            QVERIFY2(event.contains("ts") && event.contains("event"), line.constData());
            const QString name = event["event"].toString();
            started += name == "request_started";
            attempts += name == "attempt_started";
            if (name != "request_finished")
                continue;
            succeeded += event["result"].toString() == "success";
            spend += event["cost_usd"].toDouble();
        }
        QCOMPARE(started, report["requests"].toInt());
        QCOMPARE(succeeded, report["succeeded"].toInt());
        QCOMPARE(attempts, report["attempts"].toInt());
        QVERIFY(qAbs(spend - report["spend_usd"].toDouble()) < 1e-7);
    }
};

QTEST_GUILESS_MAIN(TestCtlRehearse)
#include "test_ctl_rehearse.moc"
