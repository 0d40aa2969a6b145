// The inspector of the Chains page: what is typed goes into the document, fits its panel and says
// what is wrong where it is wrong.
#include "ui/chains_world.h"
#include "ui/models/alert_edits.h"

using namespace brownout;
using namespace brownout::ui;

class TestChainInspector : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void inspectorWritesAndResets() {
        World w;
        Q_EMIT w.flow().selected(-1);
        auto* field = child<QLineEdit>(w.page, "field_timeouts_stall_ms");
        QCOMPARE(field->text(), QString());
        QCOMPARE(field->placeholderText(), QString("5")); // seconds, from the document
        w.type("field_timeouts_stall_ms", "9");
        const chain::Json& chainJson = w.editor().json()["chains"][0];
        QCOMPARE(chainJson["policy"]["timeouts"]["stall_ms"], chain::Json(9000));
        w.click("field_timeouts_stall_ms_reset");
        QVERIFY(!w.editor().json()["chains"][0].contains("policy"));
        QCOMPARE(field->text(), QString());
        // Off is null, and shows.
        w.type("field_breaker_failure_ratio", "off");
        QVERIFY(w.editor().json()["chains"][0]["policy"]["breaker"]["failure_ratio"].is_null());
        QVERIFY(w.editor().isValid());
    }

    // Text is committed a moment after the last key press; nothing that happens within it loses it.
    void whatIsBeingTypedIsNeverLost() {
        World w;
        w.page.activateWindow();
        Q_EMIT w.flow().selected(-1);
        auto* field = child<QLineEdit>(w.page, "field_timeouts_stall_ms");
        QTRY_VERIFY((field->setFocus(), field->hasFocus()));
        const auto stall = [&] {
            const auto* at = edits::at(w.editor().json(), "/chains/0/policy/timeouts/stall_ms");
            return at ? *at : chain::Json();
        };
        QTest::keyClicks(field, "9");
        w.editor().edit("meanwhile", edits::set(w.editor().json(), "/name", "meanwhile"));
        QCOMPARE(field->text(), QString("9"));
        QTRY_COMPARE(stall(), chain::Json(9000)); // by itself
        QTest::keyClicks(field, "5");
        Q_EMIT w.flow().duplicateRequested(0);
        QCOMPARE(stall(), chain::Json(95'000));
        QCOMPARE(w.editor().json()["chains"][0]["targets"].size(), std::size_t{4});
    }

    void aKeyInAnAddressIsRefused() {
        World w;
        w.addPreset("deepseek");
        w.showProvider(3);
        const chain::Json before = w.editor().json();
        const QString canary = QStringLiteral("sk-canary-4711aB3dE5gH7jK9");
        w.type("field_base_url", "https://api.example.com/v1/" + canary);
        QCOMPARE(w.editor().json(), before);
        QVERIFY(
            child<QLabel>(w.page, "field_base_url_problem")->text().contains("looks like a key"));
        w.type("field_base_url", "https://api.example.com/v2");
        QCOMPARE(w.editor().json()["providers"][3]["base_url"],
                 chain::Json("https://api.example.com/v2"));
    }

    void inspectorFitsItsPanel_data() {
        QTest::addColumn<QString>("level");
        QTest::addColumn<bool>("broken"); // long messages below the fields
        for (const char* level :
             {"document", "alerts", "chain", "target", "provider", "real provider"}) {
            QTest::newRow(level) << QString(level) << false;
            QTest::addRow("%s, broken", level) << QString(level) << true;
        }
    }
    void inspectorFitsItsPanel() {
        QFETCH(QString, level);
        QFETCH(bool, broken);
        World w;
        if (level == "document") {
            w.click("level_document");
        } else if (level == "alerts") {
            w.editor().edit("rule", alert_edits::addRule(w.editor().json(),
                                                         alert_edits::usualRule("latency_ms")));
            w.click("alert_settings");
            w.type("field_hooks_on_alert", "https://a.long.name.of.a.host.example.com/a/path");
        } else if (level == "provider") {
            auto* list = child<QListView>(w.page, "provider_list");
            Q_EMIT list->clicked(list->model()->index(0, 0));
        } else if (level == "real provider") {
            w.addPreset("deepseek");
            w.showProvider(3);
            w.type("field_base_url", "https://a.long.name.of.a.host.example.com/with/a/path/v1");
            auto* source = child<QComboBox>(w.page, "key_source");
            source->setCurrentIndex(2); // this session: every row of the key shows
            Q_EMIT source->activated(2);
            w.click("key_add");
        } else {
            Q_EMIT w.flow().selected(level == "chain" ? -1 : 0);
        }
        const bool ofProvider = level.endsWith("provider");
        if (broken)
            w.type(ofProvider          ? "field_limits_concurrency"
                   : level == "alerts" ? "alert_for_s"
                                       : "field_timeouts_stall_ms",
                   QString(60, QLatin1Char('w')));
        QTest::qWait(60);
        auto* scroll = child<QWidget>(w.page, "inspector")->findChild<QScrollArea*>();
        const int width = scroll->viewport()->width();
        QVERIFY(width <= 380);
        QCOMPARE(scroll->widget()->width(), width);
        for (auto* inside : scroll->widget()->findChildren<QWidget*>()) {
            if (!inside->isVisible())
                continue;
            const int left = inside->mapTo(scroll->widget(), QPoint()).x();
            QVERIFY2(left >= 0 && left + inside->width() <= width,
                     qPrintable(inside->objectName() + " " + inside->metaObject()->className() +
                                QString(" ends at %1").arg(left + inside->width())));
            if (qobject_cast<QPushButton*>(inside) || qobject_cast<QLineEdit*>(inside))
                QVERIFY2(inside->width() >= inside->minimumSizeHint().width(),
                         qPrintable(inside->objectName()));
        }
        if (level == "real provider" && !broken)
            w.keep("chains_provider");
    }

    void anAddressShowsItsBeginning() {
        World w;
        w.addPreset("openai");
        w.showProvider(3);
        QCOMPARE(child<QLineEdit>(w.page, "field_base_url")->cursorPosition(), 0);
    }

    void rangesAreInTheShownUnit_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("message");
        QTest::newRow("seconds, below") << "field_timeouts_stall_ms"
                                        << "-1"
                                        << "Expected a number above 0 and at most 86,400 s.";
        QTest::newRow("seconds, words") << "field_timeouts_stall_ms"
                                        << "soon"
                                        << "Expected a number above 0 and at most 86,400 s.";
    }
    void rangesAreInTheShownUnit() {
        QFETCH(QString, field);
        QFETCH(QString, typed);
        QFETCH(QString, message);
        World w;
        Q_EMIT w.flow().selected(-1);
        w.type(qPrintable(field), typed);
        auto* problem = child<QLabel>(w.page, qPrintable(field + "_problem"));
        QCOMPARE(problem->text(), message);
        QVERIFY(problem->wordWrap());
    }

    void wrongInputStaysWithAMessage() {
        World w;
        Q_EMIT w.flow().selected(-1);
        w.type("field_retry_max_attempts", "many");
        QVERIFY(!w.editor().isValid());
        auto* problem = child<QLabel>(w.page, "field_retry_max_attempts_problem");
        QVERIFY(problem->isVisibleTo(&w.page));
        QVERIFY(!problem->text().isEmpty());
        QCOMPARE(child<QLineEdit>(w.page, "field_retry_max_attempts")->text(), QString("many"));
        QVERIFY(child<QLabel>(w.page, "problems_title")->text().startsWith("1 error"));
        QCOMPARE(w.flow().count(), 3); // nothing lost
        w.keep("chains_invalid");
        Q_EMIT w.flow().selected(1);
        w.click("problem_show_1"); // back to the field
        QCOMPARE(QApplication::focusWidget() ? QApplication::focusWidget()->objectName()
                                             : QString("field_retry_max_attempts"),
                 QString("field_retry_max_attempts"));
        w.type("field_retry_max_attempts", "4");
        QVERIFY(w.editor().isValid());
    }

    void fieldsReadAndWrite_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<double>("scale");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("json"); // empty: unset
        const int number = static_cast<int>(FieldSpec::Kind::number);
        QTest::newRow("seconds") << number << 1000. << "0.3"
                                 << "300";
        QTest::newRow("percent") << number << 0.01 << "50"
                                 << "0.5";
        QTest::newRow("whole") << number << 1. << " 3 "
                               << "3";
        QTest::newRow("fraction") << number << 1. << "0.25"
                                  << "0.25";
        QTest::newRow("words in a number") << number << 1. << "many"
                                           << "\"many\"";
        QTest::newRow("empty") << number << 1. << ""
                               << "";
        QTest::newRow("off") << number << 1. << "off"
                             << "null";
        QTest::newRow("commit tokens") << static_cast<int>(FieldSpec::Kind::commit) << 1. << "40"
                                       << "{\"tokens\":40}";
        QTest::newRow("words") << static_cast<int>(FieldSpec::Kind::words) << 1. << "stream, json"
                               << "[\"stream\",\"json\"]";
    }
    void fieldsReadAndWrite() {
        QFETCH(int, kind);
        QFETCH(double, scale);
        QFETCH(QString, typed);
        QFETCH(QString, json);
        FieldSpec spec;
        spec.kind = static_cast<FieldSpec::Kind>(kind);
        spec.scale = scale;
        spec.nullable = true;
        const auto value = JsonField::parsed(spec, typed);
        QCOMPARE(value ? QString::fromStdString(value->dump()) : QString(), json);
        if (value)
            QCOMPARE(JsonField::shown(spec, *value), typed.trimmed());
    }
};

QTEST_MAIN(TestChainInspector)
#include "test_chain_inspector.moc"
