// Several faults of a scenario at once: chosen by mouse and keyboard, moved, copied and removed in
// one step each, and what the document says where they exclude each other.
#include "ui/outages_world.h"

#include <QAccessible>

using namespace brownout;
using namespace brownout::ui;
namespace ops = brownout::ui::scenario_edits;

class TestOutagesSeveral : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    // Three in three lanes, chosen together in every way, and what is done to them is one step.
    void severalByMouse() {
        OutagesWorld w;
        w.three();
        const auto selected = [&] { return w.editor().selectedFaults(); };
        const auto center = [&](int fault) { return w.timeline().blockRect(fault).center(); };
        w.click(center(0));
        w.click(center(2), Qt::ControlModifier);
        QCOMPARE(selected(), (std::vector<int>{0, 2}));
        w.click(center(2), Qt::ControlModifier); // and out again
        QCOMPARE(selected(), std::vector<int>{0});
        w.click(center(2), Qt::ShiftModifier); // from lane to lane
        QCOMPARE(selected(), (std::vector<int>{0, 1, 2}));
        w.click(center(1), Qt::ShiftModifier); // the range begins where it began
        QCOMPARE(selected(), (std::vector<int>{0, 1}));
        w.click(center(0)); // one of them, alone
        QCOMPARE(selected(), std::vector<int>{0});
        // A rubber band; with Ctrl it adds.
        const auto at = [&](int lane, double s) { return w.timeline().pointAt(lane, s); };
        w.drag(at(0, 5) - QPoint(0, 15), at(1, 38));
        QCOMPARE(selected(), (std::vector<int>{0, 1}));
        w.drag(at(2, 25), at(2, 45), Qt::ControlModifier);
        QCOMPARE(selected(), (std::vector<int>{0, 1, 2}));
        keepPicture(w.page, QStringLiteral("outages_several"));

        // Dragged together: one step, times and lanes apart as before.
        w.click(center(0));
        w.click(center(1), Qt::ControlModifier);
        const int steps = w.editor().undoStack().count();
        const chain::Json before = w.json();
        const int tenSeconds = at(0, 10).x() - at(0, 0).x();
        w.drag(center(0), {center(0).x() + tenSeconds, at(1, 0).y()});
        QCOMPARE(w.at(0), 20.0);
        QCOMPARE(w.at(1), 30.0);
        QCOMPARE(w.target(0), std::string("birch"));
        QCOMPARE(w.target(1), std::string("cedar"));
        QCOMPARE(w.at(2), 30.0);
        QCOMPARE(selected(), (std::vector<int>{0, 1}));
        QCOMPARE(w.editor().undoStack().count(), steps + 1);
        w.press("scenario_undo");
        QVERIFY(w.json() == before);
        // Neither leaves the scenario, however far the hand goes.
        w.drag(center(1), center(1) - QPoint(10 * tenSeconds, 0));
        QCOMPARE(w.at(0), 0.0);
        QCOMPARE(w.at(1), 10.0);
        // An end is stretched of the one under the hand.
        const QRect box = w.timeline().blockRect(1);
        w.drag({box.right() - 1, box.center().y()},
               {box.right() - 1 + tenSeconds, box.center().y()});
        QCOMPARE(w.lasts(1), 20.0);
        QCOMPARE(w.lasts(0), 10.0);
        // While it plays they can be looked at, and nothing moves.
        w.timeline().setLocked(true);
        const chain::Json locked = w.json();
        w.click(center(0));
        w.click(center(2), Qt::ShiftModifier);
        w.drag(center(0), center(0) + QPoint(tenSeconds, 0));
        w.key(Qt::Key_Delete);
        QCOMPARE(selected().size(), std::size_t{3});
        QVERIFY(w.json() == locked);
    }

    void severalByKeyboard() {
        OutagesWorld w;
        w.three();
        const auto selected = [&] { return w.editor().selectedFaults(); };
        const double step = w.timeline().geometryOfScene().grid();
        w.editor().selectFault(0);
        w.key(Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(selected(), (std::vector<int>{0, 1}));
        w.key(Qt::Key_Left, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(selected(), std::vector<int>{0});
        w.key(Qt::Key_Right, Qt::ControlModifier);
        w.key(Qt::Key_Right, Qt::ControlModifier);
        QCOMPARE(selected(), std::vector<int>{0}); // only looked at
        QVERIFY2(w.timeline().accessibleDescription().startsWith("Fault 3 of 3") &&
                     w.timeline().accessibleDescription().endsWith("Not selected"),
                 qPrintable(w.timeline().accessibleDescription()));
        w.key(Qt::Key_Space, Qt::ControlModifier);
        QCOMPARE(selected(), (std::vector<int>{0, 2}));
        QVERIFY(w.timeline().accessibleDescription().endsWith("2 faults are selected"));
        QAccessibleInterface* list = QAccessible::queryAccessibleInterface(&w.timeline());
        QVERIFY(list->child(0)->state().selected && list->child(2)->state().selected);
        QVERIFY(!list->child(1)->state().selected && list->child(2)->state().focused);
        w.key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(selected().size(), std::size_t{3});

        const chain::Json before = w.json();
        const int steps = w.editor().undoStack().count();
        const auto isOneStep = [&] {
            const bool one = w.editor().undoStack().index() == steps + 1;
            w.editor().undoStack().undo();
            return one && w.json() == before;
        };
        w.key(Qt::Key_Right);
        w.key(Qt::Key_Right);
        QVERIFY(w.at(0) == 10 + 2 * step && w.at(2) == 30 + 2 * step);
        QVERIFY(isOneStep()); // keys that follow each other
        w.key(Qt::Key_Right, Qt::ShiftModifier);
        QVERIFY(w.lasts(0) == 10 + step && w.lasts(2) == 10 + step);
        QVERIFY(isOneStep());
        w.key(Qt::Key_Down); // to the lane of all; the others one further
        QCOMPARE(w.target(0) + " " + w.target(1) + " " + w.target(2), std::string("birch cedar *"));
        QVERIFY(isOneStep());
        w.key(Qt::Key_Up); // there is no lane above the first
        QVERIFY(w.json() == before);
        w.key(Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(w.faults(), 6);
        QCOMPARE(selected(), (std::vector<int>{1, 3, 5}));
        QCOMPARE(w.at(1), 40.0); // behind all: they last from 10 s to 40 s
        QVERIFY(isOneStep());
        w.key(Qt::Key_A, Qt::ControlModifier);
        w.key(Qt::Key_X, Qt::ControlModifier);
        QCOMPARE(w.faults(), 0);
        QVERIFY(isOneStep());
        w.timeline().setCursorSeconds(20);
        w.key(Qt::Key_V, Qt::ControlModifier); // the first at the cursor, in their lanes
        QCOMPARE(w.faults(), 6);
        QCOMPARE(w.at(3), 20.0);
        QCOMPARE(w.at(5), 40.0);
        QCOMPARE(w.target(5), std::string("cedar"));
        QCOMPARE(selected(), (std::vector<int>{3, 4, 5}));
        QCOMPARE(w.label("scenario_inspector_title"), QStringLiteral("3 faults"));
        QVERIFY(isOneStep());
        w.key(Qt::Key_A, Qt::ControlModifier);
        w.press("duplicate_fault"); // of the inspector
        QCOMPARE(w.faults(), 6);
        w.press("remove_selected");
        QVERIFY(w.json() == before);
    }

    // Two that exclude each other stay, both, and the document says what is wrong.
    void whatExcludesEachOther() {
        OutagesWorld w;
        w.page.scenarios().create();
        w.editor().addFaults({ops::usualFault(faults::Kind::http_error, "aster", 10, 10),
                              ops::usualFault(faults::Kind::hang, "aster", 30, 5),
                              ops::usualFault(faults::Kind::bad_key, "birch", 10, 10)});
        QVERIFY(w.editor().bound());
        w.editor().selectFaults({2}, 2);
        w.key(Qt::Key_Up); // onto the first
        QCOMPARE(w.faults(), 3);
        QCOMPARE(w.target(2), std::string("aster"));
        QVERIFY(!w.button("play_scenario")->isEnabled());
        QVERIFY2(w.bar("scenario_problems").contains("excludes"),
                 qPrintable(w.bar("scenario_problems")));
        w.key(Qt::Key_A, Qt::ControlModifier);
        QVERIFY(w.label("scenario_inspector_problem").contains("excludes"));
        w.key(Qt::Key_Right); // they go on being moved, and the message stays
        QVERIFY(w.bar("scenario_problems").contains("excludes"));
        QCOMPARE(w.faults(), 3);
        keepPicture(w.page, QStringLiteral("outages_excluded"));
        w.editor().undoStack().undo();
        w.editor().undoStack().undo();
        QVERIFY(w.editor().bound() && w.button("play_scenario")->isEnabled());
    }

    // What is done to several is one step, and nothing of the others changes.
    void severalAtOnce() {
        OutagesWorld w;
        w.page.scenarios().create();
        ScenarioEditor& editor = w.editor();
        editor.addFaults({ops::usualFault(faults::Kind::hang, "aster", 10, 5),
                          ops::usualFault(faults::Kind::reset, "birch", 20, 5),
                          ops::usualFault(faults::Kind::latency, "cedar", 30, 5)});
        QCOMPARE(editor.undoStack().count(), 1);
        QCOMPARE(editor.selectedFaults(), (std::vector<int>{0, 1, 2}));
        const chain::Json three = editor.json();
        editor.selectFaults({2, 0, 2, 7, -1}, 2); // sorted, each once, and there
        QCOMPARE(editor.selectedFaults(), (std::vector<int>{0, 2}));
        QCOMPARE(editor.selection().index, 2);
        QVERIFY(editor.isSelected(0) && !editor.isSelected(1));
        editor.duplicateFaults(editor.selectedFaults(), 100);
        QCOMPARE(editor.selectedFaults(), (std::vector<int>{1, 4}));
        QCOMPARE(ops::faultCount(editor.json()), 5);
        for (const auto& [copy, original] : {std::pair{1, 0}, std::pair{4, 3}}) {
            chain::Json same = *ops::fault(editor.json(), copy);
            same["when"]["at_s"] = ops::atOf(same) - 100;
            QCOMPARE(ops::atOf(same), ops::atOf(*ops::fault(editor.json(), original)));
            QVERIFY(same["kind"] == (*ops::fault(editor.json(), original))["kind"]);
        }
        editor.removeFaults(editor.selectedFaults());
        QVERIFY(editor.json() == three);
        QCOMPARE(editor.selectedFaults(), std::vector<int>{1}); // the next one
        editor.undoStack().undo();
        editor.undoStack().undo();
        QVERIFY(editor.json() == three);
        QCOMPARE(editor.undoStack().index(), 1);
        editor.selectFaults({0, 1, 2}, 1);
        editor.undoStack().undo(); // what is gone is not selected
        QVERIFY(editor.selectedFaults().empty());
    }

    void clipboardText_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("rules");
        const auto row = [](const char* text, int rules) {
            QTest::newRow(text) << QByteArray(text) << rules;
        };
        row("", 0);
        row("hello", 0);
        row("{\"kind\":\"hang\",\"target\":\"aster\"}", 1);
        row("[{\"kind\":\"hang\"},{\"kind\":\"reset\"}]", 2);
        row("[{\"kind\":\"hang\"},{\"metric\":\"availability\"}]", 0); // all or none
        row("[]", 0);
        row("[1]", 0);
        row("{\"metric\":\"availability\"}", 0);
    }
    void clipboardText() {
        QFETCH(QByteArray, text);
        QFETCH(int, rules);
        QCOMPARE(static_cast<int>(ops::rulesIn(text.toStdString()).size()), rules);
        const std::string huge(ops::mostText, ' ');
        QVERIFY(ops::rulesIn(huge + "{\"kind\":\"hang\"}").empty());
    }
};

QTEST_MAIN(TestOutagesSeveral)
#include "test_outages_several.moc"
