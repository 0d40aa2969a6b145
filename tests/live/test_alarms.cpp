// Webhooks and alerts of a worker that serves, of a scenario in its window, and of a rehearsal: who
// is told, how often, and that nobody waits for it.
#include "live/rehearsal.h"
#include "support/endpoint.h"
#include "support/webhook_receiver.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

class TestAlarms : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Each failover is told once, each alert twice: raised and cleared. The log, the metrics and
    // the snapshot say the same.
    void served() {
        Receiver failovers([](std::size_t n) { return n == 0 ? 500 : 200; }); // the first, again
        Receiver alerts([](std::size_t) { return 200; });
        auto json = three(0.2, R"({"breaker":{"consecutive_failures":3}})");
        json["hooks"] = {{"on_failover", failovers.url()}, {"on_alert", alerts.url()}};
        json["alerts"] = chain::Json::array({{{"metric", "breaker_open"}, {"target", "aster"}}});
        QTemporaryDir dir;
        const std::string log = dir.filePath("log.jsonl").toStdString();
        {
            Serving s(json, log);
            s.fault(R"({"target":"aster","kind":"http_error","status":503})");
            for (int i = 0; i < 6; ++i)
                QCOMPARE(s.chat().header("x-provider"), std::string{"birch"});
            const auto raised =
                wait_for(s.worker, [](const auto& p) { return !p.alerts->empty(); });
            QCOMPARE(raised->alerts->size(), std::size_t{1});
            const record::AlertRecord& alert = raised->alerts->front();
            QVERIFY(alert.metric == record::AlertMetric::breaker_open && alert.simulated);
            const std::string metrics = s.client.send(s.url + "/metrics").body;
            QVERIFY2(
                metrics.find("brownout_alert_active{alert=\"breaker_open\",target=\"aster/m1\","
                             "task=\"\"} 1\n") != metrics.npos,
                metrics.c_str());
            QVERIFY(metrics.find("brownout_hook_calls_total{hook=\"on_failover\",") !=
                    metrics.npos);
            // The rule goes: its alert is over.
            json["alerts"] = chain::Json::array();
            s.worker.post(live::LoadDocument{read(json), {}, 2, "sha"});
            const auto over = wait_for(s.worker, [](const auto& p) {
                return p.alerts->size() == 1 && p.alerts->front().cleared;
            });
            QVERIFY(over->alerts->front().cleared);
        } // what waits for its second try is sent at the end
        std::map<std::string, int> told, logged;
        for (const std::string& call : failovers.calls()) {
            const auto body = chain::Json::parse(body_of(call));
            ++told[body["request"]];
            QVERIFY(body["from"] == "aster/m1" && body["to"] == "birch/m2");
            QVERIFY(body["from_url"].get<std::string>().starts_with("http://127.0.0.1:"));
            QVERIFY(body["status"] == 503 && body["code"].is_string());
            QVERIFY(body["why"].get<std::string>().starts_with("503"));
        }
        std::vector<std::string> news;
        std::ifstream lines(log);
        for (std::string line; std::getline(lines, line);) {
            const auto event = chain::Json::parse(line);
            if (event["event"] == "failover")
                ++logged[event["request"]];
            if (event["event"].get<std::string>().starts_with("alert"))
                news.push_back(event["event"]);
            QVERIFY(event["event"] != "hook_failed");
        }
        QCOMPARE(logged.size(), std::size_t{3}); // then the breaker keeps aster from being asked
        const std::string first = chain::Json::parse(body_of(failovers.calls()[0]))["request"];
        --told[first]; // taken the second time
        QVERIFY(told == logged);
        QCOMPARE(news, (std::vector<std::string>{"alert_raised", "alert_cleared"}));
        QCOMPARE(alerts.calls().size(), std::size_t{2});
        const auto raised = chain::Json::parse(body_of(alerts.calls()[0]));
        QVERIFY(raised["event"] == "alert_raised" && raised["target"] == "aster/m1");
        QVERIFY(raised["metric"] == "breaker_open" && raised["chain"] == "test");
        QVERIFY(chain::Json::parse(body_of(alerts.calls()[1]))["event"] == "alert_cleared");
    }

    void aHookThatHangsSlowsNothing() {
        Receiver hangs([](std::size_t) { return 0; });
        auto json = three(0.2, R"({"breaker":{"consecutive_failures":null,"failure_ratio":null}})");
        json["hooks"] = {{"on_failover", hangs.url()}};
        auto began = std::chrono::steady_clock::now();
        {
            Serving s(json);
            s.fault(R"({"target":"aster","kind":"http_error","status":503})");
            began = std::chrono::steady_clock::now();
            for (int i = 0; i < 8; ++i)
                QCOMPARE(s.chat().header("x-provider"), std::string{"birch"});
            // A call waits 5 s; four at once would make 10 s of them.
            QVERIFY(std::chrono::steady_clock::now() - began < 5s);
            QVERIFY(!hangs.calls().empty());
            began = std::chrono::steady_clock::now();
        }
        QVERIFY(std::chrono::steady_clock::now() - began < 5s); // the end waits 2 s for it
    }

    // What a scenario does in the window is a rehearsal: nobody outside is told.
    void aScenarioCallsNobody() {
        Receiver receiver([](std::size_t) { return 200; });
        auto json = three();
        json["hooks"] = {{"on_failover", receiver.url()}, {"on_alert", receiver.url()}};
        json["alerts"] = chain::Json::parse(R"([{"metric":"breaker_open"}])");
        {
            live::Worker worker;
            worker.post(live::LoadDocument{read(json), {}, 1, "sha"});
            worker.post(live::PlayScenario{scenario_of(
                R"({"format":"brownout.scenario/1","name":"N","max_requests":8,"traffic":
                    {"requests_per_s":100,"output_tokens":5},"faults":[{"target":"@primary",
                    "kind":"http_error"}]})")});
            const auto end = wait_for(
                worker, [](const auto& p) { return p.scenario.state == live::RunState::finished; });
            QVERIFY(end->scenario.report);
            QVERIFY(end->scenario.report->at("fallbacks").template get<int>() > 0);
            QVERIFY(end->alerts->empty());
        }
        QVERIFY(receiver.calls().empty());
    }

    // brownoutctl rehearse tells nobody either, unless it is asked to.
    void aRehearsalCallsWhenAsked() {
        Receiver receiver([](std::size_t) { return 200; });
        auto json = three();
        json["hooks"] = {{"on_failover", receiver.url()}};
        const auto scenario = scenario_of(
            R"({"format":"brownout.scenario/1","name":"N","max_requests":4,"traffic":
                {"requests_per_s":100,"output_tokens":5},"faults":[{"target":"@primary",
                "kind":"http_error"}]})");
        live::RehearseOptions options;
        QVERIFY(live::rehearse(read(json), scenario, {}, options));
        QVERIFY(receiver.calls().empty());
        options.hooks = true;
        const auto report = live::rehearse(read(json), scenario, {}, options);
        QVERIFY(report);
        QVERIFY(!receiver.calls().empty());
        QVERIFY(receiver.calls().size() <= 4);
    }
};

QTEST_GUILESS_MAIN(TestAlarms)
#include "test_alarms.moc"
