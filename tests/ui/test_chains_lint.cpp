// Warnings on the Chains page: listed with a fix where one is mechanical, and the paths of the
// worst case.
#include "ui/chains_world.h"

#include "ui/pages/chains/problems_panel.h"

using namespace brownout;
using namespace brownout::ui;

namespace {

// The demo with four things that are hardly meant.
chain::Json doubtful() {
    chain::Json json = quickDemo();
    json["chains"][0]["targets"][0]["weight"] = 3;
    json["chains"][0]["targets"][1]["enabled"] = false;
    json["chains"][0]["targets"][2]["price"]["output_usd_per_mtok"] = 90;
    json["policy"]["timeouts"]["total_ms"] = 8000;
    return json;
}

struct Doubtful {
    DemoSession demo{doubtful()};
    ChainsPage page{demo.session};
    Doubtful() {
        page.resize(1366, 768);
        page.show();
    }
    QStringList texts() {
        QStringList out;
        for (int i = 1;; ++i) {
            auto* words = page.findChild<QLabel*>(QString("problem_text_%1").arg(i));
            if (!words || words->parentWidget()->isHidden())
                return out;
            out << words->text();
        }
    }
    QPushButton* fixOf(const QString& part) {
        for (int i = 1; i <= 20; ++i) {
            auto* words = page.findChild<QLabel*>(QString("problem_text_%1").arg(i));
            if (words && words->text().contains(part))
                return page.findChild<QPushButton*>(QString("problem_fix_%1").arg(i));
        }
        return nullptr;
    }
};

} // namespace

class TestChainsLint : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void theDemoHasNoWarnings() {
        World w;
        QVERIFY(child<QWidget>(w.page, "problems")->isHidden());
    }

    void warningsAreListed() {
        Doubtful d;
        QCOMPARE(child<QLabel>(d.page, "problems_title")->text(), QString("4 warnings"));
        const QString all = d.texts().join('\n');
        QVERIFY2(all.contains("Birch") || all.contains("birch/claude-haiku-4-5 is switched off"),
                 qPrintable(all));
        QVERIFY2(all.contains("weights have no effect", Qt::CaseInsensitive), qPrintable(all));
        QVERIFY2(all.contains("times as much as"), qPrintable(all));
        QVERIFY2(all.contains("add up to 10 s"), qPrintable(all));
        auto* jump = child<QPushButton>(d.page, "problems_jump");
        QVERIFY(jump->isVisible());
        QCOMPARE(jump->text(), QString("4 warnings"));
        // Nothing is wider than the view that it scrolls in.
        d.page.resize(1250, 620);
        QTest::qWait(60);
        auto* panel = child<QWidget>(d.page, "problems");
        auto* view =
            qobject_cast<QScrollArea*>(panel->parentWidget()->parentWidget()->parentWidget());
        QVERIFY(view);
        QCOMPARE(view->widget()->width(), view->viewport()->width());
        jump->click();
        QTest::qWait(60);
        QVERIFY(!panel->visibleRegion().isEmpty());
        keepPicture(d.page, "chains_warnings");
        Q_EMIT d.page.findChild<ChainFlow*>()->selected(1);
        // The field that it is about says it, too.
        auto* below = child<QLabel>(d.page, "field_enabled_problem");
        QVERIFY(below->text().contains("switched off"));
    }

    void aFixIsAnUndoableEdit() {
        Doubtful d;
        auto& editor = d.demo.session.editor();
        const chain::Json before = editor.json();
        QPushButton* fix = d.fixOf("switched off");
        QVERIFY(fix);
        QCOMPARE(fix->text(), QString("Fix: Enable it"));
        QCOMPARE(fix->accessibleName(), fix->text());
        QVERIFY(fix->accessibleDescription().contains("switched off"));
        fix->click();
        QVERIFY(!editor.json()["chains"][0]["targets"][1].contains("enabled"));
        QVERIFY(editor.isValid());
        QVERIFY(!d.texts().join('\n').contains("switched off"));
        QCOMPARE(editor.undoStack().count(), 1);
        editor.undoStack().undo();
        QCOMPARE(editor.json(), before);
        QVERIFY(d.texts().join('\n').contains("switched off"));
    }

    void whatNeedsJudgementHasNoFix() {
        Doubtful d;
        QVERIFY(!d.fixOf("times as much as"));
    }

    void theKeyboardReachesEveryFix() {
        Doubtful d;
        QVERIFY(QTest::qWaitForWindowActive(&d.page));
        int fixes = 3;
        while (fixes > 0) {
            QPushButton* fix = nullptr;
            for (int i = 1; i <= 4 && !fix; ++i)
                fix = d.page.findChild<QPushButton*>(QString("problem_fix_%1").arg(i));
            QVERIFY(fix);
            QVERIFY(fix->focusPolicy() & Qt::TabFocus);
            fix->setFocus(Qt::TabFocusReason);
            QTest::keyClick(fix, Qt::Key_Space);
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
            --fixes;
            // The focus stays in the list.
            auto* focus = QApplication::focusWidget();
            QVERIFY(focus && child<QWidget>(d.page, "problems")->isAncestorOf(focus));
        }
        QCOMPARE(d.texts().size(), 1);
    }

    void rangesAreInTheShownUnit() {
        World w;
        Q_EMIT w.flow().selected(-1);
        w.type("field_timeouts_stall_ms", "-1");
        QCOMPARE(child<QLabel>(w.page, "problem_text_1")->text(),
                 QString("Stall: Expected a number above 0 and at most 86,400 s."));
        w.editor().undoStack().undo();
        Q_EMIT w.flow().selected(0);
        w.type("field_timeouts_first_token_ms", "-1");
        QCOMPARE(child<QLabel>(w.page, "problem_text_1")->text(),
                 QString("First token: Expected a number above 0 and at most 86,400 s."));
    }

    void worstCaseShowsItsPaths() {
        World w;
        auto* paths = child<QWidget>(w.page, "worst_paths");
        QVERIFY(paths->isHidden());
        auto* how = child<QPushButton>(w.page, "worst_show_paths");
        QVERIFY(!how->accessibleName().isEmpty());
        how->click();
        QVERIFY(paths->isVisible());
        QCOMPARE(child<QLabel>(w.page, "worst_path_attempts")->text(),
                 QString("Most attempts\nAster / gpt-5-mini: fails twice\n"
                         "Birch / claude-haiku-4-5: fails twice\n"
                         "Cedar / gemini-2.5-flash-lite: fails twice"));
        QVERIFY(child<QLabel>(w.page, "worst_path_seconds")
                    ->text()
                    .contains("fails after 20 s, twice"));
        QVERIFY(child<QLabel>(w.page, "worst_path_usd")
                    ->text()
                    .contains("Birch / claude-haiku-4-5: 2 attempts, 0.00700 USD"));
        QCOMPARE(child<QLabel>(w.page, "worst_usd")->toolTip(),
                 child<QLabel>(w.page, "worst_path_usd")->text());
        w.keep("chains_worst_paths");
    }
};

QTEST_MAIN(TestChainsLint)
#include "test_chains_lint.moc"
