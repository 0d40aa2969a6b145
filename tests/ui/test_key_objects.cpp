// Keys with limits of their own: read, edited, added and removed without losing what stands beside
// them; and a document with forms that no field shows comes through the inspector as it was.
#include "ui/chains_world.h"

#include "ui/models/key_items.h"

using namespace brownout;
using namespace brownout::ui;
using chain::Json;

namespace {

// A provider of the demo with three keys: a plain one, and two with limits.
Json withKeys() {
    Json json = quickDemo();
    json["providers"][0]["key"] =
        Json::parse(R"(["env:FIRST", {"key": "env:SECOND", "limits": {"requests_per_min": 60}},
                        {"limits": {"tokens_per_min": 1000, "concurrency": 2},
                         "key": "session:third"}])");
    return json;
}

struct KeyWorld {
    DemoSession demo;
    ChainsPage page{demo.session};
    explicit KeyWorld(Json json = withKeys()) : demo(std::move(json)) {
        page.resize(1366, 900);
        page.show();
        showProvider();
    }
    void showProvider() {
        auto* list = child<QListView>(page, "provider_list");
        Q_EMIT list->clicked(list->model()->index(0, 0));
    }
    QString key() {
        return QString::fromStdString(demo.session.editor().json()["providers"][0]["key"].dump());
    }
    void type(const char* field, const QString& text) {
        auto* edit = child<QLineEdit>(page, field);
        edit->setFocus();
        edit->selectAll();
        if (text.isEmpty())
            QTest::keyClick(edit, Qt::Key_Delete);
        else
            QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }
    QUndoStack& undo() { return demo.session.editor().undoStack(); }
};

constexpr const char* before =
    R"(["env:FIRST",{"key":"env:SECOND","limits":{"requests_per_min":60}},)"
    R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"}])";

} // namespace

class TestKeyObjects : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void items_data() {
        QTest::addColumn<QString>("item");
        QTest::addColumn<QString>("limit"); // of requests_per_min; empty: removed
        QTest::addColumn<QString>("after");
        QTest::newRow("a plain key gets a limit")
            << R"("env:A")"
            << "5"
            << R"({"key":"env:A","limits":{"requests_per_min":5}})";
        QTest::newRow("a plain key without one") << R"("env:A")"
                                                 << ""
                                                 << R"("env:A")";
        QTest::newRow("another value") << R"({"key":"env:A","limits":{"requests_per_min":5}})"
                                       << "7"
                                       << R"({"key":"env:A","limits":{"requests_per_min":7}})";
        QTest::newRow("beside others")
            << R"({"key":"env:A","limits":{"concurrency":1}})"
            << "7"
            << R"({"key":"env:A","limits":{"concurrency":1,"requests_per_min":7}})";
        QTest::newRow("the last one goes") << R"({"key":"env:A","limits":{"requests_per_min":5}})"
                                           << ""
                                           << R"("env:A")";
        QTest::newRow("others stay") << R"({"key":"env:A","limits":{"requests_per_min":5,"x":1}})"
                                     << ""
                                     << R"({"key":"env:A","limits":{"x":1}})";
        QTest::newRow("what is unknown beside it stays")
            << R"({"key":"env:A","note":"mine","limits":{"requests_per_min":5}})"
            << ""
            << R"({"key":"env:A","note":"mine"})";
        QTest::newRow("what was typed wrong is kept for the reader to judge")
            << R"("env:A")"
            << R"("many")"
            << R"({"key":"env:A","limits":{"requests_per_min":"many"}})";
    }
    void items() {
        QFETCH(QString, item);
        QFETCH(QString, limit);
        QFETCH(QString, after);
        const Json in = Json::parse(item.toStdString());
        const auto value =
            limit.isEmpty() ? std::nullopt : std::optional(Json::parse(limit.toStdString()));
        QCOMPARE(QString::fromStdString(withLimit(in, "requests_per_min", value).dump()), after);
        QCOMPARE(referenceOf(withReference(in, "env:B")), std::optional<std::string>("env:B"));
    }

    void listsAndSingles_data() {
        QTest::addColumn<QString>("key"); // there and back
        for (const char* key : {R"("env:A")", R"(["env:A"])", R"(["env:A","env:B"])",
                                R"({"key":"env:A","limits":{"concurrency":1}})",
                                R"([{"key":"env:A"},5,{"no":"key"},"env:B"])"})
            QTest::newRow(key) << QString(key);
    }
    void listsAndSingles() {
        QFETCH(QString, key);
        const Json in = Json::parse(key.toStdString());
        QCOMPARE(QString::fromStdString(keyOf(keyItems(&in), &in).dump()), key);
        QCOMPARE(keyOf({}, &in), Json("none"));
    }

    void everyKeyIsShownWithItsLimits() {
        KeyWorld w;
        QVERIFY(w.demo.session.editor().isValid());
        QCOMPARE(child<QLineEdit>(w.page, "key_name")->text(), QString("FIRST"));
        QCOMPARE(child<QLineEdit>(w.page, "key_name_2")->text(), QString("SECOND"));
        QCOMPARE(child<QLineEdit>(w.page, "key_name_3")->text(), QString("third"));
        QCOMPARE(child<QLineEdit>(w.page, "key_requests_per_min_2")->text(), QString("60"));
        QCOMPARE(child<QLineEdit>(w.page, "key_concurrency_3")->text(), QString("2"));
        QVERIFY(!child<QWidget>(w.page, "key_requests_per_min")->isVisibleTo(&w.page));
        QTRY_VERIFY(child<QWidget>(w.page, "key_requests_per_min_2")->isVisibleTo(&w.page));
        QCOMPARE(w.key(), QString(before));
        QTest::qWait(60);
        keepPicture(w.page, "key_objects");
    }

    void eachEditKeepsTheRest_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("after");
        QTest::newRow("a limit changes")
            << "limit"
            << R"(["env:FIRST",{"key":"env:SECOND","limits":{"requests_per_min":90}},)"
               R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"}])";
        QTest::newRow("a limit goes")
            << "unlimited"
            << R"(["env:FIRST","env:SECOND",)"
               R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"}])";
        QTest::newRow("a plain key gets one")
            << "first"
            << R"([{"key":"env:FIRST","limits":{"concurrency":4}},)"
               R"({"key":"env:SECOND","limits":{"requests_per_min":60}},)"
               R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"}])";
        QTest::newRow("another name")
            << "name"
            << R"(["env:FIRST",{"key":"env:OTHER","limits":{"requests_per_min":60}},)"
               R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"}])";
        QTest::newRow("another key")
            << "add"
            << R"(["env:FIRST",{"key":"env:SECOND","limits":{"requests_per_min":60}},)"
               R"({"limits":{"tokens_per_min":1000,"concurrency":2},"key":"session:third"},)"
               R"("session:aster-4"])";
        QTest::newRow("one less") << "drop"
                                  << R"(["env:FIRST",)"
                                     R"({"limits":{"tokens_per_min":1000,"concurrency":2},)"
                                     R"("key":"session:third"}])";
    }
    void eachEditKeepsTheRest() {
        QFETCH(QString, what);
        QFETCH(QString, after);
        KeyWorld w;
        if (what == "limit") {
            w.type("key_requests_per_min_2", "90");
        } else if (what == "unlimited") {
            w.type("key_requests_per_min_2", "");
        } else if (what == "first") {
            child<QPushButton>(w.page, "key_limits")->click();
            w.type("key_concurrency", "4");
        } else if (what == "name") {
            w.type("key_name_2", "OTHER");
        } else {
            child<QPushButton>(w.page, what == "add" ? "key_add" : "key_drop_2")->click();
        }
        QCOMPARE(w.key(), after);
        QVERIFY(w.demo.session.editor().isValid());
        QCOMPARE(w.undo().count(), 1);
        w.undo().undo();
        QCOMPARE(w.key(), QString(before));
        QCOMPARE(child<QLineEdit>(w.page, "key_requests_per_min_2")->text(), QString("60"));
        w.undo().redo();
        QCOMPARE(w.key(), after);
    }

    void aWrongLimitIsToldAtItsField() {
        KeyWorld w;
        w.type("key_requests_per_min_2", "many");
        QVERIFY(!w.demo.session.editor().isValid());
        auto* problem = child<QLabel>(w.page, "key_requests_per_min_2_problem");
        QTRY_VERIFY(problem->isVisibleTo(&w.page) && !problem->text().isEmpty());
        // The list of problems leads there.
        QVERIFY(QTest::qWaitForWindowActive(&w.page));
        w.page.jumpTo("/providers/0/key/1/limits/requests_per_min");
        QTRY_COMPARE(QApplication::focusWidget()->objectName(), QString("key_requests_per_min_2"));
        w.type("key_requests_per_min_2", "30");
        QVERIFY(w.demo.session.editor().isValid());
    }

    void aFormWithoutFieldsIsKept() {
        Json json = quickDemo();
        json["providers"][0]["key"] = Json::parse(R"(["env:FIRST", {"note": "no key"}])");
        KeyWorld w(json); // not valid, and being repaired
        QVERIFY(child<QLabel>(w.page, "key_advice_2")->text().contains("kept as it is"));
        QVERIFY(!child<QWidget>(w.page, "key_source_2")->isVisibleTo(&w.page));
        w.type("key_name", "OTHER");
        QCOMPARE(w.key(), QString(R"(["env:OTHER",{"note":"no key"}])"));
    }

    // Every field of every selection takes and loses the focus; nothing may change by that.
    void lookingChangesNothing() {
        Json json = withKeys();
        json["providers"][1]["headers"] = {{"X-Team", "blue"}};
        json["providers"][1]["query"] = {{"v", "1"}};
        json["providers"][1]["model"]["first_token_ms"] = {
            {"weibull", {{"shape", 1.5}, {"scale", 300}}}};
        json["providers"][1]["model"]["outages"] =
            Json::parse(R"({"gap_h": 10, "repair_h": {"lognormal": {"median": 1, "sigma": 1}}})");
        json["providers"][2]["health_check"] = nullptr;
        json["chains"][0]["targets"][0]["price"] =
            Json::parse(R"({"input_usd_per_mtok": 1, "output_usd_per_mtok": 2,
                            "tiers": [{"above_input_tokens": 200000, "input_usd_per_mtok": 2,
                                       "output_usd_per_mtok": 4}]})");
        json["chains"][0]["targets"][0]["capabilities"] = {"stream", "json"};
        json["chains"][0]["policy"] = Json::parse(
            R"({"hedge": {"after_quantile": 0.95, "max_extra": 2}, "commit_after": {"tokens": 20},
                "breaker": {"consecutive_failures": null}})");
        json["alerts"] = Json::parse(
            R"([{"metric": "failure_rate", "target": "aster", "above": 0.05, "for_s": 60}])");
        World w;
        w.editor().openUnsaved(json, "forms");
        QVERIFY(w.editor().isValid());
        const std::string text = w.editor().json().dump();
        const auto walk = [&] {
            for (auto* edit : child<QWidget>(w.page, "inspector")->findChildren<QLineEdit*>()) {
                edit->setFocus();
                QTest::keyClick(edit, Qt::Key_Return);
                edit->clearFocus();
            }
        };
        for (int i = 0; i < 3; ++i) {
            w.showProvider(i);
            walk();
        }
        for (int target = -1; target < 3; ++target) {
            Q_EMIT w.flow().selected(target);
            walk();
        }
        w.click("level_document");
        walk();
        QCOMPARE(w.editor().json().dump(), text);
        QCOMPARE(w.editor().undoStack().count(), 0);
        // One edit changes one place.
        Q_EMIT w.flow().selected(0);
        w.type("field_price_input_usd_per_mtok", "3");
        json["chains"][0]["targets"][0]["price"]["input_usd_per_mtok"] = 3;
        QCOMPARE(w.editor().json().dump(), json.dump());
    }
};

QTEST_MAIN(TestKeyObjects)
#include "test_key_objects.moc"
