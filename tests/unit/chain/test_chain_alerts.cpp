// What a chain document says of alerts and webhooks: what is read, what is refused, and what holds
// where nothing is said.
#include "chain/document.h"
#include "support/refused_rows.h"

using namespace brownout;
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
        test::refused_columns();
        const auto row = test::refused_row;
        row("/alerts/0/target", "\"@first\"", "/alerts/0/target", "use @primary, @2 or @last");
        row("/alerts/0/target", "\"@0\"", "/alerts/0/target", "no such place");
        row("/alerts/0/task", "\"simpel\"", "/alerts/0/task", "did you mean `simple`");
        row("/alerts/0", "{\"metric\":\"budget_used\",\"above\":80}", "/alerts/0/above",
            "from 0 to 1");
        row("/hooks/on_alert", "\"ftp://a\"", "/hooks/on_alert", "not an http(s) address");
        row("/hooks/on_alert", "\"https://me:pw@a\"", "/hooks/on_alert", "user name or password");
        row("/hooks/on_alert", "\"https://a/sk-canary-4f9d1c7be2a84e\"", "/hooks/on_alert",
            "put it behind a ?");
    }
    void refused() { test::verify_refused(good_json(), read_document); }

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
