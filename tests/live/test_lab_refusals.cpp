// What a simulated provider says when it refuses in its own words, and what we make of that: the
// fault kinds that are a sentence of the provider's, not just a status.
#include "live/lab_dialect.h"
#include "sim/ends.h"
#include "support/fault_json.h"
#include "support/http_lab.h"
#include "wire/classify.h"
#include "wire/dialect.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using engine::Cause;
using engine::OutcomeClass;
using faults::Kind;

namespace {

QString word(const engine::Outcome& o) {
    return QStringLiteral("%1 %2").arg(QLatin1String(engine::name(o.cls)),
                                       QLatin1String(engine::name(o.cause)));
}

// As it is read of a provider at that address.
QString read_at(const char* base_url, const PlainReply& reply, bool stream) {
    wire::Endpoint endpoint;
    endpoint.base_url = base_url;
    const auto reader = wire::dialect(chain::Dialect::openai)->reader(stream, endpoint);
    reader->head(static_cast<int>(reply.status), reply.headers);
    reader->bytes(reply.body, [](const wire::Delta&) {});
    return word(reader->end(wire::TransportEnd::complete, true, 0).outcome);
}

// By the ids of their presets, and where they really are.
constexpr std::pair<const char*, const char*> vendors[] = {
    {"mistral", "https://api.mistral.ai/v1"},
    {"zhipu", "https://open.bigmodel.cn/api/paas/v4"},
    {"xai", "https://api.x.ai/v1"},
    {"groq", "https://api.groq.com/openai/v1"},
    {"openrouter", "https://openrouter.ai/api/v1"},
    {"qwen", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
    {"deepseek", "https://api.deepseek.com"},
    {"moonshot", "https://api.moonshot.cn/v1"},
    {"together", "https://api.together.ai/v1"}};

} // namespace

class TestLabRefusals : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void refusals_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<long>("status");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("words");
        QTest::addColumn<int>("cls");
        QTest::addColumn<int>("cause");
        const auto row = [](Kind kind, long status, const char* code, const char* words,
                            OutcomeClass cls, Cause cause) {
            QTest::newRow(std::string{faults::info(kind).name}.c_str())
                << int(kind) << status << code << words << int(cls) << int(cause);
        };
        row(Kind::quota_exhausted, 429, "insufficient_quota", "exceeded your current quota",
            OutcomeClass::disable, Cause::no_money);
        row(Kind::bad_key, 401, "invalid_api_key", "Incorrect API key", OutcomeClass::disable,
            Cause::bad_key);
        row(Kind::model_missing, 404, "model_not_found", "`m-1` does not exist",
            OutcomeClass::reroute, Cause::model_missing);
        row(Kind::region_blocked, 403, "unsupported_country_region_territory",
            "Country, region, or territory", OutcomeClass::disable, Cause::blocked);
        row(Kind::overloaded, 503, "server_is_overloaded", "overloaded", OutcomeClass::failover,
            Cause::overloaded);
        row(Kind::context_exceeded, 400, "context_length_exceeded", "10 tokens",
            OutcomeClass::reroute, Cause::context_exceeded);
        row(Kind::moderation, 400, "invalid_prompt", "usage policy", OutcomeClass::reroute,
            Cause::moderation);
    }
    void refusals() {
        QFETCH(int, kind);
        QFETCH(long, status);
        QFETCH(QString, code);
        QFETCH(QString, words);
        QFETCH(int, cls);
        QFETCH(int, cause);
        LabFixture f;
        f.inject(rule_of(Kind(kind)));
        for (const bool stream : {false, true}) {
            const auto reply = f.chat(stream);
            QCOMPARE(reply.status, status);
            QCOMPARE(reply.header("content-type"), std::string("application/json"));
            const auto error = nlohmann::json::parse(reply.body)["error"];
            QCOMPARE(QString::fromStdString(error["code"]), code);
            QVERIFY2(QString::fromStdString(error["message"]).contains(words), reply.body.c_str());

            auto reader = wire::dialect(chain::Dialect::openai)->reader(stream, {});
            reader->head(int(status), {{"content-type", "application/json"}});
            reader->bytes(reply.body, [](const wire::Delta&) {});
            const auto end = reader->end(wire::TransportEnd::complete, true, 0);
            QCOMPARE(int(end.outcome.cls), cls);
            QCOMPARE(int(end.outcome.cause), cause);
        }
    }

    // A vendor refuses in its own form and words.
    void vendors_have_their_own_words_data() {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<int>("kind");
        QTest::addColumn<long>("status");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* id, Kind kind, long status, const char* says) {
            QTest::addRow("%s %s", id, std::string{faults::info(kind).name}.c_str())
                << QByteArray(id) << int(kind) << status << QByteArray(says);
        };
        row("mistral", Kind::quota_exhausted, 402, "{\"object\":\"error\",\"message\":\"");
        row("mistral", Kind::overloaded, 503, "{\"object\":\"error\",\"message\":\"");
        row("mistral", Kind::rate_limit, 429,
            "\"type\":\"rate_limited\",\"param\":null,\"code\":\"1300\"}");
        row("zhipu", Kind::quota_exhausted, 429, R"({"error":{"code":"1113",)");
        row("zhipu", Kind::overloaded, 429, R"({"error":{"code":"1305",)");
        row("zhipu", Kind::rate_limit, 429, R"({"error":{"code":"1302",)");
        row("zhipu", Kind::context_exceeded, 400, R"({"error":{"code":"1261",)");
        row("xai", Kind::quota_exhausted, 403,
            R"({"code":"The caller does not have permission to execute the specified operation",)"
            "\"error\":\"Your team has either used all available credits");
        row("xai", Kind::overloaded, 503, "{\"code\":\"The service is currently unavailable\"");
        row("xai", Kind::rate_limit, 429, "{\"code\":\"Some resource has been exhausted\"");
        row("groq", Kind::quota_exhausted, 400, "\"code\":\"blocked_api_access\"}}");
        row("groq", Kind::overloaded, 503, "m-1 is currently over capacity");
        row("groq", Kind::rate_limit, 429,
            "\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}"); // no param
        row("openrouter", Kind::quota_exhausted, 402, "{\"error\":{\"code\":402,\"message\"");
        row("openrouter", Kind::overloaded, 503, "\"error_type\":\"provider_overloaded\"");
        row("openrouter", Kind::rate_limit, 429, "\"error_type\":\"rate_limit_exceeded\"");
        row("openrouter", Kind::moderation, 403, "\"reasons\":[\"violence\"]");
        row("qwen", Kind::quota_exhausted, 400, "\"code\":\"Arrearage\"");
        row("deepseek", Kind::quota_exhausted, 402, "Insufficient Balance");
        row("moonshot", Kind::quota_exhausted, 429, "\"type\":\"exceeded_current_quota_error\"");
        row("moonshot", Kind::overloaded, 429, "\"type\":\"engine_overloaded_error\"");
        row("together", Kind::context_exceeded, 403, "max_new_tokens");
        row("ollama", Kind::quota_exhausted, 429, "\"code\":\"insufficient_quota\"}}");
    }
    void vendors_have_their_own_words() {
        QFETCH(QByteArray, id);
        QFETCH(int, kind);
        QFETCH(long, status);
        QFETCH(QByteArray, says);
        LabFixture f;
        QCOMPARE(f.serve(id.toStdString(), quick_model()), std::string());
        auto rule = rule_of(Kind(kind), id.toStdString());
        if (Kind(kind) == Kind::rate_limit) {
            rule.fault.requests_per_min = 1;
            f.inject(rule);
            QCOMPARE(f.chat(false, "", {}, id.toStdString()).status, 200L);
        } else {
            f.inject(rule);
        }
        const auto reply = f.chat(false, "", {}, id.toStdString());
        QCOMPARE(reply.status, status);
        QCOMPARE(reply.header("content-type"), std::string("application/json"));
        QVERIFY2(reply.body.find(says.toStdString()) != std::string::npos, reply.body.c_str());
        if (Kind(kind) == Kind::rate_limit)
            QCOMPARE(read_at("http://127.0.0.1:1/v1", reply, false),
                     QStringLiteral("cooldown rate_limited"));
    }

    // And what they say means what a simulation reckons with, whoever is known to say it.
    void vendors_mean_the_same_data() {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<QByteArray>("url");
        for (const auto& [id, url] : vendors)
            QTest::newRow(id) << QByteArray(id) << QByteArray(url);
    }
    void vendors_mean_the_same() {
        QFETCH(QByteArray, id);
        QFETCH(QByteArray, url);
        LabFixture f;
        QCOMPARE(f.serve(id.toStdString(), quick_model()), std::string());
        std::vector<faults::Rule> rules;
        for (const Kind kind :
             {Kind::quota_exhausted, Kind::bad_key, Kind::model_missing, Kind::region_blocked,
              Kind::overloaded, Kind::context_exceeded, Kind::moderation})
            rules.push_back(rule_of(kind, id.toStdString()));
        const std::size_t own = rules.size();
        for (const int status : {400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529}) {
            rules.push_back(rule_of(Kind::http_error, id.toStdString()));
            rules.back().fault.status = status;
        }
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto placed = f.inject(rules[i]);
            for (const bool stream : {false, true}) {
                const auto reply = f.chat(stream, "", {}, id.toStdString());
                const auto forecast =
                    sim::refused_by_fault(chain::Dialect::openai, rules[i].fault, {});
                QVERIFY2(read_at("http://127.0.0.1:1/v1", reply, stream) == word(forecast),
                         reply.body.c_str());
                if (i < own)
                    QVERIFY2(read_at(url.constData(), reply, stream) == word(forecast),
                             reply.body.c_str());
            }
            f.on([&](live::Lab& lab) { lab.remove(placed); });
        }
    }

    // Azure's own paths name the deployment; its first event tells what its filter thought.
    void azure_as_it_is_documented() {
        LabFixture f;
        QVERIFY(!f.on(
            [](live::Lab& lab) { return lab.serve("az", chain::Dialect::azure, quick_model()); }));
        const std::string v1 = f.base("az"), origin = v1.substr(0, v1.find("/openai"));
        const std::string chat = "/openai/deployments/mine/chat/completions";
        const std::string dated = "?api-version=2024-10-21";
        PlainClient client;
        const std::string asks = R"({"messages":[{"role":"user","content":"x"}],"stream":true})";
        const auto stream = client.send(origin + chat + dated, asks);
        QCOMPARE(stream.status, 200L);
        const auto seen = read_stream(stream.body);
        const auto first = nlohmann::json::parse(seen.events.at(0));
        QVERIFY(first["choices"].empty() && first["id"] == "" && first["created"] == 0);
        QVERIFY(first.contains("prompt_filter_results"));
        QCOMPARE(nlohmann::json::parse(seen.events.at(1))["model"].get<std::string>(),
                 std::string("mine"));
        QVERIFY(seen.done && seen.deltas == 5);
        QCOMPARE(client.send(v1 + "/chat/completions", LabFixture::body(false)).status, 200L);
        QCOMPARE(client.send(origin + "/v1/chat/completions", LabFixture::body(false)).status,
                 200L);
        QCOMPARE(client.send(origin + "/openai/models" + dated).status, 200L);
        QCOMPARE(client.send(origin + chat, LabFixture::body(false)).status, 404L);
        const auto picture =
            client.send(origin + "/openai/deployments/gpt-image-1/images/generations" + dated,
                        R"({"prompt":"a cat"})");
        QVERIFY2(picture.status == 200, picture.body.c_str());
        // OpenAI has no such paths.
        const std::string other = f.base();
        QCOMPARE(client.send(other.substr(0, other.find("/v1")) + chat + dated, asks).status, 404L);
    }

    // Refused as OpenAI refuses it, by the model: what others take, a reasoning model does not.
    void reasoning_models_take_less() {
        LabFixture f;
        QCOMPARE(f.serve("openrouter", quick_model()), std::string());
        const auto ask = [&](const char* id, const char* model, const std::string& more) {
            const std::string body = "{\"model\":\"" + std::string{model} +
                                     "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," +
                                     more + "}";
            return PlainClient{}.send(f.base(id) + "/chat/completions", body);
        };
        const std::tuple<const char*, const char*, const char*> refused[] = {
            {"max_tokens", "\"max_tokens\":9", "unsupported_parameter"},
            {"temperature", "\"temperature\":0.5", "unsupported_value"},
            {"top_p", "\"top_p\":0.9", "unsupported_parameter"},
            {"stop", "\"stop\":[\"x\"]", "unsupported_parameter"}};
        for (const auto& [name, more, code] : refused) {
            for (const char* model : {"gpt-5-mini", "o3", "openai/gpt-5"}) {
                const auto reply = ask("aster", model, more);
                QCOMPARE(reply.status, 400L);
                const auto error = nlohmann::json::parse(reply.body)["error"];
                QCOMPARE(error["param"].get<std::string>(), std::string(name));
                QCOMPARE(error["code"].get<std::string>(), std::string(code));
            }
            QCOMPARE(ask("aster", "gpt-4.1-mini", more).status, 200L);
            // A router leaves out by itself what the model does not take.
            QCOMPARE(ask("openrouter", "openai/gpt-5-mini", more).status, 200L);
        }
        const auto usual = "\"max_completion_tokens\":9,\"temperature\":1,\"top_p\":1";
        QCOMPARE(ask("aster", "gpt-5-mini", usual).status, 200L);
    }

    // FAL's 422 is about the input; only moderation is about its content.
    void fal_tells_input_from_content() {
        const live::LabDialect& fal = live::fal_lab();
        const auto bad_input = fal.error({422, "", "", "fal-ai/x", std::nullopt});
        QCOMPARE(bad_input.status, 422);
        QVERIFY2(bad_input.body.find("content_policy") == std::string::npos,
                 bad_input.body.c_str());
        live::LabError flagged{400, "", "", "fal-ai/x", std::nullopt};
        flagged.what = live::LabError::What::moderation;
        const auto refused = fal.error(flagged);
        QCOMPARE(refused.status, 422);
        QVERIFY(refused.body.find("content_policy_violation") != std::string::npos);
        for (const auto& [answer, cause] :
             {std::pair{bad_input, Cause::bad_request}, std::pair{refused, Cause::moderation}}) {
            wire::ReplyFacts facts;
            facts.dialect = chain::Dialect::fal;
            facts.status = answer.status;
            facts.body = answer.body;
            QCOMPARE(int(wire::classify(facts).outcome.cause), int(cause));
        }
    }

    // Google ends its events with CR LF, the one of an error, too.
    void googles_error_event() {
        const std::string event = live::gemini_lab().error_event({503, "", "", "m", std::nullopt});
        QVERIFY2(event.starts_with("data: {") && event.ends_with("}\r\n\r\n"), event.c_str());
    }

    void reason_phrases_data() {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("503") << 503 << QByteArray("HTTP/1.1 503 Service Unavailable\r\n");
        QTest::newRow("418") << 418 << QByteArray("HTTP/1.1 418 I'm a teapot\r\n");
        QTest::newRow("529") << 529 << QByteArray("HTTP/1.1 529 Overloaded\r\n");
        QTest::newRow("597") << 597 << QByteArray("HTTP/1.1 597 \r\n"); // nobody's
    }
    void reason_phrases() {
        QFETCH(int, status);
        QFETCH(QByteArray, line);
        LabFixture f;
        auto rule = rule_of(Kind::http_error);
        rule.fault.status = status;
        f.inject(rule);
        const std::string body = LabFixture::body(false);
        const auto reply = raw_exchange(
            f.port(), "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      "Content-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body);
        QVERIFY2(reply.bytes.starts_with(line.toStdString()), reply.bytes.c_str());
    }

    // Every kind is in the palette with a name and one line of help, and is read as it is written.
    void everyKindIsDescribedAndRead() {
        for (const faults::KindInfo& row : faults::kinds()) {
            QVERIFY(!row.label.empty() && !row.help.empty() && !row.group.empty());
            QVERIFY2(row.help.find('\n') == row.help.npos && row.help.size() < 90,
                     std::string{row.help}.c_str());
            const auto rule = faults::read_rule(least_fault(row.kind, "a"), "rule");
            QVERIFY2(rule.ok(), std::string{row.name}.c_str());
            const auto back = faults::read_rule(faults::to_json(*rule.value), "rule");
            QVERIFY2(back.ok(), std::string{row.name}.c_str());
            QVERIFY(back.value->fault.kind == row.kind);
        }
    }

    void theyTakeNoParameters() {
        const auto read = faults::read_rule(
            chain::Json{{"target", "a"}, {"kind", "bad_key"}, {"status", 401}}, "rule");
        QVERIFY(!read.ok());
        QVERIFY2(read.problems.front().text().find("no such parameter") != std::string::npos,
                 read.problems.front().text().c_str());
    }
};

QTEST_GUILESS_MAIN(TestLabRefusals)
#include "test_lab_refusals.moc"
