// Simulated health checks and pictures against what can be reckoned by hand.
#include "sim_world.h"

#include <cmath>

using namespace brownout;
using namespace brownout::test;

namespace {

double of(const Json& report, const char* key) {
    return report.at(key).get<double>();
}

// One provider of pictures at 0.04 USD each.
chain::Document picture_chain(const QString& dialect, double takes_ms,
                              const std::string& policy = R"({"retry":{"attempts_per_target":2,
        "max_attempts":2,"backoff":{"kind":"none"}},"breaker":{"consecutive_failures":null,
        "failure_ratio":null}})") {
    const Json provider = {{"id", "p1"},
                           {"dialect", dialect.toStdString()},
                           {"base_url", "lab:"},
                           {"key", "none"},
                           {"model", {{"first_token_ms", takes_ms}}}};
    const Json target = {{"provider", "p1"},
                         {"model", dialect == "openai" ? "gpt-image-1" : "acme/m1"},
                         {"capabilities", {"image"}},
                         {"price", {{"image_usd", 0.04}}}};
    const auto read = chain::read_document(
        {{"format", "brownout.chain/1"},
         {"name", "test"},
         {"providers", Json::array({provider})},
         {"chains", Json::array({{{"id", "default"}, {"targets", Json::array({target})}}})},
         {"policy", parsed(policy)}},
        "test.chain.json");
    for (const auto& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

} // namespace

class TestSimulatedParts : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Checks at 60 s, 120 s ... of an hour; three requests.
    void health_checks_go_out_on_time_and_cost_what_they_cost_data() {
        QTest::addColumn<QString>("by");
        QTest::addColumn<double>("cost_usd"); // of one
        QTest::newRow("a models list") << "models" << 0.0;
        QTest::newRow("a prompt") << "prompt" << (8 * 1 + 1 * 2) / 1e6;
    }
    void health_checks_go_out_on_time_and_cost_what_they_cost() {
        QFETCH(QString, by);
        QFETCH(double, cost_usd);
        auto document = chain_of({R"({"first_token_ms":10,"token_ms":1})"});
        document.providers[0].health_check = chain::HealthCheck{60, by == "prompt"};
        const Json r =
            simulated(document, scenario_of(R"({"requests_per_s":0.001,"arrivals":"uniform",
                                      "input_tokens":93,"output_tokens":50})",
                                            "\"duration_s\":3600,"));
        QCOMPARE(r["health_checks"]["made"].get<int>(), 59);
        QCOMPARE(r["health_checks"]["failed"].get<int>(), 0);
        QCOMPARE(of(r, "requests"), 3.0);
        const double each = (100 * 1 + 50 * 2) / 1e6;
        QVERIFY2(std::abs(of(r, "spend_usd") - (3 * each + 59 * cost_usd)) < 1e-9,
                 r.dump().c_str());
        QVERIFY(std::abs(of(r, "wasted_usd") - 59 * cost_usd) < 1e-9);
    }

    // Nobody asks; the third failed check opens the breaker.
    void health_checks_find_an_outage_data() {
        QTest::addColumn<QString>("fault");
        QTest::addColumn<double>("late_s");
        QTest::newRow("an error") << R"("kind":"http_error","status":503)" << 0.0;
        QTest::newRow("silence") << R"("kind":"hang")" << 10.0; // as long as a check may take
        QTest::newRow("no name") << R"("kind":"dns_failure")" << 0.0;
    }
    void health_checks_find_an_outage() {
        QFETCH(QString, fault);
        QFETCH(double, late_s);
        for (const bool by_prompt : {false, true}) {
            auto document = chain_of({R"({"first_token_ms":10,"token_ms":1})"});
            document.providers[0].health_check = chain::HealthCheck{60, by_prompt};
            const Json r = simulated(
                document, scenario_of(R"({"requests_per_s":0.001,"arrivals":"uniform"})",
                                      "\"duration_s\":900,\"faults\":[{\"target\":\"p1\"," +
                                          fault.toStdString() + ",\"when\":{\"for_s\":400}}],"));
            const Json& rows = r["targets"][0]["breaker"];
            QVERIFY2(!rows.empty(), r.dump().c_str());
            QCOMPARE(rows[0]["to"].get<std::string>(), std::string{"open"});
            QCOMPARE(rows[0]["at_s"].get<double>(), 180 + late_s);
            QCOMPARE(rows.back()["to"].get<std::string>(), std::string{"closed"});
            QVERIFY(r["health_checks"]["failed"].get<int>() >= 3);
        }
    }

    // A picture takes its time; a job is held for 5 s, then looked at after 0.5, 0.5, 0.75, 1.125,
    // 1.6875 s and every two seconds.
    void pictures_come_when_they_are_looked_for_data() {
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<double>("takes_ms");
        QTest::addColumn<double>("latency_ms");
        QTest::newRow("at once") << "openai" << 2000.0 << 2000.0;
        QTest::newRow("from another host") << "fal" << 7000.0 << 7000.0;
        QTest::newRow("a job within the hold") << "replicate" << 4000.0 << 4000.0;
        QTest::newRow("a job, second look") << "replicate" << 5600.0 << 6000.0;
        QTest::newRow("a job, fourth look") << "replicate" << 7000.0 << 7875.0;
        QTest::newRow("a job, seventh look") << "replicate" << 13'000.0 << 13'562.5;
    }
    void pictures_come_when_they_are_looked_for() {
        QFETCH(QString, dialect);
        QFETCH(double, takes_ms);
        QFETCH(double, latency_ms);
        const Json r =
            simulated(picture_chain(dialect, takes_ms),
                      scenario_of(R"({"image":true,"requests_per_s":1})", "\"max_requests\":50,"));
        QCOMPARE(of(r, "succeeded"), 50.0);
        QCOMPARE(of(r, "attempts"), 50.0);
        QVERIFY2(std::abs(r["latency_ms"]["p50"].get<double>() / latency_ms - 1) < 0.01,
                 r["latency_ms"].dump().c_str());
        QVERIFY(std::abs(of(r, "spend_usd") - 50 * 0.04) < 1e-9);
    }

    // f of the pictures are spoilt; those that were made are paid for all the same.
    void spoilt_pictures_are_made_again_data() {
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<bool>("spoils");
        QTest::addColumn<bool>("paid");
        QTest::newRow("corrupt") << "openai"
                                 << "corrupt_image" << true << true;
        QTest::newRow("its bytes came along") << "openai"
                                              << "expired_url" << false << true;
        QTest::newRow("its address is too old") << "fal"
                                                << "expired_url" << true << true;
        QTest::newRow("the job fails") << "replicate"
                                       << "job_failed" << true << false;
        QTest::newRow("it fails at once") << "openai"
                                          << "job_failed" << true << false;
    }
    void spoilt_pictures_are_made_again() {
        QFETCH(QString, dialect);
        QFETCH(QString, kind);
        QFETCH(bool, spoils);
        QFETCH(bool, paid);
        const int n = 4000;
        const double f = spoils ? 0.3 : 0;
        const Json r =
            simulated(picture_chain(dialect, 100),
                      scenario_of(R"({"image":true,"requests_per_s":1})",
                                  R"("max_requests":4000,"faults":[{"target":"p1","kind":")" +
                                      kind.toStdString() + R"(","when":{"probability":0.3}}],)"));
        const double attempts = 1 + f, sd = std::sqrt(f * (1 - f) / n);
        QVERIFY2(std::abs(of(r, "attempts") / n - attempts) <= 4 * sd + 1e-12, r.dump().c_str());
        QVERIFY(std::abs(of(r, "succeeded") / n - (1 - f * f)) <= 4 * std::sqrt(f * f / n) + 1e-12);
        const double pictures = paid ? of(r, "attempts") : of(r, "succeeded");
        QVERIFY(std::abs(of(r, "spend_usd") - pictures * 0.04) < 1e-6);
    }

    void a_picture_that_is_never_ready_ends_by_the_limit_data() {
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<double>("limit_ms");
        QTest::newRow("no answer: the first one is late") << "fal" << 10'000.0;
        QTest::newRow("a job that goes on") << "replicate" << 40'000.0;
    }
    void a_picture_that_is_never_ready_ends_by_the_limit() {
        QFETCH(QString, dialect);
        QFETCH(double, limit_ms);
        const Json r = simulated(
            picture_chain(dialect, 1000, R"({"retry":{"attempts_per_target":1,"max_attempts":1},
                "timeouts":{"first_token_ms":10000,"attempt_ms":40000},
                "breaker":{"consecutive_failures":null,"failure_ratio":null}})"),
            scenario_of(
                R"({"image":true,"requests_per_s":1,"arrivals":"uniform"})",
                R"("max_requests":1,"faults":[{"target":"p1","kind":"job_never_ready"}],)"));
        QCOMPARE(of(r, "failed"), 1.0);
        QVERIFY2(std::abs(of(r, "virtual_s") - 1 - limit_ms / 1e3) < 0.01, r.dump().c_str());
    }
};

QTEST_APPLESS_MAIN(TestSimulatedParts)
#include "test_simulated_parts.moc"
