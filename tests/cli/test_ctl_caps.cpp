// Caps of the hour and the day outlive the process that spent, however it ended; what cannot be
// kept is said, and refused where a cap depends on it.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <SQLiteCpp/SQLiteCpp.h>

using namespace brownout::test;

namespace {

// Providers at these addresses, so dear that one answer costs (11 + 7) * 0.01 = 0.18 USD.
QByteArray chain_over(const std::vector<std::string>& urls, const QByteArray& budget,
                      const QByteArray& name = "shop") {
    QByteArray providers, targets;
    for (std::size_t i = 0; i < urls.size(); ++i) {
        const QByteArray id = "p" + QByteArray::number(int(i + 1)), comma = i ? "," : "";
        providers += comma + R"({"id":")" + id +
                     R"(","dialect":"openai","key":"none","base_url":")" +
                     QByteArray::fromStdString(urls[i]) + "\"}";
        targets += comma + R"({"provider":")" + id +
                   R"(","model":"m","price":{"input_usd_per_mtok":10000,)"
                   R"("output_usd_per_mtok":10000}})";
    }
    return R"({"format":"brownout.chain/1","name":")" + name + R"(","providers":[)" + providers +
           R"(],"chains":[{"id":"default","targets":[)" + targets + R"(]}],"policy":{"budget":)" +
           budget + R"(,"retry":{"attempts_per_target":1}}})";
}

struct World {
    QTemporaryDir dir;
    CtlOptions options;
    World() { options.environment["BROWNOUT_LEDGER"] = ledger(); }
    QString ledger() const { return dir.filePath("ledger.sqlite3"); }
    QString chain(const QByteArray& text, const QString& name = "a.chain.json") const {
        return write(dir.path(), name, text);
    }
    CtlResult send(const QString& chain, const QStringList& more = {}) const {
        return ctl(QStringList{"send", chain, "--prompt", "x", "--max-tokens", "5"} + more,
                   options);
    }
    double booked() const { // USD in the ledger
        SQLite::Database db(ledger().toStdString());
        return db.execAndGet("SELECT COALESCE(SUM(pico_usd), 0) FROM spend").getDouble() / 1e12;
    }
};

} // namespace

class TestCtlCaps : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void aCapOutlivesTheProcess_data() {
        QTest::addColumn<QByteArray>("budget");
        QTest::addColumn<QString>("named");
        QTest::newRow("hour") << QByteArray(R"({"per_hour_usd":0.2})") << "per hour";
        QTest::newRow("day") << QByteArray(R"({"per_day_usd":0.2})") << "per day";
        QTest::newRow("provider") << QByteArray(R"({"per_provider_day_usd":{"p1":0.2}})")
                                  << "per provider";
    }
    void aCapOutlivesTheProcess() {
        QFETCH(QByteArray, budget);
        QFETCH(QString, named);
        World w;
        PlainProvider one(PlainProvider::answers, "one");
        const QString chain = w.chain(chain_over({one.base_url()}, budget));
        const CtlResult first = w.send(chain);
        QVERIFY2(first.code == 0, qPrintable(first.err));
        QVERIFY(qAbs(w.booked() - 0.18) < 1e-9);
        const CtlResult second = w.send(chain);
        QVERIFY2(second.code == 3, qPrintable(second.err));
        QVERIFY2(second.err.contains(named), qPrintable(second.err));
        QCOMPARE(one.requests(), 1);
        // Neither another file name nor another place makes it forget; another document spends
        // its own.
        QDir(w.dir.path()).mkdir("elsewhere");
        const QString renamed = w.dir.filePath("elsewhere/other.chain.json");
        QVERIFY(QFile::rename(chain, renamed));
        QCOMPARE(w.send(renamed).code, 3);
        QCOMPARE(w.send(w.chain(chain_over({one.base_url()}, budget, "desk"), "b.json")).code, 0);
        QCOMPARE(one.requests(), 2);
    }

    void aKilledProcessHasSpentWhatItSpent() {
        World w;
        PlainProvider cuts(PlainProvider::cuts, "one"), hangs(PlainProvider::hangs, "two");
        // Three tokens come, then the stream breaks: billed. Then it waits for the other.
        const QString chain = w.chain(chain_over({cuts.base_url(), hangs.base_url()},
                                                 R"({"per_day_usd":0.11,"on_exceeded":"reject"})"));
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("BROWNOUT_LEDGER", w.ledger());
        process.setProcessEnvironment(environment);
        // Hanging without a budget, so that the second attempt is made at all.
        const QString spender =
            w.chain(chain_over({cuts.base_url(), hangs.base_url()}, "null"), "spender.chain.json");
        process.start(ctl_path(), {"send", spender, "--prompt", "x", "--stream"});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(hangs.requests() == 1, 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(w.ledger()) && w.booked() > 0, 5'000);
        process.kill(); // SIGKILL
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);

        const int before = cuts.requests();
        const CtlResult next = w.send(chain);
        QVERIFY2(next.code == 3, qPrintable(next.err));
        QVERIFY2(next.err.contains("per day"), qPrintable(next.err));
        QCOMPARE(cuts.requests(), before);
    }

    void whatIsSimulatedCostsNothing() {
        World w;
        QByteArray text = chain_over({"lab:"}, R"({"per_day_usd":1000})");
        QCOMPARE(w.send(w.chain(text)).code, 0);
        QVERIFY(!QFile::exists(w.ledger())); // not even opened

        // A rehearsal of a real chain on models spends nothing either.
        PlainProvider one(PlainProvider::answers, "one");
        const QString chain =
            w.chain(chain_over({one.base_url()}, R"({"per_day_usd":0.2})"), "real.chain.json");
        const QString scenario = write(
            w.dir.path(), "s.scenario.json",
            R"({"format":"brownout.scenario/1","max_requests":5,"traffic":{"requests_per_s":50,)"
            R"("output_tokens":1,"input_tokens":1},"models":{"p1":{"first_token_ms":1}}})");
        QCOMPARE(ctl({"rehearse", chain, scenario}, w.options).code, 0);
        QVERIFY(!QFile::exists(w.ledger()));
        QCOMPARE(w.send(chain).code, 0);
        QCOMPARE(one.requests(), 1);
    }

    void aRealRehearsalIsBooked() {
        World w;
        PlainProvider one(PlainProvider::answers, "one");
        const QString chain = w.chain(chain_over({one.base_url()}, R"({"per_day_usd":0.4})"));
        const QString scenario =
            write(w.dir.path(), "s.scenario.json",
                  R"({"format":"brownout.scenario/1","max_requests":2,"traffic":{)"
                  R"("requests_per_s":5,"output_tokens":1,"input_tokens":1}})");
        const CtlResult run =
            ctl({"rehearse", chain, scenario, "--real", "--max-spend-usd", "5"}, w.options);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QCOMPARE(one.requests(), 2);
        QVERIFY(qAbs(w.booked() - 0.36) < 1e-9);
        QCOMPARE(w.send(chain).code, 3); // 0.36 of 0.40 are spent
    }

    void withoutALedgerNoCapIsPromised_data() {
        QTest::addColumn<QString>("what");
        QTest::newRow("no ledger") << "garbage";
        QTest::newRow("no place") << "nowhere";
    }
    void withoutALedgerNoCapIsPromised() {
        QFETCH(QString, what);
        World w;
        if (what == "garbage")
            write(w.dir.path(), "ledger.sqlite3", QByteArray(5000, 'x'));
        else
            w.options.environment["BROWNOUT_LEDGER"] = "/dev/null/none.sqlite3";
        PlainProvider one(PlainProvider::answers, "one");
        const CtlResult capped =
            w.send(w.chain(chain_over({one.base_url()}, R"({"per_day_usd":10})")));
        QVERIFY2(capped.code == 4, qPrintable(capped.err));
        QVERIFY2(capped.err.contains("ledger"), qPrintable(capped.err));
        QCOMPARE(one.requests(), 0); // before anything was sent
        const CtlResult free = w.send(w.chain(chain_over({one.base_url()}, "null"), "b.json"));
        QVERIFY2(free.code == 0, qPrintable(free.err)); // no cap depends on it: said, and done
        QVERIFY2(free.err.contains("warning") && free.err.contains("ledger"), qPrintable(free.err));
    }

    void aLockedLedgerIsSaid() {
        World w;
        PlainProvider one(PlainProvider::answers, "one");
        const QString chain = w.chain(chain_over({one.base_url()}, R"({"per_day_usd":10})"));
        QCOMPARE(w.send(chain).code, 0);
        SQLite::Database db(w.ledger().toStdString(), SQLite::OPEN_READWRITE);
        SQLite::Transaction held(db, SQLite::TransactionBehavior::IMMEDIATE);
        const CtlResult result = w.send(chain); // it can be read, but not written
        QCOMPARE(result.out.trimmed(), "The answer is one.");
        QVERIFY2(result.code == 4, qPrintable(result.err));
        QVERIFY2(result.err.contains("Another process holds it"), qPrintable(result.err));
    }

    void aFullDiskUnderTheLogIsSaid() {
        if (!QFile::exists("/dev/full"))
            QSKIP("this system has no /dev/full");
        World w;
        const QString chain = w.chain(chain_over({"lab:"}, "null"));
        const CtlResult sent = w.send(chain, {"--log", "/dev/full"});
        QVERIFY2(sent.code == 4, qPrintable(sent.err));
        QVERIFY2(sent.err.contains("/dev/full") && sent.err.contains("log"), qPrintable(sent.err));
        QVERIFY(!sent.out.trimmed().isEmpty()); // the answer is there all the same
        const QString scenario = write(w.dir.path(), "s.scenario.json",
                                       R"({"format":"brownout.scenario/1","max_requests":2,)"
                                       R"("traffic":{"requests_per_s":50,"output_tokens":1}})");
        const CtlResult run =
            ctl({"rehearse", chain, scenario, "--log", "/dev/full", "--json"}, w.options);
        QVERIFY2(run.code == 4, qPrintable(run.err));
        QVERIFY2(run.err.contains("/dev/full"), qPrintable(run.err));
        QCOMPARE(run.json()["requests"].toInt(), 2); // so is the report
    }
};

QTEST_GUILESS_MAIN(TestCtlCaps)
#include "test_ctl_caps.moc"
