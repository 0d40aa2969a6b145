// The Forecast page as people use it: nothing yet, a run with its figures, assumptions changed and
// refused in place, chains compared, a day played again and left.
#include "ui/charts/compare_scatter.h"
#include "ui/charts/timeline_chart.h"
#include "ui/charts/year_calendar.h"
#include "ui/demo_session.h"
#include "ui/models/forecast_text.h"
#include "ui/pages/forecast/assumption_list.h"
#include "ui/pages/forecast/assumption_row.h"
#include "ui/pages/forecast/forecast_board.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/pages/forecast/replay_view.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr int longest = 60'000; // ms; under sanitizers

struct World {
    DemoSession demo{demoJson()};
    ForecastPage page{demo.session};
    QAbstractItemModelTester comparison{page.board().comparison()}, causes{page.board().causes()};

    explicit World(const QSize& size = {1282, 660}) { // in a window of 1366 x 768
        set("/traffic/requests_per_day", 60);
        set("/years", 3);
        page.rare().setYears(5);
        page.resize(size);
        page.show();
        page.activateWindow();
        if (!QTest::qWaitForWindowActive(&page))
            qFatal("the window does not become active");
    }
    ForecastEditor& editor() { return demo.session.forecast(); }
    void set(const std::string& pointer, chain::Json value) {
        editor().set(QStringLiteral("test"), pointer, std::move(value));
    }
    void press(const char* name) {
        QTest::mouseClick(child<QPushButton>(page, name), Qt::LeftButton);
    }
    bool ended() {
        return QTest::qWaitFor([this] { return !page.run().running(); }, longest);
    }
    void simulate() {
        press("forecast_simulate");
        if (!page.run().running() || !ended())
            qFatal("it does not run, or not to its end");
    }
    QString label(const char* name) { return child<QLabel>(page, name)->text(); }
    QString bar() { return child<MessageBar>(page, "forecast_message")->text(); }
    AssumptionRow* row(const char* key) {
        auto* out = page.assumptions().row(QString::fromLatin1(key));
        if (!out)
            qFatal("no assumption named %s", key);
        return out;
    }
    void type(const char* field, const QString& text) {
        auto* line = child<QLineEdit>(page, field);
        line->setFocus();
        line->selectAll();
        QTest::keyClicks(line, text);
        QTest::keyClick(line, Qt::Key_Return);
    }
    ForecastBoard& board() { return page.board(); }
};

} // namespace

class TestForecastPage : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::dark); }
    void init() { failOnAnyWarning(); }

    void beforeARunItSaysWhatWillStandThere() {
        World w;
        QCOMPARE(w.label("forecast_availability_range"), QStringLiteral("nothing simulated yet"));
        QVERIFY(w.label("forecast_causes_empty").contains(QStringLiteral("after a simulation")));
        QVERIFY(!child<QPushButton>(w.page, "forecast_cancel")->isVisible());
        QVERIFY(child<QPushButton>(w.page, "forecast_simulate")->isEnabled());
        keepPicture(w.page, QStringLiteral("forecast_empty"));
    }

    void everyAssumptionTellsItsSource() {
        World w;
        const struct {
            const char *key, *value, *source;
        } rows[] = {
            {"chain", "default", "Aster > Birch > Cedar"},
            {"traffic", "60 / day", "tokens in"},
            {"years", "3 years", "seed 42"},
            {"aster/outages", "12 a year", "table of 2025"},
            {"birch/outages", "6 a year", "table of 2025"},
            {"cedar/outages", "4 a year", "table of 2025"},
            {"aster/latency", "350 ms + 12/token", "the chain file"},
            {"prices", "0.40 to 5.00", "the chain file"},
        };
        for (const auto& expected : rows) {
            const auto* row = w.row(expected.key);
            QCOMPARE(row->value(), QLatin1String(expected.value));
            QVERIFY2(row->source().contains(QLatin1String(expected.source)),
                     qPrintable(row->source()));
            QVERIFY(!row->accessibleDescription().isEmpty());
        }
    }

    void aRunGivesFiguresWithRangesAndAYearOfDays() {
        World w;
        w.set("/traffic/requests_per_day", 120);
        w.simulate();
        QVERIFY2(w.label("forecast_availability_figure").startsWith(QStringLiteral("9")) ||
                     w.label("forecast_availability_figure") == QStringLiteral("100 %"),
                 qPrintable(w.label("forecast_availability_figure")));
        QVERIFY2(w.label("forecast_availability_range").endsWith(QStringLiteral(" %")),
                 qPrintable(w.label("forecast_availability_range")));
        QCOMPARE(w.label("forecast_availability_held"), QStringLiteral("in all 3 simulated years"));
        QVERIFY(w.label("forecast_availability_note").contains(QStringLiteral("Aster alone 99.")));
        QVERIFY(w.label("forecast_spend_figure").endsWith(QStringLiteral(" USD / month")));
        // This chain, its first alone, its first two, and with a hedge.
        QCOMPARE(w.board().comparison()->rowCount(), 4);
        for (int i = 0; i < 4; ++i)
            QVERIFY(w.board().scatter()->position(i).has_value());
        const auto years = child<QComboBox>(w.page, "forecast_year");
        QCOMPARE(years->count(), 3);
        QVERIFY(w.board().calendar()->describe(5).startsWith(QStringLiteral("6 January: ")));
        keepPicture(w.page, QStringLiteral("forecast_done"));

        // Aster alone lost more, and Aster was why.
        QTest::mouseClick(w.board().scatter(), Qt::LeftButton, {},
                          w.board().scatter()->position(1)->toPoint());
        QCOMPARE(w.board().selected(), 1);
        QVERIFY(w.label("forecast_availability_figure").startsWith(QStringLiteral("99.")));
        QVERIFY(w.board().causes()->rowCount() > 0);
        QCOMPARE(w.board().causes()->index(0, 0).data().toString(), QStringLiteral("Aster out"));
        keepPicture(w.page, QStringLiteral("forecast_alone"));
    }

    // Years are independent of each other: more of them leave the first ones as they are.
    void moreYearsKeepThoseThatAreThere() {
        World w;
        w.set("/traffic/requests_per_day", 20);
        w.simulate();
        const auto first = w.page.run().chains()[0].years;
        QCOMPARE(first.size(), std::size_t{3});
        w.press("forecast_more");
        QVERIFY(w.page.run().running());
        QVERIFY(!w.page.run().stale());
        QVERIFY(w.ended());
        for (const auto& chain : w.page.run().chains())
            QCOMPARE(chain.years.size(), std::size_t{20});
        for (std::size_t i = 0; i < 20; ++i)
            QCOMPARE(w.page.run().chains()[0].years[i].number, std::uint64_t{i});
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& year = w.page.run().chains()[0].years[i];
            QCOMPARE(year.seed, first[i].seed);
            QCOMPARE(year.requests, first[i].requests);
        }
        QCOMPARE(w.label("forecast_availability_held"),
                 QStringLiteral("in 19 of 20 simulated years"));
        QCOMPARE(w.row("years")->value(), QStringLiteral("20 years"));
        // Taken back, the first three are left, as a run of three would give them.
        QSignalSpy ended(&w.page.run(), &ForecastRun::ended);
        w.editor().undoStack().undo();
        QVERIFY(ended.wait(longest));
        QCOMPARE(w.page.run().chains()[0].years.size(), std::size_t{3});
        QCOMPARE(w.label("forecast_availability_held"), QStringLiteral("in all 3 simulated years"));
    }

    void outagesThatRarelyMeetAreToldForTheSelectedChain() {
        World w;
        w.set("/traffic/requests_per_day", 20);
        w.set("/years", 1);
        w.page.rare().setYears(100);
        QVERIFY(w.label("forecast_rare").contains(QStringLiteral("After a simulation")));
        w.simulate();
        const auto told = [&](int chain) {
            return QTest::qWaitFor([&] { return w.page.rare().found(chain) != nullptr; }, longest);
        };
        QVERIFY(told(0));
        const auto& found = w.page.rare().found(0)->outages;
        QVERIFY2(w.page.rare().found(0)->error.isEmpty(),
                 qPrintable(w.page.rare().found(0)->error));
        QCOMPARE(found.years, 100.0);
        QVERIFY(found.joint_windows > 0);
        QVERIFY2(w.label("forecast_rare")
                     .startsWith(availabilityText(found.availability.value) +
                                 QStringLiteral(" over 100 years of outages (")),
                 qPrintable(w.label("forecast_rare")));
        w.board().select(1); // Aster alone: the others serve nobody, and it is down more often
        QVERIFY(told(1));
        QVERIFY(w.page.rare().found(1)->outages.availability.high < found.availability.low);
        w.board().select(0); // is still known
        QVERIFY(!w.page.rare().running());
        QVERIFY(w.label("forecast_rare").startsWith(availabilityText(found.availability.value)));
    }

    void aChangeRunsItAgainAfterAPause() {
        World w;
        w.set("/traffic/requests_per_day", 20);
        QTest::qWait(0);
        QVERIFY(!w.page.run().running()); // not before it was asked for once
        w.simulate();
        const auto before = w.page.run().requests();
        QSignalSpy ended(&w.page.run(), &ForecastRun::ended);
        QTest::mouseClick(w.row("traffic"), Qt::LeftButton);
        w.type("traffic_requests_per_day", QStringLiteral("40"));
        QCOMPARE(w.row("traffic")->value(), QStringLiteral("40 / day"));
        QVERIFY(ended.wait(longest));
        QVERIFY(w.page.run().requests() > before * 3 / 2);
        w.editor().undoStack().undo();
        QCOMPARE(w.row("traffic")->value(), QStringLiteral("20 / day"));
        keepPicture(w.page, QStringLiteral("forecast_traffic"));
    }

    void impossibleModelsAreRefusedInPlace_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* key, const char* field, const char* typed,
                            const char* says) {
            QTest::newRow(name) << QByteArray(key) << QByteArray(field) << typed << says;
        };
        row("sigma below 0", "aster/outages", "outages_repair_h", "lognormal 2 -1", "from 0");
        row("more than all", "aster/outages", "outages_severity", "200", "from 0 to 100 %");
        row("too many requests", "traffic", "traffic_requests_per_day", "1e12", "5,000,000");
        row("no tokens at all", "traffic", "traffic_input_tokens", "many", "many");
        row("no year", "years", "years_years", "0", "from 1");
        row("errors beyond all", "birch/latency", "latency_error_ratio", "150", "from 0 to 100 %");
    }
    void impossibleModelsAreRefusedInPlace() {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, field);
        QFETCH(QString, typed);
        QFETCH(QString, says);
        World w;
        QTest::mouseClick(w.row(key), Qt::LeftButton);
        QVERIFY(w.row(key)->isChecked());
        w.type(field, typed);
        const QString problem = w.label(field + "_problem");
        QVERIFY2(problem.contains(says), qPrintable(problem));
        QVERIFY(!w.row(key)->problem().isEmpty());
        QVERIFY(!child<QPushButton>(w.page, "forecast_simulate")->isEnabled());
        w.editor().undoStack().undo();
        QVERIFY(w.row(key)->problem().isEmpty());
        QVERIFY(child<QPushButton>(w.page, "forecast_simulate")->isEnabled());
    }
    // Each part of it reads well; it is the run that could not end.
    void outagesWithoutTimeAreRefusedInPlace() {
        World w;
        QTest::mouseClick(w.row("aster/outages"), Qt::LeftButton);
        w.type("outages_gap_h", QStringLiteral("0"));
        w.type("outages_repair_h", QStringLiteral("0"));
        QVERIFY(w.label("outages_gap_h_problem").contains(QStringLiteral("above zero")));
        QVERIFY(!child<QPushButton>(w.page, "forecast_simulate")->isEnabled());
        keepPicture(w.page, QStringLiteral("forecast_refused"));
    }

    void aPresetBringsItsFiguresAndItsSource() {
        World w;
        QTest::mouseClick(w.row("aster/outages"), Qt::LeftButton);
        auto* preset = child<QComboBox>(w.page, "outages_preset");
        QCOMPARE(preset->currentData().toString(), QStringLiteral("openai-2025"));
        const auto choose = [&](const char* id) {
            auto* combo = child<QComboBox>(w.page, "outages_preset");
            combo->setCurrentIndex(combo->findData(QString::fromLatin1(id)));
            Q_EMIT combo->activated(combo->currentIndex());
        };
        choose("deepseek-2025");
        QCOMPARE(w.row("aster/outages")->value(), QStringLiteral("8 a year"));
        QCOMPARE(child<QLineEdit>(w.page, "outages_repair_h")->text(),
                 QStringLiteral("uniform 1 6"));
        w.type("outages_repair_h", QStringLiteral("2"));
        QVERIFY(w.row("aster/outages")->source().contains(QStringLiteral("your own figures")));
        choose("none");
        QCOMPARE(w.row("aster/outages")->value(), QStringLiteral("none"));
        for (int i = 0; i < 3; ++i)
            w.editor().undoStack().undo();
        QCOMPARE(w.row("aster/outages")->value(), QStringLiteral("12 a year"));
    }

    // What a log of one's own counted stands there as such, until a figure is changed by hand.
    void trafficOfALogComesWithItsSource() {
        World w;
        tune::Calibration found;
        found.providers.emplace_back().provider = "aster";
        found.traffic.emplace();
        found.traffic->requests_per_day = 123'456;
        found.traffic->watched_h = 36;
        found.traffic->stream = false;
        found.traffic->output_tokens = stats::Lognormal{80, 0.5};
        const auto& document = w.demo.session.editor().document();
        QString summary;
        w.editor().edit(QStringLiteral("test"),
                        withFits(w.editor().json(), found, document, "my.jsonl", &summary));
        QVERIFY2(summary.contains(QStringLiteral("123,456 requests a day")), qPrintable(summary));
        QVERIFY(w.editor().problems().empty());
        QCOMPARE(w.row("traffic")->value(), QStringLiteral("123,000 / day"));
        QCOMPARE(w.row("traffic")->source(), QStringLiteral("counted in my.jsonl over 36 h"));
        QVERIFY(!w.editor().assumptions().stream);
        QTest::mouseClick(w.row("traffic"), Qt::LeftButton);
        w.type("traffic_requests_per_day", QStringLiteral("60"));
        QVERIFY(!w.row("traffic")->source().contains(QStringLiteral("my.jsonl")));
        QVERIFY(!w.editor().at("/traffic/source"));
    }

    void aPriceCanBeChanged() {
        World w;
        QTest::mouseClick(w.row("prices"), Qt::LeftButton);
        w.type("prices_aster~1gpt-5-mini_output_usd_per_mtok", QStringLiteral("7"));
        QCOMPARE(w.row("prices")->value(), QStringLiteral("0.40 to 7.00"));
        QVERIFY(w.row("prices")->source().contains(QStringLiteral("your own figures")));
        const auto* price = w.editor().at("/prices/aster~1gpt-5-mini");
        QVERIFY(price && (*price)["input_usd_per_mtok"] == 0.25); // the rest came along
    }

    void stoppedItShowsWhatThereIsAsPartial() {
        World w;
        w.set("/traffic/requests_per_day", 2'000'000);
        w.set("/years", 200);
        w.press("forecast_simulate");
        QTRY_VERIFY_WITH_TIMEOUT(w.page.run().share() > 0, longest);
        QVERIFY(child<QPushButton>(w.page, "forecast_cancel")->isVisible());
        QVERIFY(w.label("forecast_status").contains(QLatin1Char('%')));
        w.press("forecast_cancel");
        QVERIFY(w.ended());
        QVERIFY2(w.bar().contains(QStringLiteral("partial")), qPrintable(w.bar()));
        QVERIFY(w.board().calendar()->describe(0).contains(QStringLiteral("1 January")));
        keepPicture(w.page, QStringLiteral("forecast_partial"));
    }

    void chainsAreComparedUsedAndRemoved() {
        World w;
        QMenu* menu = w.board().compareMenu();
        Q_EMIT menu->aboutToShow();
        const auto entry = [&](const QString& text) {
            for (QAction* action : menu->actions())
                if (action->text().startsWith(text))
                    return action;
            qFatal("no entry %s", qPrintable(text));
        };
        QVERIFY(!entry(QStringLiteral("Aster alone"))->isEnabled()); // is compared already
        entry(QStringLiteral("Cedar alone"))->trigger();
        w.simulate();
        QCOMPARE(w.board().comparison()->rowCount(), 5);
        w.board().select(4);
        QCOMPARE(w.board().comparison()->index(4, 0).data().toString(),
                 QStringLiteral("Cedar alone"));
        w.press("forecast_use");
        const auto& editor = w.demo.session.editor();
        QCOMPARE(editor.document().chain("default")->targets.size(), std::size_t{1});
        QCOMPARE(editor.document().chain("default")->targets[0].provider, std::string{"cedar"});
        w.press("forecast_undo_edit");
        QCOMPARE(editor.document().chain("default")->targets.size(), std::size_t{3});
        QVERIFY(w.ended());
        w.board().select(4);
        w.press("forecast_remove");
        QVERIFY(w.editor().json()["compared"].dump().find("Cedar alone") == std::string::npos);
    }

    void aDayIsPlayedAgainAndLeft() {
        World w;
        w.set("/traffic/requests_per_day", 300);
        w.set("/years", 1);
        w.simulate();
        w.board().select(1); // Aster alone
        const auto& year = w.page.run().chains()[1].years.front();
        int day = 0;
        while (year.days[static_cast<std::size_t>(day)].lost < 5)
            ++day;
        auto* calendar = w.board().calendar();
        calendar->setFocus();
        calendar->setDay(day);
        QTest::keyClick(calendar, Qt::Key_Return);
        ReplayView& replay = w.page.replay();
        QTRY_VERIFY_WITH_TIMEOUT(replay.player() != nullptr, longest);
        QVERIFY(replay.isVisible());
        QVERIFY(w.label("replay_title").startsWith(dateText(day)));
        replay.setPaused(true);
        // To the day's end: it lost what the year's figures say.
        replay.seek(replay.player()->events().to_s);
        std::uint64_t lost = 0, all = 0;
        for (const auto& r : replay.player()->events().requests) {
            const auto at = static_cast<int>(to_seconds(r->started) / 86'400);
            all += at == day;
            lost += at == day && r->result != engine::CallResult::success;
        }
        const auto& figures = year.days[static_cast<std::size_t>(day)];
        QVERIFY(all + 3 >= figures.requests && all <= figures.requests); // some end after midnight
        QVERIFY(lost + 3 >= figures.lost && lost <= figures.lost);
        QVERIFY(child<QTableView>(replay, "request_table")->model()->rowCount() > 0);
        QVERIFY(!replay.chart()->frame().lanes.empty());
        replay.seek(day * 86'400.0 + figures.first_loss_s + 60);
        replay.chart()->replotNow();
        keepPicture(w.page, QStringLiteral("forecast_replay"));
        w.press("replay_back");
        QVERIFY(!replay.isVisible());
        QVERIFY(calendar->hasFocus());
    }

    void itIsDrawnInBothThemesAndSizes_data() {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        QTest::newRow("dark") << true << QSize(1282, 660);
        QTest::newRow("light") << false << QSize(1282, 660);
        QTest::newRow("large") << true << QSize(1836, 972);
    }
    void itIsDrawnInBothThemesAndSizes() {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        applyTheme(*qApp, dark ? ThemeMode::dark : ThemeMode::light);
        World w(size);
        w.set("/traffic/requests_per_day", 40);
        w.set("/years", 1);
        w.simulate();
        // Everything is inside, and the calendar has its 365 cells inside itself.
        const auto* calendar = w.board().calendar();
        QVERIFY(QRectF(calendar->rect()).contains(calendar->cell(364)));
        QVERIFY(
            w.page.rect().contains(QRect(calendar->mapTo(&w.page, QPoint()), calendar->size())));
        keepPicture(w.page,
                    QStringLiteral("forecast_%1").arg(QLatin1String(QTest::currentDataTag())));
        applyTheme(*qApp, ThemeMode::dark);
    }
};

QTEST_MAIN(TestForecastPage)
#include "test_forecast_page.moc"
