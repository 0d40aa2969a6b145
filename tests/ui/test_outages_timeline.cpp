// The scenario editor under hand: made with mouse and keyboard on the real page, undone, saved, and
// what is wrong told at its field.
#include "ui/models/fault_models.h"
#include "ui/outages_world.h"
#include "ui/pages/outages/library_panel.h"
#include "ui/widgets/scenario_timeline.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QListView>
#include <QMimeData>
#include <QPushButton>

using namespace brownout;
using namespace brownout::ui;
namespace ops = brownout::ui::scenario_edits;

class TestOutagesTimeline : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void byMouse() {
        OutagesWorld w;
        w.page.scenarios().create();
        QCOMPARE(w.faults(), 0);
        keepPicture(w.page, QStringLiteral("outages_empty"));
        w.click(w.timeline().pointAt(1, 20)); // Birch's lane
        QCOMPARE(w.timeline().cursorSeconds(), 20.0);
        w.add(QStringLiteral("silence"));
        QCOMPARE(w.faults(), 1);
        QCOMPARE(w.target(0), std::string("birch"));
        QCOMPARE(w.at(0), 20.0);
        QCOMPARE(w.lasts(0), 10.0);
        QVERIFY(w.timeline().hasFocus());

        // Moved by ten seconds, then into Cedar's lane.
        const auto center = [&] { return w.timeline().blockRect(0).center(); };
        const int tenSeconds = w.timeline().pointAt(0, 10).x() - w.timeline().pointAt(0, 0).x();
        w.drag(center(), center() + QPoint(tenSeconds, 0));
        QCOMPARE(w.at(0), 30.0);
        QCOMPARE(w.lasts(0), 10.0);
        w.drag(center(), QPoint(center().x(), w.timeline().pointAt(2, 0).y()));
        QCOMPARE(w.target(0), std::string("cedar"));
        QCOMPARE(w.at(0), 30.0);
        // Stretched at its ends.
        QRect box = w.timeline().blockRect(0);
        w.drag({box.right() - 1, box.center().y()},
               {box.right() - 1 + tenSeconds, box.center().y()});
        QCOMPARE(w.lasts(0), 20.0);
        box = w.timeline().blockRect(0);
        w.drag({box.left() + 1, box.center().y()}, {box.left() + 1 - tenSeconds, box.center().y()});
        QCOMPARE(w.at(0), 20.0);
        QCOMPARE(w.lasts(0), 30.0);
        // Alt lets it go anywhere; one drag is one step of undo.
        w.drag(center(), center() + QPoint(1, 0), Qt::AltModifier);
        QCOMPARE(w.at(0), 20.0); // no drag yet: the hand shook
        w.drag(center(), center() + QPoint(tenSeconds + 7, 0), Qt::AltModifier);
        QVERIFY(w.at(0) != std::round(w.at(0)));
        w.press("scenario_undo");
        QCOMPARE(w.at(0), 20.0);
        // A place stays a place: the scenario fits any chain.
        w.editor().edit(QStringLiteral("x"), ops::setTarget(w.json(), 0, "@primary"));
        w.drag(center(), QPoint(center().x(), w.timeline().pointAt(1, 0).y()));
        QCOMPARE(w.target(0), std::string("@2"));
        keepPicture(w.page, QStringLiteral("outages_edited"));
    }

    void byKeyboard() {
        OutagesWorld w;
        w.page.scenarios().create();
        w.add(QStringLiteral("http_error"));
        w.add(QStringLiteral("hang"));
        w.editor().select({});
        QCOMPARE(w.faults(), 2);
        const double step = w.timeline().geometryOfScene().grid();
        w.key(Qt::Key_Tab);
        QCOMPARE(w.editor().selection().index, 0);
        w.key(Qt::Key_Tab);
        QCOMPARE(w.editor().selection().index, 1);
        QVERIFY2(w.timeline().accessibleDescription().startsWith(QStringLiteral("Fault 2 of 2")),
                 qPrintable(w.timeline().accessibleDescription()));
        // What is drawn is there for a screen reader, too.
        QAccessibleInterface* list = QAccessible::queryAccessibleInterface(&w.timeline());
        QCOMPARE(list->childCount(), 2);
        QVERIFY(list->child(1)->state().selected && !list->child(0)->state().selected);
        QVERIFY(list->child(1)->text(QAccessible::Name).contains(QStringLiteral("Aster")));
        QCOMPARE(list->child(1)->rect().size(), w.timeline().blockRect(1).size());
        QCOMPARE(list->indexOfChild(list->child(1)), 1);
        w.key(Qt::Key_Right);
        w.key(Qt::Key_Right);
        QCOMPARE(w.at(1), 2 * step);
        w.key(Qt::Key_Left);
        QCOMPARE(w.at(1), step);
        w.key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(w.lasts(1), 10 + step);
        w.key(Qt::Key_Down);
        QCOMPARE(w.target(1), std::string("birch"));
        w.key(Qt::Key_Up);
        QCOMPARE(w.target(1), std::string("aster"));
        w.key(Qt::Key_C, Qt::ControlModifier);
        w.timeline().setCursorSeconds(40);
        w.key(Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(w.faults(), 3);
        QCOMPARE(w.at(2), 40.0);
        QCOMPARE(w.editor().selection().index, 2);
        w.key(Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(w.faults(), 4);
        w.key(Qt::Key_Delete);
        QCOMPARE(w.faults(), 3);
        w.key(Qt::Key_X, Qt::ControlModifier);
        QCOMPARE(w.faults(), 2);
        w.key(Qt::Key_Plus);
        QVERIFY(w.timeline().zoom() > 1);
        w.key(Qt::Key_0);
        QCOMPARE(w.timeline().zoom(), 1.0);
        w.key(Qt::Key_Escape);
        QVERIFY(w.editor().selection() == ScenarioEditor::Selection{});
        // Anything else in the clipboard is nothing.
        QApplication::clipboard()->setText(QStringLiteral("hello"));
        w.key(Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(w.faults(), 2);
    }

    void dropped() {
        OutagesWorld w;
        w.page.scenarios().create();
        QMimeData data;
        data.setData(QString::fromLatin1(FaultKindTree::mimeType), "stream_cut");
        const QPoint at = w.timeline().pointAt(2, 30);
        QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QDragMoveEvent move(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        for (QEvent* event : std::initializer_list<QEvent*>{&enter, &move, &drop})
            QCoreApplication::sendEvent(w.timeline().viewport(), event);
        QCOMPARE(w.faults(), 1);
        QCOMPARE(w.target(0), std::string("cedar"));
        QCOMPARE(w.at(0), 30.0);
        QCOMPARE(w.fault(0).value("kind", ""), std::string("stream_cut"));
    }

    void fieldsOfAFault() {
        OutagesWorld w;
        w.page.scenarios().create();
        w.add(QStringLiteral("http_error"));
        w.type("rule_status", QStringLiteral("429"));
        w.type("rule_retry_after_s", QStringLiteral("3"));
        w.type("rule_when_at_s", QStringLiteral("5"));
        w.type("rule_when_probability", QStringLiteral("20"));
        QVERIFY(w.fault(0)["status"] == 429);
        QVERIFY(w.fault(0)["when"]["probability"] == 0.2);
        auto* renewal = child<QComboBox>(w.page, "rule_when_renewal");
        renewal->setCurrentIndex(1); // on
        Q_EMIT renewal->activated(1);
        w.type("rule_when_renewal_gap_s", QStringLiteral("uniform 5 9"));
        QVERIFY(w.fault(0)["when"]["renewal"]["gap_s"]["uniform"]["high"] == 9);
        QVERIFY(w.button("play_scenario")->isEnabled());
        keepPicture(w.page, QStringLiteral("outages_inspector"));

        // Wrong: told at the field, above the timeline, and it cannot be played.
        w.type("rule_when_probability", QStringLiteral("200"));
        QVERIFY(child<QLabel>(w.page, "rule_when_probability_problem")->isVisible());
        QVERIFY2(w.bar("scenario_problems").contains(QStringLiteral("#/faults/0/when/probability")),
                 qPrintable(w.bar("scenario_problems")));
        QVERIFY(!w.button("play_scenario")->isEnabled());
        keepPicture(w.page, QStringLiteral("outages_wrong"));
        w.press("scenario_undo");
        QVERIFY(w.button("play_scenario")->isEnabled());
        QVERIFY(!child<MessageBar>(w.page, "scenario_problems")->isVisible());
    }

    void expectationsAndTraffic() {
        OutagesWorld w;
        w.page.scenarios().create();
        QCOMPARE(w.expectations()->rowCount(), 1);
        w.editor().addExpectation(ops::usualExpectation(faults::Metric::latency_ms));
        QCOMPARE(w.expectations()->rowCount(), 2);
        w.type("expect_quantile", QStringLiteral("99"));
        w.type("expect_at_most", QStringLiteral("1.5"));
        QCOMPARE(w.expectation(1, 1), QStringLiteral("Latency p99 at most 1.5 s"));
        auto* metric = child<QComboBox>(w.page, "expect_metric");
        metric->setCurrentIndex(metric->findData(QStringLiteral("served_by")));
        Q_EMIT metric->activated(metric->currentIndex());
        QVERIFY(w.editor().bound());
        QCOMPARE(w.expectation(1, 1), QStringLiteral("Served by Aster gpt-5-mini at least 50 %"));
        w.press("remove_expectation");
        QCOMPARE(w.expectations()->rowCount(), 1);
        w.editor().select({});
        w.type("scenario_traffic_requests_per_s", QStringLiteral("2, 30s: 8"));
        w.type("scenario_duration_s", QStringLiteral("45"));
        QCOMPARE(w.editor().bound()->traffic.rate.size(), std::size_t(2));
        QCOMPARE(w.timeline().scene().duration_s, 45.0);
        auto* arrivals = child<QComboBox>(w.page, "scenario_traffic_arrivals");
        arrivals->setCurrentIndex(arrivals->findData(QStringLiteral("closed")));
        Q_EMIT arrivals->activated(arrivals->currentIndex());
        w.type("scenario_traffic_clients", QStringLiteral("4"));
        QVERIFY(w.editor().bound() && w.editor().bound()->traffic.clients == 4);
        QVERIFY(!child<QComboBox>(w.page, "scenario_speed")->isEnabled()); // they set the pace
    }

    void filesSayWhatIsWrong_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("place");
        const auto row = [](const char* name, const chain::Json& json, const char* place) {
            QTest::newRow(name) << QByteArray::fromStdString(json.dump())
                                << QString::fromLatin1(place);
        };
        QTest::newRow("bad JSON") << QByteArray("{\"format\": ") << "line 1";
        chain::Json json = ops::blank();
        json["faults"] = chain::Json::array({ops::usualFault(faults::Kind::hang, "aster", 1, 2)});
        json["faults"][0]["kind"] = "hangs";
        row("unknown kind", json, "#/faults/0/kind");
        json["faults"][0]["kind"] = "hang";
        json["faults"][0]["target"] = "nobody";
        row("unknown target", json, "#/faults/0/target");
        json.erase("faults");
        json["expects"] = 1;
        row("unknown key", json, "expects");
    }
    void filesSayWhatIsWrong() {
        QFETCH(QByteArray, text);
        QFETCH(QString, place);
        OutagesWorld w;
        w.page.scenarios().open(w.write("bad.scenario.json", text));
        QVERIFY2(w.bar("scenario_problems").contains(place),
                 qPrintable(w.bar("scenario_problems")));
        QVERIFY(w.bar("scenario_problems").contains(QStringLiteral("bad.scenario.json")));
        QVERIFY(w.page.scenarios().open(w.write(ops::blank()))); // and gone with the next good one
        QVERIFY(!child<MessageBar>(w.page, "scenario_problems")->isVisible());
        QVERIFY(w.button("play_scenario")->isEnabled());
        const QString path = w.dir.filePath(QStringLiteral("saved.scenario.json"));
        w.add(QStringLiteral("hang"));
        QVERIFY(w.page.scenarios().saveTo(path));
        QVERIFY(!w.editor().isModified() && w.editor().path() == path);
    }

    void theLibraryIsLookedAtAndLoaded() {
        OutagesWorld w;
        w.page.showTab(OutagesPage::libraryTab);
        auto* list = child<QListView>(w.page, "scenario_library");
        QVERIFY(list->model()->rowCount() >= 20);
        for (int i = 0; i < list->model()->rowCount(); ++i) {
            list->setCurrentIndex(list->model()->index(i, 0));
            QVERIFY2(!child<QLabel>(w.page, "library_problem")->isVisible(),
                     qPrintable(w.label("library_problem")));
            QVERIFY2(!w.label("library_teaches").isEmpty(), qPrintable(w.label("library_name")));
            QVERIFY(!w.label("library_expects").isEmpty());
        }
        child<QLineEdit>(w.page, "library_search")->setText(QStringLiteral("429 storm"));
        child<QLineEdit>(w.page, "library_search")->setText(QStringLiteral("flapping"));
        QCOMPARE(list->model()->rowCount(), 1);
        keepPicture(w.page, QStringLiteral("outages_library"));
        w.press("load_scenario");
        QCOMPARE(w.editor().title(), QStringLiteral("up and down every few seconds"));
        QVERIFY(w.editor().bound());
        QVERIFY(child<QWidget>(w.page, "scenario_page")->isVisible());
        QCOMPARE(w.timeline().scene().lanes[0].blocks[0].repeats.empty(), false);
        keepPicture(w.page, QStringLiteral("outages_flapping"));
    }
};

QTEST_MAIN(TestOutagesTimeline)
#include "test_outages_timeline.moc"
