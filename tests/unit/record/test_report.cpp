// The report's figures from hand-made records.
#include "record/rehearsals.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::record;
using engine::BreakerState;
using engine::BreakerWhy;
using engine::CallResult;
using engine::OutcomeClass;
using faults::Metric;

namespace {

Instant at(double s) {
    return Instant{} + from_seconds(s);
}

chain::Compiled names() {
    chain::Compiled c;
    for (const char* provider : {"aster", "birch"}) {
        chain::Compiled::TargetInfo info;
        info.provider = provider;
        info.model = "m";
        info.name = info.provider + "/m";
        info.price = chain::Price{};
        info.price->input_usd_per_mtok = 1;
        info.price->output_usd_per_mtok = 2;
        c.targets.push_back(info);
        c.setup.targets.emplace_back().price.known = true;
        engine::EntrySetup entry;
        entry.target.value = static_cast<std::uint16_t>(c.targets.size() - 1);
        if (c.setup.chains.empty())
            c.setup.chains.emplace_back();
        c.setup.chains[0].entries.push_back(entry);
    }
    c.chain_ids = {"default"};
    return c;
}

AttemptRecord attempt(const char* target, double from, double to, OutcomeClass cls,
                      double usd = 0) {
    AttemptRecord a;
    a.target = target;
    a.started = at(from);
    a.ended = at(to);
    a.finished = true;
    a.outcome.cls = cls;
    a.outcome.cost = Money::from_usd(usd);
    return a;
}

RequestRecord request(double from, double to, CallResult result,
                      std::vector<AttemptRecord> attempts, double usd = 0, double wasted = 0) {
    RequestRecord r;
    r.chain = "default";
    r.task = "simple";
    r.started = at(from);
    r.ended = at(to);
    r.finished = true;
    r.result = result;
    r.attempts = std::move(attempts);
    if (result == CallResult::success)
        r.served_by = r.attempts.back().target;
    r.cost = Money::from_usd(usd);
    r.wasted = Money::from_usd(wasted);
    return r;
}

RequestRecord served(double from, double to, const char* target = "aster/m") {
    return request(from, to, CallResult::success,
                   {attempt(target, from, to, OutcomeClass::success)});
}

faults::Expectation expect(Metric metric, std::optional<double> at_least,
                           std::optional<double> at_most, const char* target = "",
                           std::optional<double> quantile = {}) {
    faults::Expectation e;
    e.metric = metric;
    e.at_least = at_least;
    e.at_most = at_most;
    e.target = target;
    e.quantile = quantile;
    return e;
}

FaultRecord fault(const char* target, double from, double to = -1, std::uint32_t rule = 1) {
    FaultRecord f;
    f.target = target;
    f.from = at(from);
    f.to = to < 0 ? never : at(to);
    f.rule = rule;
    f.kind = "http_error";
    return f;
}

BreakerRecord breaker(const char* target, double t, BreakerState from, BreakerState to) {
    return {at(t), target, from, to, BreakerWhy::consecutive_failures};
}

faults::Scenario scenario(std::vector<faults::Expectation> expectations) {
    faults::Scenario s;
    s.name = "by hand";
    s.expect = std::move(expectations);
    s.source = {{"format", "brownout.scenario/1"}, {"name", "by <hand> & \"eye\""}};
    return s;
}

// One of each kind of request, a fault on the primary and its breaker's day.
RunFold by_hand(std::vector<faults::Expectation> expectations = {}) {
    RunFold fold(names(), scenario(std::move(expectations)), "default");
    fold.request(request(0, 1, CallResult::success,
                         {attempt("aster/m", 0, 1, OutcomeClass::success, 0.010)}, 0.010));
    fold.fault(fault("aster", 2));
    fold.request(request(2, 4, CallResult::success,
                         {attempt("aster/m", 2, 2.5, OutcomeClass::failover, 0.001),
                          attempt("birch/m", 2.5, 4, OutcomeClass::success, 0.004)},
                         0.005, 0.001));
    fold.breaker(breaker("aster/m", 3, BreakerState::closed, BreakerState::open));
    fold.request(
        request(3, 5, CallResult::failed, {attempt("birch/m", 3, 5, OutcomeClass::retry)}));
    fold.request(
        request(5, 5.5, CallResult::rejected, {attempt("birch/m", 5, 5.5, OutcomeClass::reject)}));
    fold.request(
        request(5, 6, CallResult::cancelled, {attempt("birch/m", 5, 6, OutcomeClass::cancelled)}));
    fold.request(request(6, 7, CallResult::partial,
                         {attempt("birch/m", 6, 7, OutcomeClass::broken_stream, 0.002)}, 0.002,
                         0.002));
    fold.fault(fault("aster", 2, 8));
    fold.breaker(breaker("aster/m", 9, BreakerState::open, BreakerState::half_open));
    RequestRecord probe = served(9, 9.5);
    probe.first_token = at(9.2);
    fold.request(probe);
    fold.breaker(breaker("aster/m", 9.5, BreakerState::half_open, BreakerState::closed));
    return fold;
}

RunFold::Facts facts() {
    RunFold::Facts f;
    f.chain_sha256 = std::string(64, 'a');
    f.seed = 7;
    f.elapsed_s = 10.00049;
    f.virtual_s = 10;
    return f;
}

} // namespace

class TestReport : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void figures() {
        const chain::Json r = by_hand().report(facts(), at(10));
        QCOMPARE(r["requests"].get<int>(), 7);
        QCOMPARE(r["succeeded"].get<int>(), 3);
        QCOMPARE(r["failed"].get<int>(), 1);
        QCOMPARE(r["truncated"].get<int>(), 1);
        QCOMPARE(r["availability"]["value"].get<double>(), 0.6);       // 3 of 7 - 2
        QCOMPARE(r["availability"]["low"].get<double>(), 0.230724281); // Wilson, 3 of 5
        QCOMPARE(r["availability"]["high"].get<double>(), 0.882379226);
        QCOMPARE(r["attempts"].get<int>(), 8);
        QCOMPARE(r["fallbacks"].get<int>(), 1);
        QCOMPARE(r["hedges"].get<int>(), 0);
        QCOMPARE(r["spend_usd"].get<double>(), 0.017);
        QCOMPARE(r["wasted_usd"].get<double>(), 0.003);
        QCOMPARE(r["latency_ms"]["max"].get<double>(), 2000.0);
        QCOMPARE(r["latency_ms"]["mean"].get<double>(), 1166.667);
        QVERIFY(std::abs(r["latency_ms"]["p50"].get<double>() - 1000) <= 5);
        QCOMPARE(r["first_token_ms"]["max"].get<double>(), 200.0);
        QCOMPARE(r["elapsed_s"].get<double>(), 10.0);
        const auto& aster = r["targets"][0];
        QCOMPARE(QString::fromStdString(aster["target"]), QString("aster/m"));
        QCOMPARE(QString::fromStdString(aster["was"]), QString("simulated"));
        QCOMPARE(aster["attempts"].get<int>(), 3);
        QCOMPARE(aster["succeeded"].get<int>(), 2);
        QCOMPARE(aster["failed"].get<int>(), 1);
        QCOMPARE(aster["served"].get<int>(), 2);
        QCOMPARE(aster["by_task"].dump(), std::string("{\"simple\":2}"));
        QCOMPARE(aster["by_class"].dump(), std::string("{\"success\":2,\"failover\":1}"));
        QCOMPARE(aster["spend_usd"].get<double>(), 0.011);
        QCOMPARE(aster["breaker"].size(), std::size_t{3});
        QCOMPARE(aster["breaker"][0].dump(),
                 std::string("{\"at_s\":3.0,\"from\":\"closed\",\"to\":\"open\",\"why\":"
                             "\"consecutive_failures\"}"));
        const auto& birch = r["targets"][1];
        QCOMPARE(birch["attempts"].get<int>(), 5);
        QCOMPARE(birch["succeeded"].get<int>(), 1);
        QCOMPARE(birch["failed"].get<int>(), 3); // the cancelled one is nobody's failure
        QCOMPARE(r["timeline"].size(), std::size_t{10});
        QCOMPARE(r["timeline"][3].dump(),
                 std::string("{\"at_s\":3,\"requests\":1,\"failed\":1,\"spend_usd\":0.0}"));
        QCOMPARE(r["timeline"][5]["failed"].get<int>(), 0);
        QVERIFY(check_report(r, "r").empty());
        QVERIFY(all_pass(r)); // nothing was expected
    }

    void judgements_data() {
        QTest::addColumn<int>("metric");
        QTest::addColumn<QString>("target");
        QTest::addColumn<double>("observed");
        const auto row = [](Metric m, const char* target, double observed) {
            QTest::newRow(qPrintable(
                QString("%1 %2").arg(QString::fromUtf8(faults::name(m).data())).arg(target)))
                << static_cast<int>(m) << QString(target) << observed;
        };
        row(Metric::availability, "", 0.6);
        row(Metric::attempts_per_request, "", 8.0 / 7);
        row(Metric::fallback_ratio, "", 1.0 / 3);
        row(Metric::spend_usd, "", 0.017);
        row(Metric::wasted_usd, "", 0.003);
        row(Metric::served_by, "birch", 1.0 / 3);
        row(Metric::served_by, "aster/m", 2.0 / 3);
        row(Metric::breaker_opens_within_s, "aster", 1);
        row(Metric::breaker_opens_within_s, "aster/m", 1);
        row(Metric::recovers_within_s, "aster", 1.5);
        // No answer from 4 to 9.5, requests due from 4 (the one from 3 to 5) on.
        row(Metric::longest_gap_s, "", 5.5);
    }
    void judgements() {
        QFETCH(int, metric);
        QFETCH(QString, target);
        QFETCH(double, observed);
        const auto m = static_cast<Metric>(metric);
        const std::string t = target.toStdString();
        const auto judged = by_hand({expect(m, observed - 1e-6, observed + 1e-6, t.c_str()),
                                     expect(m, {}, observed - 0.001, t.c_str()),
                                     expect(m, observed + 0.001, {}, t.c_str())})
                                .judge(at(10));
        QVERIFY(judged[0].observed.has_value());
        QVERIFY2(std::abs(*judged[0].observed - observed) < 1e-9,
                 qPrintable(QString::number(*judged[0].observed)));
        QVERIFY(judged[0].pass);
        QVERIFY(!judged[1].pass);
        QVERIFY(!judged[2].pass);
    }

    void quantiles() {
        const auto judged = by_hand({expect(Metric::latency_ms, {}, 2001, "", 0.99),
                                     expect(Metric::latency_ms, {}, 1010, "", 0.5),
                                     expect(Metric::first_token_ms, {}, 150, "", 0.5)})
                                .judge(at(10));
        QVERIFY(judged[0].pass && judged[1].pass && !judged[2].pass);
    }

    void whatWasNeverObservedFails() {
        RunFold fold(
            names(),
            scenario({expect(Metric::availability, 0.0, {}), expect(Metric::latency_ms, {}, 1e9),
                      expect(Metric::first_token_ms, {}, 1e9),
                      expect(Metric::attempts_per_request, {}, 1e9),
                      expect(Metric::fallback_ratio, {}, 1), expect(Metric::spend_usd, {}, 1e9),
                      expect(Metric::wasted_usd, {}, 1e9),
                      expect(Metric::served_by, 0.0, {}, "aster"),
                      expect(Metric::breaker_opens_within_s, {}, 1e9, "aster"),
                      expect(Metric::recovers_within_s, {}, 1e9, "aster"),
                      expect(Metric::longest_gap_s, {}, 1e9)}),
            "default");
        for (const auto& judged : fold.judge(at(10))) {
            QVERIFY(!judged.observed.has_value());
            QVERIFY(!judged.pass);
        }
        const auto r = fold.report(facts(), at(10));
        QVERIFY(!all_pass(r));
        QVERIFY(r["latency_ms"]["p99"].is_null());
        QVERIFY(r["availability"]["value"].is_null());
        QVERIFY(check_report(r, "r").empty());
    }

    void anUnknownPriceIsNotZero() {
        RunFold fold(names(), scenario({expect(Metric::spend_usd, {}, 100)}), "default");
        RequestRecord r = served(0, 1);
        r.cost_unknown = true;
        fold.request(r);
        QVERIFY(!fold.judge(at(1))[0].pass);
        auto report = fold.report(facts(), at(1));
        QCOMPARE(report["notes"].size(), std::size_t{1});
        QVERIFY(report["spend_usd"].is_null());
        QVERIFY(report["wasted_usd"].is_null());
        QVERIFY(report["timeline"][0]["spend_usd"].is_null());
        QVERIFY(check_report(report, "r").empty());
        QVERIFY(report_table(report).find("spend unknown, of it wasted unknown") !=
                std::string::npos);
        // One price that is known: a sum, and the note that it is not all.
        fold.request(request(1, 2, CallResult::success,
                             {attempt("birch/m", 1, 2, OutcomeClass::success, 0.5)}, 0.5));
        report = fold.report(facts(), at(2));
        QCOMPARE(report["spend_usd"].get<double>(), 0.5);
        QCOMPARE(report["notes"].size(), std::size_t{1});
        QVERIFY(report_table(report).find("spend 0.500000 USD, of it wasted 0.000000 USD") !=
                std::string::npos);
    }

    void healthChecksAreSpendThatServedNobody() {
        RunFold fold = by_hand({expect(Metric::wasted_usd, 0.005, 0.005)});
        AttemptRecord prompt = attempt("aster/m", 1.5, 1.6, OutcomeClass::success, 0.002);
        prompt.outcome.input_tokens = 15;
        prompt.outcome.output_tokens = 1;
        fold.health_check(prompt);
        fold.health_check(attempt("aster/m", 4, 4.1, OutcomeClass::failover));
        fold.health_check(attempt("birch/m", 4, 4.1, OutcomeClass::success)); // a models list
        chain::Json r = fold.report(facts(), at(10));
        QCOMPARE(r["spend_usd"].get<double>(), 0.019);
        QCOMPARE(r["wasted_usd"].get<double>(), 0.005);
        QVERIFY(all_pass(r));
        QCOMPARE(r["health_checks"].dump(),
                 std::string("{\"made\":3,\"failed\":1,\"spend_usd\":0.002}"));
        QCOMPARE(r["targets"][0]["health_checks"].dump(),
                 std::string("{\"made\":2,\"failed\":1,\"spend_usd\":0.002}"));
        QCOMPARE(r["targets"][0]["spend_usd"].get<double>(), 0.013);
        QCOMPARE(r["targets"][0]["attempts"].get<int>(), 3); // a check is no attempt
        QCOMPARE(r["attempts"].get<int>(), 8);
        QCOMPARE(r["requests"].get<int>(), 7);
        QCOMPARE(r["timeline"][1].dump(),
                 std::string("{\"at_s\":1,\"requests\":0,\"failed\":0,\"spend_usd\":0.002}"));
        QVERIFY(check_report(r, "r").empty());
        const char* const said = "health checks 3, failed 1, spend 0.002000 USD";
        QVERIFY2(report_table(r).find(said) != std::string::npos, report_table(r).c_str());
        r.erase("health_checks"); // a report from before they were counted
        QVERIFY(check_report(r, "r").empty());
        QVERIFY(report_table(by_hand().report(facts(), at(10))).find("health") ==
                std::string::npos);

        chain::Compiled unpriced = names();
        unpriced.targets[0].price.reset();
        RunFold unknown(unpriced, scenario({}), "default");
        prompt.outcome.cost = Money{};
        unknown.health_check(prompt);
        r = unknown.report(facts(), at(10));
        QVERIFY(r["spend_usd"].is_null());
        QVERIFY(r["health_checks"]["spend_usd"].is_null());
        QCOMPARE(r["notes"].size(), std::size_t{1});
        QVERIFY(check_report(r, "r").empty());
    }

    void badReports_data() {
        QTest::addColumn<QString>("pointer"); // of the problem
        QTest::addColumn<QString>("patch");   // JSON merge patch
        const auto row = [](const char* pointer, const char* patch) {
            QTest::newRow(patch) << QString(pointer) << QString(patch);
        };
        row("/format", R"({"format":"brownout.chain/1"})");
        row("", R"({"requests":null})");
        row("/requests", R"({"requests":"7"})");
        row("/requests", R"({"requests":1})");
        row("/attempts", R"({"attempts":9})");
        row("/seed", R"({"seed":-1})");
        row("/seed", R"({"seed":1.5})");
        row("/seed", R"({"seed":9007199254740992})");
        row("/scenario/name", R"({"scenario":{"name":7}})");
        row("/mode", R"({"mode":"guessed"})");
        row("/chain_sha256", R"({"chain_sha256":"xyz"})");
        row("/scenario", R"({"scenario":7})");
        row("/availability/value", R"({"availability":{"value":1.5}})");
        row("/availability", R"({"availability":[]})");
        row("/latency_ms/p50", R"({"latency_ms":{"p50":"fast"}})");
        row("/targets", R"({"targets":{}})");
        row("/targets/0", R"({"targets":[7]})");
        row("/timeline/0", R"({"timeline":[[]]})");
        row("/notes/0", R"({"notes":[7]})");
        row("/expectations/0/pass",
            R"({"expectations":[{"metric":"availability","observed":null,"pass":true}]})");
        row("/spend", R"({"spend":7})");
        row("/health_checks/made", R"({"health_checks":{"made":"often"}})");
        row("/targets/0/health_checks/spent",
            R"({"targets":[{"health_checks":{"made":1,"failed":0,"spend_usd":0,"spent":0}}]})");
    }
    void badReports() {
        QFETCH(QString, pointer);
        QFETCH(QString, patch);
        chain::Json report = by_hand().report(facts(), at(10));
        report.merge_patch(chain::Json::parse(patch.toStdString()));
        const auto problems = check_report(report, "r");
        QVERIFY(!problems.empty());
        QStringList pointers;
        for (const auto& problem : problems)
            pointers << QString::fromStdString(problem.pointer);
        QVERIFY2(pointers.contains(pointer), qPrintable(pointers.join(' ')));
        report_table(report); // never crashes on what it is given
        junit_xml(report);
    }

    void tableAndJunit() {
        const auto r = by_hand({expect(Metric::availability, 0.5, {}),
                                expect(Metric::recovers_within_s, {}, 1, "aster")})
                           .report(facts(), at(10));
        QVERIFY(!all_pass(r));
        const QString table = QString::fromStdString(report_table(r));
        QVERIFY2(table.contains("pass  availability at least 0.5: 0.6"), qPrintable(table));
        QVERIFY2(table.contains("FAIL  recovers_within_s aster at most 1: 1.5"), qPrintable(table));
        QVERIFY2(table.contains("breaker of aster/m: open 3.0 s, half_open 9.0 s, closed 9.5 s"),
                 qPrintable(table));
        const QString xml = QString::fromStdString(junit_xml(r));
        QVERIFY(xml.contains("<testsuites tests=\"2\" failures=\"1\">"));
        QVERIFY(xml.contains("name=\"by &lt;hand&gt; &amp; &quot;eye&quot;\""));
        QVERIFY(xml.contains("<failure message=\"observed: 1.5\"/>"));
        QVERIFY(report_table(chain::Json()).size() > 0);
        QVERIFY(!all_pass(chain::Json()));
    }

    void severalReports() {
        chain::Json good = by_hand({expect(Metric::availability, 0.5, {})}).report(facts(), at(10));
        chain::Json bad = by_hand({expect(Metric::availability, 0.9, {})}).report(facts(), at(10));
        good["scenario"]["name"] =
            std::string(50, 'x') + "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4";
        bad["scenario"]["name"] = "a\uFFFFb\x01"
                                  "c <&>";
        const chain::Json both = reports_json({good, bad}, {{"later", "it was \"stopped\""}}, 12.5);
        QVERIFY(check_reports(both, "r").empty());
        QVERIFY(both["partial"] == true && !all_hold(both));
        QVERIFY(all_hold(reports_json({good}, {}, 1)) && !all_hold(reports_json({bad}, {}, 1)));
        QCOMPARE(reports_in(both).size(), std::size_t{2});
        QCOMPARE(reports_in(good).size(), std::size_t{1});
        const QString table = QString::fromStdString(reports_table(both));
        QVERIFY2(table.contains(QString(50, 'x') +
                                QString::fromUtf8("\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc...")),
                 qPrintable(table));
        QVERIFY2(table.contains("1 of 3 scenarios met every expectation; 1 was not run, in 12 s"),
                 qPrintable(table));
        const QString xml = QString::fromStdString(reports_junit(both));
        QVERIFY2(xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""),
                 qPrintable(xml));
        QVERIFY2(xml.contains("name=\"a b c &lt;&amp;&gt;\""), qPrintable(xml));
        QVERIFY2(xml.contains("availability: wanted at least 0.9, observed 0.6</failure>"),
                 qPrintable(xml));
        // Whatever is wrong inside has its place.
        chain::Json broken = both;
        broken["reports"][1]["requests"] = "many";
        broken["not_run"][0]["when"] = 7;
        QStringList pointers;
        for (const auto& problem : check_reports(broken, "r"))
            pointers << QString::fromStdString(problem.pointer);
        QVERIFY2(pointers.contains("/reports/1/requests") && pointers.contains("/not_run/0/when"),
                 qPrintable(pointers.join(' ')));
        reports_table(chain::Json());
        reports_junit(chain::Json());
    }
};

QTEST_APPLESS_MAIN(TestReport)
#include "test_report.moc"
