// A scenario beside the live side: what is real stays real, and what the scenario breaks is not
// held against what is live.
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
