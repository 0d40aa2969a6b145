// What a rehearsal over the lab fed its engine, fed to a fresh one: the same decisions, bit for
// bit. The engine knows nothing but its events, so a recorded run can be looked at again.
#include "chain/presets.h"
#include "live/rehearsal.h"
#include "live/simulation.h"
#include "support/engine_tape.h"
#include "support/live_world.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

// The demo, five times as quick, hedged, its breakers open for a second.
chain::Document quick_demo(const std::string& strategy) {
    chain::Json json = chain::Json::parse(chain::demo_chain_text());
    for (chain::Json& provider : json["providers"]) {
        chain::Json& model = provider["model"];
        for (const char* key : {"first_token_ms", "token_ms"})
            model[key]["lognormal"]["median"] = model[key]["lognormal"]["median"].get<double>() / 5;
        provider["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
    }
    json["providers"][2]["limits"] = {{"concurrency", 3}};
    json["chains"][0]["strategy"] = strategy;
    json["policy"] = chain::Json::parse(R"({
        "timeouts": {"first_token_ms": 1000, "stall_ms": 1000, "attempt_ms": 4000, "total_ms": 6000},
        "retry": {"backoff": {"kind": "exponential", "base_ms": 50, "jitter": "full"}},
        "hedge": {"after_ms": 60, "max_extra": 1},
        "breaker": {"consecutive_failures": 3, "open_s": 1, "open_growth": 1}})");
    return read(json);
}

// The library's outages in seconds instead of minutes.
const char* const primary_down = R"({"target": "@primary", "kind": "http_error", "status": 503,
    "when": {"at_s": 0.5, "for_s": 1.5}})";
const char* const streams_cut = R"({"target": "@primary", "kind": "stream_cut", "after_tokens": 5,
    "when": {"probability": 0.4}})";
const char* const busy_now_and_then = R"({"target": "*", "kind": "http_error", "status": 429,
    "retry_after_s": 0.2, "when": {"probability": 0.1}})";

faults::Scenario scenario(const std::string& rules) {
    const std::string text = R"({"format": "brownout.scenario/1", "name": "replayed",
        "duration_s": 4, "traffic": {"requests_per_s": 12, "arrivals": "poisson", "stream": true,
        "input_tokens": 50, "output_tokens": 12}, "faults": [)" +
                             rules + "]}";
    auto checked = faults::read_scenario(chain::Json::parse(text), "test.scenario.json");
    if (!checked.ok())
        qFatal("%s", checked.problems.front().text().c_str());
    return *checked.value;
}

} // namespace

class TestReplay : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_rehearsal_plays_again_data() {
        QTest::addColumn<QString>("strategy");
        QTest::addColumn<QString>("rules");
        const std::string all =
            std::string(primary_down) + "," + streams_cut + "," + busy_now_and_then;
        QTest::newRow("primary down") << "priority" << primary_down;
        QTest::newRow("streams cut") << "priority" << streams_cut;
        QTest::newRow("everything, by weight") << "weighted" << QString::fromStdString(all);
        QTest::newRow("everything, the fastest") << "fastest" << QString::fromStdString(all);
    }
    void a_rehearsal_plays_again() {
        QFETCH(QString, strategy);
        QFETCH(QString, rules);
        const chain::Document document = quick_demo(strategy.toStdString());
        auto bound = faults::bind(scenario(rules.toStdString()), document, "scenario");
        QVERIFY(bound.ok());

        boost::asio::io_context loop{1};
        const live::Clock clock;
        net::HttpClient http(loop);
        {
            live::Lab lab(loop, clock, 5);
            std::vector<std::string> skipped;
            QVERIFY(!live::serve_simulated(lab, document, skipped));
            live::Driver driver(
                loop, http, clock, document, {},
                [&lab](const std::string& provider) { return lab.base_url(provider); }, 5, nullptr,
                nullptr);
            EngineTape tape(driver);
            live::Rehearsal run(loop, clock, driver, lab,
                                {&document, *bound.value, std::string(64, 'a'), 5, {}, {}});
            bool done = false;
            run.start([&done] { done = true; });
            while (!done)
                loop.run_one();
            tape.stop();
            replayed(tape, run.report());
        }
        loop.restart();
        loop.poll(); // what was cancelled ends before curl does
    }

  private:
    void replayed(const EngineTape& tape, const chain::Json& report) {
        QCOMPARE(tape.replay(), std::string{});
        if (QTest::currentDataTag() == std::string_view("everything, by weight"))
            QVERIFY(!tape.replay(4711).empty()); // another engine's dice
        // It is the run that the report tells of, and one in which there was much to decide.
        const auto is = [](engine::AttemptMode mode) {
            return [mode](const engine::StartAttempt& a) { return a.mode == mode; };
        };
        using engine::AttemptMode;
        QCOMPARE(tape.count<engine::Finish>(), report["requests"].get<std::size_t>());
        QCOMPARE(tape.count<engine::StartAttempt>(), report["attempts"].get<std::size_t>());
        QCOMPARE(tape.count<engine::StartAttempt>(is(AttemptMode::hedge)),
                 report["hedges"].get<std::size_t>());
        QVERIFY(report["requests"].get<int>() > 20);
        const std::string rules = report["scenario"]["faults"].dump();
        const bool down = rules.find("503") != std::string::npos;
        if (down && QString(QTest::currentDataTag()) == "primary down") {
            QVERIFY(tape.count<engine::BreakerChanged>() > 0);
            QVERIFY(tape.count<engine::FailedOver>() > 0);
        }
        if (rules.find("stream_cut") != std::string::npos) {
            QVERIFY(tape.count<engine::StreamBroken>() > 0);
            QVERIFY(tape.count<engine::StartAttempt>(is(AttemptMode::restart)) > 0);
        }
        QVERIFY(tape.count<engine::StartAttempt>(is(AttemptMode::hedge)) > 0);
        QVERIFY(tape.count<engine::StartCheck>() > 0);
        qInfo("%zu events of %zu kinds, %zu actions", tape.events(), tape.kinds_of_events(),
              tape.actions());
    }
};

QTEST_GUILESS_MAIN(TestReplay)
#include "test_replay.moc"
