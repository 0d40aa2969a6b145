// What each target refuses is never sent, and what was left out is noted.
#include "support/chat_requests.h" // before Qt, which makes a macro of `forever`
#include "wire/takes.h"

#include <QtTest>

using namespace chat_requests;

class TestChatParameters : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // What each target refuses, by its own documents and errors: kept apart from the product's
    // table, so that a slip in one shows.
    void nothingRefusedIsSent_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("base");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QStringList>("refused");
        struct Vendor {
            chain::Dialect which;
            const char *base, *refused;
        };
        const Vendor vendors[] = {
            {openai, "https://api.openai.com/v1", "top_k"},
            {azure, "https://r.openai.azure.com", "top_k include_obfuscation"},
            {openai, "https://api.deepseek.com", "top_k seed include_obfuscation"},
            {openai, "https://api.mistral.ai/v1", "top_k seed stream_options"},
            {openai, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
             "include_obfuscation"},
            {openai, "https://api.z.ai/api/paas/v4", "top_k seed stream_options"},
            {openai, "https://api.x.ai/v1", "top_k include_obfuscation"},
            {openai, "https://api.groq.com/openai/v1", "top_k include_obfuscation"},
            {openai, "https://api.together.ai/v1", "include_obfuscation"},
            {openai, "https://api.moonshot.cn/v1", "top_k seed stream_options"},
            {openai, "https://openrouter.ai/api/v1", "include_obfuscation"},
            {openai, "https://generativelanguage.googleapis.com/v1beta/openai",
             "top_k seed include_obfuscation"},
            {openai, "https://api.portkey.ai/v1", "top_k include_obfuscation"},
            {openai, "http://localhost:4000/v1", "top_k include_obfuscation"},  // LiteLLM
            {openai, "http://localhost:11434/v1", "top_k include_obfuscation"}, // Ollama
            {openai, "http://localhost:8080/v1", "top_k include_obfuscation"},  // llama.cpp
            {openai, "http://localhost:8000/v1", "top_k include_obfuscation"},  // vLLM
            {openai, "https://api.aipower.me/v1", "top_k include_obfuscation"},
            {openai, "https://api.tokenmix.ai/v1", "top_k include_obfuscation"},
            {openai, "https://api.fireworks.ai/inference/v1", "include_obfuscation"},
            {openai, "https://api.cerebras.ai/v1", "top_k include_obfuscation"},
            {openai, "https://api.perplexity.ai", "seed stream_options"},
            {openai, "https://api.siliconflow.cn/v1", "include_obfuscation"},
            {openai, "https://api.deepinfra.com/v1/openai", "include_obfuscation"},
            {openai, "https://api.novita.ai/v3/openai", "include_obfuscation"},
            {azure, "https://r.openai.azure.com/openai/v1", "top_k include_obfuscation"},
            {chain::Dialect::nexaapi, "https://api.nexaapi.com/v1", "top_k include_obfuscation"},
            {anthropic, "https://api.anthropic.com",
             "seed stop stream_options max_completion_tokens"},
            {gemini, "https://generativelanguage.googleapis.com/v1beta",
             "stream stream_options max_tokens temperature top_p top_k seed stop"}, // all nested
        };
        struct Model {
            const char *name, *refused;
        };
        const Model models[] = {
            {"gpt-4o-mini", "max_completion_tokens"},
            {"gpt-5-mini", "max_tokens temperature top_p top_k stop"},
            {"gpt-5.6-terra", "max_tokens temperature top_p top_k stop"},
            {"gpt-5-nano", "max_tokens temperature top_p top_k stop"},
            {"gpt-5.5", "max_tokens temperature top_p top_k stop"},
            {"gpt-6-preview", "max_tokens temperature top_p top_k stop"},
            {"gpt-5-chat-latest", "max_completion_tokens"},
            {"gpt-4.1-nano", "max_completion_tokens"},
            {"o1", "max_tokens temperature top_p top_k"},
            {"o1-mini", "max_tokens temperature top_p top_k"},
            {"o3", "max_tokens temperature top_p top_k stop"},
            {"o4-mini", "max_tokens temperature top_p top_k stop"},
            {"openai/gpt-5", "max_tokens temperature top_p top_k stop"},
            {"claude-3-5-sonnet-20241022", ""},
            {"claude-opus-4-1-20250805", "top_p"},
            {"claude-haiku-4-5", "top_p"},
            {"claude-opus-4-6", "top_p"},
            {"claude-sonnet-4-6", "top_p"},
            {"claude-opus-4-7", "temperature top_p top_k"},
            {"claude-opus-4-8", "temperature top_p top_k"},
            {"claude-haiku-5-5", "temperature top_p top_k"},
            {"claude-latest", "temperature top_p top_k"},
            {"claude-opus-5", "temperature top_p top_k"},
            {"anthropic/claude-sonnet-5", "temperature top_p top_k"},
            {"claude-fable-5-2", "temperature top_p top_k"},
            {"gemini-2.5-flash", ""},
            {"deepseek-v4-flash", "max_completion_tokens"},
            {"m", "max_completion_tokens"},
        };
        for (const Vendor& vendor : vendors)
            for (const Model& model : models) {
                const bool openais = QByteArray(model.refused).contains("max_tokens");
                if ((vendor.which == anthropic || vendor.which == gemini) && openais)
                    continue; // no such model there
                QStringList refused = QString(vendor.refused).split(' ', Qt::SkipEmptyParts);
                refused += QString(model.refused).split(' ', Qt::SkipEmptyParts);
                QTest::newRow(qPrintable(QString("%1 %2").arg(vendor.base, model.name)))
                    << int(vendor.which) << QString(vendor.base) << QString(model.name) << refused;
            }
    }
    void nothingRefusedIsSent() {
        QFETCH(int, which);
        QFETCH(QString, base);
        QFETCH(QString, model);
        QFETCH(QStringList, refused);
        for (const bool stream : {false, true}) {
            const Encoded http = encode(static_cast<chain::Dialect>(which), qPrintable(base),
                                        qPrintable(model), full(stream));
            QCOMPARE(http.impossible, std::string());
            const Json body = parsed(http);
            QVERIFY(body.is_object());
            for (const QString& name : refused) {
                QVERIFY2(!body.contains(name.toStdString()), qPrintable(name));
                if (body.contains("stream_options"))
                    QVERIFY2(!body["stream_options"].contains(name.toStdString()),
                             qPrintable(name));
            }
            if (!stream)
                QVERIFY(!body.contains("stream_options") && !body.contains("stream"));
            // Everything asked for is there, under one of its names, or there is a note.
            const Json& config =
                body.contains("generationConfig") ? body["generationConfig"] : body;
            const std::pair<const char*, std::vector<const char*>> asked[] = {
                {"max_tokens", {"max_tokens", "max_completion_tokens", "maxOutputTokens"}},
                {"temperature", {"temperature"}},
                {"top_p", {"top_p", "topP"}},
                {"top_k", {"top_k", "topK"}},
                {"seed", {"seed", "random_seed"}},
                {"stop", {"stop", "stop_sequences", "stopSequences"}}};
            std::size_t left_out = 0;
            for (const auto& [name, spellings] : asked) {
                int there = 0;
                for (const char* spelling : spellings)
                    there += config.contains(spelling);
                const auto noted = std::count_if(
                    http.dropped.begin(), http.dropped.end(), [&, n = name](const auto& note) {
                        return note.starts_with(std::string(n) + ": ") && note.size() > 12;
                    });
                QVERIFY2(there + noted == 1, name);
                left_out += static_cast<std::size_t>(noted);
            }
            QCOMPARE(http.dropped.size(), left_out);
        }
    }

    void reasoningModelsGetNoSamplingOfTheCaller_data() {
        QTest::addColumn<bool>("taken");
        QTest::newRow("openai/gpt-5-mini") << false;
        QTest::newRow("openai/o3") << false;
        QTest::newRow("openai/gpt-4o-mini") << true;
        QTest::newRow("meta-llama/llama-3.3-70b") << true;
    }
    void reasoningModelsGetNoSamplingOfTheCaller() {
        QFETCH(bool, taken);
        ChatRequest request = full(false);
        request.own_dialect = "openai";
        request.own_parameters =
            R"({"frequency_penalty":0.5,"min_p":0.1,"logprobs":true,"user":"u"})";
        const Encoded http =
            encode(openai, "https://openrouter.ai/api/v1", QTest::currentDataTag(), request);
        const Json body = parsed(http);
        QVERIFY(body.contains("user"));
        for (const char* name : {"top_k", "frequency_penalty", "min_p", "logprobs"}) {
            QCOMPARE(body.contains(name), taken);
            const auto noted =
                std::count_if(http.dropped.begin(), http.dropped.end(), [&](const auto& note) {
                    return note.starts_with(std::string(name) + ": ");
                });
            QCOMPARE(noted, std::ptrdiff_t{taken ? 0 : 1});
        }
    }

    void versionsOfClaude_data() {
        QTest::addColumn<int>("version");
        const std::pair<const char*, int> rows[] = {{"claude-opus-4-6", 406},
                                                    {"claude-3-5-sonnet-20241022", 305},
                                                    {"claude-3-opus-20240229", 300},
                                                    {"claude-sonnet-4-20250514", 400},
                                                    {"claude-opus-4-1-20250805", 401},
                                                    {"claude-opus-5", 500},
                                                    {"claude-fable-5-2", 502},
                                                    {"anthropic/claude-sonnet-4.5", 405},
                                                    {"claude-latest", 0},
                                                    {"gpt-5", 0},
                                                    {"CLAUDE-OPUS-4-7", 407},
                                                    {"", 0}};
        for (const auto& [name, version] : rows)
            QTest::newRow(*name ? name : "empty") << version;
    }
    void versionsOfClaude() {
        QFETCH(int, version);
        const std::string name = QTest::currentDataTag();
        QCOMPARE(claude_version(name == "empty" ? "" : name), version);
    }

    void aRefusedParameterIsMendedOnce_data() {
        QTest::addColumn<QByteArray>("error");
        QTest::addColumn<QByteArray>("expected"); // of the second body; empty: none is sent
        const auto row = [](const char* error, const char* expected) {
            QTest::newRow(error) << QByteArray(error) << QByteArray(expected);
        };
        row(R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}})",
            R"({"model":"m","temperature":0.5,"max_completion_tokens":100})");
        row(R"({"error":{"message":"Unsupported value: 'temperature' does not support 0.5 with this model.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}})",
            R"({"model":"m","max_tokens":100})");
        row(R"({"error":{"message":"Unsupported parameter: 'temperature'","code":"unsupported_parameter"}})",
            R"({"model":"m","max_tokens":100})");
        row(R"({"error":{"message":"m","param":"temperature.CANARY-KEY-VALUE","code":"unsupported_value"}})",
            R"({"model":"m","max_tokens":100})");
        row(R"({"error":{"message":"m","param":"messages","code":"unsupported_value"}})", "");
        row(R"({"error":{"message":"m","param":"top_p","code":"unsupported_parameter"}})", "");
        row(R"({"error":{"message":"m","param":"temperature","code":"invalid_api_key"}})", "");
    }
    void aRefusedParameterIsMendedOnce() {
        QFETCH(QByteArray, error);
        QFETCH(QByteArray, expected);
        const Secret key("CANARY-KEY-VALUE");
        HttpRequest sent{"POST",
                         "http://h/v1/chat/completions",
                         {{"Authorization", "Bearer x"}},
                         R"({"model":"m","max_tokens":100,"temperature":0.5})"};
        std::unique_ptr<ReplyReader> reader;
        {
            Endpoint endpoint; // gone before the second reply
            endpoint.base_url = "http://h/v1";
            endpoint.model = "m";
            endpoint.key = &key;
            reader = dialect(openai)->reader(true, endpoint);
        }
        reader->sent(sent);
        const auto refuse = [&](ReplyReader& r) {
            r.head(400, {});
            r.bytes(error.toStdString(), [](const Delta&) {});
            return r.end(TransportEnd::complete, true, 0);
        };
        auto first = refuse(*reader);
        QCOMPARE(first.next != nullptr, !expected.isEmpty());
        if (!first.next)
            return;
        QCOMPARE(QByteArray::fromStdString(first.next->request.body), expected);
        QVERIFY(first.next->request.headers == sent.headers && first.next->request.url == sent.url);
        first.next->reader->sent(first.next->request);
        const auto second = refuse(*first.next->reader);
        QVERIFY(!second.next); // once is enough
        QVERIFY(second.outcome.cls == engine::OutcomeClass::reject);
        QCOMPARE(second.dropped.size(), std::size_t{1});
        const std::string& note = second.dropped.front();
        QVERIFY2(note.find("CANARY") == note.npos && note.size() <= 300, note.c_str());
        const std::string name = expected.contains("temperature") ? "max_tokens" : "temperature";
        QVERIFY2(note.starts_with(name + ": refused by m"), note.c_str());
    }
};

QTEST_APPLESS_MAIN(TestChatParameters)
#include "test_chat_parameters.moc"
