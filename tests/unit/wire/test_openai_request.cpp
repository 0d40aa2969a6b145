// Requests of the openai dialect, and what a reply costs.
#include "wire/dialect.h"
#include "wire/openai.h"
#include "wire/request_parts.h"
#include "wire/usage.h"
#include "wire/vendor.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;

namespace {

ChatRequest request(bool stream) {
    ChatRequest r;
    r.messages = {{Role::system, "Be brief."}, {Role::user, "Hi"}};
    r.stream = stream;
    r.max_tokens = 256;
    r.temperature = 0.5;
    r.top_p = 0.9;
    r.stop = {"END"};
    return r;
}

HttpRequest encode(const char* base, const char* model, bool stream,
                   chain::Dialect which = chain::Dialect::openai) {
    static const Secret key("sk-test");
    Endpoint endpoint;
    endpoint.dialect = which;
    endpoint.base_url = base;
    endpoint.model = model;
    endpoint.key = &key;
    return dialect(which)->encode(request(stream), endpoint);
}

} // namespace

class TestOpenAiRequest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void bodies_data() {
        QTest::addColumn<QString>("base");
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("stream");
        QTest::addColumn<QByteArray>("tail"); // after the messages
        const auto row = [](const char* base, const char* model, bool stream, const char* tail) {
            QTest::newRow(qPrintable(QString("%1 %2 %3").arg(base, model).arg(stream)))
                << QString(base) << QString(model) << stream << QByteArray(tail);
        };
        const char* openai = "https://api.openai.com/v1";
        row(openai, "gpt-4o-mini", false,
            R"("max_tokens":256,"temperature":0.5,"top_p":0.9,"stop":["END"]})");
        row(openai, "gpt-4o-mini", true,
            R"("max_tokens":256,"temperature":0.5,"top_p":0.9,"stop":["END"],"stream":true,)"
            R"("stream_options":{"include_usage":true,"include_obfuscation":false}})");
        row(openai, "gpt-5-mini", false, R"("max_completion_tokens":256})");
        row(openai, "o3", false, R"("max_completion_tokens":256})");
        row("https://openrouter.ai/api/v1", "openai/gpt-5", true,
            R"("max_completion_tokens":256,"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
        row("https://api.mistral.ai/v1", "mistral-small-latest", true,
            R"("max_tokens":256,"temperature":0.5,"top_p":0.9,"stop":["END"],"stream":true})");
        row("https://api.deepseek.com", "deepseek-v4-flash", true,
            R"("max_tokens":256,"temperature":0.5,"top_p":0.9,"stop":["END"],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
    }
    void bodies() {
        QFETCH(QString, base);
        QFETCH(QString, model);
        QFETCH(bool, stream);
        QFETCH(QByteArray, tail);
        const auto http = encode(qPrintable(base), qPrintable(model), stream);
        QCOMPARE(QByteArray::fromStdString(http.body),
                 "{\"model\":\"" + model.toUtf8() +
                     "\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":"
                     "\"user\",\"content\":\"Hi\"}]," +
                     tail);
        QCOMPARE(QByteArray::fromStdString(http.url), base.toUtf8() + "/chat/completions");
        QVERIFY(header(http.headers, "authorization") == "Bearer sk-test");
        QVERIFY(header(http.headers, "content-type") == "application/json");
        QVERIFY(header(http.headers, "accept") ==
                (stream ? "text/event-stream" : "application/json"));
        QCOMPARE(http.method, std::string("POST"));
    }

    void reasoningModels_data() {
        QTest::addColumn<bool>("reasoning");
        for (const char* yes : {"o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5.6",
                                "gpt-6-mini", "gpt-10", "openai/o3", "gpt-5.4-nano"})
            QTest::newRow(yes) << true;
        for (const char* no :
             {"gpt-4o", "gpt-4.1-nano", "gpt-3.5-turbo", "gpt-35-turbo", "gpt-35-turbo-16k",
              "azure/gpt-35-turbo-instruct", "gpt-oss-120b", "omni", "gpt-5-chat-latest",
              "claude-opus-5", "deepseek-chat", "", "o"})
            QTest::newRow(*no ? no : "empty") << false;
    }
    void reasoningModels() {
        QFETCH(bool, reasoning);
        const std::string model = QTest::currentDataTag();
        QCOMPARE(is_openai_reasoning_model(model == "empty" ? "" : model), reasoning);
    }

    void urls_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("base");
        QTest::addColumn<QString>("expected");
        const auto row = [](chain::Dialect d, const char* base, const char* expected) {
            QTest::newRow(base) << static_cast<int>(d) << QString(base) << QString(expected);
        };
        row(chain::Dialect::openai, "http://h:1/v1/", "http://h:1/v1/chat/completions");
        row(chain::Dialect::azure, "https://r.openai.azure.com",
            "https://r.openai.azure.com/openai/deployments/my%20model/chat/completions"
            "?api-version=2024-10-21");
        row(chain::Dialect::azure, "https://r.openai.azure.com/openai/deployments/dep",
            "https://r.openai.azure.com/openai/deployments/dep/chat/completions"
            "?api-version=2024-10-21");
        row(chain::Dialect::azure, "https://r.openai.azure.com/openai/v1",
            "https://r.openai.azure.com/openai/v1/chat/completions");
    }
    void urls() {
        QFETCH(int, dialect);
        QFETCH(QString, base);
        QFETCH(QString, expected);
        const auto which = static_cast<chain::Dialect>(dialect);
        const auto http = encode(qPrintable(base), "my model", false, which);
        QCOMPARE(QString::fromStdString(http.url), expected);
        QVERIFY(header(http.headers, which == chain::Dialect::azure ? "api-key" : "authorization"));
    }

    void headersAndQueries() {
        const Secret key("sk-line\r\nX-Injected: 1");
        Endpoint endpoint;
        endpoint.base_url = "http://h/v1";
        endpoint.key = &key;
        endpoint.headers = {{"X-Title", "a\r\nb"}, {"accept", "x/y"}};
        endpoint.query = {{"a", "1 2&3"}, {"b", "ä"}};
        const auto http = dialect(chain::Dialect::openai)->encode(request(false), endpoint);
        QCOMPARE(http.url, std::string("http://h/v1/chat/completions?a=1%202%263&b=%C3%A4"));
        QVERIFY(header(http.headers, "authorization") == "Bearer sk-lineX-Injected: 1");
        QVERIFY(header(http.headers, "x-title") == "ab");
        QVERIFY(header(http.headers, "accept") == "x/y");
        QVERIFY(!header(http.headers, "x-injected"));
        endpoint.key = nullptr;
        const auto test = dialect(chain::Dialect::openai)->key_test(endpoint);
        QVERIFY(!header(test.headers, "authorization"));
        QCOMPARE(test.method, std::string("GET"));
        QVERIFY(test.url.starts_with("http://h/v1/models"));
        QVERIFY(test.body.empty());
    }

    void textOfAnyBytesIsEncoded() {
        ChatRequest r;
        r.messages = {{Role::user, "a\xff\"\n\\"}};
        Endpoint endpoint;
        endpoint.base_url = "http://h";
        const auto http = dialect(chain::Dialect::openai)->encode(r, endpoint);
        const auto json = nlohmann::json::parse(http.body, nullptr, false);
        QVERIFY(!json.is_discarded());
        QCOMPARE(json["messages"][0]["content"].get<std::string>(),
                 std::string("a\xEF\xBF\xBD\"\n\\"));
    }

    void vendors_data() {
        QTest::addColumn<int>("vendor");
        const auto row = [](const char* text, Vendor vendor) {
            QTest::newRow(text) << static_cast<int>(vendor);
        };
        row("https://api.openai.com/v1", Vendor::openai);
        row("API.OPENAI.COM", Vendor::openai);
        row("openai", Vendor::openai);
        row("https://r.openai.azure.com/openai/v1", Vendor::azure);
        row("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Vendor::dashscope);
        row("https://api.z.ai/api/paas/v4", Vendor::zhipu);
        row("https://api.x.ai/v1", Vendor::xai);
        row("https://netflix.ai/v1", Vendor::unknown);
        row("https://user:api.x.ai@evil.example/v1", Vendor::unknown);
        row("https://api.openai.com.evil.example/v1", Vendor::unknown);
        row("http://127.0.0.1:8080/groq.com", Vendor::unknown);
        row("http://[::1]:8080/v1", Vendor::unknown);
        row("groq", Vendor::groq);
    }
    void vendors() {
        QFETCH(int, vendor);
        QCOMPARE(static_cast<int>(vendor_of(QTest::currentDataTag())), vendor);
    }

    void usage_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("expected"); // input cached write output reasoning
        const auto row = [](const char* json, const char* expected) {
            QTest::newRow(json) << QByteArray(json) << QString(expected);
        };
        row(R"({"prompt_tokens":16,"completion_tokens":300,"total_tokens":316})", "16 0 0 300 0");
        row(R"({"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"completion_tokens_details":{"reasoning_tokens":3}})",
            "100 60 30 5 3");
        row(R"({"prompt_tokens":13,"completion_tokens":4,"prompt_cache_hit_tokens":8})",
            "13 8 0 4 0");
        row(R"({"prompt_tokens":12,"completion_tokens":1,"total_tokens":303,"completion_tokens_details":{"reasoning_tokens":290}})",
            "12 0 0 291 290");
        row(R"({"prompt_tokens":12,"completion_tokens":null,"total_tokens":12})", "12 0 0 0 0");
        row(R"({"prompt_tokens":12.0,"completion_tokens":"7"})", "12 0 0 7 0");
        row(R"({"prompt_tokens":-5,"completion_tokens":7})", "0 0 0 7 0");
        row(R"({"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":99}})",
            "10 10 0 1 0");
        row(R"({"prompt_tokens":1e300,"completion_tokens":1})", "1000000000 0 0 1 0");
        row(R"({"total_tokens":5})", "none");
        row(R"([])", "none");
        row(R"({"prompt_tokens":[],"completion_tokens":{}})", "none");
    }
    void usage() {
        QFETCH(QByteArray, json);
        QFETCH(QString, expected);
        const auto u = openai_usage(WireJson::parse(json.toStdString()));
        const QString got = u ? QString("%1 %2 %3 %4 %5")
                                    .arg(u->input)
                                    .arg(u->cached_read)
                                    .arg(u->cache_write)
                                    .arg(u->output)
                                    .arg(u->reasoning)
                              : QString("none");
        QCOMPARE(got, expected);
    }

    void costs() {
        chain::Price price;
        price.input_usd_per_mtok = 0.25;
        price.output_usd_per_mtok = 2.0;
        price.cached_input_usd_per_mtok = 0.025;
        Usage u;
        u.input = 1000;
        u.cached_read = 400;
        u.output = 50;
        u.reasoning = 20; // inside output: not paid twice
        QCOMPARE(cost_of(u, price)->pico_usd, 600 * 250'000 + 400 * 25'000 + 50 * 2'000'000);
        price.cached_input_usd_per_mtok.reset();
        QCOMPARE(cost_of(u, price)->pico_usd, 1000 * 250'000 + 50 * 2'000'000);
        price.output_usd_per_mtok.reset();
        QVERIFY(!cost_of(u, price));
        u.output = 0; // what did not occur needs no price
        QCOMPARE(cost_of(u, price)->pico_usd, 250'000'000);
        price.input_usd_per_mtok = 1e300;
        QVERIFY(cost_of(u, price)->pico_usd > 0);
        chain::Price cheap; // the cheapest cached token on record
        cheap.input_usd_per_mtok = 0.14;
        cheap.cached_input_usd_per_mtok = 0.0028;
        cheap.output_usd_per_mtok = 0.28;
        Usage one;
        one.input = one.cached_read = 1;
        QCOMPARE(cost_of(one, cheap)->pico_usd, 2800);
    }

    void estimates() {
        QCOMPARE(estimate_tokens(""), 0);
        QCOMPARE(estimate_tokens("a"), 1);
        QCOMPARE(estimate_tokens("12345678"), 2);
        QCOMPARE(estimate_tokens("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"), 3); // three characters
        ChatRequest r;
        r.messages = {{Role::user, "12345678"}};
        QCOMPARE(estimate_input_tokens(r), 3 + 4 + 2);
    }
};

QTEST_APPLESS_MAIN(TestOpenAiRequest)
#include "test_openai_request.moc"
