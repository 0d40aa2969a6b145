// The simulator in random worlds, its engine judged at every step (sim/oracle.h), and the oracle
// itself: that it sees what it should. BROWNOUT_WORLDS=n plays so many.
#include "sim_world.h"

#include "sim/world.h"

#include <QElapsedTimer>

using namespace brownout;
using namespace brownout::test;

namespace {

// A whole run takes longer than a test may by default.
[[maybe_unused]] const bool patient =
    qEnvironmentVariableIsSet("BROWNOUT_WORLDS") && qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");

std::string one_of(Rng& rng, std::initializer_list<const char*> words) {
    return words.begin()[rng.below(static_cast<std::uint32_t>(words.size()))];
}
std::string number(Rng& rng, double low, double high) {
    return std::to_string(low + rng.uniform() * (high - low));
}

std::string random_model(Rng& rng) {
    std::string out = "{\"first_token_ms\":" + number(rng, 1, 900) +
                      ",\"token_ms\":" + number(rng, 0, 60) +
                      ",\"error_ratio\":" + one_of(rng, {"0", "0", "0.1", "0.5", "1"});
    if (rng.chance(0.3))
        out += R"(,"slow_mode":{"ratio":0.2,"factor":30})";
    if (rng.chance(0.3))
        out += R"(,"capacity":{"concurrency":)" + one_of(rng, {"1", "2"}) + R"(,"queue":)" +
               one_of(rng, {"0", "2"}) + R"(,"shed_status":)" + one_of(rng, {"429", "503"}) + "}";
    if (rng.chance(0.3))
        out += R"(,"outages":{"gap_h":0.004,"repair_h":0.002,"severity":0.7})";
    return out + "}";
}

std::string random_policy(Rng& rng) {
    std::string out =
        R"({"timeouts":{"connect_ms":)" + one_of(rng, {"50", "3000"}) + R"(,"first_token_ms":)" +
        one_of(rng, {"300", "15000"}) + R"(,"stall_ms":)" + one_of(rng, {"40", "15000"}) +
        R"(,"total_ms":)" + one_of(rng, {"800", "5000", "120000"}) +
        R"(},"retry":{"attempts_per_target":)" + one_of(rng, {"1", "2", "3"}) +
        R"(,"max_attempts":)" + one_of(rng, {"1", "3", "6"}) + R"(,"max_wait_ms":)" +
        one_of(rng, {"0", "500", "2000"}) + R"(},"breaker":{"consecutive_failures":)" +
        one_of(rng, {"1", "3", "null"}) + R"(,"open_s":)" + one_of(rng, {"1", "5"}) +
        R"(,"when_all_open":")" + one_of(rng, {"try_soonest", "refuse"}) + "\"}";
    if (rng.chance(0.4))
        out += R"(,"hedge":{"after_ms":)" + one_of(rng, {"0", "100", "700"}) + R"(,"max_extra":)" +
               one_of(rng, {"1", "2"}) + "}";
    if (rng.chance(0.3))
        out += R"(,"budget":{"per_request_usd":0.0004,"per_hour_usd":0.003})";
    return out + "}";
}

std::string random_faults(Rng& rng) {
    std::string out;
    for (std::uint32_t n = rng.below(4); n > 0; --n) {
        out += out.empty() ? "" : ",";
        out += R"({"target":")" + one_of(rng, {"p1", "p2", "*", "@last"}) + "\"," +
               one_of(rng,
                      {R"("kind":"http_error","status":503)",
                       R"("kind":"http_error","status":429,"retry_after_s":1)",
                       R"("kind":"bad_key")", R"("kind":"model_missing")", R"("kind":"overloaded")",
                       R"("kind":"hang")", R"("kind":"connect_refused")",
                       R"("kind":"connect_hang")", R"("kind":"dns_failure")", R"("kind":"reset")",
                       R"("kind":"stream_cut","after_tokens":3)",
                       R"("kind":"stream_stall","after_tokens":2,"ms":5000)",
                       R"("kind":"slow_first_token","ms":2000)", R"("kind":"moderation")",
                       R"("kind":"rate_limit","requests_per_min":60)"}) +
               R"(,"when":{"at_s":)" + number(rng, 0, 8) + R"(,"for_s":)" + number(rng, 1, 9) +
               one_of(rng, {"", "", R"(,"probability":0.5)"}) + "}}";
    }
    return "\"faults\":[" + out + "],";
}

sim::RunPlan random_plan(std::uint64_t seed) {
    Rng rng = Rng::stream(seed, 78);
    std::vector<std::string> models;
    for (std::uint32_t n = 2 + rng.below(3); n > 0; --n)
        models.push_back(random_model(rng));
    auto document = chain_of(models, random_policy(rng));
    for (chain::Provider& provider : document.providers)
        provider.dialect = static_cast<chain::Dialect>(rng.below(4));
    document.chains[0].strategy = static_cast<engine::Strategy>(rng.below(4));
    const std::string traffic = R"({"requests_per_s":)" + number(rng, 0.5, 8) +
                                R"(,"output_tokens":)" + number(rng, 1, 20) + R"(,"stream":)" +
                                one_of(rng, {"true", "false"}) + "}";
    for (;;) { // faults that exclude each other are drawn again
        const auto read = faults::read_scenario(
            parsed(R"({"format":"brownout.scenario/1","name":"test","max_requests":30,)" +
                   random_faults(rng) + "\"traffic\":" + traffic + "}"),
            "test.scenario.json");
        if (!read.ok())
            continue;
        const auto bound = faults::bind(*read.value, document, "");
        if (!bound.ok())
            continue;
        const auto plan = sim::plan_run(document, *bound.value);
        if (!plan)
            qFatal("world %llu cannot be played: %s", static_cast<unsigned long long>(seed),
                   plan.error().text().c_str());
        return *plan;
    }
}

} // namespace

class TestSimWorlds : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void every_step_keeps_the_rules() {
        const int asked = qEnvironmentVariableIntValue("BROWNOUT_WORLDS");
        const int worlds = asked > 0 ? asked : 1000;
        constexpr int of_plan = 20;
        QElapsedTimer timer;
        timer.start();
        std::uint64_t steps = 0, requests = 0, succeeded = 0;
        for (int first = 0; first < worlds; first += of_plan) {
            const auto number = static_cast<std::uint64_t>(first / of_plan);
            const sim::RunPlan plan = random_plan(number);
            for (std::uint64_t seed = 0; seed < of_plan; ++seed) {
                sim::World world(plan, number << 32 | seed); // told where a rule does not hold
                world.judge_engine();
                world.play([](double) { return true; });
                QVERIFY(world.complete());
                QCOMPARE(world.fold().requests(), std::uint64_t{30});
                steps += world.judged_steps();
                requests += world.fold().requests();
                succeeded += world.fold().succeeded();
            }
        }
        qInfo("%d worlds, %llu steps in %.1f s", worlds, static_cast<unsigned long long>(steps),
              double(timer.elapsed()) / 1000);
        QVERIFY(steps > 2 * requests);
        QVERIFY(succeeded > requests / 4 && succeeded < requests * 3 / 4 + requests / 5);
    }

    // Each script's last line breaks the rule.
    void the_oracle_sees_data() {
        QTest::addColumn<int>("script");
        QTest::addColumn<QString>("rule");
        QTest::newRow("nothing wrong") << 0 << "";
        QTest::newRow("a second end") << 1 << "a call ended twice";
        QTest::newRow("a cost that is not the sum") << 2 << "cost is not that of its attempts";
        QTest::newRow("one too many") << 3 << "more attempts";
        QTest::newRow("an open breaker") << 4 << "an open breaker let something through";
        QTest::newRow("a cooldown") << 5 << "cooling down";
        QTest::newRow("ends while it runs") << 6 << "with attempts under way";
        QTest::newRow("a breaker from nowhere") << 7 << "moved from where it was not";
        QTest::newRow("time") << 8 << "time went back";
    }
    void the_oracle_sees() {
        using namespace engine;
        QFETCH(int, script);
        QFETCH(QString, rule);
        const auto names = chain::compile(chain_of(
            {"{}", "{}"}, R"({"breaker":{"when_all_open":"refuse"},"retry":{"max_attempts":2}})"));
        sim::Oracle oracle(names.setup);
        Actions actions;
        std::string seen;
        const auto step = [&](const Event& event, int ms) {
            seen = oracle.step(event, Instant{std::chrono::milliseconds{ms}}, actions);
            actions.clear();
        };
        const CallId id{0, 0};
        const auto start = [&](AttemptNumber number, std::uint16_t target, int ms) {
            const Instant by{std::chrono::milliseconds{ms + 10}};
            StartAttempt a;
            a.call = id;
            a.attempt = number;
            a.target = TargetId{target};
            a.mode = number == 1 ? AttemptMode::fresh : AttemptMode::failover;
            a.connect_by = a.first_token_by = a.attempt_by = by;
            actions.push(a);
        };
        const auto finish = [&](int attempts, std::int64_t cost) {
            Finish f;
            f.call = id;
            f.attempts = attempts;
            f.cost.pico_usd = cost;
            actions.push(f);
        };
        AttemptFinished failed{id, 1, {}};
        failed.outcome.cls = OutcomeClass::failover;
        failed.outcome.cost.pico_usd = 5;
        if (script == 5)
            actions.push(CoolingDown{TargetId{0}, Instant{std::chrono::seconds{1}}});
        if (script == 4)
            actions.push(BreakerChanged{TargetId{0}, BreakerState::closed, BreakerState::open,
                                        BreakerWhy::manual, never});
        start(1, 0, 0);
        step(CallStarted{}, 0);
        if (seen.empty() && script == 3) {
            start(2, 1, 1);
            step(failed, 1);
            failed.attempt = 2;
            start(3, 0, 2);
            step(failed, 2);
        } else if (seen.empty() && script == 7) {
            actions.push(BreakerChanged{TargetId{0}, BreakerState::half_open, BreakerState::open,
                                        BreakerWhy::probe_failed, never});
            step(Woke{id}, 1);
        } else if (seen.empty() && script == 8) {
            step(Woke{id}, -1);
        } else if (seen.empty() && script == 6) {
            finish(1, 0);
            step(Woke{id}, 1);
        } else if (seen.empty()) {
            finish(1, script == 2 ? 4 : 5);
            if (script == 1)
                finish(1, 5);
            step(failed, 1);
        }
        QVERIFY2(rule.isEmpty() ? seen.empty() : QString::fromStdString(seen).contains(rule),
                 seen.c_str());
    }
};

QTEST_APPLESS_MAIN(TestSimWorlds)
#include "test_sim_worlds.moc"
