// check, and every command's answer to bad input: exit 2, the place, the remedy, and no crash.
#include "support/ctl.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

QByteArray demo() {
    return read(QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json"));
}

QByteArray replaced(const char* from, const char* to) {
    QByteArray text = demo();
    if (!text.contains(from))
        qFatal("the demo chain no longer holds %s", from);
    return text.replace(text.indexOf(from), int(qstrlen(from)), to);
}

} // namespace

class TestCtlCheck : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void badChains_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("pointer"); // part of the output
        QTest::addColumn<QString>("remedy");

        QTest::newRow("literal key")
            << replaced("\"key\": \"none\"", "\"key\": \"sk-canary-4711\"") << "/providers/0/key"
            << "keychain:";
        QTest::newRow("unknown field")
            << replaced("\"dialect\": \"openai\"", "\"dialekt\": \"openai\"")
            << "/providers/0/dialekt"
            << "dialect";
        QTest::newRow("unknown policy row")
            << replaced("\"stall_ms\"", "\"stall_mss\"") << "/policy/timeouts/stall_mss"
            << "stall_ms";
        QTest::newRow("bad type") << replaced("\"provider\": \"aster\"", "\"provider\": 7")
                                  << "/chains/0/targets/0/provider"
                                  << "";
        QTest::newRow("missing provider")
            << replaced("\"provider\": \"aster\"", "\"provider\": \"astre\"")
            << "/chains/0/targets/0/provider"
            << "aster";
        QTest::newRow("negative time")
            << replaced("\"stall_ms\": ", "\"stall_ms\": -") << "/policy/timeouts/stall_ms"
            << "";
        QTest::newRow("unknown format")
            << replaced("brownout.chain/1", "brownout.chian/1") << "/format"
            << "brownout.chain/1";
        QTest::newRow("truncated") << demo().left(200) << "line"
                                   << "";
        QTest::newRow("empty") << QByteArray() << ""
                               << "";
        QTest::newRow("not JSON") << QByteArray("hello") << "line 1"
                                  << "";
        QTest::newRow("deep") << QByteArray(100'000, '[') << ""
                              << "";
        QTest::newRow("invalid UTF-8") << QByteArray("{\"format\":\"\xff\xfe\"}") << ""
                                       << "";
    }
    void badChains() {
        QFETCH(QByteArray, text);
        QFETCH(QString, pointer);
        QFETCH(QString, remedy);
        QTemporaryDir dir;
        const QString path = write(dir.path(), "bad.chain.json", text);
        const QString scenario =
            QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/scenarios/primary-down.scenario.json");
        for (const QStringList& arguments :
             {QStringList{"check", path}, QStringList{"send", path, "--prompt", "x"},
              QStringList{"rehearse", path, scenario}, QStringList{"export", path},
              QStringList{"verify", path}, QStringList{"lab", path}}) {
            const CtlResult result = ctl(arguments);
            const QString all = result.out + result.err;
            QVERIFY2(result.code == 2, qPrintable(arguments.join(' ') + ": " + all));
            QVERIFY2(all.contains("bad.chain.json"), qPrintable(all));
            QVERIFY2(all.contains(pointer), qPrintable(all));
            QVERIFY2(all.contains(remedy), qPrintable(all));
            QVERIFY2(!all.contains("terminate") && !all.contains("what():"), qPrintable(all));
            QVERIFY(!all.contains("canary-4711"));
        }
    }

    // Each with its place and what would be right, from every command that takes a scenario.
    void badScenarios_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QString>("remedy");
        const QByteArray rule = "{\"target\": \"@primary\", \"kind\": \"http_error\"";
        QTest::newRow("unknown kind")
            << QByteArray("http_error") << QByteArray("http_eror") << "#/faults/0/kind"
            << "did you mean \"http_error\"";
        QTest::newRow("negative time")
            << QByteArray("\"at_s\": ") << QByteArray("\"at_s\": -") << "#/faults/0/when/at_s"
            << "from 0 to";
        QTest::newRow("missing target") << QByteArray("\"@primary\", \"kind\"")
                                        << QByteArray("\"astr\", \"kind\"") << "#/faults/0/target"
                                        << "did you mean \"aster\"";
        QTest::newRow("no such place") << QByteArray("\"@primary\", \"kind\"")
                                       << QByteArray("\"@7\", \"kind\"") << "#/faults/0/target"
                                       << "@last";
        QTest::newRow("probability 2")
            << QByteArray("\"at_s\": ") << QByteArray("\"probability\": 2, \"at_s\": ")
            << "#/faults/0/when/probability"
            << "from 0 to 1";
        QTest::newRow("two that exclude each other")
            << rule << "{\"target\": \"aster\", \"kind\": \"bad_key\"}, " + rule << "#/faults/1"
            << "Give them times that do not overlap, or other targets";
        QTest::newRow("parameter of another kind")
            << QByteArray("\"status\": 503") << QByteArray("\"stage\": \"accept\"")
            << "#/faults/0/stage"
            << "It takes: status";
    }
    void badScenarios() {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, pointer);
        QFETCH(QString, remedy);
        const QString resources = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/");
        const QString good = resources + "scenarios/primary-down.scenario.json";
        QByteArray text = read(good);
        QVERIFY(text.contains(from));
        QTemporaryDir dir;
        const QString bad = write(dir.path(), "bad.scenario.json", text.replace(from, to));
        const QString chain = resources + "demo.chain.json";
        for (const QStringList& arguments :
             {QStringList{"rehearse", chain, bad}, QStringList{"rehearse", chain, good, bad},
              QStringList{"lab", chain, "--scenario", bad}, QStringList{"check", bad, chain}}) {
            const CtlResult result = ctl(arguments);
            const QString told = arguments[0] == "check" ? result.out : result.err;
            QVERIFY2(result.code == 2, qPrintable(arguments.join(' ') + ": " + told));
            QVERIFY2(told.contains("bad.scenario.json" + pointer), qPrintable(told));
            QVERIFY2(told.contains(remedy), qPrintable(told));
        }
    }

    // One that fits any of the chains is fine: a folder may hold scenarios of several.
    void aScenarioFitsOneOfTheChains() {
        const QString resources = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/");
        QTemporaryDir dir;
        const QString other = write(dir.path(), "other.chain.json", demo().replace("aster", "elm"));
        const QString scenario =
            write(dir.path(), "a.scenario.json",
                  read(resources + "scenarios/primary-down.scenario.json")
                      .replace("\"@primary\", \"kind\"", "\"aster\", \"kind\""));
        QCOMPARE(ctl({"check", scenario}).code, 0);
        QCOMPARE(ctl({"check", scenario, other, resources + "demo.chain.json"}).code, 0);
        const CtlResult result = ctl({"check", scenario, other});
        QVERIFY2(result.code == 2 && result.out.contains("no target \"aster\""),
                 qPrintable(result.out));
    }

    void certificatesLieBesideTheChain() {
        QTemporaryDir dir;
        const QString chain =
            write(dir.path(), "c.chain.json",
                  R"({"format":"brownout.chain/1","providers":[{"id":"p","dialect":"openai",)"
                  R"("base_url":"https://api.example.com/v1","key":"none",)"
                  R"("tls":{"ca_file":"ca.pem"}}],"chains":[{"id":"default","targets":[)"
                  R"({"provider":"p","model":"m"}]}]})");
        const CtlResult missing = ctl({"check", chain});
        QVERIFY2(missing.code == 2 && missing.out.contains("#/providers/0/tls/ca_file"),
                 qPrintable(missing.out));
        QVERIFY2(missing.out.contains(dir.filePath("ca.pem")), qPrintable(missing.out));
        write(dir.path(), "ca.pem", "certificates");
        const CtlResult found = ctl({"check", chain});
        QVERIFY2(found.code == 0, qPrintable(found.out + found.err));
    }

    // What calls itself a report is read as one before it may prove anything.
    void exportTakesReportsOnly() {
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "c.chain.json", demo());
        const QString report = write(dir.path(), "made-up.json",
                                     "{\"format\":\"brownout.report/1\",\"partial\":false,"
                                     "\"scenario\":{},\"expectations\":[]}");
        const QString tested = dir.filePath("tested.chain.json");
        const CtlResult result = ctl({"export", chain, "--evidence", report, "-o", tested});
        const QString all = result.out + result.err;
        QVERIFY2(result.code == 2, qPrintable(all));
        QVERIFY2(all.contains("made-up.json"), qPrintable(all));
        QVERIFY2(all.contains("`requests`"), qPrintable(all));
        QVERIFY(!QFile::exists(tested));
    }

    void goodFiles() {
        const QString root = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/");
        const CtlResult result = ctl({"check", "--strict", root + "demo.chain.json",
                                      root + "scenarios/primary-down.scenario.json",
                                      root + "scenarios/rate-limit-storm.scenario.json",
                                      root + "scenarios/streams-cut.scenario.json"});
        QVERIFY2(result.code == 0, qPrintable(result.out + result.err));
    }

    void jsonIsOneDocument() {
        QTemporaryDir dir;
        const QString bad = write(dir.path(), "bad.json", "{");
        const CtlResult result =
            ctl({"check", "--json", bad,
                 QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json")});
        QCOMPARE(result.code, 2);
        const QJsonArray files = result.json()["files"].toArray();
        QCOMPARE(files.size(), 2);
        QCOMPARE(files[0]["ok"].toBool(), false);
        QCOMPARE(files[1]["ok"].toBool(), true);
    }

    void badUsage_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::newRow("nothing") << QStringList{} << 2;
        QTest::newRow("unknown command") << QStringList{"fly"} << 2;
        QTest::newRow("unknown option") << QStringList{"check", "--fly", "x"} << 2;
        QTest::newRow("no such file") << QStringList{"check", "/nonexistent.json"} << 2;
        QTest::newRow("seed is no number") << QStringList{"check", "--seed", "x", "y"} << 2;
        QTest::newRow("help") << QStringList{"--help"} << 0;
        QTest::newRow("version") << QStringList{"--version"} << 0;
        QTest::newRow("key on the command line") << QStringList{"keys", "set", "a", "sk-1"} << 2;
    }
    void badUsage() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const CtlResult result = ctl(arguments);
        QVERIFY2(result.code == code, qPrintable(result.out + result.err));
    }
};

QTEST_GUILESS_MAIN(TestCtlCheck)
#include "test_ctl_check.moc"
