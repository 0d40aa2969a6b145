// The Outages page on a real session: break, restore, remove, revert.
#include "ui/demo_session.h"
#include "ui/pages/outages/fault_form.h"
#include "ui/pages/outages/fault_palette.h"
#include "ui/pages/outages/outages_page.h"
#include "ui/widgets/state_badge.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTreeView>

using namespace brownout;
using namespace brownout::ui;

namespace {

struct Page {
    DemoSession demo;
    OutagesPage page{demo.session};
    Page() {
        page.resize(1282, 660);
        page.showTab(OutagesPage::handTab);
        page.show();
    }
    void type(const char* field, const QString& text) {
        auto* line = child<QLineEdit>(page, field);
        line->setFocus();
        line->selectAll();
        if (text.isEmpty())
            QTest::keyClick(line, Qt::Key_Delete);
        QTest::keyClicks(line, text);
    }
    QPushButton* button(const char* name) { return child<QPushButton>(page, name); }
    void press(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
    void choose(const char* words) {
        child<QLineEdit>(page, "fault_search")->setText(QString::fromLatin1(words));
        auto* tree = child<QTreeView>(page, "fault_palette");
        tree->setCurrentIndex(tree->model()->index(0, 0, tree->model()->index(0, 0)));
    }
    QAbstractItemModel* active() { return child<QTableView>(page, "active_faults")->model(); }
    QString cell(int row, int column) { return active()->index(row, column).data().toString(); }
    bool rows(int n) {
        return QTest::qWaitFor([&] { return active()->rowCount() == n; }, 20'000);
    }
};

} // namespace
Q_DECLARE_METATYPE(brownout::faults::Kind)

class TestOutages : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void providerRowsAreWhole() {
        Page p;
        QVERIFY(p.demo.isUp());
        // The page in a window of 1366 px; then with one more provider, so that the rows scroll.
        for (const bool scrolls : {false, true}) {
            if (scrolls) {
                auto json = p.demo.session.editor().json();
                auto more = json["providers"][0];
                for (const char* id : {"dill-with-a-long-name", "elder", "fennel", "ginger"}) {
                    more["id"] = id;
                    json["providers"].push_back(more);
                }
                p.demo.session.editor().openUnsaved(json, QStringLiteral("demo"));
            }
            auto* scroll = child<QScrollArea>(p.page, "provider_rows");
            QTRY_COMPARE(scroll->verticalScrollBar()->isVisible(), scrolls);
            const int edge =
                scroll->viewport()->mapTo(&p.page, QPoint(0, 0)).x() + scroll->viewport()->width();
            for (const char* name : {"outages_restore_aster", "outages_restore_birch"}) {
                QPushButton* b = p.button(name);
                QTRY_VERIFY(b->mapTo(&p.page, QPoint(b->width(), 0)).x() <= edge);
                QVERIFY(b->width() >= b->minimumSizeHint().width());
            }
        }
        keepPicture(p.page, QStringLiteral("outages_rows"));
    }

    void breakAndRestore() {
        Page p;
        QVERIFY(p.demo.isUp());
        QAbstractItemModelTester tester(p.active(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QVERIFY(!p.button("outages_restore_aster")->isEnabled());
        QVERIFY(!p.button("revert_all")->isEnabled());
        p.type("fault_status", QStringLiteral("529"));
        p.press("outages_break_aster");
        QVERIFY(p.rows(1));
        QCOMPARE(p.cell(0, ActiveFaultModel::faultColumn), QStringLiteral("HTTP 529"));
        QCOMPARE(p.cell(0, ActiveFaultModel::targetColumn), QStringLiteral("Aster"));
        QCOMPARE(p.cell(0, ActiveFaultModel::byColumn), QStringLiteral("hand"));
        QCOMPARE(child<StateBadge>(p.page, "outage_state_aster")->text(),
                 QStringLiteral("HTTP 529"));
        QCOMPARE(child<StateBadge>(p.page, "outage_state_birch")->text(),
                 QStringLiteral("No fault"));
        p.choose("hang");
        p.press("outages_break_birch");
        QVERIFY(p.rows(2));
        keepPicture(p.page, QStringLiteral("outages_broken"));
        p.press("outages_restore_aster");
        QVERIFY(p.rows(1));
        QCOMPARE(p.cell(0, ActiveFaultModel::targetColumn), QStringLiteral("Birch"));
        p.press("revert_all");
        QVERIFY(p.rows(0));
        QVERIFY(!p.button("outages_restore_birch")->isEnabled());
    }

    void aFaultEndsByItselfOrByItsRow() {
        Page p;
        QVERIFY(p.demo.isUp());
        p.type("fault_duration", QStringLiteral("2"));
        p.press("outages_break_aster");
        QVERIFY(p.rows(1));
        QVERIFY(p.rows(0)); // after its two seconds
        p.type("fault_duration", {});
        p.press("outages_break_aster");
        p.press("outages_break_cedar");
        QVERIFY(p.rows(2));
        auto* table = child<QTableView>(p.page, "active_faults");
        const QRect remove =
            table->visualRect(p.active()->index(0, ActiveFaultModel::removeColumn));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, remove.center());
        QVERIFY(p.rows(1));
        table->setCurrentIndex(p.active()->index(0, 0));
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Delete);
        QVERIFY(p.rows(0));
    }

    void theScreenSaysWhatRequestsMeet() {
        Page p;
        QVERIFY(p.demo.isUp());
        p.choose("connection refused");
        p.press("outages_break_aster");
        QVERIFY(p.rows(1));
        wire::ChatRequest request;
        request.messages = {{wire::Role::user, "hello"}};
        p.demo.session.sendPrompt(p.demo.session.chainId(), request);
        const auto done = [&] {
            const auto snapshot = p.demo.session.snapshot();
            return !snapshot->prompts.empty() && snapshot->prompts.back().finished;
        };
        QVERIFY(QTest::qWaitFor(done, 10000));
        const auto record = p.demo.session.snapshot()->prompts.back().record;
        QCOMPARE(record.attempts.front().provider, std::string("aster"));
        QCOMPARE(record.attempts.front().outcome.cause, engine::Cause::connect_refused);
        QCOMPARE(record.served_by, std::string("birch/claude-haiku-4-5"));
    }

    void paletteIsSearched_data() {
        QTest::addColumn<QString>("words");
        QTest::addColumn<bool>("found");
        for (const faults::KindInfo& info : faults::kinds())
            QTest::newRow(info.name.data()) << QString::fromUtf8(info.name.data()) << true;
        QTest::newRow("group") << "stream" << true;
        QTest::newRow("spaces") << "  HANG " << true;
        QTest::newRow("nothing") << "no such fault" << false;
    }
    void paletteIsSearched() {
        QFETCH(QString, words);
        QFETCH(bool, found);
        FaultPalette palette;
        QAbstractItemModel* model = child<QTreeView>(palette, "fault_palette")->model();
        QAbstractItemModelTester tester(model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto kinds = [&] {
            int n = 0;
            for (int g = 0; g < model->rowCount(); ++g)
                n += model->rowCount(model->index(g, 0));
            return n;
        };
        QCOMPARE(kinds(), static_cast<int>(faults::kinds().size()));
        child<QLineEdit>(palette, "fault_search")->setText(words);
        QCOMPARE(kinds() > 0, found);
        QVERIFY(kinds() < static_cast<int>(faults::kinds().size()));
        // What is chosen with Enter is what is found.
        QSignalSpy activated(&palette, &FaultPalette::activated);
        QTest::keyClick(child<QLineEdit>(palette, "fault_search"), Qt::Key_Return);
        QCOMPARE(activated.count(), found ? 1 : 0);
    }

    void everyKindMakesAValidFault_data() {
        QTest::addColumn<faults::Kind>("kind");
        for (const faults::KindInfo& info : faults::kinds())
            QTest::newRow(info.name.data()) << info.kind;
    }
    void everyKindMakesAValidFault() {
        QFETCH(faults::Kind, kind);
        FaultForm form;
        form.setKind(kind);
        for (auto* line : form.findChildren<QLineEdit*>()) { // every number away from its default
            bool number = false;
            const double v = line->text().toDouble(&number);
            if (number)
                line->setText(QString::number(
                    line->objectName() == QLatin1String("fault_status") ? 500 : v + 7));
            else if (line->objectName() == QLatin1String("fault_duration"))
                line->setText(QStringLiteral("7"));
            else if (line->objectName() == QLatin1String("fault_share"))
                line->setText(QStringLiteral("40"));
            Q_EMIT line->editingFinished();
        }
        const auto rule = form.rule("aster");
        QVERIFY(rule.has_value());
        QCOMPARE(rule->fault.kind, kind);
        QCOMPARE(rule->target, std::string("aster"));
        // A price is one for all.
        const double share = kind == faults::Kind::price_change ? 1.0 : 0.4;
        QCOMPARE(rule->when.probability, share);
        QCOMPARE(rule->when.for_s, std::optional<double>(7));
        const auto read = faults::read_rule(faults::to_json(*rule), "form");
        QVERIFY2(read.ok(), read.problems.empty() ? "" : read.problems.front().text().c_str());
        QCOMPARE(faults::to_json(*read.value).dump(), faults::to_json(*rule).dump());
        QCOMPARE(form.summary().contains(QStringLiteral("40 %")), share < 1);
    }

    void whatCannotBeSaysSoAtItsField() {
        Page p;
        QVERIFY(p.demo.isUp());
        p.type("fault_status", QStringLiteral("200"));
        p.press("outages_break_aster");
        QVERIFY(!child<QLabel>(p.page, "fault_status_problem")->text().isEmpty());
        p.type("fault_status", QStringLiteral("429"));
        p.press("outages_break_aster");
        QVERIFY(p.rows(1));
        QCOMPARE(p.cell(0, ActiveFaultModel::faultColumn), QStringLiteral("HTTP 429"));
    }

    // The lab stands in front of them; nothing is sent by that.
    void realProvidersAreBrokenOnTheWay() {
        chain::Json json = quickDemo();
        json["providers"][1] = {{"id", "birch"},
                                {"dialect", "openai"},
                                {"base_url", "http://127.0.0.1:9/v1"},
                                {"key", "none"}};
        Page p;
        p.demo.session.editor().openUnsaved(json, QStringLiteral("demo"));
        QVERIFY(p.demo.isUp());
        QTRY_COMPARE(child<StateBadge>(p.page, "outage_state_birch")->text(),
                     QStringLiteral("Real, no fault"));
        p.press("outages_break_birch");
        QVERIFY(p.rows(1));
        QCOMPARE(p.cell(0, ActiveFaultModel::targetColumn), QStringLiteral("Birch"));
        p.press("outages_restore_birch");
        QVERIFY(p.rows(0));
    }
};

QTEST_MAIN(TestOutages)
#include "test_outages.moc"
