// The alert rules as tables: what happened at which second, and which alerts were raised and
// cleared when. The rules are looked at every second, as live traffic looks at them.
#include "record/alerts.h"

#include "chain/document.h"

#include <QtTest>

#include <sstream>

using namespace brownout;
using namespace brownout::record;

namespace {

using chain::Json;

// Chains: default (task simple) a/m1, b/m2 (ten times dearer), c/m3; code (task coding) b/m2, a/m1.
// Provider c has two keys.
Json document_json(const std::string& alerts, const std::string& budget) {
    Json json = Json::parse(R"({"format":"brownout.chain/1","name":"test","providers":[
        {"id":"a","dialect":"openai","base_url":"lab:","key":"none"},
        {"id":"b","dialect":"openai","base_url":"lab:","key":"none"},
        {"id":"c","dialect":"openai","base_url":"lab:","key":["env:K1","env:K2"]}],
      "chains":[
        {"id":"default","task":"simple","targets":[
          {"provider":"a","model":"m1","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}},
          {"provider":"b","model":"m2","price":{"input_usd_per_mtok":10,"output_usd_per_mtok":20}},
          {"provider":"c","model":"m3","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}}]},
        {"id":"code","task":"coding","targets":[
          {"provider":"b","model":"m2","price":{"input_usd_per_mtok":10,"output_usd_per_mtok":20}},
          {"provider":"a","model":"m1","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}}]}],
      "policy":{"disable_s":20}})");
    json["providers"][2]["base_url"] = "https://c.example.com";
    if (alerts != "-")
        json["alerts"] = Json::parse(alerts);
    if (!budget.empty())
        json["policy"]["budget"] = Json::parse(budget);
    return json;
}

chain::Document document(const std::string& alerts, const std::string& budget = {}) {
    const auto read = chain::read_document(document_json(alerts, budget), "test");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

Instant at(double s) {
    return Instant{} + from_seconds(s);
}

// Plays a script and writes down what was raised ("+12 failure_rate a/m1") and cleared ("-30 ...").
class World {
  public:
    explicit World(const chain::Document& d) { alerts.load(d, at(0)); }

    // "0..59 ok a/m1": every second from 0 to 59 an attempt at a/m1 that succeeds and answers.
    // Words: ok, fail, busy (fails, and another answers: "fail>b/m2"), reject, cancel, slow (4 s),
    // key (refused), model (missing), lost (the request fails), open, half, closed (the breaker),
    // pays (1 USD, elsewhere), end. In chain `code` where it says so.
    std::string play(const std::string& script, int until_s) {
        std::istringstream lines(script);
        struct Step {
            int from, to;
            std::string what, target, chain;
        };
        std::vector<Step> steps;
        for (std::string line; std::getline(lines, line, ';');) {
            std::istringstream in(line);
            std::string when;
            Step s;
            if (!(in >> when >> s.what))
                continue;
            in >> s.target >> s.chain;
            const auto dots = when.find("..");
            s.from = std::stoi(when);
            s.to = dots == std::string::npos ? s.from : std::stoi(when.substr(dots + 2));
            steps.push_back(s);
        }
        for (int second = 0; second <= until_s; ++second) {
            look(second);
            for (const Step& s : steps)
                if (s.from <= second && second <= s.to)
                    happen(s.what, s.target, s.chain.empty() ? "default" : s.chain, second + 0.5);
        }
        return said;
    }

    void look(int second) {
        const Instant due = alerts.next();
        for (const AlertRecord& alert : alerts.advance(at(second))) {
            // Whoever looks only when something is due misses nothing.
            if (due > at(second))
                said += "!";
            said += (said.empty() ? "" : ", ") + std::string(alert.cleared ? "-" : "+") +
                    std::to_string(second) + " " + name(alert.metric) +
                    (alert.target.empty() ? "" : " " + alert.target) +
                    (alert.task.empty() ? "" : " #" + alert.task);
            texts.push_back(alert.text);
            values.push_back(alert.value);
        }
    }

    void happen(const std::string& what, const std::string& target, const std::string& chain,
                double s) {
        if (what == "open" || what == "half" || what == "closed")
            return alerts.breaker(target, what == "open"   ? engine::BreakerState::open
                                          : what == "half" ? engine::BreakerState::half_open
                                                           : engine::BreakerState::closed);
        if (what == "pays")
            return alerts.spent(target, Money::from_usd(1), at(s), at(s));
        const auto arrow = what.find('>');
        RequestRecord r;
        r.chain = chain;
        r.task = chain == "code" ? "coding" : "simple";
        r.started = at(s);
        r.first_choice = chain == "code" ? "b/m2" : "a/m1";
        attempt(r, what.substr(0, arrow), target, s);
        if (arrow != std::string::npos)
            attempt(r, "ok", what.substr(arrow + 1), s);
        r.ended = r.attempts.back().ended;
        r.result = !r.served_by.empty() ? engine::CallResult::success
                   : what == "cancel"   ? engine::CallResult::cancelled
                   : what == "reject"   ? engine::CallResult::rejected
                                        : engine::CallResult::failed;
        alerts.request(r, at(s));
    }

    void attempt(RequestRecord& r, const std::string& what, const std::string& target, double s) {
        using engine::Cause;
        using engine::OutcomeClass;
        AttemptRecord a;
        a.number = static_cast<int>(r.attempts.size()) + 1;
        a.target = target;
        a.provider = target.substr(0, target.find('/'));
        a.finished = true;
        a.started = at(s);
        a.ended = at(s + (what == "slow" ? 4 : 0.1));
        a.outcome.cls = what == "ok" || what == "slow" ? OutcomeClass::success
                        : what == "reject"             ? OutcomeClass::reject
                        : what == "cancel"             ? OutcomeClass::cancelled
                        : what == "key"                ? OutcomeClass::disable
                        : what == "model"              ? OutcomeClass::reroute
                                                       : OutcomeClass::failover;
        a.outcome.cause = what == "key"     ? Cause::bad_key
                          : what == "model" ? Cause::model_missing
                          : what == "ok"    ? Cause::none
                                            : Cause::http_status;
        if (a.outcome.cls == OutcomeClass::success) {
            a.outcome.input_tokens = 1'000'000;
            a.outcome.cost = Money::from_usd(a.provider == "b" ? 10 : 1);
            r.served_by = target;
        }
        r.attempts.push_back(a);
        alerts.attempt(r, a, at(s));
    }

    Alerts alerts;
    std::string said;
    std::vector<std::string> texts;
    std::vector<double> values;
};

} // namespace

class TestAlerts : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void rules_data() {
        QTest::addColumn<QString>("alerts");
        QTest::addColumn<QString>("script");
        QTest::addColumn<int>("until");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* name, const char* alerts, const char* script, int until,
                            const char* said) {
            QTest::newRow(name) << QString(alerts) << QString(script) << until << QString(said);
        };
        const char* rate = R"([{"metric":"failure_rate","target":"a","above":0.5,"for_s":20}])";
        row("failures, all the time", rate, "0..99 fail>b/m2 a/m1", 99, "+21 failure_rate a");
        row("it recovers", rate, "0..39 fail>b/m2 a/m1; 40..300 ok a/m1", 300,
            // 60 s after 40 failures came 20 are left of 60; at 0.4 and below for 20 s
            "+21 failure_rate a, -96 failure_rate a");
        row("exactly the border is not above it", rate, "0..99 fail>b/m2 a/m1; 0..99 ok a/m1", 99,
            "");
        row("a second short of for_s",
            R"([{"metric":"failure_rate","target":"a","above":0,"for_s":59}])",
            "0 fail a/m1; 1..199 ok a/m1", 199, "");
        row("as long as for_s", // seen from 1 to 59, then it leaves the minute
            R"([{"metric":"failure_rate","target":"a","above":0,"for_s":58}])",
            "0 fail a/m1; 1..199 ok a/m1", 199, "+59 failure_rate a, -118 failure_rate a");
        row("for_s nought: at once", R"([{"metric":"failure_rate","target":"a","above":0.5}])",
            "3 fail>b/m2 a/m1", 99, "+4 failure_rate a");
        row("sways around its border: one alert", rate,
            "0..30 fail>b/m2 a/m1; 31..45 ok a/m1; 46..60 fail>b/m2 a/m1; 61..75 ok a/m1; "
            "76..120 fail>b/m2 a/m1; 121..150 ok a/m1; 151..300 fail>b/m2 a/m1",
            300, "+21 failure_rate a");
        row("comes back while it clears: goes on", rate,
            "0..59 fail>b/m2 a/m1; 60..98 ok a/m1; 99..200 fail>b/m2 a/m1; "
            "99..200 fail>b/m2 a/m1; 99..200 fail>b/m2 a/m1",
            200, "+21 failure_rate a");
        row("comes back once it is over: another", rate,
            "0..59 fail>b/m2 a/m1; 60..160 ok a/m1; 161..260 fail>b/m2 a/m1", 260,
            "+21 failure_rate a, -116 failure_rate a, +211 failure_rate a");
        row("silence while it waits: forgotten",
            R"([{"metric":"failure_rate","target":"a","above":0.05,"for_s":90}])", "0 fail a/m1",
            300, "");
        row("silence because of the breaker: raised",
            R"([{"metric":"failure_rate","target":"a","above":0.05,"for_s":90}])",
            "0..2 fail>b/m2 a/m1; 2 open a/m1", 200, "+91 failure_rate a");
        row("silence once raised: stays", rate, "0..30 fail>b/m2 a/m1", 900, "+21 failure_rate a");
        row("cancelled does not count, rejected is no failure", rate,
            "0..99 cancel a/m1; 0..99 reject a/m1", 99, "");
        row("nothing happens", rate, "", 200, "");
        row("of another provider", rate, "0..99 fail>a/m1 b/m2", 99, "");

        row("by default: not the others", "-", "0..99 fail>b/m2 c/m3", 99, "");
        row("by default: the primary of each chain", "-",
            "0..99 fail>b/m2 a/m1; 0..99 fail>c/m3 b/m2 code", 99,
            "+61 failure_rate a/m1, +61 failure_rate b/m2");
        row("none are wanted", "[]", "0..99 fail>b/m2 a/m1", 99, "");
        row("each target", R"([{"metric":"failure_rate","target":"*","above":0.5,"for_s":5}])",
            "0..30 fail>c/m3 b/m2; 0..30 fail>b/m2 a/m1", 30, "+6 failure_rate a/m1");
        row("the last", R"([{"metric":"failure_rate","target":"@last","task":"coding","above":0.5,
            "for_s":5}])",
            "0..30 fail a/m1 code", 30, "+6 failure_rate a/m1 #coding");
        row("whole requests", R"([{"metric":"failure_rate","above":0.2,"for_s":5}])",
            "0..30 fail>b/m2 a/m1; 40..99 lost a/m1", 99, "+53 failure_rate");
        row("of a task", R"([{"metric":"failure_rate","task":"coding","above":0.2,"for_s":5}])",
            "0..30 lost a/m1; 50..80 lost b/m2 code", 80, "+56 failure_rate #coding");
        row("of each task", R"([{"metric":"failure_rate","task":"*","above":0.2,"for_s":5}])",
            "0..30 lost a/m1; 50..80 lost b/m2 code", 80,
            "+6 failure_rate #simple, +56 failure_rate #coding");
        row("of a chain by its id", R"([{"metric":"failure_rate","task":"code","target":"b",
            "above":0.2,"for_s":5}])",
            "0..30 fail>a/m1 b/m2; 50..80 fail>a/m1 b/m2 code", 80, "+56 failure_rate b #code");

        const char* fell = R"([{"metric":"fallback_ratio","above":0.5,"for_s":10}])";
        row("falls back", fell, "0..50 fail>b/m2 a/m1; 51..150 ok a/m1", 150,
            "+11 fallback_ratio, -97 fallback_ratio");
        row("falls back from a target", R"([{"metric":"fallback_ratio","target":"b","above":0.5,
            "for_s":10}])",
            "0..50 fail>b/m2 a/m1; 60..99 fail>a/m1 b/m2 code", 99, "+71 fallback_ratio b");
        row("failed requests are no fallbacks", fell, "0..99 lost a/m1", 99, "");

        const char* slow =
            R"([{"metric":"latency_ms","target":"a","quantile":0.5,"above":3000,"for_s":10}])";
        row("slow", slow, "0..99 slow a/m1", 99, "+11 latency_ms a");
        row("a slow tail below the quantile", slow, "0..99 slow a/m1; 0..99 ok a/m1; 0..99 ok a/m1",
            99, "");
        row("the tail by default", R"([{"metric":"latency_ms","above":3000,"for_s":10}])",
            "0..99 slow a/m1; 0..99 ok a/m1; 0..99 ok a/m1", 99, "+11 latency_ms");
        row("failures have no latency", slow, "0..99 fail a/m1", 99, "");

        row("spend of an hour", R"([{"metric":"spend_usd","above":5}])", "0..9 ok a/m1", 3700,
            "+6 spend_usd, -3670 spend_usd");
        row("spend on a target", R"([{"metric":"spend_usd","target":"b","above":5}])",
            "0..9 ok a/m1; 20 ok b/m2", 30, "+21 spend_usd b");
        row("spend of a task", R"([{"metric":"spend_usd","task":"coding","above":5}])",
            "0..9 ok a/m1; 20 ok b/m2 code", 30, "+21 spend_usd #coding");

        const char* jump = R"([{"metric":"cost_jump","above":3,"for_s":10}])";
        row("ten times as dear", jump, "0..30 fail>b/m2 a/m1; 31..200 ok a/m1", 200,
            // the last fallback leaves the minute at 90
            "+11 cost_jump, -100 cost_jump");
        row("as dear", jump, "0..30 fail>c/m3 a/m1", 60, "");
        row("cheaper", jump, "0..30 fail>a/m1 b/m2 code", 60, "");

        const char* open = R"([{"metric":"breaker_open","target":"a","for_s":5}])";
        row("breaker open", open, "3 open a/m1; 33 half a/m1; 34 closed a/m1", 60,
            "+9 breaker_open a/m1, -45 breaker_open a/m1");
        row("breaker open for a moment", open, "3 open a/m1; 7 closed a/m1", 60, "");
        row("breaker open as long as for_s", open, "3 open a/m1; 9 closed a/m1", 60,
            "+9 breaker_open a/m1, -20 breaker_open a/m1");
        row("breaker flaps: one alert", open,
            "3 open a/m1; 20 closed a/m1; 25 open a/m1; 40 closed a/m1; 45 open a/m1", 99,
            "+9 breaker_open a/m1");
        row("any breaker", R"([{"metric":"breaker_open"}])", "3 open b/m2; 5 open c/m3", 9,
            "+4 breaker_open b/m2, +6 breaker_open c/m3");

        row("a key is refused", "[]", "3..9 key>b/m2 a/m1; 20..30 ok a/m1", 60,
            "+4 bad_key a, -21 bad_key a");
        row("one of two keys is refused", "[]", // 2 * disable_s after the last refusal
            "3 key c/m3; 4..30 ok c/m3; 31 key c/m3; 32..90 ok c/m3", 90,
            "+4 bad_key c, -72 bad_key c");
        row("a model is missing", "[]", "3..9 model>b/m2 a/m1; 12 ok b/m2; 20 ok a/m1", 60,
            "+4 model_missing a/m1, -21 model_missing a/m1");
    }
    void rules() {
        QFETCH(QString, alerts);
        QFETCH(QString, script);
        QFETCH(int, until);
        QFETCH(QString, said);
        World world(document(alerts.toStdString()));
        QCOMPARE(QString::fromStdString(world.play(script.toStdString(), until)), said);
        const auto active = world.alerts.active();
        const auto raised = said.count('+') - said.count('-');
        QCOMPARE(active.size(), static_cast<std::size_t>(raised));
        std::size_t on = 0;
        for (const Alerts::Gauge& gauge : world.alerts.gauges())
            on += gauge.active;
        QCOMPARE(on, active.size());
    }

    void budgets_data() {
        QTest::addColumn<QString>("target");
        QTest::addColumn<QString>("budget");
        QTest::addColumn<QString>("said");
        QTest::newRow("hour") << ""
                              << R"({"per_hour_usd":10})"
                              << "+8 budget_used, -3670 budget_used";
        QTest::newRow("day, tighter") << ""
                                      << R"({"per_hour_usd":100,"per_day_usd":4})"
                                      << "+3 budget_used";
        QTest::newRow("a provider's day") << ""
                                          << R"({"per_provider_day_usd":{"a":5}})"
                                          << "+4 budget_used";
        QTest::newRow("of that provider") << "a"
                                          << R"({"per_provider_day_usd":{"a":5,"b":1}})"
                                          << "+4 budget_used a";
        QTest::newRow("of another") << "b"
                                    << R"({"per_provider_day_usd":{"a":5,"b":50}})"
                                    << "";
        QTest::newRow("no cap") << ""
                                << ""
                                << "";
    }
    void budgets() {
        QFETCH(QString, target);
        QFETCH(QString, budget);
        QFETCH(QString, said);
        const Json rule{
            {"metric", "budget_used"}, {"above", 0.7}, {"target", target.toStdString()}};
        World world(document(Json::array({rule}).dump(), budget.toStdString()));
        QCOMPARE(QString::fromStdString(world.play("0..6 pays a; 7 pays a", 3700)), said);
    }

    // Real and simulated money are counted apart, as the caps count them.
    void realAndSimulatedMoney() {
        World world(
            document(R"([{"metric":"budget_used","above":0.7}])", R"({"per_hour_usd":10})"));
        QCOMPARE(world.play("0..4 pays a; 0..4 pays c", 60), std::string{});
    }

    void edited() {
        const std::string two = R"([{"metric":"failure_rate","target":"a","above":0.5,"for_s":5},
                                    {"metric":"breaker_open","target":"a"}])";
        World world(document(two));
        world.play("0..20 fail a/m1; 2 open a/m1", 20);
        QCOMPARE(world.said, std::string("+3 breaker_open a/m1, +6 failure_rate a"));
        world.said.clear();
        // The same rules: nothing is raised twice. The breaker is told anew.
        world.alerts.load(document(two), at(21));
        world.alerts.breaker("a/m1", engine::BreakerState::open);
        world.look(22);
        QCOMPARE(world.said, std::string{});
        QCOMPARE(world.alerts.active().size(), std::size_t{2});
        // Another border is another rule, and what is not watched any more is over.
        world.alerts.load(document(R"([{"metric":"failure_rate","target":"a","above":0.6}])"),
                          at(23));
        world.look(23);
        QCOMPARE(world.said, std::string("-23 failure_rate a, -23 breaker_open a/m1"));
        QVERIFY(world.alerts.active().empty());
    }

    void bounded() {
        Json many = Json::array();
        for (int i = 0; i < 1000; ++i)
            many.push_back({{"metric", "latency_ms"}, {"target", "*"}, {"above", i}});
        World world(document(many.dump()));
        QCOMPARE(world.alerts.gauges().size(), Alerts::max_series);
        QVERIFY(world.alerts.next() < never);
        world.look(70);
        QCOMPARE(world.alerts.next(), never); // nothing happened: nothing to look at
    }

    void sentences_data() {
        QTest::addColumn<QString>("alerts");
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("text");
        QTest::newRow("failure rate of a target in a task")
            << R"([{"metric":"failure_rate","target":"a","task":"simple","above":0.05,"for_s":1}])"
            << "0..9 fail>b/m2 a/m1"
            << "a, task simple: 100 % of attempts failed in the last minute (alert above 5 % for "
               "1 s)";
        QTest::newRow("failure rate of requests")
            << R"([{"metric":"failure_rate","above":0.05}])"
            << "0 lost a/m1"
            << "100 % of requests failed in the last minute (alert above 5 %)";
        QTest::newRow("fallbacks") << R"([{"metric":"fallback_ratio","above":0.05}])"
                                   << "0 fail>b/m2 a/m1"
                                   << "100 % of answers came from a fallback (alert above 5 %)";
        QTest::newRow("latency") << R"([{"metric":"latency_ms","target":"a/m1","above":1000}])"
                                 << "0 slow a/m1"
                                 << "a/m1: p95 of the latency is 4000 ms (alert above 1000 ms)";
        QTest::newRow("spend") << R"([{"metric":"spend_usd","above":0.5}])"
                               << "0 ok a/m1"
                               << "1 USD spent in the last hour (alert above 0.5 USD)";
        QTest::newRow("jump") << R"([{"metric":"cost_jump","above":3}])"
                              << "0 fail>b/m2 a/m1"
                              << "falling back costs 10 times as much (alert above 3 times)";
        QTest::newRow("breaker") << R"([{"metric":"breaker_open"}])"
                                 << "0 open a/m1"
                                 << "a/m1: its breaker is open";
        QTest::newRow("key") << "[]"
                             << "0 key a/m1"
                             << "a: its key is refused or missing";
        QTest::newRow("model") << "[]"
                               << "0 model a/m1"
                               << "a/m1: its provider does not know this model";
    }
    void sentences() {
        QFETCH(QString, alerts);
        QFETCH(QString, script);
        QFETCH(QString, text);
        World world(document(alerts.toStdString()));
        world.play(script.toStdString(), 3);
        QCOMPARE(world.texts.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(world.texts.front()), text);
    }
};

QTEST_APPLESS_MAIN(TestAlerts)
#include "test_alerts.moc"
