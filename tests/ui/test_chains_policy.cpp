// Every row of the policy table, and the fields of targets and providers beside it, can be edited
// on the Chains page, at every level where the format allows it.
#include "ui/chains_world.h"

#include "chain/policy_table.h"

using namespace brownout;
using namespace brownout::ui;
using chain::PolicyLevel;
using chain::RowKind;

namespace {

QString fieldName(std::string_view pointer) {
    QString name = "field_" + QString::fromUtf8(pointer.data(), qsizetype(pointer.size()));
    return name.replace('/', '_');
}

QWidget* editorOf(World& w, const QString& name) {
    return child<QWidget>(w.page, "inspector")->findChild<QWidget*>(name);
}

// A valid value other than the default, as it is typed.
QString valueOf(const chain::PolicyRow& row) {
    switch (row.kind) {
    case RowKind::integer:
        return "3";
    case RowKind::boolean:
        return "no";
    case RowKind::commit:
        return "40";
    case RowKind::group:
        return "on";
    case RowKind::choice:
        return QString::fromUtf8(row.choices.back().data(), qsizetype(row.choices.back().size()))
            .replace('_', ' ');
    default:
        return row.range.high <= 1 ? "0.25" : "7";
    }
}

void enter(World& w, QWidget* editor, const QString& value) {
    if (auto* combo = qobject_cast<QComboBox*>(editor)) {
        int index = -1; // past the inherited one
        for (int i = 1; i < combo->count(); ++i)
            if (combo->itemText(i) == value)
                index = i;
        QVERIFY2(index > 0, qPrintable(combo->objectName() + " does not offer " + value));
        combo->setCurrentIndex(index);
        Q_EMIT combo->activated(index);
        return;
    }
    w.type(qPrintable(editor->objectName()), value);
}

struct Level {
    const char* name;
    PolicyLevel level;
    std::string base;
};

void showLevel(World& w, PolicyLevel level) {
    if (level == PolicyLevel::document)
        w.click("level_document");
    else
        Q_EMIT w.flow().selected(level == PolicyLevel::chain ? -1 : 0);
}

} // namespace

class TestChainsPolicy : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void everyRowHasAnEditor_data() {
        QTest::addColumn<int>("level");
        QTest::addColumn<QString>("base");
        QTest::newRow("document") << int(PolicyLevel::document) << "/policy";
        QTest::newRow("chain") << int(PolicyLevel::chain) << "/chains/0/policy";
        QTest::newRow("target") << int(PolicyLevel::target) << "/chains/0/targets/0";
    }
    void everyRowHasAnEditor() {
        QFETCH(int, level);
        QFETCH(QString, base);
        const auto at = static_cast<PolicyLevel>(level);
        World w;
        showLevel(w, at);
        int edited = 0;
        for (const chain::PolicyRow& row : chain::policy_table()) {
            const std::string name(row.pointer);
            const bool settable =
                row.allowed_at(at) && !(at == PolicyLevel::target && row.whole_request);
            if (!settable) {
                QVERIFY2(!editorOf(w, fieldName(row.pointer)), name.c_str());
                continue;
            }
            if (row.kind == RowKind::group && !row.nullable) {
                const bool below =
                    std::any_of(chain::policy_table().begin(), chain::policy_table().end(),
                                [&](const auto& other) { return other.parent() == row.pointer; });
                QVERIFY2(below, name.c_str());
                continue; // nothing of its own
            }
            // A group that is off by default is switched on first.
            const chain::PolicyRow* group = chain::policy_row(row.parent());
            const int before = w.editor().undoStack().index();
            if (group && group->nullable)
                enter(w, editorOf(w, fieldName(group->pointer)), "on");
            QString field = fieldName(row.pointer);
            std::string pointer = base.toStdString() + "/" + name;
            if (row.kind == RowKind::amounts) {
                field += "_aster";
                pointer += "/aster";
            }
            QWidget* editor = editorOf(w, field);
            QVERIFY2(editor, qPrintable("no editor for " + field));
            QVERIFY2(!editor->accessibleName().isEmpty(), qPrintable(field));
            const auto* was = edits::at(w.editor().json(), pointer);
            const chain::Json old = was ? *was : chain::Json();
            enter(w, editor, valueOf(row));
            const auto* now = edits::at(w.editor().json(), pointer);
            QVERIFY2(now && *now != old, qPrintable(field + " wrote nothing"));
            QVERIFY2(w.editor().isValid(),
                     w.editor().problems().empty() ? "" : w.editor().problems()[0].text().c_str());
            ++edited;
            while (w.editor().undoStack().index() > before)
                w.editor().undoStack().undo();
            showLevel(w, at);
        }
        QCOMPARE(edited, at == PolicyLevel::target ? 12 : 50);
    }

    void groupsSwitchOffAndBackToInherited() {
        World w;
        showLevel(w, PolicyLevel::document);
        enter(w, editorOf(w, "field_hedge"), "on");
        QCOMPARE(w.editor().json()["policy"]["hedge"]["after_ms"], chain::Json(800));
        // The one way of starting replaces the other.
        w.type("field_hedge_after_quantile", "0.9");
        QVERIFY(!w.editor().json()["policy"]["hedge"].contains("after_ms"));
        QVERIFY(w.editor().isValid());
        showLevel(w, PolicyLevel::chain);
        auto* hedge = child<QComboBox>(w.page, "field_hedge");
        QCOMPARE(hedge->currentText(), QString("on (inherited)"));
        enter(w, hedge, "off");
        QVERIFY(w.editor().json()["chains"][0]["policy"]["hedge"].is_null());
        QCOMPARE(hedge->currentText(), QString("off"));
        w.click("field_hedge_reset");
        QVERIFY(!w.editor().json()["chains"][0].contains("policy"));
        QVERIFY(w.editor().isValid());
    }

    void targetsAndProvidersBesideThePolicy_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QString>("json");
        const auto row = [](const char* field, const char* value, const char* pointer,
                            const char* json) {
            QTest::newRow(field) << field << value << pointer << json;
        };
        row("field_enabled", "no", "/chains/0/targets/0/enabled", "false");
        row("field_context_tokens", "8000", "/chains/0/targets/0/context_tokens", "8000");
        row("field_capabilities", "stream, json", "/chains/0/targets/0/capabilities",
            "[\"stream\",\"json\"]");
        row("field_weight", "2", "/chains/0/targets/0/weight", "2");
        row("field_quality", "0.5", "/chains/0/targets/0/quality", "0.5");
        row("field_breaker_hold", "open", "/chains/0/targets/0/breaker_hold", "\"open\"");
        row("field_limits_requests_per_min", "60", "/providers/0/limits/requests_per_min", "60");
        row("field_limits_tokens_per_min", "9000", "/providers/0/limits/tokens_per_min", "9000");
        row("field_limits_concurrency", "4", "/providers/0/limits/concurrency", "4");
        row("field_health_check", "on", "/providers/0/health_check",
            "{\"every_s\":60,\"by\":\"models\"}");
        row("field_health_check_every_s", "30", "/providers/0/health_check", "{\"every_s\":30}");
        row("field_health_check_by", "tiny prompt", "/providers/0/health_check",
            "{\"by\":\"prompt\"}");
    }
    void targetsAndProvidersBesideThePolicy() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(QString, pointer);
        QFETCH(QString, json);
        World w;
        if (pointer.startsWith("/providers")) {
            auto* list = child<QListView>(w.page, "provider_list");
            Q_EMIT list->clicked(list->model()->index(0, 0));
        } else {
            Q_EMIT w.flow().selected(0);
        }
        enter(w, child<QWidget>(w.page, qPrintable(field)), value);
        const auto* now = edits::at(w.editor().json(), pointer.toStdString());
        QVERIFY(now);
        QCOMPARE(QString::fromStdString(now->dump()), json);
        QVERIFY(w.editor().isValid());
    }

    void noChoiceIsCut() {
        World w;
        for (const auto level : {PolicyLevel::document, PolicyLevel::chain, PolicyLevel::target}) {
            showLevel(w, level);
            QTest::qWait(60);
            for (auto* combo : child<QWidget>(w.page, "inspector")->findChildren<QComboBox*>()) {
                if (!combo->isVisible())
                    continue;
                for (int i = 0; i < combo->count(); ++i) {
                    const int text = combo->fontMetrics().horizontalAdvance(combo->itemText(i));
                    QVERIFY2(
                        text + 8 + 20 + 4 <= combo->width(), // padding, arrow, border
                        qPrintable(combo->objectName() + ": " + combo->itemText(i) +
                                   QString(" needs %1 of %2").arg(text + 32).arg(combo->width())));
                }
            }
        }
    }
};

QTEST_MAIN(TestChainsPolicy)
#include "test_chains_policy.moc"
