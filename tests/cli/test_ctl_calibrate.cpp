// calibrate: a rehearsal's log becomes models that a scenario takes, and the forecast with them is
// laid beside what happened.
#include "support/ctl.h"
#include "support/json_schema.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

const QString demo = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");

} // namespace

class TestCtlCalibrate : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    QString log_;

  private Q_SLOTS:
    void initTestCase() {
        const QString scenario = write(dir_.path(), "x.scenario.json",
                                       R"({"format":"brownout.scenario/1","name":"x","duration_s":3,
                      "traffic":{"requests_per_s":30,"output_tokens":10}})");
        log_ = dir_.filePath("events.jsonl");
        const CtlResult result = ctl({"rehearse", demo, scenario, "--log", log_, "--quiet"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
    }

    void modelsComeBack() {
        const QString file = dir_.filePath("models.json");
        const CtlResult result =
            ctl({"calibrate", log_, "--chain", demo, "--json", "--quiet", "-o", file});
        QVERIFY2(result.code == 0, qPrintable(result.out + result.err));
        const QJsonObject found = result.json();
        const QJsonObject aster = found["models"]["aster"].toObject();
        const double median = aster["first_token_ms"]["lognormal"]["median"].toDouble();
        QVERIFY2(median > 300 && median < 450, qPrintable(result.out)); // 350, on a real clock
        QCOMPARE(QJsonDocument::fromJson(read(file)).object(), found["models"].toObject());
        const QJsonArray figures = found["check"]["figures"].toArray();
        QCOMPARE(figures.size(), 5);
        QCOMPARE(figures[0]["figure"].toString(), "availability");
        QVERIFY(figures[0]["within"].toBool());
        if (have_schema_validator()) {
            const auto problems = schema_problems(
                {{"calibration", brownout::chain::Json::parse(result.out.toStdString())}});
            QVERIFY2(problems[0].isEmpty(), qPrintable(problems[0].join('\n')));
        }
        // Pasted into a scenario, they are played.
        const QString scenario =
            write(dir_.path(), "with.scenario.json",
                  R"({"format":"brownout.scenario/1","name":"with","duration_s":30,"models":)" +
                      read(file) + "}");
        QCOMPARE(ctl({"check", scenario}).code, 0);
        QCOMPARE(ctl({"simulate", demo, scenario, "--quiet"}).code, 0);
    }

    void tableForPeople() {
        const CtlResult result = ctl({"calibrate", log_, "--runs", "3"});
        QCOMPARE(result.code, 0);
        for (const char* word : {"KS distance", "first_token_ms median", "error_ratio", "outages:",
                                 "against what happened", "happened", "forecast", "--chain FILE"})
            QVERIFY2(result.out.contains(word), qPrintable(result.out));
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QString>("says");
        QTest::newRow("foreign") << QByteArray("a,b\n1,2\n") << QStringList{}
                                 << "line 1: this is no event";
        QTest::newRow("empty") << QByteArray() << QStringList{} << "is empty";
        QTest::newRow("no runs") << QByteArray("x\n") << QStringList{"--runs", "1"} << "--runs";
        QTest::newRow("no chain") << QByteArray("x\n") << QStringList{"--chain", "/none"}
                                  << "no such file";
        QTest::newRow("no folder")
            << QByteArray("x\n") << QStringList{"-o", "/no/such/folder/x"} << "folder that exists";
    }
    void refused() {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, more);
        QFETCH(QString, says);
        const QString file = write(dir_.path(), "other.log", text);
        const CtlResult result = ctl(QStringList{"calibrate", file} + more);
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains(says), qPrintable(result.err));
    }
    void missingFile() {
        const CtlResult result = ctl({"calibrate", dir_.filePath("none.jsonl")});
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains("none.jsonl"), qPrintable(result.err));
    }
};

QTEST_GUILESS_MAIN(TestCtlCalibrate)
#include "test_ctl_calibrate.moc"
