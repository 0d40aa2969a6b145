// Rehearsals: a scenario played in wall-clock time over real sockets against the lab, and the
// report that comes of it.
#include "live/rehearsal.h"
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>
#include <fstream>
#include <thread>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

// Three simulated providers that answer within 100 ms.
chain::Document quick_chain(const std::string& policy = R"({"breaker": {"open_s": 1,
                                                            "open_growth": 1}})") {
    auto json = chain_json({"lab:", "lab:", "lab:"}, policy);
    const char* const ids[] = {"aster", "birch", "cedar"};
    for (std::size_t i = 0; i < 3; ++i) {
        json["providers"][i]["id"] = ids[i];
        json["providers"][i]["model"] = {{"first_token_ms", 40}, {"token_ms", 2}};
        json["chains"][0]["targets"][i]["provider"] = ids[i];
    }
    return read(json);
}

faults::Scenario scenario(const std::string& text) {
    auto parsed = chain::parse_json(text, "test.scenario.json");
    if (!parsed)
        qFatal("%s", parsed.error().text().c_str());
    auto read = faults::read_scenario(*parsed, "test.scenario.json");
    for (const auto& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

const char* const primary_down = R"({
    "format": "brownout.scenario/1", "name": "primary down", "duration_s": 6,
    "traffic": {"requests_per_s": 20, "arrivals": "uniform", "stream": true,
                "input_tokens": 50, "output_tokens": 10},
    "faults": [{"target": "@primary", "kind": "http_error", "status": 503,
                "when": {"at_s": 1, "for_s": 2}}],
    "expect": [{"metric": "availability", "at_least": 0.999},
               {"metric": "latency_ms", "quantile": 0.99, "at_most": 10000},
               {"metric": "breaker_opens_within_s", "target": "@primary", "at_most": 2},
               {"metric": "recovers_within_s", "target": "@primary", "at_most": 3},
               {"metric": "spend_usd", "at_most": 1}]})";

std::vector<chain::Json> read_log(const QString& path) {
    std::ifstream file(path.toStdString());
    std::vector<chain::Json> events;
    for (std::string line; std::getline(file, line);)
        events.push_back(chain::Json::parse(line));
    return events;
}

} // namespace

class TestRehearsal : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void primary_down_is_survived_and_reported() {
        const QTemporaryDir dir;
        const QString log = dir.filePath("events.jsonl");
        live::RehearseOptions options;
        options.seed = 42;
        options.log_path = log.toStdString();
        options.chain_sha256 = std::string(64, 'a');
        std::uint64_t told = 0;
        options.progress = [&](double, double, std::uint64_t n) { told = n; };
        const auto report = live::rehearse(quick_chain(), scenario(primary_down), {}, options);
        QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
        const chain::Json& r = *report;
        QVERIFY2(record::all_pass(r), r["expectations"].dump(1).c_str());
        for (const chain::Problem& p : record::check_report(r, "report"))
            QFAIL(p.text().c_str());
        QCOMPARE(r["partial"].get<bool>(), false);
        QCOMPARE(r["seed"].get<int>(), 42);
        const int requests = r["requests"].get<int>();
        QVERIFY2(std::abs(requests - 119) <= 1, qPrintable(QString::number(requests)));
        QCOMPARE(r["failed"].get<int>(), 0);
        QVERIFY(told > 0);
        const auto& aster = r["targets"][0];
        QCOMPARE(aster["target"].get<std::string>(), std::string{"aster/m1"});
        QCOMPARE(aster["was"].get<std::string>(), std::string{"simulated"});
        QCOMPARE(aster["breaker"].front()["from"].get<std::string>(), std::string{"closed"});
        QCOMPARE(aster["breaker"].front()["to"].get<std::string>(), std::string{"open"});
        QCOMPARE(aster["breaker"].back()["from"].get<std::string>(), std::string{"half_open"});
        QCOMPARE(aster["breaker"].back()["to"].get<std::string>(), std::string{"closed"});
        QVERIFY(r["targets"][1]["served"].get<int>() > 20);

        // The log tells the same story.
        double logged_cost = 0;
        int finished = 0, faults = 0;
        for (const chain::Json& e : read_log(log)) {
            const std::string name = e["event"];
            faults += name == "fault_started" || name == "fault_ended";
            if (name != "request_finished")
                continue;
            ++finished;
            logged_cost += e["cost_usd"].get<double>();
        }
        QCOMPARE(finished, requests);
        QCOMPARE(faults, 2);
        QVERIFY(std::abs(logged_cost - r["spend_usd"].get<double>()) < 1e-6);
        QVERIFY(logged_cost > 0);
    }

    // Each with a loop, a lab and a client of its own: they share nothing.
    void several_at_once_do_not_disturb_each_other() {
        auto s = scenario(primary_down);
        s.duration_s = 2;
        std::array<chain::Json, 3> reports; // null: refused
        {
            std::vector<std::jthread> threads;
            for (chain::Json& report : reports)
                threads.emplace_back([&] {
                    if (auto played = live::rehearse(quick_chain(), s, {}, {}))
                        report = std::move(*played);
                });
        }
        for (const chain::Json& report : reports) {
            QVERIFY(report.is_object());
            QCOMPARE(report["requests"].get<int>(), reports[0]["requests"].get<int>());
            QCOMPARE(report["failed"].get<int>(), 0);
        }
    }

    void an_expectation_that_cannot_hold_fails() {
        auto s = scenario(R"({"format": "brownout.scenario/1", "name": "x", "max_requests": 5,
            "traffic": {"requests_per_s": 50, "output_tokens": 5},
            "expect": [{"metric": "latency_ms", "quantile": 0.5, "at_most": 1},
                       {"metric": "availability", "at_least": 0.9}]})");
        const auto report = live::rehearse(quick_chain(), s, {}, {});
        QVERIFY(report.has_value());
        QVERIFY(!record::all_pass(*report));
        QCOMPARE((*report)["requests"].get<int>(), 5);
        QCOMPARE((*report)["expectations"][0]["pass"].get<bool>(), false);
        QCOMPARE((*report)["expectations"][1]["pass"].get<bool>(), true);
    }

    void closed_clients_think_between_their_requests() {
        auto s = scenario(R"({"format": "brownout.scenario/1", "name": "x", "duration_s": 2,
            "traffic": {"arrivals": "closed", "clients": 3, "think_ms": 200, "stream": false,
                        "output_tokens": 5}})");
        const auto report = live::rehearse(quick_chain(), s, {}, {});
        QVERIFY(report.has_value());
        const int n = (*report)["requests"].get<int>();              // one each 250 ms and client
        QVERIFY2(n >= 4 && n <= 33, qPrintable(QString::number(n))); // no more, however quick
        QCOMPARE((*report)["succeeded"].get<int>(), n);
    }

    void cancelled_it_reports_what_was_seen() {
        std::atomic<bool> cancel = false;
        live::RehearseOptions options;
        options.cancel = &cancel;
        options.progress = [&](double elapsed_s, double, std::uint64_t) {
            if (elapsed_s > 0.7)
                cancel = true;
        };
        const auto report = live::rehearse(quick_chain(), scenario(primary_down), {}, options);
        QVERIFY(report.has_value());
        QCOMPARE((*report)["partial"].get<bool>(), true);
        QVERIFY((*report)["requests"].get<int>() > 5);
    }

    void real_providers_are_not_called_unasked() {
        PlainProvider real(PlainProvider::answers, "42");
        const auto document = read(chain_json({real.base_url(), real.base_url()}));
        const auto s = scenario(R"({"format": "brownout.scenario/1", "name": "x",
            "max_requests": 3, "traffic": {"requests_per_s": 50, "output_tokens": 5}})");
        auto report = live::rehearse(document, s, {}, {});
        QVERIFY(!report);
        QCOMPARE(report.error().kind, Error::Kind::bad_input);
        QVERIFY2(report.error().text().find("p1") != std::string::npos,
                 report.error().text().c_str());
        live::RehearseOptions options;
        options.real = true;
        QVERIFY(!live::rehearse(document, s, {}, options)); // no limit, no call
        QCOMPARE(real.requests(), 0);
        options.max_spend = Money::from_usd(1);
        report = live::rehearse(document, s, {}, options);
        QVERIFY(report.has_value());
        QCOMPARE((*report)["succeeded"].get<int>(), 3);
        QCOMPARE((*report)["targets"][0]["was"].get<std::string>(), std::string{"real"});
        QCOMPARE(real.requests(), 3);
        QVERIFY(live::estimate_spend(document, s)->usd() > 0);

        // Enough is enough.
        options.max_spend = Money::from_usd(30e-6); // two requests at 11 in, 7 out
        auto many = s;
        many.max_requests = 200;
        report = live::rehearse(document, many, {}, options);
        QVERIFY(report.has_value());
        QCOMPARE((*report)["partial"].get<bool>(), true);
        QVERIFY((*report)["requests"].get<int>() < 50);

        // With a model nothing is real.
        auto modelled = scenario(R"({"format": "brownout.scenario/1", "name": "x",
            "max_requests": 3, "traffic": {"requests_per_s": 50, "output_tokens": 5},
            "models": {"p1": {"first_token_ms": 5, "token_ms": 1},
                       "p2": {"first_token_ms": 5, "token_ms": 1}}})");
        const int before = real.requests();
        report = live::rehearse(document, modelled, {}, {});
        QVERIFY(report.has_value());
        QCOMPARE((*report)["succeeded"].get<int>(), 3);
        QCOMPARE(real.requests(), before);
        QCOMPARE(live::estimate_spend(document, modelled)->pico_usd, 0);
    }

    // What the checks cost is in the report's figures, and these are the log's.
    void health_checks_are_paid_for() {
        const QTemporaryDir dir;
        chain::Document document = quick_chain();
        for (chain::Provider& provider : document.providers)
            provider.health_check = chain::HealthCheck{1, provider.id != "birch"};
        live::RehearseOptions options;
        options.log_path = dir.filePath("events.jsonl").toStdString();
        options.chain_sha256 = std::string(64, 'a');
        const auto report = live::rehearse(
            document, scenario(R"({"format": "brownout.scenario/1", "name": "x", "duration_s": 3.5,
                "traffic": {"requests_per_s": 5, "output_tokens": 5},
                "faults": [{"target": "cedar", "kind": "http_error", "status": 500}]})"),
            {}, options);
        QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
        const chain::Json& r = *report;
        for (const chain::Problem& p : record::check_report(r, "report"))
            QFAIL(p.text().c_str());
        int made = 0, failed = 0;
        double checks = 0, spend = 0, wasted = 0;
        std::map<std::string, double> by_target;
        for (const chain::Json& e : read_log(QString::fromStdString(options.log_path))) {
            if (e["event"] == "health_checked") {
                ++made;
                failed += e["class"] != "success";
                checks += e["cost_usd"].get<double>();
                by_target[e["target"]] += e["cost_usd"].get<double>();
            } else if (e["event"] == "request_finished") {
                spend += e["cost_usd"].get<double>();
                wasted += e["wasted_usd"].get<double>();
            } else if (e["event"] == "attempt_finished") {
                by_target[e["target"]] += e["cost_usd"].get<double>();
            }
        }
        const auto near = [](const chain::Json& is, double said) {
            return std::abs(is.get<double>() - said) < 1e-9;
        };
        QVERIFY(made >= 6 && failed >= 2 && checks > 0 && spend > 0);
        QCOMPARE(r["health_checks"]["made"].get<int>(), made);
        QCOMPARE(r["health_checks"]["failed"].get<int>(), failed);
        QVERIFY(near(r["health_checks"]["spend_usd"], checks));
        QVERIFY(near(r["spend_usd"], spend + checks));
        QVERIFY(near(r["wasted_usd"], wasted + checks));
        QVERIFY(near(r["targets"][1]["health_checks"]["spend_usd"], 0)); // models lists are free
        double timeline = 0, targets = 0;
        for (const chain::Json& row : r["timeline"])
            timeline += row["spend_usd"].get<double>();
        for (const chain::Json& target : r["targets"]) {
            targets += target["spend_usd"].get<double>();
            QVERIFY(near(target["spend_usd"], by_target[target["target"]]));
        }
        QVERIFY(std::abs(timeline - spend - checks) < 1e-8);
        QVERIFY(std::abs(targets - spend - checks) < 1e-8);
        QVERIFY(record::report_table(r).find("health checks " + std::to_string(made)) !=
                std::string::npos);
    }

    void health_checks_count_against_the_limit() {
        PlainProvider real(PlainProvider::answers, "42"); // 25e-6 USD for each
        auto json = chain_json(std::vector{real.base_url()});
        json["providers"][0]["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        live::RehearseOptions options;
        options.real = true;
        options.max_spend = Money::from_usd(20e-6);
        const auto report =
            live::rehearse(read(json), scenario(R"({"format": "brownout.scenario/1", "name": "x",
                "duration_s": 30, "traffic": {"requests_per_s": 0.05, "arrivals": "uniform",
                                              "output_tokens": 5}})"),
                           {}, options);
        QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
        QCOMPARE((*report)["partial"].get<bool>(), true);
        QCOMPARE((*report)["health_checks"]["made"].get<int>(), 1);
        QCOMPARE((*report)["requests"].get<int>(), 0);
        QCOMPARE(real.requests(), 1);
        QCOMPARE((*report)["notes"].size(), std::size_t{1});
    }

    void real_targets_without_a_price_are_refused() {
        PlainProvider real(PlainProvider::answers, "42");
        auto json = chain_json(std::vector{real.base_url()});
        json["chains"][0]["targets"][0]["price"].erase("output_usd_per_mtok");
        live::RehearseOptions options;
        options.real = true;
        options.max_spend = Money::from_usd(1);
        const auto s = scenario(R"({"format": "brownout.scenario/1", "name": "x",
                                    "max_requests": 3})");
        const auto report = live::rehearse(read(json), s, {}, options);
        QVERIFY(!report);
        QCOMPARE(report.error().kind, Error::Kind::bad_input);
        QVERIFY(report.error().text().find("p1/m1") != std::string::npos);
        options.max_spend = Money{};
        QVERIFY(!live::rehearse(read(chain_json(std::vector{real.base_url()})), s, {}, options));
        QCOMPARE(real.requests(), 0);
    }

    // None of these has been billed when the next is due: each is reserved.
    void requests_in_flight_count_against_the_limit() {
        PlainProvider real(PlainProvider::hangs, "42");
        const auto document = read(chain_json(std::vector{real.base_url()},
                                              R"({"retry": {"max_attempts": 1},
                                                  "timeouts": {"first_token_ms": 4000}})"));
        live::RehearseOptions options;
        options.real = true;
        options.max_spend = Money::from_usd(700e-6); // 200e-6 for the output of each, and its input
        const auto report =
            live::rehearse(document, scenario(R"({"format": "brownout.scenario/1", "name": "x",
                "max_requests": 40, "traffic": {"requests_per_s": 50, "arrivals": "uniform",
                "input_tokens": 10, "output_tokens": 100}})"),
                           {}, options);
        QVERIFY(report.has_value());
        QCOMPARE((*report)["partial"].get<bool>(), true);
        QCOMPARE((*report)["requests"].get<int>(), 3);
        QCOMPARE(real.requests(), 3);
    }

    void a_target_that_cannot_chat_is_passed_over() {
        auto json = chain_json({"lab:", "lab:"});
        json["providers"][0]["dialect"] = "stability";
        json["providers"][1]["model"] = {{"first_token_ms", 5}, {"token_ms", 1}};
        const auto report =
            live::rehearse(read(json), scenario(R"({"format": "brownout.scenario/1", "name": "x",
                "max_requests": 5, "traffic": {"requests_per_s": 50, "output_tokens": 5}})"),
                           {}, {});
        QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
        QCOMPARE((*report)["succeeded"].get<int>(), 5);
        QCOMPARE((*report)["targets"][1]["served"].get<int>(), 5);
    }

    void faults_that_only_a_simulated_provider_makes_are_refused() {
        PlainProvider real(PlainProvider::answers, "42");
        live::RehearseOptions options;
        options.real = true;
        options.max_spend = Money::from_usd(1);
        const auto report =
            live::rehearse(read(chain_json(std::vector{real.base_url()})),
                           scenario(R"({"format": "brownout.scenario/1", "name": "x",
                               "max_requests": 3, "faults": [{"target": "*", "kind": "empty_answer"}]})"),
                           {}, options);
        QVERIFY(!report);
        QCOMPARE(report.error().kind, Error::Kind::bad_input);
        QCOMPARE(real.requests(), 0);
    }

    void every_kind_of_fault_is_survived_data() {
        QTest::addColumn<QString>("fault");
        QTest::newRow("http_error") << R"("kind": "http_error", "status": 500)";
        QTest::newRow("connect_refused") << R"("kind": "connect_refused")";
        QTest::newRow("latency") << R"("kind": "latency", "ms": 200)";
        QTest::newRow("hang") << R"("kind": "hang")";
        QTest::newRow("reset") << R"("kind": "reset", "stage": "request")";
        QTest::newRow("reset headers") << R"("kind": "reset", "stage": "headers")";
        QTest::newRow("stream_stall")
            << R"("kind": "stream_stall", "after_tokens": 3, "ms": 60000)";
        QTest::newRow("stream_cut fin")
            << R"("kind": "stream_cut", "after_tokens": 3, "how": "fin")";
        QTest::newRow("stream_cut rst")
            << R"("kind": "stream_cut", "after_tokens": 3, "how": "rst")";
        QTest::newRow("bad_event") << R"("kind": "bad_event", "at_token": 3)";
        QTest::newRow("no_terminator") << R"("kind": "no_terminator")";
        QTest::newRow("rate_limit") << R"("kind": "rate_limit", "requests_per_min": 6)";
    }
    void every_kind_of_fault_is_survived() {
        QFETCH(QString, fault);
        for (const char* stream : {"true", "false"}) {
            const auto s = scenario(
                R"({"format": "brownout.scenario/1", "name": "x", "max_requests": 20,
                    "traffic": {"requests_per_s": 40, "output_tokens": 8, "stream": )" +
                std::string{stream} + R"(}, "faults": [{"target": "@primary", )" +
                fault.toStdString() +
                R"(}], "expect": [{"metric": "availability", "at_least": 1}]})");
            const auto report = live::rehearse(
                quick_chain(R"({"retry": {"backoff": {"base_ms": 20}}, "breaker": {"open_s": 1},
                                "timeouts": {"first_token_ms": 2000, "stall_ms": 1500}})"),
                s, {}, {});
            QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
            QCOMPARE((*report)["requests"].get<int>(), 20);
            QVERIFY2(record::all_pass(*report), report->dump(1).c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestRehearsal)
#include "test_rehearsal.moc"
