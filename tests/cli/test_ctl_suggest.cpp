// suggest: the table, the JSON and its schema, the chain that is written, and what is refused.
#include "support/ctl.h"
#include "support/json_schema.h"

#include <QJsonArray>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace brownout::test;

namespace {

const QString demo = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");
const QString down =
    QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/scenarios/primary-down.scenario.json");

// Small searches: some thousand requests each.
QStringList quick(const QStringList& more, const QString& scenario = down) {
    return QStringList{"suggest", demo, scenario, "--effort", "0.05", "--quiet"} + more;
}

} // namespace

class TestCtlSuggest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // What is written is a good chain, and simulates to the figures that were told.
    void whatIsWrittenGivesTheFiguresThatWereTold() {
        QTemporaryDir dir;
        const QString file = dir.filePath("better.chain.json");
        const CtlResult result =
            ctl(quick({"--json", "--availability", "0.9", "--seed", "6", "-o", file}));
        QVERIFY2(result.code == 0, qPrintable(result.out + result.err));
        const QJsonObject found = result.json();
        QCOMPARE(found["format"].toString(), "brownout.suggestion/1");
        QCOMPARE(found["picked"], found["best"]);
        const QJsonArray front = found["front"].toArray();
        const QJsonObject best = front[found["best"].toInt() - 1].toObject();
        QCOMPARE(ctl({"check", "--strict", file}).code, ctl({"check", "--strict", demo}).code);
        const CtlResult simulated = ctl({"simulate", file, down, "--json", "--quiet", "--seed", "6",
                                         "--runs", QString::number(found["runs"].toInt())});
        const QJsonObject per_run = simulated.json()["per_run"].toObject();
        for (const char* figure : {"latency_p99_ms", "spend_usd"}) {
            const double told = best["figures"][figure]["value"].toDouble(),
                         came = per_run[figure]["mean"].toDouble();
            QVERIFY2(told > 0 && std::abs(told - came) < 1e-6 * told, figure);
        }
        if (have_schema_validator()) {
            const auto problems = schema_problems(
                {{"suggestion", brownout::chain::Json::parse(result.out.toStdString())}});
            QVERIFY2(problems[0].isEmpty(), qPrintable(problems[0].join('\n')));
        }
    }

    void tableAndPick() {
        QTemporaryDir dir;
        const QString file = dir.filePath("picked.chain.json");
        const CtlResult result = ctl(quick({"--pick", "1", "-o", file, "--budget-usd", "0"}));
        QVERIFY2(result.code == 0, qPrintable(result.out + result.err)); // what was asked is there
        for (const char* word :
             {"availability", "p99 ms", "USD a month", "changes", "meets", "now"})
            QVERIFY2(result.out.contains(word), qPrintable(result.out));
        QCOMPARE(ctl({"check", file}).code, 0);
    }

    void nothingMeetsTheGoal() {
        QTemporaryDir dir;
        const QString file = dir.filePath("none.chain.json");
        const CtlResult result = ctl(quick({"-o", file, "--budget-usd", "0"}));
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("nothing meets the goal"), qPrintable(result.err));
        QVERIFY(!QFile::exists(file));
        QVERIFY(result.out.contains("nothing that was tried meets the goal"));
    }

    void refused_data() {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QString>("says");
        QTest::newRow("availability") << QStringList{"--availability", "99"} << "--availability";
        QTest::newRow("budget") << QStringList{"--budget-usd", "-1"} << "--budget-usd";
        QTest::newRow("per") << QStringList{"--per", "week"} << "--per";
        QTest::newRow("chain") << QStringList{"--chain", "nobody"} << "no chain \"nobody\"";
        QTest::newRow("pick alone") << QStringList{"--pick", "1"} << "-o FILE";
        QTest::newRow("pick too high")
            << QStringList{"--pick", "99", "-o", "/tmp/not-written.chain.json"} << "only";
        QTest::newRow("folder") << QStringList{"-o", "/no/such/folder/x"} << "folder that exists";
    }
    void refused() {
        QFETCH(QStringList, more);
        QFETCH(QString, says);
        const CtlResult result = ctl(quick(more));
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains(says), qPrintable(result.err));
    }

    void aScenarioThatDoesNotFit() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "x.scenario.json",
                                   R"({"format":"brownout.scenario/1","name":"x","duration_s":5,
                                       "faults":[{"target":"nobody","kind":"hang"}]})");
        const CtlResult result = ctl(quick({}, file));
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains("x.scenario.json") && result.err.contains("nobody"),
                 qPrintable(result.err));
    }

    void cancelledItGivesWhatWasFound() {
        QTemporaryDir dir;
        const QString file =
            write(dir.path(), "x.scenario.json",
                  R"({"format":"brownout.scenario/1","name":"x","max_requests":5000,
                      "traffic":{"requests_per_s":50}})");
        QProcess process;
        process.setReadChannel(QProcess::StandardError);
        process.start(ctl_path(), {"suggest", demo, file, "--effort", "100000", "--json"});
        QByteArray told;
        while (!told.contains('%')) { // how far it is: something is known then
            QVERIFY2(process.waitForReadyRead(60'000), told);
            told += process.readAllStandardError();
        }
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 130);
        const QByteArray out = process.readAllStandardOutput();
        QVERIFY2(out.contains("\"partial\": true"), out.constData());
    }
};

QTEST_GUILESS_MAIN(TestCtlSuggest)
#include "test_ctl_suggest.moc"
