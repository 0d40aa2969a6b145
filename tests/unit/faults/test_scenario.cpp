// Scenario documents: what is read, what is refused, and places that become names.
#include "chain/presets.h"
#include "faults/place.h"
#include "support/fault_json.h"
#include "support/refused_rows.h"

#include <QDir>

#include <algorithm>

using namespace brownout;
using namespace brownout::faults;
using chain::Json;
using test::all_text;

namespace {

Json good() {
    return Json::parse(
        "{\"format\":\"brownout.scenario/1\",\"name\":\"n\",\"description\":\"d\","
        "\"duration_s\":180,\"max_requests\":1000,"
        "\"traffic\":{\"requests_per_s\":[{\"at_s\":0,\"requests_per_s\":2},"
        "{\"at_s\":60,\"requests_per_s\":5}],\"arrivals\":\"uniform\",\"stream\":false,"
        "\"input_tokens\":{\"lognormal\":{\"median\":400,\"sigma\":0.8}},\"output_tokens\":120,"
        "\"chain\":\"default\",\"task\":{\"simple\":1}},"
        "\"models\":{\"birch\":{\"first_token_ms\":400,\"token_ms\":15}},"
        "\"faults\":[{\"target\":\"@primary\",\"kind\":\"http_error\",\"status\":503,"
        "\"when\":{\"at_s\":30,\"for_s\":60}},"
        "{\"target\":\"@last\",\"kind\":\"stream_cut\",\"after_tokens\":40,"
        "\"match\":{\"stream\":true},\"when\":{\"probability\":0.02}}],"
        "\"expect\":[{\"metric\":\"availability\",\"at_least\":0.999},"
        "{\"metric\":\"latency_ms\",\"quantile\":0.99,\"at_most\":4000},"
        "{\"metric\":\"served_by\",\"target\":\"@2\",\"at_least\":0.1}]}");
}

chain::Document demo() {
    return *chain::read_document_text(chain::demo_chain_text(), "demo").value;
}

} // namespace

class TestScenario : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void reads() {
        const auto read = read_scenario(good(), "s.json");
        QVERIFY2(read.ok() && read.problems.empty(), all_text(read.problems).c_str());
        const Scenario& s = *read.value;
        QCOMPARE(*s.duration_s, 180.0);
        QCOMPARE(*s.max_requests, 1000);
        QVERIFY(s.traffic.arrivals == Arrivals::uniform && !s.traffic.stream);
        QCOMPARE(s.traffic.rate_at(59.9), 2.0);
        QCOMPARE(s.traffic.rate_at(60), 5.0);
        QCOMPARE(s.traffic.task.at("simple"), 1.0);
        QCOMPARE(stats::mean(s.models.at("birch").token_ms), 15.0);
        QCOMPARE(s.faults[0].fault.status, 503);
        QCOMPARE(*s.faults[0].when.for_s, 60.0);
        QVERIFY(*s.faults[1].match.stream);
        QCOMPARE(s.expect[1].text(), std::string("latency_ms p99 at most 4000"));
        QCOMPARE(s.source, good());
        const auto bare =
            read_scenario(Json{{"format", "brownout.scenario/1"}, {"max_requests", 10}}, "");
        QVERIFY2(bare.ok(), all_text(bare.problems).c_str());
        QVERIFY(bare.value->faults.empty() && !bare.value->duration_s);
    }

    void bad_data() {
        test::refused_columns();
        const auto row = test::refused_row;
        row("/format", "\"brownout.chain/1\"", "/format", "brownout.scenario/1");
        row("/durations", "1", "/durations", "did you mean `duration_s`");
        row("/duration_s", "-1", "/duration_s", "found -1");
        row("/max_requests", "1.5", "/max_requests", "whole number");
        row("/traffic", "[]", "/traffic", "expected an object");
        row("/traffic/requests_per_s", "-1", "/traffic/requests_per_s", "found -1");
        row("/traffic/requests_per_s", "[]", "/traffic/requests_per_s", "no steps");
        row("/traffic/requests_per_s/1/at_s", "0", "/traffic/requests_per_s/1/at_s", "order");
        row("/traffic/profile", "{}", "/traffic/profile/day", "24 factors");
        row("/traffic/profile", R"({"day":[1,2]})", "/traffic/profile/day", "24 numbers");
        row("/traffic/profile", R"({"week":[1,1,1,1,1,-1,0]})", "/traffic/profile/week",
            "from 0 to 1000");
        row("/traffic/profile", R"({"week":[0,0,0,0,0,0,0]})", "/traffic/profile/week",
            "add up to nothing");
        row("/traffic/profile", R"({"week":[1,1,1,1,1,1,0],"hour_s":0.001})", "/traffic/profile",
            "hour_s");
        row("/traffic/profile", R"({"weak":[1,1,1,1,1,1,0]})", "/traffic/profile/weak",
            "did you mean `week`");
        row("/traffic/arrivals", "\"poison\"", "/traffic/arrivals", "did you mean `poisson`");
        row("/traffic/arrivals", "\"closed\"", "/traffic/requests_per_s", "clients");
        row("/traffic/clients", "3", "/traffic/clients", "closed arrivals only");
        row("/traffic/task", "{\"simple\":0}", "/traffic/task", "add up to nothing");
        row("/traffic/output_tokens", "-5", "/traffic/output_tokens", "at least 0");
        row("/traffic/time_scale", "2", "/traffic/time_scale", "with a trace only");
        row("/traffic/image", "true", "/traffic/stream", "does not go with pictures");
        row("/traffic", R"({"trace":"","requests_per_s":2})", "/traffic/requests_per_s",
            "does not go with a trace");
        row("/traffic", R"({"trace":"none.csv"})", "/traffic/trace", "no such file");
        row("/traffic", R"({"trace":"","output_tokens":2})", "/traffic/output_tokens", "how long");
        row("/models/birch/tokens_ms", "5", "/models/birch/tokens_ms", "did you mean `token_ms`");
        row("/faults", "{}", "/faults", "put it in [ ]");
        row("/faults/0/kind", "\"http_eror\"", "/faults/0/kind", "did you mean \"http_error\"");
        row("/faults/0/kind", "\"gremlins\"", "/faults/0/kind", "stream_cut");
        row("/faults/0/kind", "null", "/faults/0", "`kind` is missing");
        row("/faults/0/target", "null", "/faults/0", "`target` is missing");
        row("/faults/0/target", "\"@first\"", "/faults/0/target", "is no place in a chain");
        row("/faults/1/target", "\"@0\"", "/faults/1/target", "is no place in a chain");
        row("/expect/2/target", "\"@2x\"", "/expect/2/target", "Use @primary, @2");
        row("/faults/0/after_tokens", "3", "/faults/0/after_tokens", "no such parameter");
        row("/faults/0/status", "200", "/faults/0/status", "from 400 to 599");
        row("/faults/0/stauts", "500", "/faults/0/stauts", "did you mean `status`");
        row("/faults/0/when/at_s", "-30", "/faults/0/when/at_s", "found -30");
        row("/faults/0/when/for_s", "0", "/faults/0/when/for_s", "above 0");
        row("/faults/0/when/every_s", "30", "/faults/0/when/every_s", "overlap");
        row("/faults/1/when/probability", "2", "/faults/1/when/probability", "from 0 to 1");
        row("/faults/1/when/first", "0", "/faults/1/when/first", "found 0");
        row("/faults/1/when/every_s", "5", "/faults/1/when/every_s", "for_s");
        row("/faults/1/when/ramp", "{\"to\":1}", "/faults/1/when/ramp/over_s", "missing");
        row("/faults/1/when/renewal", "{\"gap_s\":5}", "/faults/1/when/renewal/repair_s",
            "missing");
        row("/faults/1/match", "{\"steam\":true}", "/faults/1/match/steam",
            "did you mean `stream`");
        row("/faults/1/how", "\"rest\"", "/faults/1/how", "did you mean `rst`");
        const auto fault = [&](const char* value, const char* pointer, const char* says) {
            row("/faults/0", value, pointer, says);
        };
        fault(R"({"target":"aster","kind":"slow_tokens"})", "/faults/0/ms", "how long");
        fault(R"({"target":"aster","kind":"drop_field"})", "/faults/0", "`pointer` is missing");
        fault(R"({"target":"aster","kind":"drop_field","pointer":"id"})", "/faults/0/pointer",
              "Begin with a slash");
        fault(R"({"target":"aster","kind":"truncate","fraction":1})", "/faults/0/fraction",
              "found 1");
        fault(R"({"target":"aster","kind":"bandwidth"})", "/faults/0/kbyte_per_s", "missing");
        fault(R"({"target":"aster","kind":"bandwidth","kbyte_per_s":0})", "/faults/0/kbyte_per_s",
              "above 0");
        fault(R"({"target":"aster","kind":"price_change"})", "/faults/0/factor", "missing");
        fault(R"({"target":"aster","kind":"price_change","factor":2,"when":{"first":3}})",
              "/faults/0/when", "by the clock alone");
        fault(R"({"kind":"group_outage","targets":["aster"]})", "/faults/0/targets", "2 to 32");
        fault(R"({"kind":"group_outage","targets":["aster",3]})", "/faults/0/targets/1",
              "no target");
        // Two that exclude each other: the second one is named.
        const auto pair = [&](const char* first, const char* second, const char* says) {
            const std::string both = std::string{"[{\"target\":\"aster\","} + first +
                                     "},{\"target\":\"aster\"," + second + "}]";
            row("/faults", both.c_str(), "/faults/1", says);
        };
        pair(R"("kind":"connect_refused")", R"("kind":"connect_hang")", "excludes connect_refused");
        pair(R"("kind":"dns_failure")", R"("kind":"tls_failure")", "excludes dns_failure");
        pair(R"("kind":"garbage")", R"("kind":"html_page")", "excludes garbage");
        pair(R"("kind":"empty_answer")", R"("kind":"length_stop")", "excludes empty_answer");
        pair(R"("kind":"bad_key","when":{"at_s":5,"for_s":5})",
             R"("kind":"overloaded","when":{"at_s":9})", "excludes bad_key");
        row("/expect/0/metric", "\"availabilty\"", "/expect/0/metric",
            "did you mean `availability`");
        row("/expect/0/at_least", "1.5", "/expect/0/at_least", "from 0 to 1");
        row("/expect/0/at_most", "0.5", "/expect/0/at_most", "nothing can meet it");
        row("/expect/0/quantile", "0.5", "/expect/0/quantile", "latency_ms");
        row("/expect/1/at_most", "null", "/expect/1/at_least", "at_most");
        row("/expect/2/target", "null", "/expect/2/target", "missing");
        row("/expect/0/target", "\"@2\"", "/expect/0/target", "not used");
    }
    void bad() {
        test::verify_refused(good(), [](const Json& json, const std::string& file) {
            return read_scenario(json, file);
        });
    }

    // All pairs, in both orders: the list that the reader goes by, written down a second time.
    void every_pair_that_excludes() {
        const std::vector<std::vector<Kind>> groups{
            {Kind::dns_failure, Kind::connect_refused, Kind::connect_hang, Kind::tls_failure},
            {Kind::quota_exhausted, Kind::bad_key, Kind::model_missing, Kind::region_blocked,
             Kind::overloaded, Kind::context_exceeded, Kind::moderation, Kind::http_error,
             Kind::group_outage},
            {Kind::garbage, Kind::html_page},
            {Kind::empty_answer, Kind::length_stop},
            {Kind::job_failed, Kind::job_never_ready}};
        const auto excluded = [&](Kind a, Kind b) {
            return a != b && std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
                       return std::count(group.begin(), group.end(), a) > 0 &&
                              std::count(group.begin(), group.end(), b) > 0;
                   });
        };
        int pairs = 0;
        for (const KindInfo& a : kinds())
            for (const KindInfo& b : kinds()) {
                Json json = good();
                json["faults"] = Json::array(
                    {test::least_fault(a.kind, "aster"), test::least_fault(b.kind, "aster")});
                const auto read = read_scenario(json, "");
                const std::string both = std::string(a.name) + " and " + std::string(b.name);
                QVERIFY2(read.ok() == !excluded(a.kind, b.kind), both.c_str());
                if (read.ok())
                    continue;
                ++pairs;
                QCOMPARE(read.problems[0].pointer, std::string("/faults/1"));
                QVERIFY(!read.problems[0].remedy.empty());
            }
        QCOMPARE(pairs, 2 * (6 + 36 + 1 + 1 + 1));
    }

    void what_excludes_each_other_may_take_turns() {
        Json json = good();
        for (const char* faults :
             {R"([{"target":"aster","kind":"bad_key","when":{"at_s":5,"for_s":5}},
                  {"target":"aster","kind":"overloaded","when":{"at_s":10}}])",
              R"([{"target":"aster","kind":"bad_key"},{"target":"birch","kind":"overloaded"}])",
              R"([{"target":"aster","kind":"garbage","when":{"probability":0.5}},
                  {"target":"aster","kind":"html_page","when":{"probability":0.5}}])",
              R"([{"target":"aster","kind":"latency","ms":5},
                  {"target":"aster","kind":"overloaded"}])"}) {
            json["faults"] = Json::parse(faults);
            const auto read = read_scenario(json, "s.json");
            QVERIFY2(read.ok(), all_text(read.problems).c_str());
        }
    }

    void no_end() {
        Json json = good();
        json.erase("duration_s");
        QVERIFY(read_scenario(json, "").ok());
        json.erase("max_requests");
        QVERIFY(!read_scenario(json, "").ok());
    }

    void late_fault_is_a_warning() {
        Json json = good();
        json["faults"][0]["when"]["at_s"] = 200;
        const auto read = read_scenario(json, "");
        QVERIFY(read.ok());
        QCOMPARE(read.problems.size(), 1u);
        QVERIFY(read.problems[0].severity == chain::Problem::Severity::warning);
        QCOMPARE(read.problems[0].pointer, std::string("/faults/0/when/at_s"));
    }

    void kinds_and_parameters() {
        QCOMPARE(kinds().size(), 45u); // all of the scenario format's
        for (const KindInfo& row : kinds()) {
            QVERIFY(&info(row.kind) == &row);
            QVERIFY(!row.label.empty() && !row.help.empty() && !row.group.empty());
            // A parameter of another kind is refused by name.
            for (const KindInfo& other : kinds())
                for (const auto parameter : other.parameters) {
                    Json json = test::least_fault(row.kind, "a");
                    QVERIFY2(read_rule(json, "").ok(), json.dump().c_str());
                    const std::string key(parameter);
                    json[key] = key == "stage"      ? Json("accept")
                                : key == "how"      ? Json("rst")
                                : key == "status"   ? Json(429)
                                : key == "fraction" ? Json(0.25)
                                : key == "pointer"  ? Json("/a/0")
                                : key == "targets"  ? Json::array({"a", "b"})
                                : key == "code" || key == "message" || key == "body" ? Json("x")
                                                                                     : Json(3);
                    const bool own = std::find(row.parameters.begin(), row.parameters.end(),
                                               parameter) != row.parameters.end();
                    const auto read = read_rule(json, "");
                    QVERIFY2(read.ok() == own, (std::string(row.name) + " " + key).c_str());
                }
        }
    }

    void round_trips_data() {
        QTest::addColumn<QByteArray>("rule");
        for (const char* rule :
             {"{\"target\":\"a/b/c\",\"kind\":\"http_error\",\"status\":429,\"code\":\"c\","
              "\"message\":\"m\",\"retry_after_s\":5,\"body\":\"\"}",
              "{\"target\":\"*\",\"kind\":\"connect_refused\",\"when\":{\"at_s\":1,\"for_s\":2,"
              "\"every_s\":10}}",
              "{\"target\":\"a\",\"kind\":\"latency\",\"ms\":{\"pareto\":{\"minimum\":1,"
              "\"shape\":2}},\"match\":{\"image\":false,\"task\":\"coding\"}}",
              "{\"target\":\"a\",\"kind\":\"hang\",\"ms\":{\"empirical\":[1,2,3]},"
              "\"when\":{\"first\":3,\"after\":2}}",
              "{\"target\":\"a\",\"kind\":\"reset\",\"stage\":\"accept\"}",
              "{\"target\":\"a\",\"kind\":\"stream_stall\",\"after_tokens\":3,"
              "\"ms\":{\"exponential\":{\"mean\":4}},\"when\":{\"ramp\":{\"from\":0.1,"
              "\"to\":0.9,\"over_s\":30}}}",
              "{\"target\":\"a\",\"kind\":\"stream_cut\",\"after_tokens\":3,\"how\":\"rst\","
              "\"when\":{\"renewal\":{\"gap_s\":{\"weibull\":{\"shape\":0.65,\"scale\":9}},"
              "\"repair_s\":{\"lognormal\":{\"median\":1,\"sigma\":1}}}}}",
              "{\"target\":\"a\",\"kind\":\"bad_event\",\"at_token\":7}",
              "{\"target\":\"a\",\"kind\":\"no_terminator\",\"when\":{\"probability\":0.5}}",
              "{\"target\":\"a\",\"kind\":\"truncate\",\"fraction\":0.25}",
              "{\"target\":\"a\",\"kind\":\"drop_field\",\"pointer\":\"/choices/0\"}",
              "{\"target\":\"a\",\"kind\":\"bandwidth\",\"kbyte_per_s\":1.5}",
              "{\"target\":\"a\",\"kind\":\"price_change\",\"factor\":3}",
              "{\"target\":\"a\",\"kind\":\"group_outage\",\"targets\":[\"a\",\"b\"],"
              "\"when\":{\"renewal\":{\"gap_s\":3,\"repair_s\":1}}}",
              "{\"target\":\"a\",\"kind\":\"rate_limit\",\"requests_per_min\":60,"
              "\"tokens_per_min\":1000,\"retry_after_s\":2}"})
            QTest::newRow(rule) << QByteArray(rule);
    }
    void round_trips() {
        QFETCH(QByteArray, rule);
        const auto first = read_rule(Json::parse(rule.toStdString()), "");
        QVERIFY2(first.ok(), all_text(first.problems).c_str());
        const Json written = to_json(*first.value);
        const auto second = read_rule(written, "");
        QVERIFY2(second.ok(), all_text(second.problems).c_str());
        QCOMPARE(to_json(*second.value), written);
        // Everything that was written by hand is still said.
        const Json by_hand = Json::parse(rule.toStdString());
        for (const auto& [key, value] : by_hand.items())
            QCOMPARE(chain::canonical_json(written[key]), chain::canonical_json(value));
    }

    void binding() {
        Json json = good();
        auto bound = bind(*read_scenario(json, "").value, demo(), "s.json");
        QVERIFY2(bound.ok(), all_text(bound.problems).c_str());
        QCOMPARE(bound.value->faults[0].target, std::string("aster/gpt-5-mini"));
        QCOMPARE(bound.value->faults[1].target, std::string("cedar/gemini-2.5-flash-lite"));
        QCOMPARE(bound.value->expect[2].target, std::string("birch/claude-haiku-4-5"));
        QCOMPARE(bound.value->source, json);
        for (const char* target : {"aster", "birch/claude-haiku-4-5", "*", "@1", "@3"}) {
            json["faults"][0]["target"] = target;
            QVERIFY2(bind(*read_scenario(json, "").value, demo(), "").ok(), target);
        }
        for (const char* target : {"astre", "aster/none", "@4", "@999"}) {
            json["faults"][0]["target"] = target;
            const auto refused = bind(*read_scenario(json, "").value, demo(), "s.json");
            QVERIFY2(!refused.ok(), target);
            QCOMPARE(refused.problems[0].pointer, std::string("/faults/0/target"));
            QVERIFY(!refused.problems[0].remedy.empty());
        }
        json = good();
        json["models"]["dahlia"] = Json::object();
        json["traffic"]["chain"] = "none";
        json["traffic"]["task"] = "unheard";
        QCOMPARE(bind(*read_scenario(json, "").value, demo(), "").problems.size(), 3u);
        // A rule by itself has no place in a list.
        Rule alone;
        for (const char* target : {"astre", "@first", "@4", "@0", "@", "@99999999999"}) {
            alone.target = target;
            const auto refused = bind_rule(alone, demo(), "", "body");
            QVERIFY2(!refused.ok() && refused.problems.size() == 1, target);
            QCOMPARE(refused.problems[0].pointer, std::string("/target"));
            QCOMPARE(as_error(refused.problems[0]).place, std::string("body#/target"));
        }
        alone.target = "@2";
        QCOMPARE(bind_rule(alone, demo(), "", "body").value->target,
                 std::string("birch/claude-haiku-4-5"));
        // Places count the enabled targets only.
        auto document = demo();
        document.chains[0].targets[0].enabled = false;
        QCOMPARE(bind(*read_scenario(good(), "").value, document, "").value->faults[0].target,
                 std::string("birch/claude-haiku-4-5"));
    }

    void library() {
        QDir dir(QString(BROWNOUT_SOURCE_DIR) + "/resources/scenarios");
        const auto files = dir.entryList({"*.scenario.json"});
        QVERIFY(files.size() >= 20);
        for (const QString& file : files) {
            const auto read = read_scenario_file(dir.filePath(file).toStdString());
            QVERIFY2(read.ok() && read.problems.empty(), all_text(read.problems).c_str());
            const auto bound = bind(*read.value, demo(), "");
            QVERIFY2(bound.ok() && bound.problems.empty(), all_text(bound.problems).c_str());
            QVERIFY(!read.value->expect.empty() && !read.value->description.empty());
            for (const Rule& rule : read.value->faults)
                QVERIFY(rule.target.starts_with("@") || rule.target == "*");
        }
        const auto absent = read_scenario_file("/nowhere/x.scenario.json");
        QVERIFY(!absent.ok() &&
                absent.problems[0].text().find("no such file") != std::string::npos);
    }

    void any_type_anywhere() {
        const Json document = good();
        std::vector<std::string> places;
        const auto walk = [&](const auto& self, const Json& json, const std::string& at) -> void {
            places.push_back(at);
            if (json.is_structured())
                for (const auto& [key, value] : json.items())
                    self(self, value, at + "/" + key);
        };
        walk(walk, document, "");
        QVERIFY(places.size() > 40);
        for (const std::string& place : places)
            for (const char* value : {"null", "true", "-1", "1e300", "\"x\"", "[]", "{}", "[[]]",
                                      "\"sk-canary-4f9d1c7be2a84e\""}) {
                Json json = document;
                json[Json::json_pointer(place)] = Json::parse(value);
                const auto read = read_scenario(json, "");
                QVERIFY(read.ok() || !read.problems.empty());
                QVERIFY(all_text(read.problems).find("canary") == std::string::npos);
                if (read.ok())
                    QVERIFY(all_text(bind(*read.value, demo(), "").problems).find("canary") ==
                            std::string::npos);
            }
    }
};

QTEST_APPLESS_MAIN(TestScenario)
#include "test_scenario.moc"
