// simulate: the same bytes for a seed, the verdict as an exit code, files, refusals, and Ctrl+C.
#include "support/ctl.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <csignal>

using namespace brownout::test;

namespace {

const QString demo = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");
const QString down =
    QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/scenarios/primary-down.scenario.json");

QByteArray without_time(QByteArray report) {
    QString text = QString::fromUtf8(report);
    text.remove(QRegularExpression(QStringLiteral("\"elapsed_s\": [0-9.e+-]+")));
    return text.toUtf8();
}

QByteArray scenario(const QByteArray& members) {
    return "{\"format\":\"brownout.scenario/1\",\"name\":\"x\"," + members + "}";
}

} // namespace

class TestCtlSimulate : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void sameBytesOnAnyNumberOfThreads() {
        QTemporaryDir dir;
        QByteArray first;
        for (const char* threads : {"1", "2", "8"}) {
            const QString report = dir.filePath("report.json");
            const CtlResult result = ctl({"simulate", demo, down, "--runs", "12", "--threads",
                                          threads, "--seed", "5", "--report", report, "--quiet"});
            QVERIFY2(result.code == 0, qPrintable(result.out + result.err));
            const QByteArray text = without_time(read(report));
            QVERIFY(text.contains("\"mode\": \"simulated\"") && text.contains("\"runs\": 12"));
            if (first.isEmpty())
                first = text;
            QCOMPARE(text, first);
        }
    }

    void reportsJunitAndCheck() {
        QTemporaryDir dir;
        const QString report = dir.filePath("r.report.json"), junit = dir.filePath("junit.xml");
        const CtlResult result =
            ctl({"simulate", demo, down, "--json", "--report", report, "--junit", junit});
        QCOMPARE(result.code, 0);
        QCOMPARE(result.json()["format"].toString(), "brownout.report/1");
        QCOMPARE(result.json()["runs"].toInt(), 10);
        QVERIFY(read(junit).contains("<testsuite"));
        QCOMPARE(ctl({"check", report}).code, 0);
        const QString tested = dir.filePath("tested.chain.json");
        QCOMPARE(ctl({"export", demo, "--evidence", report, "-o", tested}).code, 0);
        const CtlResult verified = ctl({"verify", tested});
        QVERIFY2(verified.code == 0, qPrintable(verified.out + verified.err));
        // Formatted anew, with its keys sorted: no word of it was edited.
        const QString sorted =
            write(dir.path(), "sorted.chain.json", QJsonDocument::fromJson(read(tested)).toJson());
        QVERIFY(read(sorted) != read(tested));
        const CtlResult same = ctl({"verify", sorted});
        QVERIFY2(same.code == 0 && same.out.contains("with the same figures"),
                 qPrintable(same.out + same.err));
    }

    // The same requests and outages: the difference is known better than either figure.
    void sameSeedIsComparedRunByRun() {
        QTemporaryDir dir;
        QByteArray slower = read(demo);
        slower.replace("\"first_token_ms\": 5000", "\"first_token_ms\": 4999");
        slower.replace("\"open_s\": 5,", "\"open_s\": 30,"); // comes back late
        const QString other = write(dir.path(), "slower.chain.json", slower);
        const auto simulated = [&](const QString& chain, const char* name, const char* seed,
                                   const char* runs) {
            const QString report = dir.filePath(QLatin1String(name));
            ctl({"simulate", chain, down, "--runs", runs, "--seed", seed, "--report", report,
                 "--quiet"});
            return report;
        };
        const QString a = simulated(demo, "a", "4", "12"), b = simulated(other, "b", "4", "12");
        const QJsonObject same = ctl({"compare", a, b, "--json"}).json();
        QCOMPARE(same["paired_runs"].toInt(), 12);
        int paired = 0;
        for (const QJsonValue row : same["figures"].toArray()) {
            const QJsonObject pairs = row["paired"].toObject();
            if (pairs.isEmpty())
                continue;
            ++paired;
            QCOMPARE(pairs["method"].toString(), "paired t 95 %");
            QVERIFY(pairs["low"].toDouble() <= pairs["mean"].toDouble());
            QVERIFY(pairs["mean"].toDouble() <= pairs["high"].toDouble());
            if (row["figure"] != QLatin1String("latency_ms p50"))
                continue;
            // Narrower than the two figures' own intervals together would have it.
            const double width = pairs["high"].toDouble() - pairs["low"].toDouble();
            const auto own = [&](const char* of) {
                return row[of]["high"].toDouble() - row[of]["low"].toDouble();
            };
            QVERIFY2(width < 2 * std::hypot(own("a"), own("b")),
                     qPrintable(QString::number(width)));
        }
        QCOMPARE(paired, 6);
        QVERIFY(ctl({"compare", a, b}).out.contains("run by run, over 12 pairs"));

        const QString single = simulated(other, "c", "4", "1"),
                      seed = simulated(other, "d", "5", "12");
        QVERIFY(ctl({"compare", a, single}).out.contains("--runs 2 or more"));
        QCOMPARE(ctl({"compare", a, seed, "--json"}).json()["paired_runs"].toInt(), 0);
        QVERIFY(!ctl({"compare", a, seed}).out.contains("run by run"));
    }

    void codes_data() {
        QTest::addColumn<QByteArray>("members");
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("an expectation fails")
            << QByteArray("\"max_requests\":50,\"expect\":[{\"metric\":\"latency_ms\","
                          "\"at_most\":1}]")
            << QStringList{} << 1 << "";
        QTest::newRow("too many requests")
            << QByteArray("\"duration_s\":10000000,\"traffic\":{\"requests_per_s\":100000}")
            << QStringList{} << 2 << "2e+09 fit";
        QTest::newRow("no end") << QByteArray("\"traffic\":{\"requests_per_s\":1}") << QStringList{}
                                << 2 << "duration_s";
        QTest::newRow("sigma below zero")
            << QByteArray("\"duration_s\":1,\"models\":{\"aster\":{\"first_token_ms\":"
                          "{\"lognormal\":{\"median\":1,\"sigma\":-1}}}}")
            << QStringList{} << 2 << "sigma";
        QTest::newRow("no time between outages")
            << QByteArray("\"duration_s\":1,\"models\":{\"aster\":{\"outages\":{\"gap_h\":0,"
                          "\"repair_h\":0}}}")
            << QStringList{} << 2 << "above zero";
        QTest::newRow("more than a trillion requests")
            << QByteArray("\"duration_s\":31000000,\"traffic\":{\"requests_per_s\":100000}")
            << QStringList{} << 2 << "3.1e+12 requests in one run are too many; at most 2e+09 fit";
        QTest::newRow("years without an outage")
            << QByteArray("\"max_requests\":10") << QStringList{"--years", "10"} << 2
            << "no provider of the chain has an outage";
        QTest::newRow("a year of outages")
            << QByteArray("\"max_requests\":10,\"models\":{\"aster\":{\"outages\":{\"gap_h\":100,"
                          "\"repair_h\":1}}},\"traffic\":{\"requests_per_s\":0.1}")
            << QStringList{"--years", "1"} << 0 << "";
        QTest::newRow("no runs") << QByteArray("\"duration_s\":1") << QStringList{"--runs", "0"}
                                 << 2 << "";
    }
    void codes() {
        QFETCH(QByteArray, members);
        QFETCH(QStringList, more);
        QFETCH(QString, says);
        QTemporaryDir dir;
        const QString file = write(dir.path(), "x.scenario.json", scenario(members));
        const CtlResult result = ctl(QStringList{"simulate", demo, file, "--quiet"} + more);
        QTEST(result.code, "code");
        QVERIFY2(result.err.contains(says), qPrintable(result.err));
    }

    void cancelledItReportsWhatWasSeen() {
        QTemporaryDir dir;
        const QString file =
            write(dir.path(), "x.scenario.json",
                  scenario("\"duration_s\":31000000,\"traffic\":{\"requests_per_s\":50}"));
        const QString report = dir.filePath("report.json");
        QProcess process;
        process.setReadChannel(QProcess::StandardError);
        process.start(ctl_path(), {"simulate", demo, file, "--report", report});
        QVERIFY(process.waitForStarted());
        QVERIFY(process.waitForReadyRead(30'000)); // it says that it begins
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(read(report).contains("\"partial\": true"));
    }
};

QTEST_GUILESS_MAIN(TestCtlSimulate)
#include "test_ctl_simulate.moc"
