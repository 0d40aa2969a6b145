// The window around the pages: places and their keys, palette, themes, files that cannot be opened,
// names for assistive technology, charts that say what would fill them.
#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "ui/charts/timeline_chart.h"
#include "ui/pages/live/live_page.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/attempt_ribbon.h"

#include "support/ui_warnings.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace brownout;
using namespace brownout::ui;

class TestShellWindow : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        test::fail_on_warnings();
        applyTheme(*qApp, ThemeMode::light);
    }
    void init() {
        session_ = std::make_unique<Session>(keys_, live::WorkerOptions{}, dir_.path());
        window_ =
            std::make_unique<MainWindow>(*session_, MainWindow::Options{ThemeMode::light, false});
        window_->resize(1366, 768);
        window_->openDemo();
        window_->show();
        QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    }
    void cleanup() {
        window_.reset();
        session_.reset();
        NO_WARNINGS();
    }

    void placesHaveKeys() {
        auto* stack = window_->findChild<QStackedWidget*>();
        const std::pair<Qt::Key, int> places[] = {{Qt::Key_2, 1}, {Qt::Key_3, 2}, {Qt::Key_4, 3},
                                                  {Qt::Key_5, 4}, {Qt::Key_6, 5}, {Qt::Key_1, 0}};
        for (const auto& [key, index] : places) {
            QTest::keyClick(window_.get(), key, Qt::ControlModifier);
            QCOMPARE(stack->currentIndex(), index);
        }
        auto* rail = window_->findChild<QToolButton*>(QStringLiteral("rail_export"));
        QTest::mouseClick(rail, Qt::LeftButton);
        QCOMPARE(stack->currentIndex(), 5);
        QVERIFY(rail->isChecked());
    }

    void thePlaygroundTakesWhatIsTyped() {
        QTest::keyClick(window_.get(), Qt::Key_3, Qt::ControlModifier);
        auto* prompt = window_->findChild<QPlainTextEdit*>(QStringLiteral("prompt"));
        QTRY_VERIFY(prompt->hasFocus());
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("hello"));
        QVERIFY(prompt->toPlainText().endsWith(QStringLiteral("hello")) ||
                prompt->toPlainText().startsWith(QStringLiteral("hello")));
        // And again after other controls and pages had the keyboard.
        window_->findChild<QComboBox*>(QStringLiteral("playground_chain"))->setFocus();
        QTest::keyClick(window_.get(), Qt::Key_1, Qt::ControlModifier);
        QTest::keyClick(window_.get(), Qt::Key_3, Qt::ControlModifier);
        QTRY_VERIFY(prompt->hasFocus());
    }

    void theSmallestWindowHoldsEverything() {
        QCOMPARE(window_->minimumSize(), QSize(1200, 700));
        window_->resize(1200, 700);
        QTRY_COMPARE(window_->size(), QSize(1200, 700));
        QTRY_VERIFY(session_->snapshot()->targets.size() >= 3);
        auto* page = window_->livePage();
        page->refresh();
        QTest::qWait(50); // laid out
        QVERIFY2(page->height() >= page->minimumSizeHint().height(),
                 qPrintable(QStringLiteral("%1 px for %2")
                                .arg(page->height())
                                .arg(page->minimumSizeHint().height())));
        // Each breaker lane has its height, and no row of the charts runs into the next one.
        auto* chart = page->chart();
        chart->replotNow();
        QVERIFY(chart->lanesHeight() > 0);
        QVERIFY(chart->plotRect(2).height() >= chart->lanesHeight());
        for (int row = 1; row < 4; ++row)
            QVERIFY(chart->plotRect(row).top() - chart->plotRect(row - 1).bottom() >= 20);
    }

    void tilesStayUnderThePointer() {
        auto* tile = window_->findChild<QWidget*>(QStringLiteral("tile_aster"));
        auto* strip = window_->findChild<QWidget*>(QStringLiteral("live_message"));
        auto* quiet = window_->findChild<QWidget*>(QStringLiteral("live_quiet"));
        auto* page = window_->livePage();
        QTRY_VERIFY(strip->isVisible()); // the welcome
        QTest::qWait(50);
        const int y = tile->mapTo(page, QPoint()).y();
        QTest::mouseClick(strip->findChild<QToolButton*>(QStringLiteral("message_close")),
                          Qt::LeftButton);
        QTRY_VERIFY(quiet->isVisible());
        QTest::qWait(50);
        QCOMPARE(tile->mapTo(page, QPoint()).y(), y);
        session_->breakProvider(QStringLiteral("aster"), {});
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), 10'000);
        QTest::qWait(50);
        QCOMPARE(tile->mapTo(page, QPoint()).y(), y);
    }

    void liveStartsWithTheLastMinute() {
        auto* range = window_->findChild<QComboBox*>(QStringLiteral("time_range"));
        QCOMPARE(range->currentData().toInt(), 60);
        QCOMPARE(window_->livePage()->chart()->rangeSeconds(), 60.);
    }

    void theAttemptsPanelSaysWhatItWaitsFor() {
        auto* attempts = window_->findChild<AttemptRibbon*>(QStringLiteral("waterfall"));
        QTRY_VERIFY_WITH_TIMEOUT(session_->snapshot()->totals.succeeded >= 1, 15'000);
        QTRY_COMPARE(attempts->placeholder(),
                     QStringLiteral("No failover yet. Select a request to see its attempts."));
    }

    void paletteRunsCommands() {
        QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
        auto* input = window_->findChild<QLineEdit*>(QStringLiteral("palette_input"));
        QTRY_VERIFY(input->isVisible() && input->hasFocus());
        QTest::keyClicks(input, QStringLiteral("dark th"));
        QTest::keyClick(input, Qt::Key_Return);
        QVERIFY(colors().dark);
        QVERIFY(!input->isVisible());
        QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
        QTest::keyClick(input, Qt::Key_Escape);
        QVERIFY(!input->isVisible());
        window_->setTheme(ThemeMode::light);
    }

    // The tick of the menu is at the theme in force, whoever chose it.
    void theThemeInForceHasTheTick() {
        const auto ticked = [&] {
            QStringList out;
            for (const char* name : {"theme_light", "theme_dark", "theme_system"})
                if (window_->findChild<QAction*>(QLatin1String(name))->isChecked())
                    out << QLatin1String(name);
            return out.join(' ');
        };
        QCOMPARE(ticked(), QString("theme_light"));
        window_->setTheme(ThemeMode::dark);
        QCOMPARE(ticked(), QString("theme_dark"));
        window_->findChild<QAction*>(QStringLiteral("theme_system"))->trigger();
        QCOMPARE(ticked(), QString("theme_system"));
        window_->findChild<QAction*>(QStringLiteral("theme_system"))->trigger(); // again
        QCOMPARE(ticked(), QString("theme_system"));
        window_->setTheme(ThemeMode::light);
        QCOMPARE(ticked(), QString("theme_light"));
    }

    void aFreshDemoForgetsTheLastOne() {
        auto& editor = session_->editor();
        const chain::Json asBuilt = editor.json();
        chain::Json edited = asBuilt;
        edited["name"] = "mine";
        editor.edit(QStringLiteral("x"), edited);
        window_->openDemo(); // without being asked to, nothing is thrown away
        QCOMPARE(editor.json()["name"], chain::Json("mine"));
        window_->openDemo(true);
        QVERIFY(editor.json() == asBuilt);
        QVERIFY(!editor.isModified() && editor.undoStack().count() == 0);
        window_->openDemo(); // and for good
        QVERIFY(editor.json() == asBuilt);
    }

    void breakFromThePalette() {
        QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
        auto* input = window_->findChild<QLineEdit*>(QStringLiteral("palette_input"));
        QTest::keyClicks(input, QStringLiteral("break birch"));
        QTest::keyClick(input, Qt::Key_Return);
        auto* strip = window_->findChild<QPushButton*>(QStringLiteral("revert_all_strip"));
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), 10'000);
        QTRY_VERIFY(window_->findChild<QPushButton*>(QStringLiteral("restore_birch"))->isVisible());
        QTest::mouseClick(strip, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!strip->isVisible(), 10'000);
    }

    void whatCannotBeOpened() {
        QString error;
        QVERIFY(!window_->openFile(dir_.filePath(QStringLiteral("absent.chain.json")), &error));
        QVERIFY(error.contains(QStringLiteral("absent.chain.json")));
        const QString broken = dir_.filePath(QStringLiteral("broken.chain.json"));
        QFile file(broken);
        QVERIFY(file.open(QIODevice::WriteOnly));
        chain::Json wrong = session_->editor().json();
        wrong["nme"] = 1;
        file.write(chain::pretty_json(wrong).c_str());
        file.close();
        error.clear();
        QVERIFY(!window_->openFile(broken, &error));
        QVERIFY2(error.contains(QStringLiteral("nme")), qPrintable(error));
        QCOMPARE(session_->editor().document().name, std::string("demo")); // what was open stays
    }

    // From the list of alerts on any page to what raises them.
    void alertRulesFromAnywhere() {
        QTest::keyClick(window_.get(), Qt::Key_1, Qt::ControlModifier);
        window_->findChild<QPushButton*>(QStringLiteral("alerts_rules"))->click();
        auto* add = window_->findChild<QPushButton*>(QStringLiteral("add_alert"));
        QVERIFY(add && add->isVisible());
        QTRY_COMPARE(window_->focusWidget(), static_cast<QWidget*>(add)); // no rule is written
        window_->findChild<QPushButton*>(QStringLiteral("level_chain"))->click();
    }

    void everyControlHasAName() {
        window_->findChild<QPushButton*>(QStringLiteral("alert_settings"))->click();
        QStringList missing;
        for (QWidget* w : window_->findChildren<QWidget*>()) {
            const bool control = qobject_cast<QAbstractButton*>(w) || qobject_cast<QLineEdit*>(w) ||
                                 qobject_cast<QComboBox*>(w) ||
                                 qobject_cast<QAbstractSpinBox*>(w) ||
                                 qobject_cast<QAbstractItemView*>(w);
            const QWidget* parent = w->parentWidget();
            // Parts of Qt's own controls.
            const bool inner = w->objectName().startsWith(QLatin1String("qt_")) ||
                               qobject_cast<const QLineEdit*>(parent) ||
                               qobject_cast<const QComboBox*>(parent) ||
                               qobject_cast<const QAbstractSpinBox*>(parent) ||
                               qobject_cast<const QAbstractItemView*>(parent) ||
                               w->metaObject()->className() == QByteArray("QComboBoxListView") ||
                               w->inherits("QHeaderView") || w->inherits("QTableCornerButton");
            if (!control || inner)
                continue;
            if (w->objectName().isEmpty() || w->accessibleName().isEmpty())
                missing << QStringLiteral("%1 \"%2\" in %3")
                               .arg(QLatin1String(w->metaObject()->className()),
                                    w->objectName() + QLatin1Char('/') + w->accessibleName(),
                                    parent ? parent->objectName() : QString());
        }
        QCOMPARE(missing.join(QLatin1Char('\n')), QString());
        window_->findChild<QPushButton*>(QStringLiteral("level_chain"))->click();
    }

    void chartsExportWhatTheyShow() {
        QTRY_VERIFY_WITH_TIMEOUT(session_->snapshot()->totals.succeeded >= 5, 15'000);
        window_->livePage()->refresh();
        auto* chart = window_->livePage()->chart();
        QTRY_VERIFY_WITH_TIMEOUT(!chart->frame().empty, 5'000);
        const QStringList lines = chart->csv().trimmed().split(QLatin1Char('\n'));
        QVERIFY(lines.size() > 1);
        QCOMPARE(lines[0].count(QLatin1Char(',')), lines[1].count(QLatin1Char(',')));
        QVERIFY(lines[1].contains(QLatin1String("aster/")));
        QVERIFY(!chart->picture().isNull());
        // The crosshair reads out all targets, from the keyboard too.
        chart->setFocus();
        QTest::keyClick(chart, Qt::Key_Left);
        const QString read = chart->crosshairText();
        QVERIFY2(read.contains(QLatin1String("Aster")) && read.contains(QLatin1String("Cedar")),
                 qPrintable(read));
        QTest::keyClick(chart, Qt::Key_Escape);
        QVERIFY(chart->crosshairText().isEmpty());
    }

    void pauseHoldsThePicture() {
        QTRY_VERIFY_WITH_TIMEOUT(session_->snapshot()->totals.succeeded >= 3, 15'000);
        auto* pause = window_->findChild<QPushButton*>(QStringLiteral("pause"));
        QTest::mouseClick(pause, Qt::LeftButton);
        QCOMPARE(pause->accessibleName(), QStringLiteral("Resume"));
        const auto replots = window_->livePage()->chart()->replots();
        QTest::qWait(700);
        QCOMPARE(window_->livePage()->chart()->replots(), replots);
        QTest::mouseClick(pause, Qt::LeftButton);
        QTRY_VERIFY(window_->livePage()->chart()->replots() > replots);
    }

    // Ctrl+S within the moment in which a field holds back what is typed.
    void savingTakesWhatIsBeingTyped() {
        const QString path = dir_.filePath(QStringLiteral("typed.chain.json"));
        QString error;
        QVERIFY2(session_->editor().saveAs(path, &error), qPrintable(error));
        QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
        auto* field = window_->findChild<QLineEdit*>(QStringLiteral("field_timeouts_stall_ms"));
        QVERIFY(field);
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, QStringLiteral("77"));
        QTest::keyClick(field, Qt::Key_S, Qt::ControlModifier);
        const auto written = chain::read_file(path.toStdString());
        QVERIFY(written && written->find("77000") != std::string::npos);
        QVERIFY(!session_->editor().isModified());
    }

  private:
    QTemporaryDir dir_;
    chain::KeyStore keys_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestShellWindow)
#include "test_shell_window.moc"
