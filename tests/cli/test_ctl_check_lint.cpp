// check on chains that are valid and hardly meant: tests/fixtures/lint holds one per warning, named
// after its code.
#include "support/ctl.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

QDir fixtures() {
    return QDir(QStringLiteral(BROWNOUT_SOURCE_DIR "/tests/fixtures/lint"));
}

} // namespace

class TestCtlCheckLint : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void badChains_data() {
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QString>("remedy"); // part of it
        QTest::newRow("attempts") << "attempts-used-up"
                                  << "/chains/0/targets/2"
                                  << "Raise `retry.max_attempts` to 6";
        QTest::newRow("quality") << "below-minimum-quality"
                                 << "/chains/0/targets/1/quality"
                                 << "Lower `minimum_quality`";
        QTest::newRow("upstream") << "same-upstream"
                                  << "/chains/0/targets/2/provider"
                                  << "Use another provider or model";
        QTest::newRow("key") << "same-key"
                             << "/providers/1/key"
                             << "Give each provider a key of its own";
        QTest::newRow("timeouts") << "timeouts-beyond-total"
                                  << "/chains/0/policy/timeouts/total_ms"
                                  << "Raise `timeouts.total_ms` to 45000";
        QTest::newRow("single") << "single-target-breaker"
                                << "/chains/0/targets"
                                << "Add a fallback";
        QTest::newRow("task") << "no-fallback"
                              << "/chains/0/targets"
                              << "Add a second target";
        QTest::newRow("budget") << "budget-escape"
                                << "/chains/0/targets/2/provider"
                                << "Cap c too";
        QTest::newRow("cheapest") << "unpriced-under-cheapest"
                                  << "/chains/0/targets/1"
                                  << "Give it a `price`";
        QTest::newRow("price") << "expensive-fallback"
                               << "/chains/0/targets/1/price"
                               << "Put a cheaper fallback before it";
        QTest::newRow("latency") << "first-token-below-latency"
                                 << "/chains/0/targets/1/timeouts/first_token_ms"
                                 << "`first_token_ms` of 190000";
        QTest::newRow("weights") << "weights-without-strategy"
                                 << "/chains/0/targets/0/weight"
                                 << "Set `strategy` to weighted";
        QTest::newRow("auto") << "nothing-to-translate"
                              << "/chains/0/targets/2/model"
                              << "Put a FAL or Replicate target before it";
        QTest::newRow("setting") << "setting-without-effect"
                                 << "/chains/0/targets/0/retry/max_attempts"
                                 << "Set it in the policy of the chain";
    }
    void badChains() {
        QFETCH(QString, code);
        QFETCH(QString, pointer);
        QFETCH(QString, remedy);
        const QString path = fixtures().filePath(code + ".chain.json");
        const CtlResult result = ctl({"check", path});
        QCOMPARE(result.code, 0);
        QStringList warnings;
        for (const QString& line : result.out.split('\n'))
            if (line.contains("warning: "))
                warnings << line;
        QCOMPARE(warnings.size(), 1); // this one and no other
        QVERIFY2(warnings[0].startsWith(path + "#" + pointer + ": warning: "),
                 qPrintable(warnings[0]));
        QVERIFY2(warnings[0].contains("[" + code + "]. "), qPrintable(warnings[0]));
        QVERIFY2(warnings[0].contains(remedy), qPrintable(warnings[0]));

        QCOMPARE(ctl({"check", "--strict", path}).code, 1);
        const CtlResult asJson = ctl({"check", "--json", path});
        QCOMPARE(asJson.code, 0);
        const QJsonObject file = asJson.json()["files"].toArray().first().toObject();
        QCOMPARE(file["ok"].toBool(), true);
        QCOMPARE(file["problems"].toArray().size(), 1);
        const QJsonObject problem = file["problems"].toArray().first().toObject();
        QCOMPARE(problem["severity"].toString(), QString("warning"));
        QCOMPARE(problem["code"].toString(), code);
        QCOMPARE(problem["pointer"].toString(), pointer);
        QVERIFY(problem["remedy"].toString().contains(remedy));
    }

    void everyFixtureHasAWarningOfItsOwn() {
        const QStringList files = fixtures().entryList({"*.chain.json"}, QDir::Files);
        QCOMPARE(files.size(), 14);
        QStringList paths;
        for (const QString& file : files)
            paths << fixtures().filePath(file);
        const CtlResult all = ctl(QStringList{"check", "--json"} + paths);
        QCOMPARE(all.code, 0);
        QSet<QString> found;
        for (const QJsonValue file : all.json()["files"].toArray())
            for (const QJsonValue problem : file.toObject()["problems"].toArray())
                found.insert(problem.toObject()["code"].toString());
        QCOMPARE(found.size(), files.size());
    }

    void aCleanChainPassesStrictly() {
        const QString clean =
            QStringLiteral(BROWNOUT_SOURCE_DIR "/tests/unit/chain/clean.chain.json");
        const CtlResult result = ctl({"check", "--strict", clean});
        QVERIFY2(result.code == 0, qPrintable(result.out));
    }

    void warningsAndErrorsTogether() {
        QTemporaryDir dir;
        const QString bad = write(dir.path(), "bad.json", "{");
        const QString path = fixtures().filePath("same-key.chain.json");
        const CtlResult result = ctl({"check", "--strict", path, bad});
        QCOMPARE(result.code, 2);
        QVERIFY(result.out.contains("[same-key]") && result.out.contains("error: "));
    }
};

QTEST_GUILESS_MAIN(TestCtlCheckLint)
#include "test_ctl_check_lint.moc"
