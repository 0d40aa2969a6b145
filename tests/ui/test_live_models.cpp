// The request table and its filter language, the command palette's model, figures and sentences.
#include "ui/models/format.h"
#include "ui/models/request_filter.h"
#include "ui/models/request_model.h"
#include "ui/models/traffic_cost.h"
#include "ui/pages/live/live_text.h"
#include "ui/pages/live/tile_grid.h"
#include "ui/shell/command_palette.h"

#include "support/ui_warnings.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace brownout;
using namespace brownout::ui;
using engine::CallResult;
using engine::OutcomeClass;

namespace {

record::AttemptRecord attempt(const char* provider, OutcomeClass cls, int status,
                              engine::Cause cause = engine::Cause::none, const char* message = "") {
    record::AttemptRecord a;
    a.provider = provider;
    a.target = a.provider + "/model-1";
    a.finished = true;
    a.outcome.cls = cls;
    a.outcome.status = static_cast<std::uint16_t>(status);
    a.outcome.cause = cause;
    a.message = message;
    return a;
}

// Failed at Aster (503), answered by Birch after 800 ms; first token after 400 ms; 0.002 USD.
std::shared_ptr<record::RequestRecord> failedOver(const std::string& id = "r-aaaaaa") {
    auto r = std::make_shared<record::RequestRecord>();
    r->id = id;
    r->chain = "default";
    r->task = "simple";
    r->finished = true;
    r->started = Instant{from_ms(1000)};
    r->ended = Instant{from_ms(1800)};
    r->first_token = Instant{from_ms(1400)};
    r->result = CallResult::success;
    r->served_by = "birch/model-1";
    r->cost = Money::from_usd(0.002);
    r->attempts = {
        attempt("aster", OutcomeClass::retry, 503, engine::Cause::overloaded, "503 overloaded"),
        attempt("birch", OutcomeClass::success, 200)};
    r->attempts[1].mode = engine::AttemptMode::failover;
    return r;
}

live::SnapshotPtr snapshot(std::vector<record::RequestPtr> requests) {
    auto s = std::make_shared<live::Snapshot>();
    s->requests = std::make_shared<const std::vector<record::RequestPtr>>(std::move(requests));
    return s;
}

QString ids(const QAbstractItemModel& model) {
    QStringList out;
    for (int i = 0; i < model.rowCount(); ++i)
        out << model.index(i, RequestModel::id).data().toString();
    return out.join(QLatin1Char(' '));
}

} // namespace

class TestLiveModels : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { test::fail_on_warnings(); }
    void cleanup() { NO_WARNINGS(); }

    void filters_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("accepts");
        QTest::addColumn<QString>("error"); // a part of it
        const auto yes = [](const char* text) { QTest::newRow(text) << text << true << ""; };
        const auto no = [](const char* text) { QTest::newRow(text) << text << false << ""; };
        const auto bad = [](const char* text, const char* error) {
            QTest::newRow(text) << text << true << error;
        };
        yes("");
        yes("   ");
        yes("provider:aster");
        yes("provider:ast");
        yes("PROVIDER:Aster");
        yes("provider:cedar,birch");
        no("provider:cedar");
        yes("-provider:cedar");
        no("-provider:aster");
        yes("target:birch/model-1");
        yes("served:birch");
        no("served:aster");
        yes("class:retry");
        no("class:ret"); // a class is a word, not a part of one
        no("class:failover");
        yes("class:failover,success");
        yes("cause:overloaded");
        yes("status:503");
        yes("status>=500");
        no("status:404");
        yes("mode:failover");
        no("mode:hedge");
        yes("result:success");
        no("result:failed");
        yes("task:simple");
        no("task:coding");
        yes("chain:default");
        yes("id:aaaa");
        no("id:bbbb");
        yes("ms>500");
        no("ms>800");
        yes("ms>=800");
        yes("ms<=800");
        no("ms<800");
        yes("ms=800");
        yes("first<500");
        no("first>500");
        yes("attempts>1");
        yes("attempts=2");
        no("attempts<2");
        yes("usd>0.001");
        no("usd>0.01");
        yes("provider:aster result:success ms>500");
        no("provider:aster result:failed");
        yes("overloaded");
        no("underloaded");
        yes("-underloaded");
        yes("r-aaaaaa");
        bad("provder:aster", "did you mean \"provider\"");
        bad("colour:red", "\"colour\" is no field");
        bad("ms>fast", "needs a number");
        bad("provider:", "nothing to look for");
        bad("provider:,", "nothing to look for");
        bad("provider>3", "is text");
        bad("-", "nothing to look for");
    }
    void filters() {
        QFETCH(QString, text);
        QFETCH(bool, accepts);
        QFETCH(QString, error);
        QString said = QStringLiteral("untouched");
        const auto filter = RequestFilter::parse(text, &said);
        if (error.isEmpty())
            QCOMPARE(said, QString());
        else
            QVERIFY2(said.contains(error), qPrintable(said));
        QCOMPARE(filter.accepts(*failedOver()), accepts);
    }

    void runningRequestsAreRunning() {
        auto r = failedOver();
        r->finished = false;
        QVERIFY(RequestFilter::parse(QStringLiteral("result:running"), nullptr).accepts(*r));
        QVERIFY(!RequestFilter::parse(QStringLiteral("result:success"), nullptr).accepts(*r));
        QVERIFY(!RequestFilter::parse(QStringLiteral("ms>0"), nullptr).accepts(*r));
    }

    void tableFollowsTheWindow() {
        RequestModel model([](const QString&) { return QColor(Qt::red); });
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        RequestProxy proxy(&model);
        QAbstractItemModelTester proxyTester(
            &proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto a = failedOver("a"), b = failedOver("b"), c = failedOver("c"),
                   d = failedOver("d");
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        model.setSnapshot(snapshot({a}));
        QCOMPARE(ids(model), QStringLiteral("a"));
        const auto first = resets.count();
        model.setSnapshot(snapshot({a, b, c}));
        QCOMPARE(ids(model), QStringLiteral("c b a")); // newest first
        model.setSnapshot(snapshot({b, c, d}));        // a slid out
        QCOMPARE(ids(model), QStringLiteral("d c b"));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        auto c2 = failedOver("c");
        c2->result = CallResult::failed;
        model.setSnapshot(snapshot({b, c2, d}));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(model.index(1, RequestModel::result).data().toString(), QStringLiteral("failed"));
        model.setSnapshot(snapshot({a, b, c2, d})); // older ones came back behind
        QCOMPARE(ids(model), QStringLiteral("d c b a"));
        QCOMPARE(resets.count(), first); // rows moved, nothing was thrown away
        model.setSnapshot(snapshot({a}));
        QCOMPARE(ids(model), QStringLiteral("a"));
        model.setSnapshot(snapshot({}));
        QCOMPARE(model.rowCount(), 0);

        model.setSnapshot(snapshot({a, b, c2, d}));
        QCOMPARE(proxy.setFilterText(QStringLiteral("result:failed")), QString());
        QCOMPARE(ids(proxy), QStringLiteral("c"));
        QVERIFY(!proxy.setFilterText(QStringLiteral("rsult:failed")).isEmpty());
        QCOMPARE(proxy.rowCount(), 4); // not understood: everything shows
    }

    void tableText() {
        RequestModel model([](const QString&) { return QColor(Qt::red); });
        model.setSnapshot(snapshot({failedOver()}));
        const auto text = [&](int column) { return model.index(0, column).data().toString(); };
        QCOMPARE(text(RequestModel::servedBy), QStringLiteral("Birch"));
        QCOMPARE(text(RequestModel::attempts), QStringLiteral("2"));
        QCOMPARE(text(RequestModel::firstToken), QStringLiteral("0.40 s"));
        QCOMPARE(text(RequestModel::total), QStringLiteral("0.80 s"));
        QCOMPARE(text(RequestModel::usd), QStringLiteral("0.00200"));
        QCOMPARE(text(RequestModel::result), QStringLiteral("success"));
        auto lost = failedOver();
        lost->served_by.clear();
        lost->cost_unknown = true;
        model.setSnapshot(snapshot({lost}));
        QCOMPARE(text(RequestModel::servedBy), QStringLiteral("nobody"));
        QCOMPARE(text(RequestModel::usd), QStringLiteral("unknown")); // never shown as zero
    }

    void paletteFinds() {
        CommandModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        int ran = 0;
        model.setCommands({{QStringLiteral("Go to Live"), QStringLiteral("Ctrl+1"), [] {}},
                           {QStringLiteral("Break Aster"), {}, [&] { ++ran; }},
                           {QStringLiteral("Show chain default"), {}, [] {}}});
        QCOMPARE(model.rowCount(), 3);
        model.setFilter(QStringLiteral("ast bre"));
        QCOMPARE(model.rowCount(), 1);
        model.command(0)->run();
        QCOMPARE(ran, 1);
        model.setFilter(QStringLiteral("s"));
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("Show chain default"));
        model.setFilter(QStringLiteral("xyz"));
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(!model.command(0));
    }

    void sentences_data() {
        QTest::addColumn<std::string>("answered");
        QTest::addColumn<int>("failures");
        QTest::addColumn<int>("lost");
        QTest::addColumn<double>("ms");
        QTest::addColumn<double>("usd");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("the promise")
            << std::string("birch/m") << 14 << 0 << 400. << 0.0003
            << "<b>Aster failed 14 times; Birch answered.</b> Users waited "
               "0.4 s longer; +0.00030 USD per request; no request lost.";
        QTest::newRow("once, faster, cheaper")
            << std::string("birch/m") << 1 << 0 << -50. << -0.002
            << "<b>Aster failed once; Birch answered.</b> Users waited 0.05 s less; -0.00200 USD "
               "per request; no request lost.";
        QTest::newRow("no difference to notice")
            << std::string("birch/m") << 2 << 1 << 3. << 0.
            << "<b>Aster failed 2 times; Birch answered.</b> Users waited no longer; +0.00 USD per "
               "request; 1 request lost.";
        QTest::newRow("nobody") << std::string() << 9 << 9 << 0. << 0.
                                << "<b>Aster failed 9 times; nobody answered.</b> 9 requests lost.";
        QTest::newRow("not noticed") << std::string() << 0 << 0 << 0. << 0.
                                     << "<b>Aster is broken, and nobody has noticed yet.</b>";
    }
    void sentences() {
        QFETCH(std::string, answered);
        QFETCH(int, failures);
        QFETCH(int, lost);
        QFETCH(double, ms);
        QFETCH(double, usd);
        QFETCH(QString, sentence);
        live::OutageSummary o;
        o.broken = "aster/gpt-5-mini";
        o.answered_by = answered;
        o.failures = static_cast<std::uint64_t>(failures);
        o.lost = static_cast<std::uint64_t>(lost);
        o.added_ms = ms;
        o.added_usd = usd;
        QCOMPARE(outageSentence(o, false), sentence);
        const QString after = outageSentence(o, true);
        if (failures > 0)
            QCOMPARE(after, sentence + QStringLiteral(" Aster is back."));
        else
            QCOMPARE(after,
                     QStringLiteral("<b>Aster is back, and nobody has noticed the outage.</b>"));
    }

    void back_data() {
        using engine::BreakerState;
        QTest::addColumn<QString>("fault");
        QTest::addColumn<int>("state");
        QTest::addColumn<bool>("back");
        const auto row = [](const char* name, const char* fault, BreakerState state, bool back) {
            QTest::newRow(name) << QString::fromLatin1(fault) << static_cast<int>(state) << back;
        };
        row("restored, breaker closed", "", BreakerState::closed, true);
        row("restored, breaker open", "", BreakerState::open, false);
        row("restored, probing", "", BreakerState::half_open, false);
        row("still broken", "aster", BreakerState::closed, false);
        row("one model broken", "aster/m", BreakerState::closed, false);
        row("all broken", "*", BreakerState::closed, false);
        row("another broken", "asterix", BreakerState::closed, true);
    }
    void back() {
        QFETCH(QString, fault);
        QFETCH(int, state);
        QFETCH(bool, back);
        live::Snapshot s;
        QVERIFY(!brokenIsBack(s)); // nothing was broken
        s.outage = live::OutageSummary{"aster/m", "birch/m", 3, 0, 0, 0};
        s.targets.resize(2);
        s.targets[0].provider = "aster";
        s.targets[0].status.breaker = static_cast<engine::BreakerState>(state);
        s.targets[1].provider = "birch";
        s.targets[1].status.breaker = engine::BreakerState::open; // not what was broken
        if (!fault.isEmpty()) {
            s.active_faults.resize(1);
            s.active_faults[0].target = fault.toStdString();
        }
        QCOMPARE(brokenIsBack(s), back);
    }

    void whoCarries_data() {
        QTest::addColumn<QList<int>>("servedAt"); // s before now, by target; -1: never
        QTest::addColumn<QString>("sentence");
        QTest::newRow("one") << QList<int>{1, -1, -1} << "Aster carries 3.6 requests/s.";
        QTest::newRow("after an outage")
            << QList<int>{2, 50, -1} << "Aster and Birch carry 3.6 requests/s.";
        QTest::newRow("too long ago") << QList<int>{61, 1, -1} << "Birch carries 3.6 requests/s.";
        QTest::newRow("all") << QList<int>{0, 0, 0}
                             << "Aster, Birch and Cedar carry 3.6 requests/s.";
        QTest::newRow("nobody") << QList<int>{-1, -1, -1}
                                << "No provider has served a request in the last minute.";
    }
    void whoCarries() {
        QFETCH(QList<int>, servedAt);
        QFETCH(QString, sentence);
        constexpr int now = 100;
        live::Snapshot s;
        s.now = Instant{} + from_seconds(now);
        s.totals.requests_per_s = 3.6;
        const char* const ids[] = {"aster", "birch", "cedar", "dill"};
        for (int i = 0; i < 4; ++i) {
            live::TargetView t;
            t.provider = ids[i];
            t.name = t.provider + "/m";
            stats::Series series;
            const int at = i < 3 ? servedAt[i] : 1; // dill serves another chain
            if (at >= 0)
                series.attempt(now - at, false, true, 10);
            series.attempt(now, true, false, 10); // an attempt that failed
            t.series = series.view();
            s.targets.push_back(t);
        }
        QCOMPARE(carrySentence(s, {"aster/m", "birch/m", "cedar/m"}), sentence);
    }

    void figures_data() {
        QTest::addColumn<QString>("got");
        QTest::addColumn<QString>("want");
        QTest::newRow("fast") << secondsText(0.04) << "0.04 s";
        QTest::newRow("seconds") << secondsText(12.34) << "12.3 s";
        QTest::newRow("minutes") << secondsText(140.2) << "140 s";
        QTest::newRow("no rounding to 10.00") << secondsText(9.999) << "10.0 s";
        QTest::newRow("tiny money") << formatUsd(0.00036) << "0.00036";
        QTest::newRow("cents") << formatUsd(0.41) << "0.41";
        QTest::newRow("nothing") << formatUsd(0) << "0.00";
        QTest::newRow("ratio") << formatRatio(0.372) << "37.2 %";
        QTest::newRow("whole") << formatAvailability(5412, 0) << "100 %";
        QTest::newRow("never rounded up") << formatAvailability(99999, 1) << "99.99 %";
        QTest::newRow("none yet") << formatAvailability(0, 0) << "no requests yet";
        QTest::newRow("thousands") << formatCount(5412) << "5,412";
    }
    void figures() {
        QFETCH(QString, got);
        QFETCH(QString, want);
        QCOMPARE(got, want);
    }

    void trafficKnowsRealFromSimulated() {
        chain::Document d;
        d.providers = {{}, {}};
        d.providers[0].id = "aster";
        d.providers[0].base_url = "lab:";
        d.providers[1].id = "openai";
        d.providers[1].base_url = "https://api.example/v1";
        d.chains = {{}, {}};
        d.chains[0].id = "lab";
        d.chains[0].targets = {{}};
        d.chains[0].targets[0].provider = "aster";
        d.chains[0].targets[0].price = chain::Price{1.0, 10.0, {}, {}};
        d.chains[1].id = "real";
        d.chains[1].targets = {d.chains[0].targets[0], {}};
        d.chains[1].targets[1].provider = "openai";
        QVERIFY(chainIsSimulated(d, QStringLiteral("lab")));
        QVERIFY(!chainIsSimulated(d, QStringLiteral("real")));
        QVERIFY(!chainIsSimulated(d, QStringLiteral("absent")));
        // 200 tokens in and 100 out at 1 and 10 USD a million, 1/s: 0.0012 USD a second.
        const auto cost = trafficCost(d, QStringLiteral("lab"), 1);
        QVERIFY(cost.usd_per_hour && std::abs(*cost.usd_per_hour - 4.32) < 1e-9);
        d.chains[0].targets[0].price.reset();
        QVERIFY(!trafficCost(d, QStringLiteral("lab"), 1).usd_per_hour); // unknown, not zero
    }

    // A column that was used before takes no room afterwards.
    void tilesShareTheWidth() {
        TileGrid grid;
        grid.resize(1200, 200);
        const auto tiles = [&](int n) {
            std::vector<QWidget*> out;
            for (int i = 0; i < n; ++i)
                out.push_back(new QWidget(&grid));
            grid.setTiles(out);
            return out;
        };
        tiles(3);
        grid.show();
        const auto two = tiles(2);
        QTRY_COMPARE(two[0]->width(), two[1]->width());
        QTRY_VERIFY2(two[0]->width() > 590, qPrintable(QString::number(two[0]->width())));
    }

    void aProvidersWordsAreNoMarkup() {
        auto r = failedOver();
        r->error = "<img src=\"x\"> & <b>bold</b>";
        RequestModel model([](const QString&) { return QColor(Qt::red); });
        model.setSnapshot(snapshot({r}));
        const QString tip = model.index(0, 0).data(Qt::ToolTipRole).toString();
        QVERIFY2(!tip.contains(QLatin1Char('<')) && tip.contains(QStringLiteral("bold")),
                 qPrintable(tip));
    }
};

QTEST_MAIN(TestLiveModels)
#include "test_live_models.moc"
