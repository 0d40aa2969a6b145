// Alerts and webhooks on the Chains page: rules that are made, told in words, wrong and undone, and
// test calls to a real receiver.
#include "ui/chains_world.h"

#include "support/webhook_receiver.h"
#include "ui/models/alert_edits.h"
#include "ui/models/alert_text.h"
#include "ui/pages/chains/problems_panel.h"

#include <QAbstractItemModelTester>

using namespace brownout;
using namespace brownout::ui;
namespace ops = brownout::ui::alert_edits;

namespace {

struct AlertWorld : World {
    AlertWorld() { click("alert_settings"); }
    const chain::Json& json() { return editor().json(); }
    const chain::Json& rule(int i) { return json()["alerts"][static_cast<std::size_t>(i)]; }
    QListView& list() { return *child<QListView>(page, "alert_list"); }
    QString row(int i) { return list().model()->index(i, 0).data().toString(); }
    QString label(const char* name) { return child<QLabel>(page, name)->text(); }
    bool shows(const char* name) { return child<QWidget>(page, name)->isVisibleTo(&page); }
    void add(std::string_view metric) {
        for (QAction* action : child<QPushButton>(page, "add_alert")->menu()->actions())
            if (action->text() == metricLabel(metric))
                return action->trigger();
        QFAIL("no such metric is offered");
    }
    void choose(const char* combo, const QString& value) {
        auto* box = child<QComboBox>(page, combo);
        const int index = box->findData(value);
        QVERIFY2(index >= 0, qPrintable(value));
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index);
    }
};

} // namespace

class TestAlertRules : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void theDefaultIsTold() {
        AlertWorld w;
        QVERIFY(!w.json().contains("alerts"));
        QVERIFY(!w.shows("alert_list") && !w.shows("remove_alert") && w.shows("no_alerts"));
        QVERIFY2(w.label("alert_state")
                     .contains("failure rate above 5 %, first of each chain, for 60 s"),
                 qPrintable(w.label("alert_state")));
        QVERIFY(w.label("alert_state").contains("Over once it has been at most 4 % for 60 s."));
        w.keep("alerts_default");
        // Who adds a rule keeps the one that held.
        w.add("spend_usd");
        QCOMPARE(w.editor().document().alerts.size(), std::size_t{2});
        QVERIFY(w.rule(0)["metric"] == "failure_rate" && w.rule(1)["metric"] == "spend_usd");
        QCOMPARE(w.row(0), QString("Failure rate above 5 %"));
        QCOMPARE(w.row(1), QString("Spend in an hour above 1 USD"));
        QCOMPARE(w.list().currentIndex().row(), 1);
        w.keep("alerts");
        // Without any rule nothing is watched, and that is told too.
        w.click("remove_alert");
        w.click("remove_alert");
        QVERIFY(w.json()["alerts"] == chain::Json::array());
        QVERIFY(w.label("alert_state").startsWith("No alerts are wanted"));
        QVERIFY(w.editor().document().alerts.empty());
        w.click("default_alert");
        QVERIFY(!w.json().contains("alerts"));
        QCOMPARE(w.editor().document().alerts.size(), std::size_t{1});
    }

    void everyCommandIsOneStep_data() {
        QTest::addColumn<QString>("what");
        for (const char* what : {"add", "duplicate_alert", "remove_alert", "by key", "no_alerts",
                                 "metric", "target", "above", "reset", "hook"})
            QTest::newRow(what) << QString(what);
    }
    void everyCommandIsOneStep() {
        QFETCH(QString, what);
        AlertWorld w;
        QAbstractItemModelTester tester(w.list().model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        if (what != "no_alerts")
            w.editor().edit("rules", ops::addRule(w.json(), ops::usualRule("latency_ms")));
        const int steps = w.editor().undoStack().count();
        const std::string before = chain::pretty_json(w.json());
        if (what == "add")
            w.add("breaker_open");
        else if (what == "by key")
            QTest::keyClick(&w.list(), Qt::Key_Delete);
        else if (what == "metric")
            w.choose("alert_metric", "budget_used");
        else if (what == "target")
            w.choose("alert_target", "birch");
        else if (what == "above")
            w.type("alert_above", "12.5");
        else if (what == "reset")
            w.click("alert_for_s_reset");
        else if (what == "hook")
            w.type("field_hooks_on_failover", "https://ops.example.com/failover");
        else
            w.click(qPrintable(what));
        const std::string after = chain::pretty_json(w.json());
        QVERIFY(after != before);
        QVERIFY(w.editor().isValid());
        QCOMPARE(w.editor().undoStack().count(), steps + 1);
        w.editor().undoStack().undo();
        QCOMPARE(chain::pretty_json(w.json()), before);
        w.editor().undoStack().redo();
        QCOMPARE(chain::pretty_json(w.json()), after);
        QCOMPARE(w.list().model()->rowCount(), ops::ruleCount(w.json()));
    }

    // What is typed in the unit of people is written in the document's.
    void fieldsOfARule() {
        AlertWorld w;
        w.add("latency_ms");
        w.type("alert_above", "2.5");
        w.type("alert_quantile", "99");
        w.type("alert_for_s", "30");
        w.choose("alert_target", "@2");
        w.choose("alert_task", "*");
        chain::Json wanted = {{"metric", "latency_ms"}, {"target", "@2"}, {"above", 2500}};
        wanted["for_s"] = 30;
        wanted["quantile"] = 0.99;
        wanted["task"] = "*";
        QVERIFY2(w.rule(1) == wanted, w.rule(1).dump().c_str());
        QCOMPARE(w.row(1), QString("Latency p99 above 2.5 s"));
        QCOMPARE(w.label("alert_sentence"),
                 QString("Raised once p99 of the last minute's latency has been above 2.5 s for "
                         "30 s. Over once it has been at most 2 s for 30 s."));
        // Another metric has another limit; whom it is about stays.
        w.choose("alert_metric", "breaker_open");
        QVERIFY(!w.rule(1).contains("above") && !w.rule(1).contains("quantile"));
        QVERIFY(w.rule(1)["target"] == "@2" && w.rule(1)["for_s"] == 30);
        QVERIFY(w.editor().isValid());
        QVERIFY(!w.page.findChild<QWidget*>("alert_above"));
        w.choose("alert_metric", "failure_rate");
        w.type("alert_above", "7");
        w.choose("alert_metric", "fallback_ratio"); // a share stays that share
        QVERIFY(w.rule(1)["above"] == 0.07);
    }

    void sentences_data() {
        QTest::addColumn<QString>("metric");
        QTest::addColumn<double>("above");
        QTest::addColumn<double>("for_s");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* metric, double above, double for_s, const char* says) {
            QTest::addRow("%s %g %g", metric, above, for_s)
                << QString(metric) << above << for_s << QString(says);
        };
        row("failure_rate", 0.1, 0, "at most 8 % for 10 s"); // no shorter
        row("failure_rate", 0.1, 900, "at most 8 % for 300 s");
        row("failure_rate", 0.1, 0, "Raised as soon as the share of the last minute's requests");
        row("cost_jump", 1.1, 20, "at most 1 times for 20 s"); // where falling back costs no more
        row("cost_jump", 3, 20, "at most 2.4 times for 20 s");
        row("spend_usd", 5, 0, "at most 4 USD for 10 s");
        row("budget_used", 0.8, 0, "above 80 %");
        row("breaker_open", 0, 5, "Over once it has been closed for 10 s.");
    }
    void sentences() {
        QFETCH(QString, metric);
        QFETCH(double, above);
        QFETCH(double, for_s);
        QFETCH(QString, says);
        chain::Alert rule;
        rule.metric = metric.toStdString();
        rule.above = above;
        rule.for_s = for_s;
        QVERIFY2(alertSentence(rule).contains(says), qPrintable(alertSentence(rule)));
    }

    void everyUsualRuleIsGood() {
        for (const std::string_view metric : ops::metrics()) {
            chain::Json json = ops::addRule(quickDemo(), ops::usualRule(metric));
            QVERIFY(chain::read_document(json, "").ok());
            QVERIFY(!alertScope(ops::usualRule(metric)).isEmpty());
            for (const std::string_view other : ops::metrics())
                QVERIFY(chain::read_document(ops::setMetric(json, 1, other), "").ok());
        }
    }

    void whatIsWrongIsToldThere_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* field, const char* typed, const char* message) {
            QTest::addRow("%s %s", field, typed) << field << typed << message;
        };
        row("alert_above", "800", "Expected a number from 0 to 100 %");
        row("alert_above", "a lot", "Expected a number from 0 to 100 %");
        row("alert_for_s", "-1", "from 0 to 86400");
        row("field_hooks_on_alert", "ftp://example.com", "not an http(s) address");
        row("field_hooks_on_alert", "https://me:pw@example.com", "user name or password");
    }
    void whatIsWrongIsToldThere() {
        QFETCH(QString, field);
        QFETCH(QString, typed);
        QFETCH(QString, message);
        AlertWorld w;
        w.add("failure_rate");
        w.type(qPrintable(field), typed);
        QVERIFY(!w.editor().isValid());
        const QString told = w.label(qPrintable(field + "_problem")).remove(',');
        QVERIFY2(told.contains(message), qPrintable(told));
        QVERIFY(w.label("problem_text_1").remove(',').contains(message));
        const QString badge =
            w.list().model()->index(1, 0).data(RowListModel::badgeRole).toString();
        QCOMPARE(badge, field.startsWith("alert") ? QString("Error") : QString());
        w.keep("alerts_wrong");
        // From anywhere back to the field.
        Q_EMIT w.flow().selected(0);
        w.click("problem_show_1");
        QTRY_COMPARE(w.page.focusWidget() ? w.page.focusWidget()->objectName() : QString(), field);
        w.editor().undoStack().undo();
        QVERIFY(w.editor().isValid());
    }

    // What no field shows is told below the fields; values that no list offers are kept.
    void whatOnlyTheFileSays() {
        AlertWorld w;
        w.editor().edit("x",
                        edits::set(w.json(), "/alerts",
                                   chain::Json::parse("[{\"metric\":\"failure_rate\",\"above\":0.1,"
                                                      "\"task\":\"simpel\",\"abov\":1}]")));
        QVERIFY2(w.label("alert_problem").contains("did you mean `above`", Qt::CaseInsensitive),
                 qPrintable(w.label("alert_problem")));
        QVERIFY(!w.label("alert_task_problem").isEmpty());
        QCOMPARE(child<QComboBox>(w.page, "alert_task")->currentText(), QString("simpel"));
        w.editor().edit("y", edits::set(w.json(), "/alerts", chain::Json::object()));
        QVERIFY(w.shows("alert_problem"));
        w.add("spend_usd"); // mends it
        QVERIFY(w.editor().isValid());
    }

    // The document takes a secret behind the ? of a webhook's address, and nowhere else.
    void secretsOfAnAddress() {
        AlertWorld w;
        const std::string with =
            "https://ops.example.com/hook?token=aB3dE5gH7jK9aB3dE5gH7jK9aB3dE5";
        w.type("field_hooks_on_alert", QString::fromStdString(with));
        QVERIFY(w.json()["hooks"]["on_alert"] == with);
        QVERIFY(w.editor().isValid());
        const chain::Json before = w.json();
        w.type("field_hooks_on_alert", "https://ops.example.com/sk-canary-4711aB3dE5gH7jK9/x");
        QVERIFY(w.json() == before);
        QVERIFY(w.label("field_hooks_on_alert_problem").contains("looks like a key"));
        QVERIFY(!w.editor().undoStack().undoText().contains("token"));
    }

    void testCalls_data() {
        QTest::addColumn<QString>("hook");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        QTest::newRow("taken") << "on_alert" << 200 << "taken: HTTP 200 after ";
        QTest::newRow("refused") << "on_failover" << 403 << "not taken: HTTP 403 after ";
    }
    void testCalls() {
        QFETCH(QString, hook);
        QFETCH(int, status);
        QFETCH(QString, says);
        test::Receiver receiver([status](std::size_t) { return status; });
        AlertWorld w;
        const QByteArray field = "field_hooks_" + hook.toUtf8(),
                         press = "hook_test_" + hook.toUtf8(),
                         result = "hook_result_" + hook.toUtf8();
        QVERIFY(!child<QPushButton>(w.page, press)->isEnabled());
        // Pressed while the address is still being typed.
        auto* edit = child<QLineEdit>(w.page, field);
        edit->setFocus();
        QTest::keyClicks(edit, QString::fromStdString(receiver.url()));
        w.editor().settle();
        w.click(press);
        QTRY_VERIFY_WITH_TIMEOUT(w.label(result).startsWith(says), 15'000);
        QVERIFY2(!w.label(result).contains("of-the-hook"), qPrintable(w.label(result)));
        const auto calls = receiver.calls();
        QCOMPARE(calls.size(), std::size_t{1});
        QCOMPARE(test::header(calls[0], "X-Brownout-Hook"), hook.toStdString());
        const auto body = chain::Json::parse(test::body_of(calls[0]));
        QVERIFY(body["test"] == true);
        w.keep("alerts_test_call");
        // Told of that address only.
        w.type(field, "https://ops.example.com/other");
        QVERIFY(w.label(result).isEmpty());
    }

    // A test that is still running when its page goes tells nobody and breaks nothing.
    void thePageGoesFirst() {
        test::Receiver receiver([](std::size_t) { return 200; });
        {
            AlertWorld w;
            w.type("field_hooks_on_alert", QString::fromStdString(receiver.url()));
            w.click("hook_test_on_alert");
        }
        QTRY_COMPARE_WITH_TIMEOUT(receiver.calls().size(), std::size_t{1}, 15'000);
    }

    void everyControlHasAName() {
        AlertWorld w;
        w.add("latency_ms");
        auto* editor = child<QWidget>(w.page, "alert_editor");
        int controls = 0;
        for (QWidget* inside : editor->findChildren<QWidget*>())
            if (qobject_cast<QAbstractButton*>(inside) || qobject_cast<QLineEdit*>(inside) ||
                qobject_cast<QComboBox*>(inside) || qobject_cast<QListView*>(inside)) {
                if (qobject_cast<QComboBox*>(inside->parentWidget()) ||
                    inside->inherits("QComboBoxListView"))
                    continue; // Qt's own
                ++controls;
                QVERIFY2(!inside->objectName().isEmpty() && !inside->accessibleName().isEmpty(),
                         inside->metaObject()->className());
            }
        QVERIFY(controls > 15);
    }
};

QTEST_MAIN(TestAlertRules)
#include "test_alert_rules.moc"
