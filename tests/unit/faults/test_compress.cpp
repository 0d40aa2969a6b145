// A scenario played faster: what shrinks, what stays, and how long one lasts.
#include "faults/compress.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::faults;
using chain::Json;

namespace {

Json scenario(const std::string& traffic, const std::string& rest) {
    return Json::parse(R"({"format":"brownout.scenario/1","name":"n","traffic":{)" + traffic + "}" +
                       rest + "}");
}

Scenario read(const Json& json) {
    const auto out = read_scenario(json, "");
    if (!out.ok())
        qFatal("%s", out.problems.front().text().c_str());
    return *out.value;
}

} // namespace

class TestCompress : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void theScheduleShrinksAndRequestsStay() {
        const Json slow = scenario(
            R"("requests_per_s":[{"at_s":0,"requests_per_s":2},{"at_s":600,"requests_per_s":5}],
               "output_tokens":120)",
            R"(,"duration_s":3600,"max_requests":9000,
               "models":{"a":{"first_token_ms":400}},
               "faults":[
                 {"target":"a","kind":"rate_limit","requests_per_min":60,"retry_after_s":30,
                  "when":{"at_s":60,"for_s":120,"every_s":600,"after":5,"probability":0.5}},
                 {"target":"a","kind":"hang","ms":5000,
                  "when":{"ramp":{"from":1,"to":0,"over_s":90},"renewal":{
                    "gap_s":{"weibull":{"shape":0.65,"scale":300}},
                    "repair_s":{"empirical":[30,60]}}}}],
               "expect":[{"metric":"latency_ms","at_most":4000},
                         {"metric":"recovers_within_s","target":"a","at_most":40}])");
        const Json fast = compressed(slow, 30);
        Json wanted = slow;
        wanted["name"] = "n (30 times as fast)";
        wanted["duration_s"] = 120;
        wanted["max_requests"] = 300;
        wanted["traffic"]["requests_per_s"][1]["at_s"] = 20;
        wanted["traffic"]["requests_per_s"][0]["at_s"] = 0;
        Json& first = wanted["faults"][0]["when"];
        first["at_s"] = 2;
        first["for_s"] = 4;
        first["every_s"] = 20;
        Json& second = wanted["faults"][1]["when"];
        second["ramp"]["over_s"] = 3;
        second["renewal"]["gap_s"]["weibull"]["scale"] = 10;
        second["renewal"]["repair_s"]["empirical"] = {1, 2};
        QCOMPARE(chain::canonical_json(fast), chain::canonical_json(wanted));
        read(fast);
        QCOMPARE(compressed(slow, 1), slow);
    }

    void aTraceComesFasterAndWhole() {
        const Json slow = Json::parse(R"({"traffic":{"trace":"t.csv","time_scale":2},
                                          "max_requests":50})");
        const Json fast = compressed(slow, 10);
        QCOMPARE(fast["traffic"]["time_scale"].get<double>(), 20.0);
        QCOMPARE(fast["max_requests"].get<int>(), 50);
    }

    void malformedIsLeftForTheReader() {
        for (const char* text :
             {"7", "[]", R"({"name":7,"duration_s":"x","faults":{},"traffic":1})",
              R"({"faults":[7,{"when":7},{"when":{"renewal":7,"ramp":[]}}]})"}) {
            const Json json = Json::parse(text);
            const Json out = compressed(json, 3);
            QCOMPARE(out.is_object(), json.is_object());
        }
    }

    void length_data() {
        QTest::addColumn<QByteArray>("traffic");
        QTest::addColumn<QByteArray>("end");
        QTest::addColumn<double>("seconds"); // below zero: nobody can tell
        QTest::newRow("duration") << QByteArray(R"("requests_per_s":5)")
                                  << QByteArray(R"(,"duration_s":90,"max_requests":1)") << 90.0;
        QTest::newRow("requests") << QByteArray(R"("requests_per_s":5)")
                                  << QByteArray(R"(,"max_requests":100)") << 20.0;
        const QByteArray steps = R"("requests_per_s":[{"at_s":10,"requests_per_s":2},
                                    {"at_s":20,"requests_per_s":0},{"at_s":30,"requests_per_s":4}])";
        QTest::newRow("within a step") << steps << QByteArray(R"(,"max_requests":10)") << 15.0;
        QTest::newRow("over steps") << steps << QByteArray(R"(,"max_requests":40)") << 35.0;
        QTest::newRow("never") << QByteArray(R"("requests_per_s":[{"at_s":0,"requests_per_s":1},
                                               {"at_s":5,"requests_per_s":0}])")
                               << QByteArray(R"(,"max_requests":40)") << -1.0;
        QTest::newRow("closed") << QByteArray(R"("arrivals":"closed","clients":2)")
                                << QByteArray(R"(,"max_requests":40)") << -1.0;
    }
    void length() {
        QFETCH(QByteArray, traffic);
        QFETCH(QByteArray, end);
        QFETCH(double, seconds);
        const Scenario s = read(scenario(traffic.toStdString(), end.toStdString()));
        QCOMPARE(length_s(s).value_or(-1), seconds);
        QCOMPARE(factor_to_fit(s, 10), seconds > 10 ? seconds / 10 : 1.0);
        QCOMPARE(factor_to_fit(s, 1000), 1.0);
    }
};

QTEST_APPLESS_MAIN(TestCompress)
#include "test_compress.moc"
