// The worker as a window uses it: commands in, pictures out, from another thread.
#include "support/live_worker.h"
#include "support/plain_provider.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using live::RunState;
using live::SnapshotPtr;

namespace {

chain::Document quick_chain(double open_s = 1) {
    auto json = chain_json({"lab:", "lab:", "lab:"});
    json["policy"] = {{"breaker", {{"open_s", open_s}, {"open_growth", 1}}},
                      {"retry", {{"backoff", {{"base_ms", 20}}}}}};
    const char* const ids[] = {"aster", "birch", "cedar"};
    for (std::size_t i = 0; i < 3; ++i) {
        json["providers"][i]["id"] = ids[i];
        json["providers"][i]["model"] = {{"first_token_ms", 20 + 20 * i}, {"token_ms", 0.2}};
        json["chains"][0]["targets"][i]["provider"] = ids[i];
    }
    return read(json);
}

} // namespace

class TestWorker : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void nothing_is_never_null() {
        live::Worker worker;
        const SnapshotPtr s = worker.snapshot();
        QVERIFY(s && s->requests && s->fault_windows && s->breaker_lanes);
        QVERIFY(worker.post(live::SetTraffic{"", 5}));
        QVERIFY(worker.post(live::ProbeNow{"nobody/none"}));
        QVERIFY(worker.post(live::SendPrompt{1, "", question()}));
        QVERIFY(
            !wait_for(worker, [](const auto& p) { return !p.notices.empty(); })->notices.empty());
    }

    void break_serve_restore() {
        const QTemporaryDir dir;
        const std::string log = dir.filePath("events.jsonl").toStdString();
        live::Totals totals;
        std::map<std::string, std::uint64_t> served;
        {
            live::WorkerOptions options;
            options.log_path = log;
            live::Worker worker(options);
            worker.post(live::LoadDocument{quick_chain(), {}, 3, "sha"});
            worker.post(live::SetTraffic{"default", 20});
            auto s = wait_for(worker, [](const auto& p) { return p.totals.succeeded >= 20; });
            QVERIFY(s->totals.succeeded >= 20);
            QCOMPARE(s->document_revision, 3u);
            QVERIFY(s->simulated && s->traffic.running);
            QCOMPARE(s->targets.size(), 3u);
            QVERIFY(s->targets[0].simulated);
            QVERIFY(s->targets[0].served > 0);

            worker.post(
                live::Inject{rule(R"({"target": "aster", "kind": "http_error", "status": 503})")});
            s = wait_for(worker,
                         [](const auto& p) { return is(p, 0, engine::BreakerState::open); });
            QVERIFY(is(*s, 0, engine::BreakerState::open));
            QVERIFY(s->targets[0].next_probe_in);
            QVERIFY(*s->targets[0].next_probe_in <= 1s);
            QCOMPARE(s->active_faults.size(), 1u);
            QCOMPARE(s->active_faults[0].label, std::string{"HTTP 503"});
            QVERIFY(s->active_faults[0].manual);
            QVERIFY(!s->breaker_lanes->empty());
            QCOMPARE(s->fault_windows->size(), 1u);
            QCOMPARE(s->fault_windows->front().to, never);
            const auto birch_before = s->targets[1].served;
            s = wait_for(worker,
                         [&](const auto& p) { return p.targets[1].served >= birch_before + 40; });
            QVERIFY(s->targets[1].served >= birch_before + 40);
            QCOMPARE(s->totals.failed, 0u);
            QVERIFY(s->targets[0].failure_rate > 0);
            QVERIFY(s->outage);
            QCOMPARE(s->outage->broken, std::string{"aster/m1"});
            QCOMPARE(s->outage->answered_by, std::string{"birch/m2"});
            QVERIFY(s->outage->failures >= 3);
            QCOMPARE(s->outage->lost, 0u);

            worker.post(live::Restore{"aster"});
            s = wait_for(worker, [](const auto& p) {
                return is(p, 0, engine::BreakerState::closed) && p.active_faults.empty();
            });
            QVERIFY(is(*s, 0, engine::BreakerState::closed));
            QVERIFY(s->active_faults.empty());
            QVERIFY(s->fault_windows->front().to != never);
            QCOMPARE(s->breaker_lanes->back().to, engine::BreakerState::closed);
            const auto aster = s->targets[0].served;
            s = wait_for(worker, [&](const auto& p) { return p.targets[0].served > aster + 5; });
            QVERIFY(s->targets[0].served > aster + 5);

            worker.post(live::SetTraffic{"default", 0});
            s = wait_for(worker,
                         [](const auto& p) { return !p.traffic.running && p.totals.running == 0; });
            QCOMPARE(s->totals.running, 0u);
            totals = s->totals;
            for (const auto& t : s->targets)
                served[t.name] = t.served;
            QVERIFY(s->requests->size() <= 500);
        }
        // The totals on screen are those of the log.
        std::ifstream file(log);
        std::uint64_t started = 0, succeeded = 0, other = 0, attempts = 0, attempts_ended = 0;
        double cost = 0, wasted = 0;
        std::map<std::string, std::uint64_t> served_in_log;
        for (std::string line; std::getline(file, line);) {
            const auto e = chain::Json::parse(line);
            const std::string name = e["event"];
            started += name == "request_started";
            attempts += name == "attempt_started";
            attempts_ended += name == "attempt_finished";
            if (name != "request_finished")
                continue;
            ++(e["result"] == "success" ? succeeded : other);
            ++served_in_log[e["served_by"].get<std::string>()];
            cost += e["cost_usd"].get<double>();
            wasted += e["wasted_usd"].get<double>();
        }
        QCOMPARE(started, totals.requests);
        QCOMPARE(succeeded, totals.succeeded);
        QCOMPARE(other, totals.failed);
        QCOMPARE(totals.failed, 0u);
        QCOMPARE(attempts, attempts_ended);
        QVERIFY(std::abs(cost - totals.spend.usd()) < 1e-7);
        QVERIFY(std::abs(wasted - totals.wasted.usd()) < 1e-7);
        for (const auto& [target, n] : served_in_log)
            QCOMPARE(n, served[target]);
    }

    void a_prompt_streams_and_survives_a_cut() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(), {}, 1, ""});
        worker.post(live::Inject{
            rule(R"({"target": "@primary", "kind": "stream_cut", "after_tokens": 4})")});
        worker.post(live::SendPrompt{7, "default", question()});
        const auto s = wait_for(
            worker, [](const auto& p) { return !p.prompts.empty() && p.prompts[0].finished; });
        QCOMPARE(s->prompts.size(), 1u);
        const live::PromptView& p = s->prompts[0];
        QVERIFY(p.finished);
        QCOMPARE(p.id, 7u);
        QCOMPARE(p.restarted_on, std::string{"birch/m2"});
        QVERIFY(!p.text.empty());
        QCOMPARE(p.record.result, engine::CallResult::success);
        QCOMPARE(p.record.served_by, std::string{"birch/m2"});
        QCOMPARE(p.record.attempts[0].message, std::string{"stream cut after 4 tokens"});
    }

    void a_prompt_is_stopped() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(), {}, 1, ""});
        worker.post(live::Inject{rule(R"({"target": "*", "kind": "stream_stall",
                                          "after_tokens": 2, "ms": 60000})")});
        worker.post(live::SendPrompt{1, "default", question()});
        wait_for(worker,
                 [](const auto& p) { return !p.prompts.empty() && !p.prompts[0].text.empty(); });
        worker.post(live::CancelPrompt{1});
        const auto s = wait_for(worker, [](const auto& p) { return p.prompts[0].finished; });
        QCOMPARE(s->prompts[0].record.result, engine::CallResult::cancelled);
        QCOMPARE(s->totals.caller_fault, 1u);
        QCOMPARE(s->totals.failed, 0u);
    }

    void a_scenario_plays_and_traffic_resumes() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(0.5), {}, 1, "sha-of-chain"});
        worker.post(live::SetTraffic{"default", 10});
        const auto parsed = chain::parse_json(R"({"format": "brownout.scenario/1",
            "name": "short outage", "duration_s": 8,
            "traffic": {"requests_per_s": 30, "output_tokens": 5},
            "faults": [{"target": "@primary", "kind": "http_error", "status": 503,
                        "when": {"at_s": 0.5, "for_s": 3}}],
            "expect": [{"metric": "availability", "at_least": 0.999},
                       {"metric": "recovers_within_s", "target": "@primary", "at_most": 4}]})",
                                              "s");
        const auto scenario = faults::read_scenario(*parsed, "s");
        QVERIFY(scenario.ok());
        worker.post(live::PlayScenario{*scenario.value, 5});
        auto s = wait_for(worker, [](const auto& p) {
            return p.scenario.state == RunState::running && !p.active_faults.empty();
        });
        QCOMPARE(s->scenario.state, RunState::running);
        QCOMPARE(s->scenario.expectations.size(), 2u);
        QCOMPARE(s->active_faults.size(), 1u);
        QVERIFY(!s->active_faults[0].manual);
        QCOMPARE(s->active_faults[0].label, std::string{"HTTP 503"});
        QVERIFY(!s->traffic.running);
        s = wait_for(worker, [](const auto& p) { return p.scenario.state == RunState::finished; });
        QCOMPARE(s->scenario.state, RunState::finished);
        QVERIFY(s->scenario.report);
        QVERIFY2(record::all_pass(*s->scenario.report), s->scenario.report->dump(1).c_str());
        QCOMPARE((*s->scenario.report)["chain_sha256"].get<std::string>(),
                 std::string{"sha-of-chain"});
        QCOMPARE((*s->scenario.report)["partial"].get<bool>(), false);
        s = wait_for(worker, [](const auto& p) { return p.traffic.running; });
        QVERIFY(s->traffic.running);
        QCOMPARE(s->traffic.requests_per_s, 10.0);

        // Once more, stopped half-way; and one that is disturbed by hand.
        worker.post(live::PlayScenario{*scenario.value, 5});
        wait_for(worker, [](const auto& p) {
            return p.scenario.state == RunState::running && p.scenario.elapsed_s > 0.3;
        });
        worker.post(live::StopScenario{});
        s = wait_for(worker, [](const auto& p) { return p.scenario.state == RunState::stopped; });
        QCOMPARE(s->scenario.state, RunState::stopped);
        QCOMPARE((*s->scenario.report)["partial"].get<bool>(), true);
    }

    void an_edited_document_keeps_breakers_and_lets_calls_finish() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(60), {}, 1, ""});
        worker.post(live::SetTraffic{"default", 50});
        worker.post(
            live::Inject{rule(R"({"target": "aster", "kind": "http_error", "status": 503})")});
        wait_for(worker, [](const auto& p) { return is(p, 0, engine::BreakerState::open); });
        for (std::uint64_t revision = 2; revision <= 6; ++revision) {
            worker.post(live::LoadDocument{quick_chain(60), {}, revision, ""});
            const auto s =
                wait_for(worker, [&](const auto& p) { return p.document_revision == revision; });
            QCOMPARE(s->document_revision, revision);
            QVERIFY(is(*s, 0, engine::BreakerState::open));
        }
        // Birch, which answers now, is none of the next document's.
        chain::Document without = quick_chain(60);
        std::erase_if(without.providers, [](const auto& p) { return p.id == "birch"; });
        std::erase_if(without.chains[0].targets,
                      [](const auto& t) { return t.provider == "birch"; });
        worker.post(live::SetTraffic{"default", 0});
        worker.post(live::LoadDocument{std::move(without), {}, 7, ""});
        const auto s = wait_for(
            worker, [](const auto& p) { return !p.traffic.running && p.totals.running == 0; });
        QCOMPARE(s->totals.running, 0u);
        QCOMPARE(s->totals.requests, s->totals.succeeded);
    }

    // What was live before a scenario is live after it; what the scenario broke is not.
    void a_scenario_leaves_the_live_breakers_as_they_were() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(60), {}, 1, ""});
        worker.post(live::SetTraffic{"default", 50});
        worker.post(
            live::Inject{rule(R"({"target": "aster", "kind": "http_error", "status": 503})")});
        wait_for(worker, [](const auto& p) { return is(p, 0, engine::BreakerState::open); });
        worker.post(live::SetTraffic{"default", 0});
        const auto scenario = faults::read_scenario(
            *chain::parse_json(R"({"format": "brownout.scenario/1", "name": "x",
                "max_requests": 300, "traffic": {"requests_per_s": 60, "output_tokens": 5},
                "faults": [{"target": "birch", "kind": "http_error", "status": 503},
                           {"target": "aster", "kind": "http_error", "status": 503}]})",
                               "s"),
            "s");
        worker.post(live::PlayScenario{*scenario.value, 1});
        auto s = wait_for(worker, [](const auto& p) {
            return p.scenario.state == RunState::running && is(p, 1, engine::BreakerState::open);
        });
        QVERIFY(is(*s, 1, engine::BreakerState::open));
        s = wait_for(worker, [](const auto& p) { return p.scenario.state == RunState::finished; });
        QCOMPARE(s->scenario.state, RunState::finished);
        QVERIFY(is(*s, 0, engine::BreakerState::open));
        QVERIFY(is(*s, 1, engine::BreakerState::closed));
        std::map<std::string, engine::BreakerState> lanes;
        for (const auto& b : *s->breaker_lanes)
            lanes[b.target] = b.to;
        QCOMPARE(lanes["aster/m1"], engine::BreakerState::open);
        QCOMPARE(lanes["birch/m2"], engine::BreakerState::closed);
    }

    void real_providers_get_no_generated_traffic() {
        PlainProvider real(PlainProvider::answers, "42");
        live::Worker worker;
        worker.post(live::LoadDocument{read(chain_json(std::vector{real.base_url()})), {}, 1, ""});
        worker.post(live::SetTraffic{"default", 50});
        auto s = wait_for(worker, [](const auto& p) { return !p.notices.empty(); });
        const std::string said = s->notices.back().text;
        QVERIFY2(said.find("p1") != std::string::npos, said.c_str());
        QVERIFY(!s->simulated && !s->traffic.running);
        const auto scenario = faults::read_scenario(
            *chain::parse_json(R"({"format": "brownout.scenario/1", "name": "x",
                                   "max_requests": 3})",
                               "s"),
            "s");
        worker.post(live::PlayScenario{*scenario.value, 1});
        s = wait_for(worker, [](const auto& p) { return !p.scenario.error.empty(); });
        QVERIFY(s->scenario.error.find("p1") != std::string::npos);
        QCOMPARE(s->scenario.state, RunState::none);
        QCOMPARE(real.requests(), 0);
        // A prompt is the user's own doing.
        worker.post(live::SendPrompt{1, "", question()});
        s = wait_for(worker,
                     [](const auto& p) { return !p.prompts.empty() && p.prompts[0].finished; });
        QCOMPARE(s->prompts[0].text, std::string{"The answer is 42."});
    }

    void hold_probe_revert_and_reset() {
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(60), {}, 1, ""});
        worker.post(live::SetTraffic{"default", 30});
        worker.post(live::HoldBreaker{"aster/m1", engine::BreakerHold::open});
        auto s = wait_for(
            worker, [](const auto& p) { return p.targets.size() == 3 && p.targets[1].served > 5; });
        QCOMPARE(s->targets[0].status.hold, engine::BreakerHold::open);
        worker.post(live::HoldBreaker{"aster/m1", engine::BreakerHold::none});
        worker.post(live::Inject{rule(R"({"target": "aster", "kind": "reset",
                                          "stage": "request"})")});
        wait_for(worker, [](const auto& p) { return is(p, 0, engine::BreakerState::open); });
        worker.post(live::RevertAll{});
        worker.post(live::ProbeNow{"aster/m1"}); // else it would be a minute
        s = wait_for(worker, [](const auto& p) { return is(p, 0, engine::BreakerState::closed); });
        QVERIFY(is(*s, 0, engine::BreakerState::closed));
        QVERIFY(s->active_faults.empty());
        worker.post(live::SetTraffic{"default", 0});
        wait_for(worker, [](const auto& p) { return !p.traffic.running && p.totals.running == 0; });
        worker.post(live::ResetCounters{});
        s = wait_for(worker, [](const auto& p) { return p.totals.requests == 0; });
        QCOMPARE(s->totals.requests, 0u);
        QVERIFY(s->requests->empty());
        QVERIFY(s->targets[1].series.empty());
    }

    // What is due when it goes comes too late to be cancelled, and must find nothing to do.
    void it_may_go_at_any_moment() {
        for (int i = 0; i < 200; ++i) {
            live::WorkerOptions options;
            options.snapshot_every = 1ms;
            live::Worker worker(options);
            worker.post(live::LoadDocument{quick_chain(), {}, 1, ""});
            worker.post(live::SetTraffic{"default", 50});
            std::this_thread::sleep_for(std::chrono::microseconds{20 * i});
        }
    }

    void the_mailbox_is_bounded() {
        live::Worker worker;
        bool refused = false;
        for (int i = 0; i < 1'000'000 && !refused; ++i)
            refused = !worker.post(live::ResetCounters{});
        QVERIFY(refused); // and the worker lives on
        QVERIFY(wait_for(worker, [&](const auto&) { return worker.post(live::ResetCounters{}); }) !=
                nullptr);
    }

    void a_busy_worker_publishes_no_more_often() {
        const auto began = std::chrono::steady_clock::now();
        live::Worker worker;
        worker.post(live::LoadDocument{quick_chain(), {}, 1, ""});
        worker.post(live::SetTraffic{"default", 100}); // each of thirty tokens
        const auto s = wait_for(worker, [](const auto& p) { return p.totals.requests > 200; });
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        QVERIFY2(s->totals.requests > 200, qPrintable(QString::number(s->totals.requests)));
        QCOMPARE(s->totals.failed, 0u);
        // Thirty a second and no more, however much happens; and the first ones.
        QVERIFY2(static_cast<double>(s->version) < took.count() * 31 + 5,
                 qPrintable(QString::number(s->version)));
    } // destroyed while many run
};

QTEST_GUILESS_MAIN(TestWorker)
#include "test_worker.moc"
