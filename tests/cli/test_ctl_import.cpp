// import, where the chain cannot be written: it is said before anything else happens.
#include "support/ctl.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

class TestCtlImport : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void aChain() {
        QTemporaryDir dir;
        const QString env = write(dir.path(), ".env", "OPENAI_API_KEY=sk-x\n");
        const QString out = dir.filePath("a.chain.json");
        const auto made = ctl({"import", env, "-o", out, "--json"});
        QVERIFY2(made.code == 0, qPrintable(made.err));
        QCOMPARE(made.json()["providers"].toInt(), 1);
        QCOMPARE(ctl({"check", out}).code, 0);
        QVERIFY(!read(out).contains("sk-x"));
    }

    void noPlaceForIt_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("code");
        QTest::newRow("there already") << "there.json" << 2;
        QTest::newRow("no folder") << "no/folder/a.json" << 2;
        QTest::newRow("a folder") << "." << 2;
        QTest::newRow("goes in circles") << "circle" << 2;
        QTest::newRow("name too long") << QString(300, 'x') << 4;
    }
    void noPlaceForIt() {
        QFETCH(QString, name);
        QFETCH(int, code);
        QTemporaryDir dir;
        const QString env = write(dir.path(), ".env", "OPENAI_API_KEY=sk-x\n");
        write(dir.path(), "there.json", "mine");
        QVERIFY(QFile::link(dir.filePath("circle"), dir.filePath("circle")));
        const auto result = ctl({"import", env, "-o", dir.filePath(name)});
        QCOMPARE(result.code, code);
        QVERIFY2(result.err.startsWith("error: "), qPrintable(result.err));
        QVERIFY(result.out.isEmpty());
        QCOMPARE(read(dir.filePath("there.json")), QByteArray("mine"));
    }
};

QTEST_GUILESS_MAIN(TestCtlImport)
#include "test_ctl_import.moc"
