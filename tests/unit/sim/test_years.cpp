// Forecasts: assumptions are read and refused in place, years are those of `simulate`, chains meet
// the same requests, and causes and days add up.
#include "sim_world.h"

#include "sim/forecast.h"

#include <map>

using namespace brownout;
using namespace brownout::test;

namespace {

Json document_json() {
    return parsed(R"({"format":"brownout.chain/1","name":"t","providers":[
      {"id":"aster","dialect":"openai","base_url":"lab:","key":"none","model":{"first_token_ms":100,"token_ms":5}},
      {"id":"birch","dialect":"anthropic","base_url":"lab:","key":"none"}],
      "chains":[{"id":"default","targets":[
        {"provider":"aster","model":"a","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}},
        {"provider":"birch","model":"b","price":{"input_usd_per_mtok":3,"output_usd_per_mtok":4}}]},
       {"id":"other","targets":[{"provider":"birch","model":"b"}]}]})");
}

sim::Assumptions assumptions(const std::string& patch = "{}") {
    Json json = sim::default_assumptions();
    json.merge_patch(parsed(R"({"traffic":{"requests_per_day":40},"years":2})"));
    json.merge_patch(parsed(patch));
    auto read = sim::read_assumptions(json, "t");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

sim::Candidate candidate(const sim::Assumptions& a, const sim::Compared* what = nullptr) {
    auto out = sim::candidate(document_json(), "default", a, what, chain::builtin_prices());
    if (!out)
        qFatal("%s", out.error().text().c_str());
    return *out;
}

// By chain, by year.
std::map<std::size_t, std::map<std::uint64_t, sim::ForecastYear>>
played(const std::vector<sim::Candidate>& chains, const sim::Assumptions& a,
       sim::ForecastOptions options = {}) {
    std::map<std::size_t, std::map<std::uint64_t, sim::ForecastYear>> out;
    options.years = static_cast<std::uint64_t>(a.years);
    options.seed = a.seed;
    options.year_done = [&](std::size_t chain, sim::ForecastYear year) {
        out[chain][year.number] = std::move(year);
    };
    const auto done = sim::forecast(chains, a, options);
    if (!done)
        qFatal("%s", done.error().text().c_str());
    return out;
}

} // namespace

class TestYears : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void what_is_wrong_is_named_where_it_stands_data() {
        QTest::addColumn<QString>("patch");
        QTest::addColumn<QString>("pointer");
        const auto row = [](const char* name, const char* patch, const char* pointer) {
            QTest::newRow(name) << patch << pointer;
        };
        row("no requests", R"({"traffic":{"requests_per_day":0}})", "/traffic/requests_per_day");
        row("too many requests", R"({"traffic":{"requests_per_day":1e9}})",
            "/traffic/requests_per_day");
        row("an unknown shape", R"({"traffic":{"shape":"square"}})", "/traffic/shape");
        row("tokens that cannot be",
            R"({"traffic":{"input_tokens":{"lognormal":{"median":1,"sigma":-1}}}})",
            "/traffic/input_tokens/lognormal/sigma");
        row("too many years", R"({"years":100000})", "/years");
        row("a preset that is none", R"({"providers":{"aster":{"outages":{"preset":"x"}}}})",
            "/providers/aster/outages/preset");
        row("sigma below 0",
            R"({"providers":{"aster":{"outages":{"gap_h":9,"repair_h":{"lognormal":{"median":1,"sigma":-1}}}}}})",
            "/providers/aster/outages/repair_h/lognormal/sigma");
        row("a latency without sense", R"({"providers":{"aster":{"latency":{"error_ratio":2}}}})",
            "/providers/aster/latency/error_ratio");
        row("a price below zero", R"({"prices":{"aster/a":{"input_usd_per_mtok":-1}}})",
            "/prices/aster~1a/input_usd_per_mtok");
        row("an unknown key", R"({"tarffic":{}})", "/tarffic");
    }
    void what_is_wrong_is_named_where_it_stands() {
        QFETCH(QString, patch);
        QFETCH(QString, pointer);
        Json json = sim::default_assumptions();
        json.merge_patch(parsed(patch.toStdString()));
        const auto read = sim::read_assumptions(json, "t");
        QVERIFY(!read.ok());
        QCOMPARE(QString::fromStdString(read.problems.front().pointer), pointer);
    }
    void what_reads_well_and_cannot_be_played_is_named_too() {
        const auto a =
            assumptions(R"({"providers":{"aster":{"outages":{"gap_h":0,"repair_h":0}}}})");
        const auto problems = sim::check(a, candidate(a));
        QCOMPARE(problems.size(), std::size_t{1});
        QCOMPARE(problems[0].pointer, std::string{"/providers/aster/outages/gap_h"});
        QVERIFY(!problems[0].remedy.empty());
        QVERIFY(sim::check(assumptions(), candidate(assumptions())).empty());
    }

    void every_figure_has_a_source_data() {
        QTest::addColumn<QString>("patch");
        QTest::addColumn<QString>("outages"); // of aster; the latency of birch
        QTest::addColumn<QString>("latency");
        QTest::newRow("left out") << "{}"
                                  << "table of 2025: 12"
                                  << "built-in default";
        QTest::newRow("presets")
            << R"({"providers":{"aster":{"outages":{"preset":"deepseek-2025"}},"birch":{"latency":{"preset":"llmperf-groq-70b"}}}})"
            << "table of 2025: 8"
            << "LLMPerf";
        QTest::newRow("one's own")
            << R"({"providers":{"aster":{"outages":{"gap_h":10,"repair_h":1}},"birch":{"latency":{"first_token_ms":1,"source":"my log"}}}})"
            << "your own figures"
            << "my log";
        QTest::newRow("none") << R"({"providers":{"aster":{"outages":{"none":true}}}})"
                              << "never to be out"
                              << "built-in default";
    }
    void every_figure_has_a_source() {
        QFETCH(QString, patch);
        QFETCH(QString, outages);
        QFETCH(QString, latency);
        const auto a = assumptions(patch.toStdString());
        const auto document = chain::read_document(document_json(), "t");
        const auto aster = sim::assumed(a, document.value->providers[0]);
        const auto birch = sim::assumed(a, document.value->providers[1]);
        QVERIFY2(QString::fromStdString(aster.outages_source).contains(outages),
                 aster.outages_source.c_str());
        QVERIFY2(QString::fromStdString(birch.latency_source).contains(latency),
                 birch.latency_source.c_str());
        QCOMPARE(aster.latency_source, std::string{"the chain file"});
    }

    void chains_to_compare_are_made_of_the_shown_one_data() {
        QTest::addColumn<QString>("compared");
        QTest::addColumn<QString>("targets"); // empty: refused
        const auto row = [](const char* name, const char* compared, const char* targets) {
            QTest::newRow(name) << compared << targets;
        };
        row("fewer targets", R"({"targets":["birch/b"]})", "birch/b");
        row("another order", R"({"targets":["birch/b","aster/a"]})", "birch/b aster/a");
        row("another chain", R"({"chain":"other"})", "birch/b");
        row("other policy", R"({"policy":{"hedge":{"after_ms":500}}})", "aster/a birch/b");
        row("a kept one",
            R"({"copy":{"id":"default","targets":[{"provider":"aster","model":"z"}]}})", "aster/z");
        row("a target that is gone", R"({"targets":["cedar/c"]})", "");
        row("a chain that is gone", R"({"chain":"gone"})", "");
        row("a policy that is none", R"({"policy":{"hedge":{"after":500}}})", "");
    }
    void chains_to_compare_are_made_of_the_shown_one() {
        QFETCH(QString, compared);
        QFETCH(QString, targets);
        const auto a = assumptions("{\"compared\":[" + compared.toStdString() + "]}");
        const auto made =
            sim::candidate(document_json(), "default", a, &a.compared[0], chain::builtin_prices());
        QCOMPARE(made.has_value(), !targets.isEmpty());
        if (!made) {
            QVERIFY(!made.error().remedy.empty() || !made.error().message.empty());
            return;
        }
        QStringList names;
        for (const auto& target : made->document.chain("default")->targets)
            names << QString::fromStdString(target.name());
        QCOMPARE(names.join(' '), targets);
    }

    void shapes_have_the_mean_that_was_asked_for() {
        for (const auto shape : {sim::Shape::steady, sim::Shape::daily, sim::Shape::weekly}) {
            double sum = 0;
            for (const double part : sim::hourly_shape(shape))
                sum += part;
            QVERIFY(std::abs(sum / 168 - 1) < 1e-12);
        }
        auto a = assumptions(R"({"traffic":{"requests_per_day":400,"shape":"weekly"},"years":1})");
        const auto year = played({candidate(a)}, a)[0][0];
        QVERIFY(std::abs(static_cast<double>(year.requests) / 365 / 400 - 1) < 0.03);
        // 1 January of the calendar is a Friday: the second day is a Saturday.
        QVERIFY(year.days[1].requests < 0.7 * year.days[0].requests);
    }

    void a_year_is_what_simulate_says_of_it() {
        const auto a = assumptions();
        const auto chain = candidate(a);
        auto years = played({chain}, a)[0];
        QCOMPARE(years.size(), std::size_t{2});
        sim::SimulateOptions options;
        options.seed = years[1].seed;
        const Json report = *sim::simulate(chain.document, sim::year_of(a, "default"), options);
        QCOMPARE(years[1].requests, report["requests"].get<std::uint64_t>());
        QCOMPARE(years[1].availability, report["availability"]["value"].get<double>());
        QCOMPARE(years[1].p99_ms, report["latency_ms"]["p99"].get<double>());
        QVERIFY(*years[1].spend_usd == report["spend_usd"].get<double>());
        std::uint64_t requests = 0, lost = 0, causes = 0;
        double spend = 0;
        for (const auto& day : years[1].days) {
            requests += day.requests;
            lost += day.lost;
            spend += day.spend_usd;
        }
        for (const auto& cause : years[1].causes)
            causes += cause.lost;
        QCOMPARE(requests, years[1].requests);
        QCOMPARE(lost, years[1].lost);
        QCOMPARE(causes, years[1].lost);
        QVERIFY(std::abs(spend - *years[1].spend_usd) < 1e-6);
    }

    void chains_meet_the_same_and_threads_do_not_matter() {
        const auto a = assumptions(R"({"compared":[{"label":"alone","targets":["aster/a"]}]})");
        const std::vector<sim::Candidate> chains{candidate(a), candidate(a, &a.compared[0])};
        sim::ForecastOptions one, two;
        one.threads = 1;
        two.threads = 2;
        auto first = played(chains, a, one), second = played(chains, a, two);
        for (const std::size_t c : {0u, 1u})
            for (const std::uint64_t y : {0u, 1u}) {
                QCOMPARE(first[c][y].lost, second[c][y].lost);
                QCOMPARE(first[c][y].p99_ms, second[c][y].p99_ms);
                QCOMPARE(first[c][y].requests, first[0][y].requests); // the same arrivals
            }
        QVERIFY(first[1][0].lost > first[0][0].lost); // alone, it has nobody to fall back to
        QVERIFY(!first[1][0].causes.empty());
        QCOMPARE(first[1][0].causes[0].out.front(), std::string{"aster"});
        const auto& worst =
            first[1][0].days[static_cast<std::size_t>(first[1][0].causes[0].worst_day)];
        QVERIFY(worst.lost > 0 && worst.first_loss_s >= 0);
    }

    void stopped_it_tells_of_the_days_until_then() {
        const auto a = assumptions(R"({"traffic":{"requests_per_day":100000},"years":200})");
        std::atomic<bool> cancel{false};
        sim::ForecastOptions options;
        options.cancel = &cancel;
        options.threads = 1;
        std::size_t calls = 0;
        options.progress = [&](double) { cancel = ++calls > 0; };
        const auto years = played({candidate(a)}, a, options);
        QCOMPARE(years.size(), std::size_t{1});
        QVERIFY(!years.at(0).rbegin()->second.whole);
        QVERIFY(years.at(0).rbegin()->second.requests > 0);
    }

    void ranges_hold_nineteen_of_twenty_data() {
        QTest::addColumn<int>("years");
        QTest::addColumn<int>("within");
        for (const auto& [years, within] :
             {std::pair{1, 1}, {5, 5}, {19, 19}, {20, 19}, {39, 38}, {40, 38}, {200, 190}})
            QTest::addRow("%d years", years) << years << within;
    }
    void ranges_hold_nineteen_of_twenty() {
        QFETCH(int, years);
        QFETCH(int, within);
        std::vector<double> figures;
        Rng rng(7);
        for (int i = 0; i < years; ++i)
            figures.push_back(rng.uniform() * rng.uniform());
        const auto range = sim::over_years(figures);
        QCOMPARE(static_cast<int>(range.within), within);
        const auto inside = std::count_if(figures.begin(), figures.end(), [&](double f) {
            return f >= range.low && f <= range.high;
        });
        QCOMPARE(static_cast<int>(inside), within);
        QVERIFY(range.least <= range.low && range.high <= range.most);
        QVERIFY(range.mean_low <= range.mean && range.mean <= range.mean_high);
    }
};

QTEST_APPLESS_MAIN(TestYears)
#include "test_years.moc"
