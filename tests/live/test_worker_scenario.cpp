// A scenario beside the live side: what is real stays real, and what the scenario breaks is not
// held against what is live.
#include "live/play_clock.h"
#include "support/live_worker.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::BreakerState;
using live::RunState;

class TestWorkerScenario : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_prompt_goes_to_the_real_provider_while_a_scenario_simulates_it() {
        PlainProvider real(PlainProvider::answers, "42");
        live::Worker worker;
        worker.post(live::LoadDocument{read(chain_json(std::vector{real.base_url()})), {}, 1, ""});
        worker.post(live::PlayScenario{scenario_of(R"({"format": "brownout.scenario/1", "name": "x",
            "duration_s": 600, "traffic": {"requests_per_s": 1, "output_tokens": 5},
            "models": {"p1": {"first_token_ms": 1, "token_ms": 1}}})"),
                                       1});
        worker.post(live::SendPrompt{1, "", question()});
        const auto s = wait_for(
            worker, [](const auto& p) { return !p.prompts.empty() && p.prompts[0].finished; });
        QCOMPARE(s->scenario.state, RunState::running);
        QCOMPARE(s->prompts[0].text, std::string{"The answer is 42."});
        QCOMPARE(real.requests(), 1);
    }

    // The checks of the live driver would meet the scenario's faults.
    void a_scenario_is_no_news_for_live_health_checks() {
        auto json = chain_json({"lab:", "lab:"},
                               R"({"breaker": {"consecutive_failures": 1, "open_s": 600}})");
        json["providers"][0]["health_check"] = {{"every_s", 1}};
        live::Worker worker;
        worker.post(live::LoadDocument{read(json), {}, 1, ""});
        worker.post(live::PlayScenario{scenario_of(R"({"format": "brownout.scenario/1", "name": "x",
            "duration_s": 6, "traffic": {"requests_per_s": 5, "output_tokens": 5},
            "faults": [{"target": "p1", "kind": "http_error", "status": 503}]})"),
                                       1});
        auto s = wait_for(worker, [](const auto& p) {
            return p.scenario.state == RunState::running && is(p, 0, BreakerState::open);
        });
        QVERIFY(is(*s, 0, BreakerState::open)); // the scenario's own
        s = wait_for(worker, [](const auto& p) { return p.scenario.state == RunState::finished; });
        QCOMPARE(s->scenario.state, RunState::finished);
        QVERIFY(is(*s, 0, BreakerState::closed));
    }

    // Its clock stands still, and so do its traffic and its faults; what acts goes on acting.
    void a_scenario_pauses_and_goes_on() {
        live::Worker worker;
        worker.post(live::LoadDocument{read(chain_json({"lab:", "lab:"})), {}, 1, ""});
        worker.post(live::PlayScenario{scenario_of(R"({"format": "brownout.scenario/1", "name": "x",
            "duration_s": 60, "traffic": {"requests_per_s": 40, "output_tokens": 5},
            "models": {"p1": {"first_token_ms": 1, "token_ms": 1},
                       "p2": {"first_token_ms": 1, "token_ms": 1}},
            "faults": [{"target": "p1", "kind": "http_error", "when": {"for_s": 30}}]})"),
                                       1});
        auto s = wait_for(worker, [](const auto& p) { return p.scenario.requests >= 10; });
        QVERIFY(!s->scenario.paused && s->scenario.has_speed);
        QCOMPARE(s->scenario.speed, 1.0);
        worker.post(live::PauseScenario{});
        s = wait_for(worker,
                     [](const auto& p) { return p.scenario.paused && p.totals.running == 0; });
        QVERIFY(s->scenario.paused);
        QCOMPARE(s->scenario.state, RunState::running);
        const auto requests = s->scenario.requests;
        const double elapsed = s->scenario.elapsed_s;
        const Instant later = s->now + 400ms; // 16 requests would have come
        s = wait_for(worker, [&](const auto& p) { return p.now > later; });
        QCOMPARE(s->scenario.requests, requests);
        QCOMPARE(s->scenario.elapsed_s, elapsed);
        QCOMPARE(s->active_faults.size(), 1u);

        worker.post(live::SetScenarioSpeed{4}); // for when it goes on
        worker.post(live::ResumeScenario{});
        s = wait_for(worker, [&](const auto& p) { return p.scenario.requests >= requests + 40; });
        QVERIFY(!s->scenario.paused && s->scenario.requests >= requests + 40);
        QCOMPARE(s->scenario.speed, 4.0);
        QCOMPARE(s->active_faults.size(), 1u);
        worker.post(live::SetScenarioSpeed{50});
        s = wait_for(worker, [&](const auto& p) { return p.active_faults.empty(); });
        QVERIFY(s->scenario.elapsed_s >= 30);
        worker.post(live::SetScenarioSpeed{1e9});
        s = wait_for(worker, [](const auto& p) { return p.scenario.state == RunState::finished; });
        QCOMPARE(s->scenario.state, RunState::finished);
        const chain::Json& report = *s->scenario.report;
        QCOMPARE(report["partial"].get<bool>(), true); // nobody can repeat it
        QVERIFY(report["virtual_s"].get<double>() >= 60);
        QVERIFY(report["elapsed_s"].get<double>() < 60);
        const std::string notes = report["notes"].dump();
        for (const char* said : {"paused by hand", "at 4 times its speed", "at 100 times"})
            QVERIFY2(notes.find(said) != notes.npos, notes.c_str());
    }

    void clients_that_wait_for_answers_have_no_speed() {
        live::Worker worker;
        worker.post(live::PauseScenario{}); // nothing plays
        worker.post(live::LoadDocument{read(chain_json({"lab:"})), {}, 1, ""});
        worker.post(live::PlayScenario{scenario_of(R"({"format": "brownout.scenario/1", "name": "x",
            "duration_s": 600, "traffic": {"arrivals": "closed", "clients": 2, "think_ms": 10,
            "output_tokens": 5}, "models": {"p1": {"first_token_ms": 1, "token_ms": 1}}})"),
                                       1, 5});
        auto s = wait_for(worker, [](const auto& p) { return p.scenario.requests >= 4; });
        QVERIFY(!s->scenario.has_speed && !s->scenario.paused);
        QCOMPARE(s->scenario.speed, 1.0);
        worker.post(live::SetScenarioSpeed{2});
        s = wait_for(worker, [](const auto& p) { return !p.notices.empty(); });
        QVERIFY(s->notices.at(0).text.find("no speed") != std::string::npos);
        worker.post(live::PauseScenario{});
        s = wait_for(worker,
                     [](const auto& p) { return p.scenario.paused && p.totals.running == 0; });
        const auto requests = s->scenario.requests;
        const Instant later = s->now + 200ms;
        s = wait_for(worker, [&](const auto& p) { return p.now > later; });
        QCOMPARE(s->scenario.requests, requests);
        worker.post(live::ResumeScenario{});
        s = wait_for(worker, [&](const auto& p) { return p.scenario.requests > requests + 4; });
        QVERIFY(s->scenario.requests > requests + 4);
    }

    void the_clock_of_a_scenario() {
        const Instant zero{10s};
        live::PlayClock clock(zero);
        QVERIFY(!clock.changed());
        QCOMPARE(clock.elapsed(zero + 3s), Duration{3s});
        QVERIFY(clock.set_rate(0, zero + 3s));
        QCOMPARE(clock.elapsed(zero + 9s), Duration{3s});
        QCOMPARE(clock.when(3s), zero + 3s); // it got there before it stood still
        QCOMPARE(clock.when(4s), never);
        QCOMPARE(clock.when(1s), zero + 1s);
        QVERIFY(clock.set_rate(2, zero + 10s));
        QCOMPARE(clock.elapsed(zero + 12s), Duration{7s});
        QCOMPARE(clock.when(7s), zero + 12s);
        QCOMPARE(clock.when(3s), zero + 3s);
        QCOMPARE(clock.held(zero + 5s), Duration{2s});
        QCOMPARE(clock.held(zero + 50s), Duration{7s});
        QVERIFY(clock.changed());
        for (std::size_t i = 0; i < live::PlayClock::most_changes; ++i)
            clock.set_rate(1, zero + 20s);
        QVERIFY(!clock.set_rate(0, zero + 30s));
    }

    void a_driver_that_was_replaced_checks_nothing() {
        PlainProvider slow(PlainProvider::hangs, "x"), first(PlainProvider::answers, "1"),
            second(PlainProvider::answers, "2");
        auto json =
            chain_json({slow.base_url(), first.base_url(), second.base_url()},
                       R"({"timeouts": {"first_token_ms": 60000, "share_deadline": false}})");
        json["providers"][1]["health_check"] = {{"every_s", 1}};
        live::Worker worker;
        worker.post(live::LoadDocument{read(json), {}, 1, ""});
        worker.post(live::SendPrompt{1, "", question()}); // keeps the first driver
        wait_for(worker, [&](const auto&) { return slow.requests() == 1; });
        json["providers"][2]["health_check"] = json["providers"][1]["health_check"];
        json["providers"][1]["health_check"] = nullptr;
        worker.post(live::LoadDocument{read(json), {}, 2, ""});
        wait_for(worker, [](const auto& p) { return p.document_revision == 2; });
        const int before = first.requests();
        wait_for(worker, [&](const auto&) { return second.requests() >= 3; });
        QVERIFY(first.requests() <= before + 1); // one may have been on its way
        QVERIFY(second.requests() >= 3);
        worker.post(live::CancelPrompt{1});
    }
};

QTEST_GUILESS_MAIN(TestWorkerScenario)
#include "test_worker_scenario.moc"
