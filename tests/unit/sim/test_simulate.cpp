// Simulations against what probability theory says of them, against themselves on other numbers of
// threads, and against input that cannot be played.
#include "sim_world.h"

#include "sim/queue.h"
#include "sim/world.h"
#include "stats/interval.h"

#include <cmath>
#include <map>

using namespace brownout;
using namespace brownout::test;

namespace {

constexpr const char* patient = R"({"breaker":{"consecutive_failures":null,"failure_ratio":null},
    "timeouts":{"first_token_ms":1000000,"stall_ms":1000000,"attempt_ms":2000000,
                "total_ms":4000000,"share_deadline":false},
    "retry":{"attempts_per_target":%1,"max_attempts":100,"backoff":{"kind":"none"}}})";

std::string policy_with(int attempts) {
    return QString::fromUtf8(patient).arg(attempts).toStdString();
}

double of(const Json& report, const char* key) {
    return report.at(key).get<double>();
}

// Erlang's C: the share of arrivals that wait in M/M/c, by the recursion of Erlang's B.
double erlang_c(int servers, double load) {
    double b = 1;
    for (int k = 1; k <= servers; ++k)
        b = load * b / (k + load * b);
    return b / (1 - load / servers * (1 - b));
}

} // namespace

class TestSimulate : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // n tries of which each fails with f: success 1 - f^n, and (1 - f^n) / (1 - f) tries a request.
    void retries_follow_the_geometric_law_data() {
        QTest::addColumn<double>("fails");
        QTest::addColumn<int>("tries");
        for (const double f : {0.05, 0.3, 0.7})
            for (const int n : {1, 2, 4})
                QTest::addRow("%g fail, %d tries", f, n) << f << n;
    }
    void retries_follow_the_geometric_law() {
        QFETCH(double, fails);
        QFETCH(int, tries);
        const auto document = chain_of(
            {R"({"first_token_ms":10,"token_ms":1,"error_ratio":)" + std::to_string(fails) + "}"},
            policy_with(tries));
        const int n = 20'000;
        const Json r = simulated(
            document, scenario_of(R"({"requests_per_s":50,"stream":false,"output_tokens":5})",
                                  "\"max_requests\":20000,"));
        const double lost = std::pow(fails, tries);
        const double success = 1 - lost, sd = std::sqrt(success * lost / n);
        QVERIFY2(std::abs(of(r, "succeeded") / n - success) <= 4 * sd, r.dump().c_str());
        double load = 0, squares = 0; // of tries
        for (int k = 1; k <= tries; ++k) {
            const double p = std::pow(fails, k - 1) * (k < tries ? 1 - fails : 1);
            load += k * p;
            squares += k * k * p;
        }
        const double load_sd = std::sqrt(std::max(0.0, squares - load * load) / n);
        QVERIFY2(std::abs(of(r, "attempts") / n - load) <= 4 * load_sd + 1e-12, r.dump().c_str());
    }

    // A provider with c places and exponential times is M/M/c: the mean time in the system is
    // 1/mu + C / (c mu - lambda). Judged by the spread over runs, since waits in one run are kin.
    void waits_are_those_of_m_m_c_data() {
        QTest::addColumn<int>("places");
        QTest::addColumn<double>("load"); // per place
        QTest::newRow("one place, half busy") << 1 << 0.5;
        QTest::newRow("one place, 80 % busy") << 1 << 0.8;
        QTest::newRow("four places, 80 % busy") << 4 << 0.8;
        QTest::newRow("ten places, 90 % busy") << 10 << 0.9;
    }
    void waits_are_those_of_m_m_c() {
        QFETCH(int, places);
        QFETCH(double, load);
        const double service_ms = 100, rate = load * places / service_ms * 1e3;
        const auto document =
            chain_of({R"({"first_token_ms":{"exponential":{"mean":100}},"token_ms":0,
                 "capacity":{"concurrency":)" +
                      std::to_string(places) + R"(,"queue":1000000}})"},
                     policy_with(1));
        const auto scenario = scenario_of(R"({"stream":false,"output_tokens":1,"requests_per_s":)" +
                                              std::to_string(rate) + "}",
                                          "\"max_requests\":8000,");
        std::vector<double> means;
        for (std::uint64_t seed = 1; seed <= 16; ++seed) {
            sim::SimulateOptions options;
            options.seed = seed;
            options.threads = 1;
            means.push_back(simulated(document, scenario, options)["latency_ms"]["mean"]);
        }
        const double wait = erlang_c(places, load * places) / (places / service_ms - rate / 1e3);
        const stats::Interval t = stats::student_t(means);
        const double standard_error = (t.high - t.value) / 2.131; // 15 degrees of freedom
        QVERIFY2(std::abs(t.value - (service_ms + wait)) <= 4 * standard_error,
                 qPrintable(QStringLiteral("%1 for %2").arg(t.value).arg(service_ms + wait)));
    }

    // The first of a request and its hedge after d: P(T > t) = S(t) S(t - d) beyond d.
    void hedged_answers_have_the_quantiles_of_the_first_of_two() {
        const double median = 1000, sigma = 0.8, after = 1500;
        const std::string model =
            R"({"first_token_ms":{"lognormal":{"median":1000,"sigma":0.8}},"token_ms":0})";
        auto policy = parsed(policy_with(1));
        policy["hedge"] = {{"after_ms", after}, {"max_extra", 1}};
        const auto document = chain_of({model, model}, policy.dump());
        const int n = 20'000;
        const Json r = simulated(
            document, scenario_of(R"({"requests_per_s":10,"stream":false,"output_tokens":1})",
                                  "\"max_requests\":20000,"));
        const auto survives = [&](double t) {
            return t <= 0 ? 1.0 : 0.5 * std::erfc(std::log(t / median) / sigma / std::sqrt(2.0));
        };
        const auto late = [&](double t) {
            return survives(t) * (t > after ? survives(t - after) : 1.0);
        };
        for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}) {
            const double seen = r["latency_ms"][name];
            // The sketch is right within 0.5 %, on top of four standard errors of the share.
            const double slack = 4 * std::sqrt(q * (1 - q) / n);
            QVERIFY2(late(seen * 1.005) - slack <= 1 - q && late(seen * 0.995) + slack >= 1 - q,
                     qPrintable(QStringLiteral("%1: %2 ms").arg(QLatin1String(name)).arg(seen)));
        }
        const double hedged = of(r, "hedges") / n, expected = survives(after);
        QVERIFY(std::abs(hedged - expected) <= 4 * std::sqrt(expected * (1 - expected) / n));
    }

    // Independent renewal processes: somebody is up unless all are down, 1 - prod R / (G + R).
    void independent_outages_multiply() {
        const std::string first = R"({"first_token_ms":10,"token_ms":0,"outages":
            {"gap_h":{"exponential":{"mean":1}},"repair_h":{"exponential":{"mean":0.5}}}})";
        const std::string second = R"({"first_token_ms":10,"token_ms":0,"outages":
            {"gap_h":{"weibull":{"shape":0.65,"scale":2}},
             "repair_h":{"lognormal":{"median":0.4,"sigma":1.2}}}})";
        const auto document = chain_of({first, second}, policy_with(1));
        sim::SimulateOptions options;
        options.runs = 16;
        const Json r =
            simulated(document,
                      scenario_of(R"({"requests_per_s":0.01,"stream":false,"output_tokens":1})",
                                  "\"duration_s\":2592000,"),
                      options);
        const double gap2 = 2 * std::tgamma(1 + 1 / 0.65), repair2 = 0.4 * std::exp(1.2 * 1.2 / 2);
        const double expected = 1 - 0.5 / 1.5 * (repair2 / (gap2 + repair2));
        const double value = r["availability"]["value"];
        const double standard_error =
            (r["availability"]["high"].get<double>() - value) / 2.131; // 15 degrees of freedom
        QCOMPARE(r["availability"]["method"].get<std::string>(), std::string{"t 95 %"});
        QVERIFY2(
            std::abs(value - expected) <= 4 * standard_error,
            qPrintable(
                QStringLiteral("%1 for %2 (se %3)").arg(value).arg(expected).arg(standard_error)));
    }

    // A bucket of one second's worth, by hand, request by request. In a dialect that does not tell
    // what is left: else the engine would keep to it, and never be refused.
    void rate_limits_are_a_token_bucket() {
        auto document = chain_of(
            {R"({"first_token_ms":1,"token_ms":0})", R"({"first_token_ms":1})"}, policy_with(1));
        document.providers[0].dialect = chain::Dialect::gemini;
        const int n = 5000;
        const double rate = 10, limit_per_min = 300;
        const Json r = simulated(
            document,
            scenario_of(R"({"requests_per_s":10,"arrivals":"uniform","stream":false,
                            "output_tokens":1})",
                        R"("max_requests":5000,"faults":[{"target":"p1","kind":"rate_limit",
                           "requests_per_min":300,"retry_after_s":3600}],)"));
        // The first 429 cools the target down for an hour, in which nobody is asked.
        double level = limit_per_min / 60;
        int passed = 0, limited = 0;
        for (int i = 0; i < n; ++i) {
            if (i > 0)
                level = std::min(limit_per_min / 60, level + limit_per_min / 60 / rate);
            if (level < 1) {
                ++limited;
                break;
            }
            level -= 1;
            ++passed;
        }
        QCOMPARE(r["targets"][0]["by_class"]["cooldown"].get<int>(), limited);
        QCOMPARE(r["targets"][0]["by_class"]["success"].get<int>(), passed);
    }

    // One target that is down for a while, its breaker by a loop of its own: three failures open
    // it, 30 s later one probe, and each failed probe doubles the time, to 300 s.
    void breaker_opens_and_probes_as_by_hand() {
        const auto document = chain_of({R"({"first_token_ms":1,"token_ms":0})"},
                                       R"({"breaker":{"when_all_open":"refuse"},
                                           "retry":{"attempts_per_target":1,"max_attempts":1}})");
        const Json r = simulated(
            document, scenario_of(R"({"requests_per_s":4,"arrivals":"uniform","stream":false,
                            "output_tokens":1})",
                                  R"("duration_s":900,"faults":[{"target":"p1","kind":"overloaded",
                           "when":{"at_s":100,"for_s":400}}],)"));
        std::vector<std::pair<double, std::string>> wanted;
        double open_until = -1, wait = 30;
        int failures = 0;
        bool open = false;
        for (double at = 0.25; at < 900; at += 0.25) {
            const bool down = at >= 100 && at < 500;
            if (open && at < open_until)
                continue;
            if (open) {
                wanted.emplace_back(at, "half_open");
                wanted.emplace_back(at, down ? "open" : "closed");
                open = down;
                open_until = at + wait;
                if (down)
                    wait = std::min(300.0, wait * 2);
                continue;
            }
            failures = down ? failures + 1 : 0;
            if (failures == 3) {
                wanted.emplace_back(at, "open");
                open = true;
                open_until = at + wait;
                wait = std::min(300.0, wait * 2);
            }
        }
        const Json& rows = r["targets"][0]["breaker"];
        QCOMPARE(rows.size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            QCOMPARE(rows[i]["to"].get<std::string>(), wanted[i].second);
            QVERIFY2(std::abs(rows[i]["at_s"].get<double>() - wanted[i].first) < 0.01,
                     rows.dump().c_str());
        }
    }

    void reports_have_the_same_bytes_on_any_number_of_threads() {
        const std::string model = R"({"first_token_ms":{"lognormal":{"median":300,"sigma":0.5}},
            "token_ms":{"lognormal":{"median":10,"sigma":0.1}},"error_ratio":0.05,
            "slow_mode":{"ratio":0.02,"factor":8}})";
        const auto document = chain_of({model, model, model}, R"({"hedge":{"after_ms":700},
                "budget":{"per_request_usd":0.01,"per_hour_usd":10}})");
        const auto scenario = scenario_of(
            R"({"requests_per_s":5,"input_tokens":{"lognormal":{"median":300,"sigma":1}}})",
            R"("duration_s":300,"faults":[
                {"target":"p1","kind":"http_error","status":503,"when":{"at_s":50,"for_s":60}},
                {"target":"p2","kind":"stream_cut","after_tokens":9,"when":{"probability":0.1}}],
               "expect":[{"metric":"availability","at_least":0.5},
                         {"metric":"longest_gap_s","at_most":100},
                         {"metric":"spend_usd","at_most":100}],)");
        std::string first;
        for (const unsigned threads : {1u, 2u, 8u}) {
            sim::SimulateOptions options;
            options.runs = 16;
            options.threads = threads;
            options.seed = 99;
            const std::string text = chain::pretty_json(simulated(document, scenario, options));
            if (threads == 1)
                first = text;
            QCOMPARE(text, first);
        }
        sim::SimulateOptions other;
        other.seed = 100;
        QVERIFY(chain::pretty_json(simulated(document, scenario, other)) != first);
    }

    // Beside a list that is kept sorted, the earlier of equals first.
    void the_queue_gives_in_order_and_equals_as_they_came() {
        sim::MonotoneQueue<int> queue;
        std::multimap<std::int64_t, int> sorted;
        Rng rng{7};
        std::int64_t now = 0;
        for (int i = 0; i < 20'000; ++i) {
            if (rng.chance(0.55) || sorted.empty()) {
                const std::uint32_t reach = rng.chance(0.1) ? 1'000'000'000u : 20u;
                const std::int64_t at = now + rng.below(reach);
                queue.push(Instant{Duration{at}}, i);
                sorted.emplace(at, i);
            } else {
                QCOMPARE(queue.next(), Instant{Duration{sorted.begin()->first}});
                const auto item = queue.pop();
                now = sorted.begin()->first;
                QCOMPARE(static_cast<std::int64_t>(item.at), now);
                QCOMPARE(item.payload, sorted.begin()->second);
                sorted.erase(sorted.begin());
            }
            QCOMPARE(queue.size(), sorted.size());
        }
    }

    void cancelled_it_tells_what_was_seen() {
        const auto document = chain_of({R"({"first_token_ms":10,"token_ms":1})"});
        std::atomic<bool> cancel = false;
        sim::SimulateOptions options;
        options.runs = 4;
        options.threads = 2;
        options.cancel = &cancel;
        options.progress = [&](double share) { cancel = share > 0; };
        const Json r = simulated(
            document, scenario_of(R"({"requests_per_s":1000})", "\"duration_s\":500000,"), options);
        QCOMPARE(r["partial"].get<bool>(), true);
        QVERIFY(of(r, "requests") > 0);
    }

    // Whoever cancels waits for so many steps at most, whatever the length of the run.
    void it_looks_up_every_thousand_steps() {
        const auto scenario =
            scenario_of(R"({"requests_per_s":100,"stream":false})", "\"max_requests\":50000,");
        const auto plan =
            sim::plan_run(chain_of({R"({"first_token_ms":10,"token_ms":1})"}), scenario);
        QVERIFY(plan.has_value());
        std::uint64_t looks = 0;
        sim::World world(*plan, 1);
        world.play([&](double share) { return ++looks > 0 && share <= 1; });
        QVERIFY(world.complete());
        const std::uint64_t steps =
            2 * world.fold().requests(); // a start and an end each, at least
        QVERIFY2(looks >= steps / 1024, std::to_string(looks).c_str());
        sim::World cut(*plan, 1);
        cut.play([&](double share) { return share < 0.1; });
        QVERIFY(!cut.complete() && cut.fold().requests() < 5000 + 1024);
    }

    void what_cannot_be_played_is_refused_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("traffic");
        QTest::addColumn<QString>("rest");
        QTest::addColumn<QString>("says");
        const char* usual = "{}";
        QTest::newRow("a rate without end") << usual << R"({"requests_per_s":100000})"
                                            << R"("duration_s":10000000,)"
                                            << "at most 2e+09 fit";
        QTest::newRow("more than a trillion events")
            << usual << R"({"requests_per_s":100000})"
            << R"("duration_s":31536000,)"
            << "3.15e+12 requests in one run are too many; at most 2e+09 fit";
        QTest::newRow("too many outages") << R"({"outages":{"gap_h":0.0001,"repair_h":0.0001}})"
                                          << "{}"
                                          << R"("duration_s":31536000,)"
                                          << "at most 6e+04 fit";
        QTest::newRow("no time between outages") << R"({"outages":{"gap_h":0,"repair_h":0}})"
                                                 << "{}"
                                                 << R"("duration_s":10,)"
                                                 << "gap_h";
        QTest::newRow("an outage that is no fault")
            << R"({"outages":{"gap_h":1,"repair_h":1,"fault":{"kind":"nonsense"}}})"
            << "{}"
            << R"("duration_s":10,)"
            << "/outages/fault";
    }
    void what_cannot_be_played_is_refused() {
        QFETCH(QString, model);
        QFETCH(QString, traffic);
        QFETCH(QString, rest);
        QFETCH(QString, says);
        const auto report =
            sim::simulate(chain_of({model.toStdString()}),
                          scenario_of(traffic.toStdString(), rest.toStdString()), {});
        QVERIFY(!report);
        QVERIFY2(QString::fromStdString(report.error().text()).contains(says),
                 report.error().text().c_str());
    }

    void a_provider_without_a_model_gets_the_default_and_a_note() {
        auto document = chain_of({"{}"});
        document.providers[0].model.reset();
        document.providers[0].base_url = "https://api.example.com/v1";
        const Json r =
            simulated(document, scenario_of(R"({"requests_per_s":1})", "\"duration_s\":60,"));
        QCOMPARE(r["mode"].get<std::string>(), std::string{"simulated"});
        QVERIFY(r["notes"].dump().find("p1 has no model") != std::string::npos);
        QCOMPARE(r["targets"][0]["was"].get<std::string>(), std::string{"simulated"});
    }
};

QTEST_APPLESS_MAIN(TestSimulate)
#include "test_simulate.moc"
