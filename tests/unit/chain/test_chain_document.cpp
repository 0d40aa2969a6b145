// Chain documents: what a good one means, and what a bad one is told.
#include "chain/document.h"
#include "chain/edit.h"
#include "chain/policy_table.h"
#include "chain/presets.h"
#include "support/refused_rows.h"

using namespace brownout;
using namespace brownout::chain;
using brownout::test::all_text;

namespace {

// Every key of the format once. In a file, because moc stumbles over raw strings.
const std::string good =
    read_file(std::string(BROWNOUT_SOURCE_DIR) + "/tests/unit/chain/good.chain.json").value_or("");

Json good_json() {
    return *parse_json(good, "");
}

constexpr const char* canary = "sk-canary-4f9d1c7be2a84e";

} // namespace

class TestChainDocument : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void good_document() {
        const auto read = read_document_text(good, "a.json");
        QVERIFY2(read.ok() && read.problems.empty(), all_text(read.problems).c_str());
        const Document& d = *read.value;
        QCOMPARE(d.providers.size(), 3u);
        QCOMPARE(d.providers[0].keys.size(), 2u);
        QCOMPARE(d.providers[0].keys[1].text(), std::string("env:SECOND_KEY"));
        QCOMPARE(d.providers[0].headers.at("X-Team"), std::string("support"));
        QCOMPARE(d.providers[0].ca_file, std::string("ca.pem"));
        const auto elsewhere = read_document_text(good, "/srv/chains/a.json");
        QCOMPARE(elsewhere.value->providers[0].ca_file, std::string("/srv/chains/ca.pem"));
        QVERIFY(d.providers[0].health_check->by_prompt);
        QCOMPARE(*d.providers[0].limits->concurrency, 4);
        QVERIFY(!d.providers[1].health_check);
        QVERIFY(d.providers[2].simulated() && d.providers[2].keys.empty());
        QCOMPARE(d.providers[2].model->capacity->shed_status, 529);
        QCOMPARE(std::get<stats::Empirical>(d.providers[2].model->output_tokens).sorted[0], 1.0);
        QCOMPARE(d.providers[2].model->outages->severity, 0.5);
        QVERIFY(!d.simulated());
        QVERIFY(d.chains[0].strategy == engine::Strategy::weighted);
        QVERIFY(d.unknown_model_is_error);
        QCOMPARE(d.alerts[1].quantile.value(), 0.99);
        QCOMPARE(d.on_failover, std::string("http://127.0.0.1:9000/failover?team=1"));
        QCOMPARE(d.on_alert, std::string("https://example.com/alert"));
        QCOMPARE(d.alerts[1].task, std::string("*"));
        QCOMPARE(d.chain_or_default("simple")->id, std::string("default"));
        QCOMPARE(d.chain_or_default("pictures")->id, std::string("pictures"));
        QCOMPARE(d.chain_or_default("unheard-of")->id, std::string("default"));
    }

    void compiled() {
        const Document d = *read_document_text(good, "").value;
        const Compiled c = compile(d);
        QCOMPARE(c.targets.size(), 3u); // openai/gpt-5-mini stands in both chains
        QCOMPARE(c.setup.chains[1].entries[1].target.value,
                 c.setup.chains[0].entries[0].target.value);
        QCOMPARE(c.target("aster/dall-e-3")->value, 2);
        QVERIFY(!c.target("aster/none"));
        const auto& entry = c.setup.chains[0].entries[0];
        QCOMPARE(entry.timeouts.first_token, from_ms(20000)); // the target's
        QCOMPARE(entry.timeouts.total, from_ms(30000));       // the document's
        QCOMPARE(entry.retry.attempts_per_target, 4);
        QCOMPARE(c.setup.chains[0].entries[1].retry.attempts_per_target, 1); // the chain's
        QCOMPARE(c.setup.chains[0].entries[1].timeouts.first_token, from_ms(9000));
        QCOMPARE(c.setup.chains[1].entries[0].retry.attempts_per_target, 2); // the default
        QVERIFY(!c.setup.chains[0].entries[1].enabled);
        QVERIFY(!c.setup.targets[0].breaker.consecutive_failures);
        QVERIFY(c.setup.targets[0].hold == engine::BreakerHold::closed);
        QCOMPARE(c.setup.targets[0].price.per_output_token.pico_usd, 2'000'000);
        QVERIFY(!c.setup.targets[1].price.known);
        QCOMPARE(c.setup.targets[2].price.per_request.pico_usd, 40'000'000'000);
        using Bits = engine::Capabilities;
        QCOMPARE(c.setup.targets[0].capabilities.bits,
                 std::uint32_t{Bits::stream | Bits::tools | Bits::images_in | Bits::json});
        QCOMPARE(c.setup.targets[1].capabilities.bits, std::uint32_t{Bits::stream | Bits::image});
        QCOMPARE(c.setup.targets[2].capabilities.bits, std::uint32_t{Bits::image});
        QCOMPARE(c.setup.targets[0].context_tokens, 128000);
        QVERIFY(c.setup.providers[2].simulated && !c.setup.providers[0].simulated);
        const auto& caps = c.setup.chains[0].policy.budget->per_provider_day;
        QCOMPARE(caps.size(), 3u);
        QVERIFY(!caps[0] && caps[1]->usd() == 2.0);
    }

    void keys_with_limits_of_their_own() {
        Json json = good_json();
        json["providers"][0]["key"] = Json::parse(
            R"(["env:A", {"key": "env:B", "limits": {"requests_per_min": 30, "tokens_per_min": 9000}},
                {"key": "env:C"}])");
        const auto read = read_document(json, "");
        QVERIFY2(read.ok(), all_text(read.problems).c_str());
        const auto compiled = compile(*read.value);
        const engine::ProviderSetup& provider = compiled.setup.providers[0];
        QCOMPARE(provider.limits.requests_per_min, 60);
        QCOMPARE(provider.limits.concurrency, 4);
        QCOMPARE(provider.keys.size(), 3u);
        QVERIFY(!provider.keys[0].limits.any() && !provider.keys[2].limits.any());
        QCOMPARE(provider.keys[1].limits.requests_per_min, 30);
        QCOMPARE(provider.keys[1].limits.tokens_per_min, 9000);
        QCOMPARE(provider.keys[1].limits.concurrency, 0);
        QCOMPARE(read.value->providers[0].keys[2].text(), std::string{"env:C"});
    }

    void demo_and_presets() {
        const auto demo =
            read_document_file(std::string(BROWNOUT_SOURCE_DIR) + "/resources/demo.chain.json");
        QVERIFY2(demo.ok() && demo.problems.empty(), all_text(demo.problems).c_str());
        QVERIFY(demo.value->simulated());
        QCOMPARE(demo.value->chains[0].targets.size(), 3u);
        const auto policy = effective_policy(*demo.value, demo.value->chains[0]);
        QCOMPARE(policy.breaker.open, from_seconds(5));
        QCOMPARE(policy.breaker.open_growth, 1.0);
        double low = 1e9, high = 0;
        for (const Target& t : demo.value->chains[0].targets) {
            low = std::min(low, *t.price->output_usd_per_mtok);
            high = std::max(high, *t.price->output_usd_per_mtok);
        }
        QVERIFY(high >= 10 * low);
        // A known provider needs neither dialect nor address.
        Json json = good_json();
        json["providers"].push_back({{"id", "deepseek"}, {"key", "env:DEEPSEEK_API_KEY"}});
        const auto read = read_document(json, "");
        QVERIFY2(read.ok(), all_text(read.problems).c_str());
        QCOMPARE(read.value->providers[3].base_url, find_preset("deepseek")->base_url);
    }

    void bad_data() {
        test::refused_columns();
        const auto row = test::refused_row;
        row("/format", "\"brownout.chain/2\"", "/format", "did you mean `brownout.chain/1`");
        row("/name", "5", "/name", "expected a text, found 5");
        row("/providers", "{}", "/providers", "put it in [ ]");
        row("/providers/0", "7", "/providers/0", "expected an object, found 7");
        row("/providers/1/id", "\"openai\"", "/providers/1/id", "is taken");
        row("/providers/0/id", "\"a/b\"", "/providers/0/id", "letters, digits");
        row("/providers/0/dialect", "\"opnai\"", "/providers/0/dialect", "did you mean `openai`");
        row("/providers/0/base_url", "\"ftp://x\"", "/providers/0/base_url", "begin with https");
        row("/providers/0/base_url", "\"https://\"", "/providers/0/base_url", "valid host");
        row("/providers/0/base_url", "\"https://a:99999/\"", "/providers/0/base_url", "valid host");
        row("/providers/0/base_url", "\"https://u:p@a/\"", "/providers/0/base_url", "use `key`");
        row("/providers/0/base_url", "\"https://a/?k=1\"", "/providers/0/base_url", "`query`");
        row("/providers/0/key", "\"abcdef\"", "/providers/0/key", "env:NAME");
        row("/providers/0/key", "[\"none\"]", "/providers/0/key/0", "no sense");
        row("/providers/0/key", "[]", "/providers/0/key", "empty list");
        row("/providers/0/key",
            "[\"env:A\",\"env:B\",\"env:C\",\"env:D\",\"env:E\",\"env:F\",\"env:G\",\"env:H\","
            "\"env:I\"]",
            "/providers/0/key", "more than 8 elements");
        row("/providers/0/key", "[{\"key\":\"abcdef\"}]", "/providers/0/key/0/key", "env:NAME");
        row("/providers/0/key", "[{\"limits\":{}}]", "/providers/0/key/0/key", "env:NAME");
        row("/providers/0/key", "[{\"key\":{\"key\":\"env:A\"}}]", "/providers/0/key/0/key",
            "env:NAME");
        row("/providers/0/key", "[{\"key\":\"env:A\",\"limit\":1}]", "/providers/0/key/0/limit",
            "did you mean `limits`");
        row("/providers/0/key", "[{\"key\":\"env:A\",\"limits\":{\"concurrency\":0}}]",
            "/providers/0/key/0/limits/concurrency", "from 1 to 100000");
        row("/providers/0/limits", "{\"requests_per_min\":0.5}",
            "/providers/0/limits/requests_per_min", "from 1 to");
        row("/providers/0/headers", "{\"Authorization\":\"x\"}",
            "/providers/0/headers/Authorization", "use `key`");
        row("/providers/0/tls", "{\"ca\":\"x\"}", "/providers/0/tls/ca", "known here: ca_file");
        row("/providers/0/model", "{}", "/providers/0/model", "this one is real");
        row("/providers/0/limits", "{\"concurrency\":0}", "/providers/0/limits/concurrency",
            "from 1 to 100000");
        row("/providers/0/health_check", "{\"by\":\"promt\"}", "/providers/0/health_check/by",
            "did you mean `prompt`");
        row("/providers/2/model/token_ms", "{\"lognormal\":{\"median\":0,\"sigma\":1}}",
            "/providers/2/model/token_ms/lognormal/median", "above 0");
        row("/providers/2/model/token_ms", "{\"lognormall\":{}}",
            "/providers/2/model/token_ms/lognormall", "did you mean `lognormal`");
        row("/providers/2/model/token_ms", "{\"uniform\":{\"low\":2,\"high\":1}}",
            "/providers/2/model/token_ms/uniform/high", "swap");
        row("/providers/2/model/token_ms", "{\"empirical\":[1,-1]}",
            "/providers/2/model/token_ms/empirical/1", "at least 0");
        row("/providers/2/model/token_ms", "-1", "/providers/2/model/token_ms", "at least 0");
        row("/providers/2/model/error_ratio", "2", "/providers/2/model/error_ratio",
            "from 0 to 1, found 2");
        row("/chains", "[]", "/chains", "at least one chain");
        row("/chains/0/id", "\"auto\"", "/chains/0/id", "choose another");
        row("/chains/0/id", "\"pictures\"", "/chains/1/id", "is taken");
        row("/chains/0/strategy", "\"prioritty\"", "/chains/0/strategy", "did you mean `priority`");
        row("/chains/0/targets", "[]", "/chains/0/targets", "at least one target");
        row("/chains/0/targets/0/provider", "\"opnai\"", "/chains/0/targets/0/provider",
            "did you mean `openai`");
        row("/chains/0/targets/0/provider", "\"zzz\"", "/chains/0/targets/0/provider",
            "add it to `providers`");
        row("/chains/0/targets/0/timeout", "{}", "/chains/0/targets/0/timeout",
            "did you mean `timeouts`");
        row("/chains/0/targets/0/quality", "\"high\"", "/chains/0/targets/0/quality",
            "from 0 to 1, found \"high\"");
        row("/chains/0/targets/0/weight", "0", "/chains/0/targets/0/weight", "above 0");
        row("/chains/0/targets/0/breaker_hold", "\"opne\"", "/chains/0/targets/0/breaker_hold",
            "did you mean `open`");
        row("/chains/0/targets/0/capabilities", "[\"streams\"]",
            "/chains/0/targets/0/capabilities/0", "did you mean `stream`");
        row("/chains/0/targets/0/price", "{\"input_usd\":1}", "/chains/0/targets/0/price/input_usd",
            "unknown key");
        row("/chains/0/targets/0/breaker", "{}", "/chains/0/targets/0/breaker", "unknown key");
        row("/policy/retry", "{\"max_attemps\":3}", "/policy/retry/max_attemps",
            "did you mean `max_attempts`");
        row("/policy/retry", "{\"backoff\":{\"kind\":\"exponental\"}}",
            "/policy/retry/backoff/kind", "did you mean `exponential`");
        row("/policy/timeouts", "null", "/policy/timeouts", "remove the key");
        row("/policy/hedge", "{\"max_extra\":1}", "/policy/hedge/after_ms", "add `after_ms`");
        row("/policy/hedge", "{\"after_ms\":1,\"after_quantile\":0.9}",
            "/policy/hedge/after_quantile", "not both");
        row("/policy/commit_after", "{\"tokens\":0}", "/policy/commit_after/tokens", "from 1");
        row("/policy/commit_after", "\"tokens\"", "/policy/commit_after", "first_token");
        row("/policy/budget", "[]", "/policy/budget", "expected an object, found an array");
        row("/policy/budget/per_provider_day_usd", "{\"clade\":1}",
            "/policy/budget/per_provider_day_usd/clade", "did you mean `claude`");
        row("/alerts/0/target", "\"opena\"", "/alerts/0/target", "did you mean `openai`");
        row("/alerts/0/above", "5", "/alerts/0/above", "from 0 to 1");
        row("/alerts/0/quantile", "0.5", "/alerts/0/quantile", "only latency_ms");
        row("/hooks", "{\"on_failovr\":\"http://a\"}", "/hooks/on_failovr",
            "did you mean `on_failover`");
        row("/unknown_model", "\"eror\"", "/unknown_model", "did you mean `error`");
        row("/evidence", "[]", "/evidence", "export the chain again");
    }
    void bad() { test::verify_refused(good_json(), read_document); }

    void missing_data() {
        QTest::addColumn<QByteArray>("object");
        QTest::addColumn<QByteArray>("key");
        QTest::newRow("format") << QByteArray("") << QByteArray("format");
        QTest::newRow("providers") << QByteArray("") << QByteArray("providers");
        QTest::newRow("chains") << QByteArray("") << QByteArray("chains");
        QTest::newRow("id") << QByteArray("/providers/2") << QByteArray("id");
        QTest::newRow("dialect") << QByteArray("/providers/2") << QByteArray("dialect");
        QTest::newRow("base_url") << QByteArray("/providers/2") << QByteArray("base_url");
        QTest::newRow("targets") << QByteArray("/chains/0") << QByteArray("targets");
        QTest::newRow("provider") << QByteArray("/chains/0/targets/0") << QByteArray("provider");
        QTest::newRow("model") << QByteArray("/chains/0/targets/0") << QByteArray("model");
        QTest::newRow("metric") << QByteArray("/alerts/0") << QByteArray("metric");
        QTest::newRow("above") << QByteArray("/alerts/0") << QByteArray("above");
    }
    void missing() {
        QFETCH(QByteArray, object);
        QFETCH(QByteArray, key);
        Json json = good_json();
        json[Json::json_pointer(object.toStdString())].erase(key.toStdString());
        const auto read = read_document(json, "");
        QVERIFY(!read.ok());
        const std::string text = all_text(read.problems);
        QVERIFY2(text.find("`" + key.toStdString() + "` is missing") != std::string::npos,
                 text.c_str());
    }

    // Keys where no key belongs are refused without a quotation; what only looks busy is not.
    void keys_in_the_file_data() {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("name"); // of a header or parameter
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<bool>("accepted");
        const auto row = [](const char* field, const char* name, const char* value, bool accepted) {
            QTest::addRow("%s %s=%s", field, name, value)
                << QByteArray(field) << QByteArray(name) << QByteArray(value) << accepted;
        };
        const char* const hex = "0123456789abcdef0123456789abcdef";
        row("base_url", "", "https://api.x.com/v1/sk-abcdefghijklmnop1234", false);
        row("base_url", "", "https://api.x.com/0123456789abcdef0123456789abcdef/v1", false);
        row("base_url", "", "https://api.x.com/v1/Zx81kkQe93AbCdEf0123456789AbCdEf01", false);
        row("base_url", "", "https://api.x.com/v1/QwErTyUiOpAsDfGhJkLzXcVbNm", false);
        row("base_url", "", "https://api.x.com/v1/us/deployments/support-summaries-eu-2024", true);
        row("base_url", "", "https://api.x.com/v1/sk-learn-deployment-of-support", true);
        row("base_url", "", "https://api.x.com/v1/MyVeryLongDeploymentNameForSupport", true);
        row("base_url", "", "https://api.x.com/123e4567-e89b-12d3-a456-426614174000/v1", true);
        row("base_url", "",
            "https://gateway.ai.cloudflare.com/v1/0123456789abcdef0123456789abcdef/g/openai", true);
        row("base_url", "", "https://gateway.ai.cloudflare.com/v1/sk-abcdefghijklmnop1234", false);
        row("proxy", "", "http://proxy.example.com/0123456789abcdef0123456789abcdef", false);
        row("headers", "X-Auth-Token", "s3cr3tvalue0123456789abcdef0123456789", false);
        row("headers", "X-Auth-Token", "x", false);
        row("headers", "Client-Secret", "x", false);
        row("headers", "X-Password", "x", false);
        row("headers", "X-Portkey-Api-Key", "x", false);
        row("headers", "X-Authorization", "x", false);
        row("headers", "X-Forwarded", hex, false);
        row("headers", "X-Forwarded", "id=sk-abcdefghijklmnop1234; v=2", false);
        row("headers", "sk-abcdefghijklmnop1234", "x", false);
        row("headers", "X-Title", "Support desk, second floor", true);
        row("headers", "X-Author", "the support team", true);
        row("headers", "X-Portkey-Provider", "openai", true);
        row("headers", "OpenAI-Organization", "org-AbCdEf0123456789AbCdEf01", true);
        row("headers", "HTTP-Referer", "https://support-desk.example.com/second-floor/today", true);
        row("query", "subscription-key", hex, false);
        row("query", "code", hex, false);
        row("query", "api-version", "2024-10-21", true);
        row("query", "deployment", "a-long-name-with-many-dashes-in-it-2024", true);
        row("key", "", "keychain:Zx81kkQe93AbCdEf0123456789AbCdEf01", false);
        row("key", "", "session:0123456789abcdef0123456789abcdef", false);
        row("key", "", "env:A0123456789ABCDEF0123456789ABCDEF", false);
        row("key", "", "keychain:team-4.second-account-of-production", true);
        row("key", "", "env:SUPPORT_DESK_OPENAI_API_KEY_2024", true);
    }
    void keys_in_the_file() {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, value);
        QFETCH(bool, accepted);
        Json json = good_json();
        Json& place = json["providers"][0][field.toStdString()];
        if (name.isEmpty())
            place = value.toStdString();
        else
            place = {{name.toStdString(), value.toStdString()}};
        const auto read = read_document(json, "a.json");
        const std::string text = all_text(read.problems);
        QVERIFY2(read.ok() == accepted, text.c_str());
        QVERIFY2(value.size() < 3 || text.find(value.toStdString()) == std::string::npos,
                 text.c_str());
        QVERIFY2(text.find("sk-abc") == std::string::npos, text.c_str());
    }

    void all_problems_at_once() {
        Json json = good_json();
        json["nmae"] = "x";
        json["chains"][0]["strategy"] = 3;
        json["providers"][0]["key"] = 4;
        const auto read = read_document(json, "");
        QCOMPARE(read.problems.size(), 3u);
    }

    // Wherever a key is put by mistake, nothing that we say repeats it.
    void canary_never_quoted() {
        const Json document = good_json();
        std::vector<std::string> places;
        const auto walk = [&](const auto& self, const Json& json, const std::string& at) -> void {
            places.push_back(at);
            if (json.is_structured())
                for (const auto& [key, value] : json.items())
                    self(self, value, at + "/" + key);
        };
        walk(walk, document, "");
        QVERIFY(places.size() > 100);
        int refused = 0;
        for (const std::string& place : places) {
            Json json = document;
            json[Json::json_pointer(place)] = canary;
            const auto read = read_document(json, "a.json");
            refused += read.ok() ? 0 : 1;
            QVERIFY2(all_text(read.problems).find("canary") == std::string::npos, place.c_str());
            if (!document[Json::json_pointer(place)].is_object())
                continue;
            json = document;
            json[Json::json_pointer(place)][canary] = 1; // as the name of a key
            const auto named = read_document(json, "a.json");
            QVERIFY2(all_text(named.problems).find("canary") == std::string::npos, place.c_str());
        }
        QVERIFY(refused > 80);
        Json keyed = good_json();
        keyed["providers"][0]["key"] = canary;
        const std::string text = keyed.dump(1);
        for (std::size_t n = 0; n < text.size(); ++n) {
            const auto read = read_document_text(std::string_view(text).substr(0, n), "a.json");
            QVERIFY(all_text(read.problems).find("canary") == std::string::npos);
        }
        for (const char* literal : {canary, "env:sk-canary-4f9d1c7be2a84e",
                                    "keychain:sk-canary-4f9d1c7be2a84e", "Keychain:x", "env:", ""})
            QVERIFY2(!parse_key_ref(literal), literal);
        QVERIFY(parse_key_ref("session:x")->source == KeyRef::Source::session);
    }

    void truncated_everywhere() {
        const std::string text = good.substr(0, good.rfind('}') + 1);
        for (std::size_t n = 0; n < text.size(); ++n) {
            const auto read = read_document_text(std::string_view(text).substr(0, n), "a.json");
            QVERIFY(!read.ok());
            QCOMPARE(read.problems.size(), 1u);
            QVERIFY(read.problems[0].pointer.starts_with("line "));
            QVERIFY(!read.problems[0].message.empty() && !read.problems[0].remedy.empty());
        }
    }

    // Any value may be replaced by any other kind of value: a problem or a document, never a crash.
    void any_type_anywhere() {
        const Json document = good_json();
        std::vector<std::string> places;
        const auto walk = [&](const auto& self, const Json& json, const std::string& at) -> void {
            places.push_back(at);
            if (json.is_structured())
                for (const auto& [key, value] : json.items())
                    self(self, value, at + "/" + key);
        };
        walk(walk, document, "");
        for (const std::string& place : places)
            for (const char* value : {"null", "true", "-1", "1e300", "\"x\"", "[]", "{}", "[[]]",
                                      "{\"budget\":[1]}", "[null]"}) {
                Json json = document;
                json[Json::json_pointer(place)] = Json::parse(value);
                const auto read = read_document(json, "");
                if (!read.ok()) {
                    QVERIFY(!read.problems.empty());
                    continue;
                }
                const Compiled c = compile(*read.value);
                QCOMPARE(c.setup.chains.size(), read.value->chains.size());
                for (const Chain& chain : read.value->chains)
                    for (const Target& target : chain.targets)
                        QVERIFY(!describe(*read.value, chain, target).empty());
            }
    }
};

QTEST_APPLESS_MAIN(TestChainDocument)
#include "test_chain_document.moc"
