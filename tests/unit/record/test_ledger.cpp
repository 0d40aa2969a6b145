// The ledger: what is added is there for the next process, sums are exact, others' money is told
// once, old minutes go, and a file that cannot be used says why.
#include "record/ledger.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <SQLiteCpp/SQLiteCpp.h>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace brownout;
using record::Ledger;
using record::LedgerEntry;

namespace {

constexpr std::int64_t t0 = 1'800'000'000; // a whole minute
const std::string openai = "https://api.openai.com/v1";

LedgerEntry entry(std::int64_t at, std::int64_t pico, std::string document = "bot",
                  std::string provider = "openai") {
    return {std::move(document), openai, std::move(provider), at, Money{pico}};
}

std::unique_ptr<Ledger> opened(const QTemporaryDir& dir) {
    auto ledger = Ledger::open(dir.filePath("state/ledger.sqlite3").toStdString());
    if (!ledger)
        qFatal("%s", ledger.error().text().c_str());
    return std::move(*ledger);
}

std::int64_t sum(const Result<std::vector<LedgerEntry>>& entries) {
    if (!entries)
        qFatal("%s", entries.error().text().c_str());
    std::int64_t pico = 0;
    for (const LedgerEntry& e : *entries)
        pico += e.cost.pico_usd;
    return pico;
}

} // namespace

class TestLedger : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void whatIsAddedIsThereForTheNext() {
        QTemporaryDir dir;
        {
            auto first = opened(dir);
            const LedgerEntry some[] = {entry(t0, 5), entry(t0 + 59, 7), entry(t0 + 60, 11),
                                        entry(t0, 100, "another"),
                                        entry(t0, 1000, "bot", "mirror")};
            QVERIFY(first->add(some, t0 + 60));
            const LedgerEntry more[] = {entry(t0 + 30, 13)};
            QVERIFY(first->add(more, t0 + 61));
        }
        auto next = opened(dir);
        const auto found = next->read("bot", t0);
        QCOMPARE(sum(found), 5 + 7 + 11 + 13 + 1000);
        QCOMPARE(found->size(), std::size_t{3}); // summed by minute and provider
        for (const LedgerEntry& e : *found) {
            QCOMPARE(e.upstream, openai);
            QVERIFY(e.unix_s == t0 + 60 || e.unix_s == t0 + 120); // when their minute ends
        }
        QCOMPARE(sum(next->read("bot", t0 + 60)), 11);
        QCOMPARE(sum(next->read("another", t0)), 100);
        QCOMPARE(sum(next->read("nobody", t0)), 0);
        const QFileInfo file(dir.filePath("state/ledger.sqlite3"));
        struct stat info {};
        QCOMPARE(stat(file.filePath().toLocal8Bit().constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777u, 0600u); // for this user alone
    }

    void othersAreToldOnce() {
        QTemporaryDir dir;
        auto mine = opened(dir), theirs = opened(dir);
        const LedgerEntry five[] = {entry(t0, 5)}, seven[] = {entry(t0 + 1, 7)},
                          strange[] = {entry(t0, 900, "another")};
        QVERIFY(theirs->add(five, t0));
        QCOMPARE(sum(mine->read("bot", t0 - 60)), 5);
        QCOMPARE(sum(mine->news()), 0);
        QVERIFY(mine->add(five, t0)); // our own is no news to us
        QCOMPARE(sum(mine->news()), 0);
        QVERIFY(theirs->add(seven, t0)); // in a row that we have seen
        QVERIFY(theirs->add(strange, t0));
        QCOMPARE(sum(mine->news()), 7);
        QCOMPARE(sum(mine->news()), 0);
        QCOMPARE(sum(mine->read("bot", t0 - 60)), 17); // all of it, once more
        QCOMPARE(sum(mine->news()), 0);
    }

    void manyProcessesAtOnce() {
        QTemporaryDir dir;
        opened(dir);
        std::vector<std::thread> writers;
        for (int w = 0; w < 4; ++w)
            writers.emplace_back([&dir] {
                auto ledger = opened(dir);
                for (int i = 0; i < 50; ++i) {
                    const LedgerEntry one[] = {entry(t0 + i, 1)};
                    if (const auto done = ledger->add(one, t0 + i); !done)
                        qFatal("%s", done.error().text().c_str());
                }
            });
        for (std::thread& t : writers)
            t.join();
        QCOMPARE(sum(opened(dir)->read("bot", t0)), 200);
    }

    void oldMinutesGo() {
        QTemporaryDir dir;
        auto ledger = opened(dir);
        for (int minute = 0; minute < 60 * 50; ++minute) { // fifty hours
            const LedgerEntry one[] = {entry(t0 + minute * 60, 1)};
            QVERIFY(ledger->add(one, t0 + minute * 60));
        }
        SQLite::Database look(dir.filePath("state/ledger.sqlite3").toStdString());
        const int rows = look.execAndGet("SELECT COUNT(*) FROM spend").getInt();
        QVERIFY2(rows >= 25 * 60 && rows <= 25 * 60 + 11, qPrintable(QString::number(rows)));
        QVERIFY(QFileInfo(dir.filePath("state/ledger.sqlite3")).size() < 1'000'000);
    }

    void aFullDiskKeepsNothingHalf() {
        QTemporaryDir dir;
        auto ledger = opened(dir);
        const LedgerEntry five[] = {entry(t0, 5)};
        QVERIFY(ledger->add(five, t0));
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
        const rlimit full{1, before.rlim_max};
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &full), 0);
        const auto refused = ledger->add(five, t0);
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &before), 0);
        QVERIFY(!refused);
        QVERIFY(refused.error().kind == Error::Kind::environment);
        QVERIFY2(refused.error().text().find("full") != std::string::npos,
                 refused.error().text().c_str());
        QCOMPARE(sum(ledger->read("bot", t0)), 5);
        QVERIFY(ledger->add(five, t0)); // there is room again
        QCOMPARE(sum(ledger->read("bot", t0)), 10);
    }

    void whatIsNoLedgerSaysSo_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("remedy");
        QTest::newRow("text") << QByteArray(4096, 'x') << "Move the file away";
        QTest::newRow("a broken database")
            << QByteArray("SQLite format 3\0", 16) + QByteArray(4080, 'y') << "Move the file away";
    }
    void whatIsNoLedgerSaysSo() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, remedy);
        QTemporaryDir dir;
        QFile file(dir.filePath("ledger.sqlite3"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
        file.close();
        const auto refused = Ledger::open(file.fileName().toStdString());
        QVERIFY(!refused);
        QVERIFY(refused.error().kind == Error::Kind::environment);
        QVERIFY2(refused.error().remedy.find(remedy.toStdString()) != std::string::npos,
                 refused.error().text().c_str());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), bytes); // nothing was done to it
    }

    void aPlaceThatIsNone() {
        const auto refused = Ledger::open("/dev/null/ledger.sqlite3");
        QVERIFY(!refused);
        QVERIFY(refused.error().kind == Error::Kind::environment);
        QVERIFY(refused.error().text().find("BROWNOUT_LEDGER") != std::string::npos);
    }

    void upstreams_data() {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("upstream");
        QTest::newRow("as it is") << "https://api.openai.com/v1"
                                  << "https://api.openai.com/v1";
        QTest::newRow("slashes behind") << "https://api.openai.com/v1//"
                                        << "https://api.openai.com/v1";
        QTest::newRow("the host has no case") << "HTTPS://API.OpenAI.com/v1"
                                              << "https://api.openai.com/v1";
        QTest::newRow("a path has") << "https://a.b/Team/V1"
                                    << "https://a.b/Team/V1";
        QTest::newRow("no path") << "http://Localhost:8080/"
                                 << "http://localhost:8080";
    }
    void upstreams() {
        QFETCH(QString, url);
        QFETCH(QString, upstream);
        QCOMPARE(record::upstream_of(url.toStdString()), upstream.toStdString());
    }
};

QTEST_APPLESS_MAIN(TestLedger)
#include "test_ledger.moc"
