// Scenarios played from the page over real sockets: an expectation that fails says why, the chain
// is changed and it passes; pause, stop, record, and real providers that are asked about first.
#include "record/report.h"
#include "ui/outages_world.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFileInfo>
#include <QProgressBar>

using namespace brownout;
using namespace brownout::ui;
namespace ops = brownout::ui::scenario_edits;
using State = ScenarioRun::State;

namespace {

chain::Json shortScenario(double seconds) {
    chain::Json out = ops::blank();
    out["name"] = "short";
    out["duration_s"] = seconds;
    out["traffic"] = {{"requests_per_s", 20}, {"arrivals", "uniform"}, {"output_tokens", 5}};
    out["faults"] =
        chain::Json::array({ops::usualFault(faults::Kind::http_error, "@primary", 0.3, 0.8)});
    out["expect"] = {{{"metric", "availability"}, {"at_least", 0.999}},
                     {{"metric", "latency_ms"}, {"quantile", 0.5}, {"at_most", 0.001}}};
    return out;
}

} // namespace

class TestOutagesPlay : public QObject {
    Q_OBJECT
    static bool reaches(OutagesWorld& w, State state) {
        return QTest::qWaitFor([&] { return w.run().state() == state; }, 30'000);
    }
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    // As a new user: made on the page, played, a verdict with its reason, the chain mended, played.
    void madePlayedFailedMendedPassed() {
        chain::Json alone = quickDemo();
        auto& targets = alone["chains"][0]["targets"];
        while (targets.size() > 1) // nothing to fall back on
            targets.erase(targets.size() - 1);
        OutagesWorld w(alone);
        QVERIFY(w.demo.isUp());
        w.page.scenarios().create();
        w.type("scenario_duration_s", QStringLiteral("2"));
        w.type("scenario_traffic_requests_per_s", QStringLiteral("20"));
        w.type("scenario_traffic_output_tokens", QStringLiteral("5"));
        w.timeline().setCursorSeconds(0.5);
        w.add(QStringLiteral("http_error"));
        w.type("rule_when_for_s", QStringLiteral("1"));
        QVERIFY(w.button("play_scenario")->isEnabled());
        QAbstractItemModelTester tester(w.expectations(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        w.button("play_scenario")->setFocus();
        QTest::keyClick(w.button("play_scenario"), Qt::Key_Space);
        QVERIFY(!w.button("play_scenario")->isEnabled());
        QVERIFY(w.button("stop_scenario")->hasFocus()); // the keyboard stays where it was
        QVERIFY(QTest::qWaitFor([&] { return w.timeline().playhead() > 0.5; }, 20'000));
        QVERIFY(w.label("scenario_state").startsWith(QStringLiteral("Playing")));
        keepPicture(w.page, QStringLiteral("outages_playing"));
        QVERIFY(reaches(w, State::finished));
        QCOMPARE(w.expectation(0, ExpectationModel::verdictColumn), QStringLiteral("failed"));
        const QString why = w.label("expectation_why");
        QVERIFY2(why.contains(QStringLiteral("at least 99.9 % wanted")) &&
                     why.contains(QStringLiteral("503")),
                 qPrintable(why));
        QVERIFY(w.label("scenario_summary").startsWith(QStringLiteral("Failed: 1 of 1")));
        QVERIFY(QFileInfo::exists(w.run().reportPath()));
        keepPicture(w.page, QStringLiteral("outages_failed"));

        // The chain gets its fallbacks back; verdicts of the chain as it was are gone.
        w.demo.session.editor().edit(QStringLiteral("fallbacks"), quickDemo());
        QCOMPARE(w.run().state(), State::idle);
        QCOMPARE(w.expectation(0, ExpectationModel::verdictColumn), QStringLiteral("pending"));
        w.press("play_scenario");
        QVERIFY(reaches(w, State::finished));
        QCOMPARE(w.expectation(0, ExpectationModel::verdictColumn), QStringLiteral("passed"));
        QVERIFY(w.label("scenario_summary").startsWith(QStringLiteral("Passed")));
        QVERIFY(!child<QLabel>(w.page, "expectation_why")->isVisible());
        QVERIFY(w.button("use_as_evidence")->isEnabled());
        QCOMPARE(child<QProgressBar>(w.page, "scenario_progress")->value(), 1000);
        const auto text = chain::read_file(w.run().reportPath().toStdString());
        const auto report = chain::parse_json(*text, "report");
        QVERIFY(record::check_report(*report, "report").empty());
        keepPicture(w.page, QStringLiteral("outages_passed"));
    }

    void pausedResumedStopped() {
        OutagesWorld w;
        QVERIFY(w.demo.isUp());
        QVERIFY(w.page.scenarios().open(w.write(shortScenario(60))));
        w.press("play_scenario");
        QVERIFY(QTest::qWaitFor([&] { return w.timeline().playhead() > 0; }, 20'000));
        // What plays is not changed meanwhile.
        w.editor().selectFault(0);
        w.key(Qt::Key_Delete);
        QCOMPARE(w.faults(), 1);
        w.press("pause_scenario");
        QVERIFY(QTest::qWaitFor([&] { return w.run().paused(); }, 20'000));
        QCOMPARE(w.button("pause_scenario")->text(), QStringLiteral("Resume"));
        QVERIFY(w.label("scenario_state").startsWith(QStringLiteral("Paused")));
        const double at = w.timeline().playhead();
        w.press("pause_scenario");
        auto* speed = child<QComboBox>(w.page, "scenario_speed");
        speed->setCurrentIndex(speed->count() - 1);
        Q_EMIT speed->activated(speed->count() - 1);
        QVERIFY(QTest::qWaitFor([&] { return w.timeline().playhead() > at + 2; }, 20'000));
        QVERIFY(w.run().view().speed > 1);
        w.press("stop_scenario");
        QVERIFY(reaches(w, State::stopped));
        QVERIFY(w.label("scenario_summary").startsWith(QStringLiteral("Stopped early")));
        QCOMPARE(w.expectation(0, ExpectationModel::verdictColumn), QStringLiteral("not finished"));
        QVERIFY(!w.button("use_as_evidence")->isEnabled());
    }

    void liveIsRecorded() {
        OutagesWorld w;
        QVERIFY(w.demo.isUp());
        w.press("record_scenario");
        QVERIFY(w.button("record_scenario")->text().startsWith(QStringLiteral("Stop recording")));
        w.page.showTab(OutagesPage::handTab);
        w.press("outages_break_birch");
        QVERIFY(w.demo.hasFaults(1));
        w.press("outages_restore_birch");
        QVERIFY(w.demo.hasFaults(0));
        w.press("record_scenario");
        QVERIFY(child<QWidget>(w.page, "scenario_page")->isVisible());
        QCOMPARE(w.faults(), 1);
        QCOMPARE(w.target(0), std::string("birch"));
        QVERIFY(w.lasts(0) > 0);
        QVERIFY(w.editor().bound());
        QCOMPARE(w.button("record_scenario")->text(), QStringLiteral("Record"));
        keepPicture(w.page, QStringLiteral("outages_recorded"));
    }

    void realProvidersAreAskedAboutFirst() {
        chain::Json json = quickDemo();
        json["providers"][1] = {{"id", "birch"},
                                {"dialect", "openai"},
                                {"base_url", "http://127.0.0.1:9/v1"},
                                {"key", "none"}};
        OutagesWorld w(json);
        QVERIFY(w.demo.isUp());
        QVERIFY(w.page.scenarios().open(w.write(shortScenario(30))));
        w.press("play_scenario");
        QCOMPARE(w.run().state(), State::idle); // nothing was sent
        const QString words = w.bar("real_confirmation");
        QVERIFY2(words.contains(QStringLiteral("About 600 requests go to Birch")) &&
                     words.contains(QStringLiteral("USD")),
                 qPrintable(words));
        keepPicture(w.page, QStringLiteral("outages_real"));
        w.press("cancel_real");
        QVERIFY(!child<MessageBar>(w.page, "real_confirmation")->isVisible());
        QCOMPARE(w.run().state(), State::idle);
        // Confirmed, it plays within the limit that was told; nobody is at that address.
        w.press("play_scenario");
        QVERIFY(w.bar("real_confirmation").contains(QStringLiteral("rather than bill more than")));
        w.press("confirm_real");
        QVERIFY(QTest::qWaitFor([&] { return !w.run().busy() || w.timeline().playhead() > 0; },
                                20'000));
        QVERIFY2(w.run().state() == State::running, qPrintable(w.run().refusal()));
        w.press("stop_scenario");
        QVERIFY(reaches(w, State::stopped));
    }
};

QTEST_MAIN(TestOutagesPlay)
#include "test_outages_play.moc"
