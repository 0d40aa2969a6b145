// Suggestions as people use them: a goal, a search, its front, what a change buys, applied and
// taken back.
#include "record/event_log.h"
#include "sim/simulate.h"
#include "ui/demo_session.h"
#include "ui/pages/forecast/assumption_list.h"
#include "ui/pages/forecast/assumption_row.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/pages/forecast/suggest_view.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr int longest = 60'000; // ms; under sanitizers

struct World {
    DemoSession demo{demoJson()};
    ForecastPage page{demo.session};
    World() {
        demo.session.forecast().set(QStringLiteral("test"), "/traffic/requests_per_day", 5);
        page.resize(1282, 660);
        page.show();
        QTest::mouseClick(child<QPushButton>(page, "forecast_suggest"), Qt::LeftButton);
        // As quick as it goes.
        auto* effort = child<QComboBox>(page, "suggest_effort");
        effort->setItemData(0, 1e5);
        effort->setCurrentIndex(0);
    }
    SuggestView& view() { return page.suggest(); }
    QString bar() { return child<MessageBar>(page, "suggest_message")->text(); }
    void press(const char* name) {
        QTest::mouseClick(child<QPushButton>(page, name), Qt::LeftButton);
    }
};

// An event log of a simulated hour on the demo chain.
class LogWriter : public sim::Watcher {
  public:
    explicit LogWriter(QFile& file)
        : writer_({1'790'000'000'000'000'000}, [&file](const record::EventText& event) {
              file.write(QByteArray::fromStdString(std::string{event.text} + "\n"));
          }) {}
    void record(record::RequestRecord r) override {
        writer_.request_started(r);
        for (const auto& a : r.attempts) {
            writer_.attempt_started(r, a);
            if (a.first_token)
                writer_.first_token(r, a);
            writer_.attempt_finished(r, a);
        }
        writer_.request_finished(r);
    }

  private:
    record::EventWriter writer_;
};

void writeLog(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        qFatal("cannot write a test log");
    const auto document = chain::read_document(demoJson(), "demo");
    const auto scenario =
        faults::read_scenario({{"format", faults::scenario_format},
                               {"name", "an hour"},
                               {"duration_s", 3600},
                               {"traffic", {{"requests_per_s", 0.2}, {"output_tokens", 60}}}},
                              "hour");
    LogWriter writer(file);
    sim::SimulateOptions options;
    options.watch.watcher = &writer;
    options.watch.records = true;
    if (!sim::simulate(*document.value, *scenario.value, options))
        qFatal("the hour cannot be played");
}

} // namespace

class TestSuggestView : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::dark); }
    void init() { failOnAnyWarning(); }

    void aGoalThatIsNoNumberIsRefused_data() {
        QTest::addColumn<QString>("availability");
        QTest::addColumn<QString>("budget");
        QTest::newRow("words") << "much"
                               << "";
        QTest::newRow("more than all") << "101"
                                       << "";
        QTest::newRow("less than nothing") << ""
                                           << "-1";
    }
    void aGoalThatIsNoNumberIsRefused() {
        QFETCH(QString, availability);
        QFETCH(QString, budget);
        World w;
        child<QLineEdit>(w.page, "suggest_availability")->setText(availability);
        child<QLineEdit>(w.page, "suggest_budget")->setText(budget);
        w.press("suggest_search");
        QVERIFY(!w.view().run().running());
        QVERIFY2(w.bar().contains(QStringLiteral("from 0 to 100")), qPrintable(w.bar()));
    }

    void whatIsFoundIsAppliedAndTakenBack() {
        World w;
        QAbstractItemModelTester tester(w.view().model());
        child<QLineEdit>(w.page, "suggest_availability")->setText(QStringLiteral("90"));
        w.press("suggest_search");
        QVERIFY(w.view().run().running());
        QVERIFY(QTest::qWaitFor([&] { return !w.view().run().running(); }, longest));
        QVERIFY2(w.view().model()->rowCount() > 0, qPrintable(w.bar()));
        QVERIFY(w.view().model()->best() >= 0);
        keepPicture(w.page, QStringLiteral("suggest"));
        auto* table = child<QTableView>(w.page, "suggest_table");
        int changed = -1;
        for (int row = 0; row < w.view().model()->rowCount(); ++row)
            if (!w.view().model()->at(row)->changes.empty())
                changed = row;
        QVERIFY(changed >= 0);
        table->selectRow(changed);
        const auto before = w.demo.session.editor().json();
        w.press("suggest_apply");
        QVERIFY(w.demo.session.editor().json() != before);
        QVERIFY(w.demo.session.editor().isValid());
        QVERIFY(!w.view().isVisible());
        w.press("forecast_undo_edit");
        QVERIFY(w.demo.session.editor().json() == before);
    }

    void stoppedItTellsOfItOrOfWhatThereIs() {
        World w;
        child<QComboBox>(w.page, "suggest_effort")->setItemData(0, 1e9);
        w.press("suggest_search");
        w.press("suggest_cancel");
        QVERIFY(QTest::qWaitFor([&] { return !w.view().run().running(); }, longest));
        QVERIFY(!w.bar().isEmpty());
        QVERIFY(child<QPushButton>(w.page, "suggest_search")->isEnabled());
    }

    void modelsComeFromALog() {
        DemoSession demo{demoJson()};
        ForecastPage page{demo.session};
        page.resize(1282, 660);
        page.show();
        const QString log = demo.dir.filePath(QStringLiteral("mine.jsonl"));
        writeLog(log);
        page.calibrate(log);
        QVERIFY(QTest::qWaitFor([&] { return !page.calibrating(); }, longest));
        const QString bar = child<MessageBar>(page, "forecast_message")->text();
        QVERIFY2(bar.contains(QStringLiteral("Aster: ")), qPrintable(bar));
        auto* row = page.assumptions().row(QStringLiteral("aster/latency"));
        QVERIFY2(row->source().contains(QStringLiteral("mine.jsonl")), qPrintable(row->source()));
        // The demo's 350 ms, as an hour of it shows.
        const double median = row->value().section(' ', 0, 0).toDouble();
        QVERIFY2(std::abs(median - 350) < 25, qPrintable(row->value()));
        keepPicture(page, QStringLiteral("forecast_fitted"));
        demo.session.forecast().undoStack().undo();
        QCOMPARE(row->source(), QStringLiteral("the chain file"));

        page.calibrate(demo.dir.filePath(QStringLiteral("gone.jsonl")));
        QVERIFY(QTest::qWaitFor([&] { return !page.calibrating(); }, longest));
        QVERIFY(child<MessageBar>(page, "forecast_message")
                    ->text()
                    .contains(QStringLiteral("gone.jsonl")));
    }

    void whatAChangeBuysIsSaidOnlyWhereItIsSure_data() {
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::addColumn<QString>("text");
        QTest::newRow("less, surely") << -0.003 << -0.001 << "0.2 points less available";
        QTest::newRow("more, surely") << 0.001 << 0.003 << "0.2 points more available";
        QTest::newRow("who knows") << -0.001 << 0.005 << "no difference that is sure";
    }
    void whatAChangeBuysIsSaidOnlyWhereItIsSure() {
        QFETCH(double, low);
        QFETCH(double, high);
        QFETCH(QString, text);
        tune::Change change;
        QVERIFY(buysText(change).isEmpty());
        change.buys = tune::Figures{};
        change.buys->availability = tune::Estimate{(low + high) / 2, low, high};
        QVERIFY2(buysText(change).contains(text), qPrintable(buysText(change)));
    }
};

QTEST_MAIN(TestSuggestView)
#include "test_suggest_view.moc"
