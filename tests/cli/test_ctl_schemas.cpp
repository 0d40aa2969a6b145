// The JSON Schemas in resources/schemas: what ships and what is written fits them, what is refused
// does not, and they know every setting, fault, metric and event.
#include "chain/policy_table.h"
#include "faults/scenario.h"
#include "record/event_log.h"
#include "record/rehearsals.h"
#include "support/ctl.h"
#include "support/json_schema.h"

#include <QDirIterator>
#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace brownout;
using namespace brownout::test;
using chain::Json;

namespace {

const QString root = QStringLiteral(BROWNOUT_SOURCE_DIR "/");

Json json_of(const QString& path) {
    auto json = chain::parse_json(read(path).toStdString(), path.toStdString());
    if (!json)
        qFatal("%s", json.error().text().c_str());
    return *json;
}

Json schema(const char* name) {
    return json_of(root + "resources/schemas/" + name + ".schema.json");
}

// Every fault kind's alternative, every event's ... by the constant that tells them apart.
std::map<std::string, Json> alternatives(const Json& one_of, const char* key) {
    std::map<std::string, Json> out;
    for (const Json& alternative : one_of)
        out[alternative.at("properties").at(key).at("const")] = alternative;
    return out;
}

struct Tried {
    QString name;
    SchemaJob job;
};

void all_fit(const std::vector<Tried>& tried) {
    std::vector<SchemaJob> jobs;
    for (const Tried& one : tried)
        jobs.push_back(one.job);
    const auto problems = schema_problems(jobs);
    for (std::size_t i = 0; i < tried.size(); ++i)
        QVERIFY2(problems[i].isEmpty(), qPrintable(tried[i].name + ": " + problems[i].join("\n")));
}

void add_files(std::vector<Tried>& tried, const QString& folder, const QString& pattern,
               const char* schema_name) {
    QDirIterator files(root + folder, {pattern}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        tried.push_back({path, {schema_name, json_of(path)}});
    }
}

// Each event once, as the writer makes it.
std::vector<Json> every_event() {
    std::vector<Json> out;
    record::EventWriter writer({1'700'000'000'000'000'000}, [&](const record::EventText& e) {
        out.push_back(Json::parse(e.text));
    });
    const Instant now = Instant{} + from_seconds(3);
    record::AttemptRecord a;
    a.number = 1;
    a.target = "p/m";
    a.outcome.status = 503;
    a.code = "busy";
    a.notes = {"seed: left out"};
    record::RequestRecord r;
    r.id = "r-1";
    r.chain = "default";
    r.served_by = "p/m";
    r.error = "why";
    writer.request_started(r);
    writer.attempt_started(r, a);
    writer.first_token(r, a);
    writer.hedge_started(r, a);
    writer.attempt_finished(r, a);
    a.outcome.ambiguous = a.outcome.provider_wide = a.outcome.counts_for_breaker = true;
    a.outcome.should_retry = false;
    a.outcome.retry_after = from_ms(20);
    writer.attempt_finished(r, a);
    engine::QuotaTold told;
    told.requests_left = 3;
    told.requests_reset = now;
    writer.quota_told("p/m", told, now);
    writer.failover(r, "p/m", "q/m", "503", from_ms(5), now);
    writer.stream_broken(r, 7, "restart", now);
    writer.answer_continued(r, {1, "q/m", 12}, now);
    writer.budget_refused(r, "day", now);
    writer.request_finished(r);
    writer.breaker_changed({});
    out.back()["target"] = "p/m";
    writer.cooldown("p/m", now, now);
    writer.cooldown("p/m", never, now);
    writer.provider_disabled("p", "bad key", now);
    writer.health_checked(a);
    writer.health_check_skipped("p/m", "no room in the budget", now);
    const record::FaultRecord fault{now, never, "p", "hang", 3};
    writer.fault_started(fault);
    writer.fault_ended(fault);
    record::AlertRecord alert;
    alert.id = 1;
    alert.text = "why";
    writer.alert_raised(alert);
    alert.target = "p/m";
    alert.task = "simple";
    alert.quantile = 0.95;
    alert.cleared = now;
    writer.alert_cleared(alert);
    writer.hook_failed("on_alert", "example.com", "HTTP 500", now);
    writer.hook_recovered("on_alert", "example.com", 3, now);
    return out;
}

bool reader_takes(const std::string& schema_name, const Json& document) {
    if (schema_name == "chain")
        return chain::read_document(document, "").ok();
    if (schema_name == "scenario")
        return faults::read_scenario(document, "").ok();
    return record::check_report(document, "").empty();
}

} // namespace

class TestCtlSchemas : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        if (have_schema_validator())
            return;
        if (qEnvironmentVariableIsSet("CI"))
            QFAIL("Python's jsonschema is missing; packaging/test.sh installs it");
        QSKIP("Python's jsonschema is not installed (Debian: python3-jsonschema)");
    }

    void whatShipsFits() {
        std::vector<Tried> tried;
        add_files(tried, "resources", "*.chain.json", "chain");
        add_files(tried, "resources/scenarios", "*.scenario.json", "scenario");
        QVERIFY(tried.size() >= 30);
        add_files(tried, "tests", "*.chain.json", "chain");
        const Json trace = Json::parse(R"({"format":"brownout.scenario/1","traffic":
            {"trace":"azure.csv","time_scale":60,"chain":"default"}})");
        tried.push_back({"a trace", {"scenario", trace}});
        all_fit(tried);
    }

    void whatIsWrittenFits() {
        QTemporaryDir dir;
        const QByteArray scenario =
            R"({"format":"brownout.scenario/1","name":"N","duration_s":1,"traffic":
                {"requests_per_s":10,"output_tokens":5},"faults":[{"target":"@primary",
                "kind":"http_error","when":{"for_s":0.5}}],"expect":[{"metric":"latency_ms",
                "at_most":9000},{"metric":"recovers_within_s","target":"@primary","at_most":9}]})";
        const QString demo = root + "resources/demo.chain.json", report = dir.filePath("r.json"),
                      reports = dir.filePath("rs.json"), tested = dir.filePath("t.chain.json");
        const QString a = write(dir.path(), "a.scenario.json", scenario),
                      b = write(dir.path(), "b.scenario.json", scenario);
        ctl({"rehearse", demo, a, "--report", report, "--log", dir.filePath("log.jsonl"),
             "--log-content"});
        ctl({"rehearse", demo, a, b, "--report", reports});
        const QString simulated = dir.filePath("s.json");
        ctl({"simulate", demo, a, "--runs", "3", "--report", simulated});
        ctl({"export", demo, "--evidence", report, "--evidence", reports, "--evidence", simulated,
             "-o", tested});
        std::vector<Tried> tried{{"report", {"report", json_of(report)}},
                                 {"reports", {"reports", json_of(reports)}},
                                 {"tested chain", {"tested-chain", json_of(tested)}},
                                 {"tested as a chain", {"chain", json_of(tested)}}};
        tried.push_back({"simulated", {"report", json_of(simulated)}});
        QCOMPARE(tried[2].job.document["evidence"]["reports"].size(), 4u);
        QVERIFY(tried.back().job.document.contains("per_run"));
        for (const QByteArray& line : read(dir.filePath("log.jsonl")).split('\n'))
            if (!line.isEmpty())
                tried.push_back({line, {"event", Json::parse(line.toStdString())}});
        QVERIFY(tried.size() > 30);
        for (const Json& event : every_event())
            tried.push_back({QString::fromStdString(event.dump()), {"event", event}});
        all_fit(tried);
    }

    void whatIsRefusedDoesNotFit() {
        const Json chain = json_of(root + "tests/unit/chain/good.chain.json"),
                   scenario = json_of(root + "resources/scenarios/streams-cut.scenario.json"),
                   event = every_event()[4];
        struct Row {
            const char *schema, *pointer, *value;
        };
        const Row rows[] = {
            {"chain", "/format", "\"brownout.chain/2\""},
            {"chain", "/chain", "[]"},
            {"chain", "/providers/0/id", "\"two words\""},
            {"chain", "/providers/0/key", "\"sk-abcdefghijklmnop\""},
            {"chain", "/providers/0/base_url", "\"ftp://example.com\""},
            {"chain", "/providers/0/dialect", "\"esperanto\""},
            {"chain", "/chains/0/targets", "[]"},
            {"chain", "/chains/0/strategy", "\"luck\""},
            {"chain", "/chains/0/targets/0/weight", "-1"},
            {"chain", "/chains/0/targets/0/price", "{\"usd\":1}"},
            {"chain", "/policy/timeouts", "{\"stall_ms\":-5}"},
            {"chain", "/policy/retry", "{\"attempts_per_target\":1.5}"},
            {"chain", "/policy/hedge", "{\"after_ms\":5,\"after_quantile\":0.5}"},
            {"chain", "/policy/commit_after", "{\"tokens\":0}"},
            {"chain", "/policy/breaker", "{\"open_s\":null}"},
            {"scenario", "/duration_s", "-1"},
            {"scenario", "/traffic/arrivals", "\"closed\""},
            {"scenario", "/traffic/output_tokens", "{\"lognormal\":{\"median\":0,\"sigma\":1}}"},
            {"scenario", "/traffic/time_scale", "2"},
            {"scenario", "/traffic/trace", "\"rate-and-trace.csv\""},
            {"scenario", "/traffic/image", "true"},
            {"scenario", "/faults/0/kind", "\"gremlins\""},
            {"scenario", "/faults/0/status", "503"},
            {"scenario", "/faults/0/when/at_s", "-1"},
            {"scenario", "/faults/0/when/probability", "2"},
            {"scenario", "/faults/0", "{\"kind\":\"latency\",\"target\":\"a\"}"},
            {"scenario", "/faults/0", "{\"kind\":\"rate_limit\",\"target\":\"a\"}"},
            {"scenario", "/faults/0", "{\"kind\":\"group_outage\",\"targets\":[\"a\"]}"},
            {"scenario", "/expect/0", "{\"metric\":\"availability\"}"},
            {"scenario", "/expect/0/at_least", "1.5"},
            {"scenario", "/expect/0/metric", "\"happiness\""},
            {"scenario", "/expect/1/target", "\"@primary\""},
        };
        std::vector<SchemaJob> jobs;
        for (const Row& row : rows) {
            Json document = row.schema == std::string_view("chain") ? chain : scenario;
            document[Json::json_pointer(row.pointer)] = Json::parse(row.value);
            QVERIFY2(!reader_takes(row.schema, document), row.pointer);
            jobs.push_back({row.schema, std::move(document)});
        }
        for (const char* patch : {R"({"event":"attempt_begun"})", R"({"ts":"now"})",
                                  R"({"class":"bad"})", R"({"prompt":"x"})", R"({"ms":null})"}) {
            Json broken = event;
            broken.merge_patch(Json::parse(patch));
            jobs.push_back({"event", std::move(broken)});
        }
        const auto problems = schema_problems(jobs);
        for (std::size_t i = 0; i < jobs.size(); ++i)
            QVERIFY2(!problems[i].isEmpty(), jobs[i].document.dump().c_str());
    }

    // Whatever stands anywhere: what a reader takes fits, so that no editor marks a good document.
    // (Null is another matter: readers take it for absent, schemas only where it says something.)
    void whatIsReadFits() {
        const std::pair<const char*, Json> documents[] = {
            {"chain", json_of(root + "tests/unit/chain/good.chain.json")},
            {"scenario", json_of(root + "resources/scenarios/recovery-under-load.scenario.json")}};
        std::vector<SchemaJob> jobs;
        for (const auto& [name, document] : documents) {
            std::vector<std::string> places;
            const auto walk = [&](const auto& self, const Json& json,
                                  const std::string& at) -> void {
                places.push_back(at);
                if (json.is_structured())
                    for (const auto& [key, value] : json.items())
                        self(self, value, at + "/" + key);
            };
            walk(walk, document, "");
            for (const std::string& place : places)
                for (const char* value : {"true", "-1", "0", "0.5", "3", "1e300", "\"x\"", "[]"}) {
                    Json changed = document;
                    changed[Json::json_pointer(place)] = Json::parse(value);
                    if (reader_takes(name, changed))
                        jobs.push_back({name, std::move(changed)});
                }
        }
        QVERIFY(jobs.size() > 100);
        const auto problems = schema_problems(jobs);
        for (std::size_t i = 0; i < jobs.size(); ++i)
            QVERIFY2(
                problems[i].isEmpty(),
                (problems[i].join("\n").toStdString() + "\n" + jobs[i].document.dump()).c_str());
    }

    void everySettingIsKnown() {
        const Json policy = schema("chain")["$defs"]["policy"];
        for (const chain::PolicyRow& row : chain::policy_table()) {
            std::string place;
            std::string rest(row.pointer);
            for (std::size_t slash = 0; slash != std::string::npos;) {
                slash = rest.find('/');
                place += "/properties/" + rest.substr(0, slash);
                rest.erase(0, slash == std::string::npos ? rest.size() : slash + 1);
            }
            QVERIFY2(policy.contains(Json::json_pointer(place)), place.c_str());
            const Json& of = policy[Json::json_pointer(place)];
            const std::string said = std::string(row.pointer) + ": " + of.dump();
            QVERIFY2(of["description"] == std::string(row.help), said.c_str());
            if (row.kind == chain::RowKind::group || row.kind == chain::RowKind::commit)
                continue;
            for (const auto choice : row.choices)
                QVERIFY2(of["enum"].dump().find("\"" + std::string(choice) + "\"") !=
                             std::string::npos,
                         said.c_str());
            const Json& bounds =
                row.kind == chain::RowKind::amounts ? of["additionalProperties"] : of;
            const bool ranged =
                row.kind != chain::RowKind::choice && row.kind != chain::RowKind::boolean;
            QVERIFY2(!ranged || (bounds[row.range.open_low ? "exclusiveMinimum" : "minimum"] ==
                                     row.range.low &&
                                 bounds["maximum"] == row.range.high),
                     said.c_str());
        }
    }

    void everyFaultMetricAndEventIsKnown() {
        const Json scenario = schema("scenario");
        const auto faults = alternatives(scenario["$defs"]["fault"]["oneOf"], "kind");
        QCOMPARE(faults.size(), faults::kinds().size());
        for (const faults::KindInfo& kind : faults::kinds()) {
            const auto found = faults.find(std::string(kind.name));
            QVERIFY2(found != faults.end(), std::string(kind.name).c_str());
            std::set<std::string> own{"kind", "target", "match", "when"}, said;
            for (const auto parameter : kind.parameters)
                own.insert(std::string(parameter));
            for (const auto& [key, value] : found->second["properties"].items())
                said.insert(key);
            QVERIFY2(own == said, std::string(kind.name).c_str());
        }
        const std::string metrics = scenario["$defs"]["expectation"].dump();
        for (int i = 0; i <= static_cast<int>(faults::Metric::longest_gap_s); ++i) {
            const auto name = faults::name(static_cast<faults::Metric>(i));
            QVERIFY2(metrics.find("\"" + std::string(name) + "\"") != std::string::npos,
                     name.data());
        }
        std::set<std::string> written, known;
        for (const Json& event : every_event())
            written.insert(event["event"]);
        for (const auto& [name, alternative] : alternatives(schema("event")["oneOf"], "event"))
            known.insert(name);
        QVERIFY(written == known);
        const std::string alerts = schema("event")["$defs"]["alert_metric"].dump();
        for (const char* metric : record::alert_metric_names)
            QVERIFY2(alerts.find(metric) != std::string::npos, metric);
        const std::string events = schema("event").dump();
        for (int i = 0; i < engine::outcome_classes; ++i)
            QVERIFY(events.find(engine::name(static_cast<engine::OutcomeClass>(i))) !=
                    std::string::npos);
        for (int i = 0; i <= static_cast<int>(engine::Cause::unavailable); ++i)
            QVERIFY(events.find(engine::name(static_cast<engine::Cause>(i))) != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestCtlSchemas)
#include "test_ctl_schemas.moc"
