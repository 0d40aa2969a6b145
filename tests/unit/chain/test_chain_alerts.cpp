// What a chain document says of alerts and webhooks: what is read, what is refused, and what holds
// where nothing is said.
#include "chain/document.h"

#include <QtTest>

using namespace brownout::chain;

namespace {

Json good_json() {
    return *parse_json(*read_file(BROWNOUT_SOURCE_DIR "/tests/unit/chain/good.chain.json"), "good");
}

} // namespace

class TestChainAlerts : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void refused_data() {
        QTest::addColumn<QByteArray>("set");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QByteArray>("pointer");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* set, const char* value, const char* pointer,
                            const char* says) {
            QTest::addRow("%s %s", set, value)
                << QByteArray(set) << QByteArray(value) << QByteArray(pointer) << QByteArray(says);
        };
        row("/alerts/0/target", "\"@first\"", "/alerts/0/target", "use @primary, @2 or @last");
        row("/alerts/0/target", "\"@0\"", "/alerts/0/target", "no such place");
        row("/alerts/0/task", "\"simpel\"", "/alerts/0/task", "did you mean `simple`");
        row("/alerts/0", "{\"metric\":\"budget_used\",\"above\":80}", "/alerts/0/above",
            "from 0 to 1");
        row("/hooks/on_alert", "\"ftp://a\"", "/hooks/on_alert", "not an http(s) address");
        row("/hooks/on_alert", "\"https://me:pw@a\"", "/hooks/on_alert", "user name or password");
    }
    void refused() {
        QFETCH(QByteArray, set);
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, pointer);
        QFETCH(QByteArray, says);
        Json json = good_json();
        json[Json::json_pointer(set.toStdString())] = Json::parse(value.toStdString());
        const auto read = read_document(json, "a.json");
        QVERIFY(!read.ok());
        QCOMPARE(QByteArray::fromStdString(read.problems.front().pointer), pointer);
        const std::string text = read.problems.front().text();
        QVERIFY2(text.find(says.toStdString()) != text.npos, text.c_str());
    }

    // Who says nothing about alerts is told when the primary fails; who wants none says so.
    void default_alert_only_where_none_are_named() {
        Json json = good_json();
        json["alerts"] = Json::array();
        QVERIFY(read_document(json, "").value->alerts.empty());
        json.erase("alerts");
        const auto alerts = read_document(json, "").value->alerts;
        QCOMPARE(alerts.size(), 1u);
        QCOMPARE(alerts[0].metric, std::string("failure_rate"));
        QCOMPARE(alerts[0].target, std::string("@primary"));
        QCOMPARE(alerts[0].above, 0.05);
        QCOMPARE(alerts[0].for_s, 60.0);
    }

    void places_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("place"); // of 3; -1: none
        QTest::newRow("primary") << QByteArray("@primary") << 0;
        QTest::newRow("last") << QByteArray("@last") << 2;
        QTest::newRow("2") << QByteArray("@2") << 1;
        QTest::newRow("3") << QByteArray("@3") << 2;
        QTest::newRow("too far") << QByteArray("@4") << -1;
        QTest::newRow("nought") << QByteArray("@0") << -1;
        QTest::newRow("no number") << QByteArray("@2nd") << -1;
        QTest::newRow("a provider") << QByteArray("openai") << -1;
    }
    void places() {
        QFETCH(QByteArray, text);
        QFETCH(int, place);
        const auto named = place_named(text.toStdString(), 3);
        QCOMPARE(named ? static_cast<int>(*named) : -1, place);
        QVERIFY(!place_named("@last", 0));
    }
};

QTEST_APPLESS_MAIN(TestChainAlerts)
#include "test_chain_alerts.moc"
