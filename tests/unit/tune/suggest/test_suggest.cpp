// Suggestions where the best is known: by arithmetic, or by a closed form.
#include "chain/lint.h"
#include "tune/suggest.h"

#include <QtTest>

#include <cmath>

using namespace brownout;
using chain::Json;

namespace {

Json target(const char* provider, double price) {
    return {{"provider", provider},
            {"model", std::string("m-") + provider},
            {"price", {{"input_usd_per_mtok", price}, {"output_usd_per_mtok", price}}}};
}

// Two providers of these models; the second one's price is a multiple of the first one's.
Json pair_of(const char* first, const char* second, const char* policy, double dearer = 1) {
    Json providers = Json::array();
    for (const auto& [id, model] : {std::pair{"a", first}, std::pair{"b", second}})
        providers.push_back({{"id", id},
                             {"dialect", "openai"},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", Json::parse(model)}});
    const Json chain = {{"id", "default"},
                        {"targets", Json::array({target("a", 1), target("b", dearer)})}};
    return {{"format", "brownout.chain/1"},
            {"name", "pair"},
            {"providers", providers},
            {"chains", Json::array({chain})},
            {"policy", Json::parse(policy)}};
}

faults::Scenario scenario(int requests, const std::string& faults = "[]") {
    const auto read = faults::read_scenario(
        Json::parse(R"({"format":"brownout.scenario/1","name":"known","max_requests":)" +
                    std::to_string(requests) +
                    R"(,"traffic":{"requests_per_s":10,"input_tokens":100,"output_tokens":1},)" +
                    R"("faults":)" + faults + "}"),
        "known.scenario.json");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

// Small searches: each test allows what it is about.
tune::SuggestOptions options() {
    tune::SuggestOptions out;
    out.seed = 7;
    out.effort = 3e5;
    out.threads = 2;
    out.bounds.order = out.bounds.hedge = out.bounds.breaker = false;
    out.bounds.attempts_per_target = out.bounds.max_attempts = 1;
    out.bounds.first_token_ms_low = out.bounds.stall_ms_low = out.bounds.attempt_ms_low = 1e6;
    return out;
}

tune::Suggestions suggested(const Json& document, const faults::Scenario& scenario,
                            const tune::SuggestOptions& options) {
    auto found = tune::suggest(document, scenario, options);
    if (!found)
        qFatal("%s", found.error().text().c_str());
    return std::move(*found);
}

const char* const quick = R"({"first_token_ms":100,"token_ms":1})";
const char* const one_try =
    R"({"retry":{"attempts_per_target":1,"max_attempts":1},
        "breaker":{"consecutive_failures":null,"failure_ratio":null}})";
const char* const two_tries =
    R"({"retry":{"attempts_per_target":1,"max_attempts":2,"backoff":{"kind":"none"}},
        "breaker":{"consecutive_failures":null,"failure_ratio":null},
        "timeouts":{"first_token_ms":15000,"share_deadline":false}})";

bool within(const tune::Estimate& e, double value) {
    return e.low <= value && value <= e.high;
}

QByteArray said(const tune::Suggestions& found) {
    return QByteArray::fromStdString(tune::text(found, tune::SuggestOptions{}));
}

std::string first_of(const Json& document) {
    return document["chains"][0]["targets"][0]["provider"];
}

} // namespace

class TestSuggest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // One try, and the second provider fails less: it comes first, whatever else there is.
    void theBetterOneComesFirst() {
        auto run = options();
        run.bounds.order = true;
        run.goal.availability = 0.9;
        const auto found =
            suggested(pair_of(R"({"first_token_ms":100,"token_ms":1,"error_ratio":0.3})",
                              R"({"first_token_ms":100,"token_ms":1,"error_ratio":0.05})", one_try),
                      scenario(400), run);
        QVERIFY2(found.best, said(found));
        const auto& best = found.front[*found.best];
        QCOMPARE(best.changes.size(), 1u);
        QCOMPARE(best.changes[0].setting, std::string("order"));
        QCOMPARE(first_of(best.document), std::string("b"));
        QVERIFY2(within(*found.original.figures.availability, 0.70), said(found));
        QVERIFY2(within(*best.figures.availability, 0.95), said(found));
        QVERIFY2(within(*best.difference.availability, 0.25), said(found));
        QVERIFY2(within(*best.changes[0].buys->availability, 0.25), said(found));
        QCOMPARE(found.original.meets, tune::Meets::no);
        QCOMPARE(best.meets, tune::Meets::yes);
    }

    // The first provider never answers: users wait for its limit, then 100 ms for the other.
    void theShortestLimitWinsWhereTheFirstHangs() {
        auto run = options();
        run.bounds.first_token_ms_low = 500;
        run.bounds.first_token_ms_high = 60'000;
        const auto found = suggested(pair_of(quick, quick, two_tries),
                                     scenario(60, R"([{"target":"a","kind":"hang"}])"), run);
        QVERIFY(found.best);
        const auto& best = found.front[*found.best];
        QVERIFY2(std::abs(found.original.figures.p99_ms->value - 15'100) < 100, said(found));
        QVERIFY2(std::abs(best.figures.p99_ms->value - 600) < 10, said(found));
        QCOMPARE(best.changes.size(), 1u);
        QVERIFY(best.changes[0].setting.ends_with("timeouts/first_token_ms"));
        QCOMPARE(best.changes[0].edits[0].after, std::optional<Json>(500));
        QVERIFY2(std::abs(best.changes[0].buys->p99_ms->value + 14'500) < 100, said(found));
    }

    // Quick and dear against slow and cheap: 101 tokens cost 101e-6 USD or ten times that.
    void theBudgetKeepsTheDearOneOut() {
        auto run = options();
        run.bounds.order = true;
        const Json document =
            pair_of(R"({"first_token_ms":2000,"token_ms":1})", quick, two_tries, 10);
        const auto rich = suggested(document, scenario(100), run);
        QCOMPARE(rich.front.size(), 2u); // by rising spend
        QCOMPARE(first_of(rich.front[*rich.best].document), std::string("b"));
        run.goal.budget = {0.05, tune::Budget::Per::run};
        const auto poor = suggested(document, scenario(100), run);
        QVERIFY2(poor.best == std::optional<std::size_t>(0), said(poor));
        QCOMPARE(first_of(poor.front[0].document), std::string("a"));
        const double cheap = poor.front[0].figures.spend_usd->value;
        QVERIFY2(cheap > 100 * 101e-6 && cheap < 100 * 120e-6,
                 said(poor)); // and the prompt's frame
        QVERIFY2(std::abs(poor.front[1].figures.spend_usd->value - 10 * cheap) < 1e-9, said(poor));
        QCOMPARE(poor.front[1].meets, tune::Meets::no);
        // 100 requests, ten a second: 30 days have 25.92 million.
        run.goal.budget = {0.001, tune::Budget::Per::month};
        const auto none = suggested(document, scenario(100), run);
        QVERIFY(!none.best);
        QVERIFY2(tune::text(none, run).find("meets the goal") != std::string::npos, said(none));
    }

    // P(T > t) of a hedged answer is S(t) S(t - d), d being when the second is asked.
    void theHedgeCutsTheTail() {
        auto run = options();
        run.bounds.hedge = true;
        run.effort = 1e6;
        const char* wide = R"({"first_token_ms":{"lognormal":{"median":300,"sigma":1.0}},
                               "token_ms":0})";
        const auto found = suggested(pair_of(wide, wide, two_tries), scenario(2000), run);
        const auto beyond = [](double t) {
            return t <= 0 ? 1 : 0.5 * std::erfc(std::log(t / 300) / std::sqrt(2.0));
        };
        int compared = 0;
        for (const auto& point : found.front) {
            double delay = 1e12;
            if (!point.changes.empty()) {
                const Json& hedge = *point.changes[0].edits[0].after;
                if (!hedge.contains("after_ms"))
                    continue; // a quantile that is learned while it runs
                delay = hedge["after_ms"].get<double>();
            }
            double low = 1, high = 1e6;
            for (int i = 0; i < 60; ++i) {
                const double t = (low + high) / 2;
                (beyond(t) * beyond(t - delay) > 0.01 ? low : high) = t;
            }
            ++compared;
            const auto& p99 = *point.figures.p99_ms;
            // Four standard errors of a sample quantile, and what a sketch and a finite run round.
            const auto both = [&](double t) { return beyond(t) * beyond(t - delay); };
            const double density = (both(low * 0.999) - both(low * 1.001)) / (0.002 * low);
            const double n = 2000 * static_cast<double>(found.runs);
            const double enough = 4 * std::sqrt(0.01 * 0.99 / n) / density + 0.015 * low;
            QVERIFY2(enough < 0.2 * low && std::abs(p99.value - low) < enough,
                     said(found) + QByteArray::number(low));
        }
        QVERIFY2(compared >= 2, said(found));
        const auto& best = found.front[*found.best];
        QCOMPARE(best.changes[0].setting, std::string("hedge"));
        QVERIFY(best.figures.p99_ms->value < 0.6 * found.original.figures.p99_ms->value);
        QVERIFY(best.difference.spend_usd->low > 0); // both are paid
    }

    void sameOnAnyNumberOfThreads() {
        const Json document = pair_of(R"({"first_token_ms":{"lognormal":{"median":300,"sigma":1}},
                                         "token_ms":1,"error_ratio":0.1})",
                                      quick, R"({})", 3);
        const auto world = scenario(50, R"([{"target":"@primary","kind":"http_error",
                                            "when":{"at_s":1,"for_s":2}}])");
        std::string first;
        for (const unsigned threads : {1u, 2u, 8u}) {
            tune::SuggestOptions run;
            run.seed = 3;
            run.effort = 2e4;
            run.threads = threads;
            const auto found = suggested(document, world, run);
            const std::string json = tune::to_json(found, run, world).dump();
            QVERIFY(found.front.size() > 1);
            if (first.empty())
                first = json;
            QCOMPARE(json, first);
        }
    }

    // What is offered: valid, no new warning, applied and taken back, and nothing else touched.
    void whatIsOfferedHolds() {
        const Json document = pair_of(R"({"first_token_ms":{"lognormal":{"median":900,"sigma":1}},
                                         "token_ms":5,"error_ratio":0.2})",
                                      quick, R"({})", 4);
        tune::SuggestOptions run;
        run.effort = 5e4;
        const auto found = suggested(document, scenario(80), run);
        const auto warnings = [](const Json& json) {
            const auto read = chain::read_document(json, "");
            return read.ok() ? chain::lint(*read.value).size() : 1000;
        };
        const auto changed = [](const auto& point) { return !point.changes.empty(); };
        QVERIFY2(std::any_of(found.front.begin(), found.front.end(), changed), said(found));
        for (const auto& point : found.front) {
            QVERIFY(warnings(point.document) <= warnings(document));
            const auto applied = tune::apply(document, point.changes);
            QVERIFY(applied && *applied == point.document);
            const auto back = tune::undo(*applied, point.changes);
            QVERIFY(back && *back == document);
            QCOMPARE(point.document["providers"], document["providers"]);
            for (const Json& t : point.document["chains"][0]["targets"])
                for (const Json& was : document["chains"][0]["targets"])
                    if (was["provider"] == t["provider"]) {
                        QCOMPARE(t["model"], was["model"]);
                        QCOMPARE(t["price"], was["price"]);
                    }
            if (point.changes.empty())
                continue;
            Json edited = document;
            edited["chains"][0]["targets"][0]["timeouts"]["first_token_ms"] = 1234;
            edited["chains"][0]["policy"] = {
                {"hedge", {{"after_ms", 1}}},
                {"retry", {{"attempts_per_target", 7}, {"max_attempts", 77}}},
                {"timeouts", {{"first_token_ms", 777}, {"stall_ms", 777}, {"attempt_ms", 7777}}},
                {"breaker",
                 {{"consecutive_failures", 77}, {"failure_ratio", 0.77}, {"open_s", 77}}}};
            edited["chains"][0]["targets"][1]["timeouts"]["first_token_ms"] = 1234;
            QVERIFY(!tune::apply(edited, point.changes));
        }
    }

    void cancelledItTellsWhatItHas() {
        std::atomic<bool> stop{false};
        tune::SuggestOptions run;
        run.cancel = &stop;
        run.threads = 2;
        run.effort = 1e9;
        double told = 0;
        bool falls = false;
        run.progress = [&](const tune::Progress& p) {
            falls |= p.share < told;
            told = p.share;
            if (p.simulated_requests > 60'000)
                stop = true;
        };
        const auto found = tune::suggest(pair_of(quick, quick, "{}"), scenario(20'000), run);
        QVERIFY2(found, found ? "" : found.error().text().c_str());
        QVERIFY(found->partial && !falls && told > 0);
        QVERIFY(found->original.figures.availability && !found->front.empty());
        QVERIFY(found->notes.front().find("stopped") != std::string::npos);
        stop = true;
        const auto nothing = tune::suggest(pair_of(quick, quick, "{}"), scenario(100), run);
        QVERIFY(!nothing && nothing.error().kind == Error::Kind::cancelled);
    }

    void refusals_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("place");
        QTest::newRow("availability above one") << 0 << "availability";
        QTest::newRow("a negative budget") << 1 << "budget";
        QTest::newRow("no such chain") << 2 << "/chains";
        QTest::newRow("no document") << 3 << "";
        QTest::newRow("a budget, and no price") << 4 << "budget";
        QTest::newRow("no effort") << 5 << "effort";
        QTest::newRow("a scenario that does not fit") << 6 << "";
    }
    void refusals() {
        QFETCH(int, which);
        QFETCH(QString, place);
        auto run = options();
        Json document = pair_of(quick, quick, "{}");
        auto world = scenario(20);
        if (which == 0)
            run.goal.availability = 1.5;
        if (which == 1 || which == 4)
            run.goal.budget = {which == 1 ? -1.0 : 5.0, tune::Budget::Per::run};
        if (which == 2)
            run.chain_id = "other";
        if (which == 3)
            document = Json::array();
        if (which == 4)
            for (Json& t : document["chains"][0]["targets"])
                t.erase("price");
        if (which == 5)
            run.effort = 0;
        if (which == 6)
            world = scenario(20, R"([{"target":"nobody","kind":"hang"}])");
        const auto found = tune::suggest(document, world, run);
        QVERIFY(!found);
        QCOMPARE(found.error().kind, Error::Kind::bad_input);
        QCOMPARE(QString::fromStdString(found.error().place), place);
    }
};

QTEST_APPLESS_MAIN(TestSuggest)
#include "test_suggest.moc"
