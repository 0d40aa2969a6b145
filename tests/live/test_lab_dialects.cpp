// The lab in every chat dialect, over real sockets, read by the dialect's own reader: answers,
// every documented error, broken streams, limits, models lists.
#include "support/http_lab.h"
#include "wire/dialect.h"

#include <QTest>

#include <cctype>

using namespace brownout;
using namespace brownout::test;
using faults::Kind;

namespace {

constexpr chain::Dialect dialects[] = {chain::Dialect::openai, chain::Dialect::azure,
                                       chain::Dialect::anthropic, chain::Dialect::gemini};

const char* name_of(chain::Dialect which) {
    return chain::dialect_names[static_cast<std::size_t>(which)].data();
}

struct Answer {
    wire::ReplyReader::End end;
    std::string streamed;
    PlainReply http;
};

class Provider {
  public:
    explicit Provider(chain::Dialect which) : which_(which) {
        chain::ProviderModel model = quick_model();
        model.output_tokens = stats::Constant{20}; // where max_tokens is a cap only
        const auto why = fixture_.on([&](live::Lab& lab) {
            lab.stop("aster");
            return lab.serve("aster", which, model);
        });
        if (why)
            qFatal("%s", why->c_str());
    }
    Answer ask(bool stream, std::int64_t max_tokens = 20) {
        const wire::Dialect& dialect = *wire::dialect(which_);
        wire::ChatRequest request;
        request.messages = {{wire::Role::system, "Be brief."}, {wire::Role::user, "Say it."}};
        request.stream = stream;
        request.max_tokens = max_tokens;
        request.temperature = 0.3;
        request.top_p = 0.9;
        request.seed = 3;
        request.stop = {"END"};
        wire::Endpoint endpoint;
        endpoint.dialect = which_;
        endpoint.base_url = fixture_.base();
        endpoint.model = which_ == chain::Dialect::anthropic ? "claude-opus-5" : "m-1";
        const auto http = dialect.encode(request, endpoint);
        std::vector<std::string> headers;
        for (const auto& [name, value] : http.headers)
            headers.push_back(name + ": " + value);
        Answer out;
        out.http = PlainClient{}.send(http.url, http.body, headers, std::chrono::seconds{10});
        const auto reader = dialect.reader(stream, endpoint);
        reader->head(static_cast<int>(out.http.status), out.http.headers);
        reader->bytes(out.http.body, [&](const wire::Delta& delta) { out.streamed += delta.text; });
        out.end = reader->end(wire::TransportEnd::complete, true, 1'787'227'200);
        return out;
    }
    void inject(faults::Rule rule) { fixture_.inject(std::move(rule)); }
    std::string models() {
        wire::Endpoint endpoint;
        endpoint.dialect = which_;
        endpoint.base_url = fixture_.base();
        const auto http = wire::dialect(which_)->key_test(endpoint);
        return PlainClient{}.send(http.url).body;
    }

  private:
    chain::Dialect which_;
    LabFixture fixture_;
};

void each_dialect() {
    QTest::addColumn<int>("dialect");
    QTest::addColumn<bool>("stream");
    for (const auto which : dialects)
        for (const bool stream : {false, true})
            QTest::addRow("%s %s", name_of(which), stream ? "stream" : "whole")
                << static_cast<int>(which) << stream;
}

std::string word(const engine::Outcome& o) {
    return std::string{engine::name(o.cls)} + " " + engine::name(o.cause);
}

} // namespace

class TestLabDialects : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void answers_data() { each_dialect(); }
    void answers() {
        QFETCH(int, dialect);
        QFETCH(bool, stream);
        Provider provider(static_cast<chain::Dialect>(dialect));
        const Answer a = provider.ask(stream);
        QCOMPARE(a.http.status, 200L);
        QCOMPARE(word(a.end.outcome), std::string("success none"));
        QVERIFY(a.end.reply.finish == wire::Finish::stop);
        QCOMPARE(std::count(a.end.reply.text.begin(), a.end.reply.text.end(), ' '),
                 std::ptrdiff_t{19});
        if (stream)
            QCOMPARE(a.streamed, a.end.reply.text);
        QVERIFY(a.end.reply.usage && !a.end.reply.usage->estimated);
        // "Be brief." is three tokens and "Say it." two; four around each, three to start.
        QCOMPARE(a.end.reply.usage->input, std::int64_t{3 + 4 + 3 + 4 + 2});
        QCOMPARE(a.end.reply.usage->output, std::int64_t{20});
        QVERIFY(!a.end.reply.request_id.empty());
        QVERIFY(!a.end.reply.model.empty());
        const std::string list = provider.models();
        QVERIFY2(list.find(a.end.reply.model) != std::string::npos, list.c_str());
    }

    void errors_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("expected");
        struct Row {
            int status;
            const char* expected;
        };
        const Row common[] = {{400, "reject bad_request"},    {401, "disable bad_key"},
                              {403, "disable blocked"},       {404, "reroute model_missing"},
                              {429, "cooldown rate_limited"}, {500, "retry http_status"},
                              {502, "failover http_status"},  {503, "failover overloaded"},
                              {504, "failover http_status"},  {529, "failover overloaded"}};
        for (const auto which : dialects)
            for (const Row& row : common)
                QTest::addRow("%s %d", name_of(which), row.status)
                    << static_cast<int>(which) << row.status << QByteArray(row.expected);
    }
    void errors() {
        QFETCH(int, dialect);
        QFETCH(int, status);
        QFETCH(QByteArray, expected);
        Provider provider(static_cast<chain::Dialect>(dialect));
        auto rule = rule_of(Kind::http_error);
        rule.fault.status = status;
        if (status == 429)
            rule.fault.retry_after_s = 34.4;
        provider.inject(rule);
        for (const bool stream : {false, true}) {
            const Answer a = provider.ask(stream);
            QCOMPARE(a.http.status, long{status});
            QCOMPARE(a.http.header("content-type"), std::string("application/json"));
            QCOMPARE(word(a.end.outcome), expected.toStdString());
            QVERIFY(!a.end.message.empty());
            if (status == 429) {
                const auto wait =
                    std::llround(to_ms(a.end.outcome.retry_after.value_or(Duration{})));
                QVERIFY2(wait == 34'400 || wait == 35'000, qPrintable(QString::number(wait)));
            }
        }
    }

    void brokenStreams_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("expected");
        for (const auto which : dialects) {
            const auto row = [&](Kind kind, const char* expected) {
                QTest::addRow("%s %s", name_of(which), faults::info(kind).name.data())
                    << static_cast<int>(which) << static_cast<int>(kind) << QByteArray(expected);
            };
            row(Kind::stream_cut, "broken_stream truncated");
            row(Kind::bad_event, "broken_stream malformed");
            row(Kind::no_terminator, "broken_stream truncated");
        }
    }
    void brokenStreams() {
        QFETCH(int, dialect);
        QFETCH(int, kind);
        QFETCH(QByteArray, expected);
        Provider provider(static_cast<chain::Dialect>(dialect));
        auto rule = rule_of(static_cast<Kind>(kind));
        rule.fault.after_tokens = 3;
        rule.fault.at_token = 3;
        provider.inject(rule);
        const Answer a = provider.ask(true);
        QCOMPARE(word(a.end.outcome), expected.toStdString());
        const auto words = std::count(a.streamed.begin(), a.streamed.end(), ' ') + 1;
        QCOMPARE(words, static_cast<Kind>(kind) == Kind::no_terminator ? std::ptrdiff_t{20}
                                                                       : std::ptrdiff_t{3});
    }

    void limits_data() {
        QTest::addColumn<int>("dialect");
        for (const auto which : dialects)
            QTest::newRow(name_of(which)) << static_cast<int>(which);
    }
    void limits() {
        QFETCH(int, dialect);
        Provider provider(static_cast<chain::Dialect>(dialect));
        auto rule = rule_of(Kind::rate_limit);
        rule.fault.requests_per_min = 1;
        provider.inject(rule);
        QCOMPARE(word(provider.ask(true).end.outcome), std::string("success none"));
        const Answer second = provider.ask(true);
        QCOMPARE(second.http.status, 429L);
        QCOMPARE(word(second.end.outcome), std::string("cooldown rate_limited"));
        const double wait = to_seconds(second.end.outcome.retry_after.value_or(Duration{}));
        QVERIFY2(wait > 50 && wait <= 61, qPrintable(QString::number(wait)));
    }

    // A limit of tokens is told in the dialect's own words.
    void tokenLimits_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("openai") << int(chain::Dialect::openai)
                                << QByteArray("on tokens per min (TPM): Limit 10");
        QTest::newRow("azure") << int(chain::Dialect::azure)
                               << QByteArray("on tokens per min (TPM): Limit 10");
        QTest::newRow("nexaapi") << int(chain::Dialect::nexaapi)
                                 << QByteArray("on tokens per min (TPM): Limit 10");
        QTest::newRow("anthropic")
            << int(chain::Dialect::anthropic) << QByteArray("rate limit of 10 tokens per minute");
        QTest::newRow("gemini") << int(chain::Dialect::gemini)
                                << QByteArray("GenerateContentTokensPerMinutePerProjectPerModel");
    }
    void tokenLimits() {
        QFETCH(int, dialect);
        QFETCH(QByteArray, says);
        Provider provider(static_cast<chain::Dialect>(dialect));
        auto rule = rule_of(Kind::rate_limit);
        rule.fault.tokens_per_min = 10;
        provider.inject(rule);
        QCOMPARE(word(provider.ask(true).end.outcome), std::string("success none"));
        for (const bool stream : {true, false}) {
            const Answer limited = provider.ask(stream);
            QCOMPARE(limited.http.status, 429L);
            QCOMPARE(word(limited.end.outcome), std::string("cooldown rate_limited"));
            QVERIFY2(limited.http.body.find(says.toStdString()) != std::string::npos,
                     limited.http.body.c_str());
            const auto which = static_cast<chain::Dialect>(dialect);
            const bool openais = which == chain::Dialect::openai ||
                                 which == chain::Dialect::azure || which == chain::Dialect::nexaapi;
            QCOMPARE(limited.http.body.find("org-lab") != std::string::npos, openais);
            QCOMPARE(limited.http.body.find("\"type\":\"tokens\"") != std::string::npos, openais);
            QVERIFY(limited.end.outcome.retry_after.has_value());
        }
    }

    // Refused by content: an error before the stream, but an answer inside it at Google.
    void moderation_data() { each_dialect(); }
    void moderation() {
        QFETCH(int, dialect);
        QFETCH(bool, stream);
        Provider provider(static_cast<chain::Dialect>(dialect));
        provider.inject(rule_of(Kind::moderation));
        const Answer a = provider.ask(stream);
        QCOMPARE(word(a.end.outcome), std::string("reroute moderation"));
        const bool google = static_cast<chain::Dialect>(dialect) == chain::Dialect::gemini;
        QCOMPARE(a.http.status, google ? 200L : 400L);
        QCOMPARE(a.http.header("content-type"),
                 std::string(google && stream ? "text/event-stream" : "application/json"));
        QCOMPARE(a.http.body.starts_with("data: "), google && stream);
    }

    // Claude carries on the text that a request ends in: the same prose if it is its own.
    void a_begun_answer_goes_on() {
        constexpr int words = 60;
        const auto answer = [](const std::string& begun) {
            LabFixture f; // the first request to it draws what the first to any other draws
            chain::ProviderModel model = quick_model();
            model.output_tokens = stats::Constant{words};
            if (f.on([&](live::Lab& lab) {
                    return lab.serve("other", chain::Dialect::anthropic, model);
                }))
                return std::string{};
            nlohmann::json body{{"model", "claude-haiku-4-5"}, {"max_tokens", 1000}};
            body["messages"] = nlohmann::json::array({{{"role", "user"}, {"content", "Say it."}}});
            if (!begun.empty())
                body["messages"].push_back({{"role", "assistant"}, {"content", begun}});
            const auto reply = PlainClient{}.send(f.base("other") + "/v1/messages", body.dump(),
                                                  {"anthropic-version: 2023-06-01"});
            const auto json = nlohmann::json::parse(reply.body, nullptr, false);
            if (!json.is_object() || !json.contains("content") ||
                json["usage"]["output_tokens"] != words)
                return std::string{};
            return json["content"][0]["text"].get<std::string>();
        };
        const std::string all = answer("");
        std::size_t cut = 0;
        for (int i = 0; i < 8; ++i)
            cut = all.find(' ', cut + 1);
        QVERIFY2(cut != std::string::npos, all.c_str());
        const std::string rest = answer(all.substr(0, cut));
        QVERIFY2(rest.starts_with(all.substr(cut, 12)), (all + " | " + rest).c_str());
        const std::string other = answer("Once upon a time there was a");
        QVERIFY(other.size() > 2 && other[0] == ' ' && std::islower(other[1]));
        const std::string next = answer("It was so.");
        QVERIFY(next.size() > 2 && next[0] == ' ' && std::isupper(next[1]));
        for (const std::string& text : {rest, other, next})
            QCOMPARE(std::count(text.begin(), text.end(), ' '), std::ptrdiff_t{words});
    }

    // What the real servers refuse, the lab refuses: our own requests never come to that.
    void refusals_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("words");
        const auto row = [](chain::Dialect which, const char* path, const char* body,
                            const char* words) {
            QTest::newRow(words) << static_cast<int>(which) << QByteArray(path) << QByteArray(body)
                                 << QByteArray(words);
        };
        const auto claude = chain::Dialect::anthropic, google = chain::Dialect::gemini;
        row(claude, "/v1/messages", R"({"model":"m","messages":[]})", "max_tokens: Field required");
        row(claude, "/v1/messages", R"({"model":"m","max_tokens":5})", "messages: Field required");
        row(claude, "/v1/messages",
            R"({"model":"claude-opus-5","max_tokens":5,"temperature":0.5,"messages":[{"role":"user","content":"x"}]})",
            "`temperature` is deprecated");
        row(claude, "/v1/messages",
            R"({"model":"m","max_tokens":5,"messages":[{"role":"system","content":"x"}]})",
            "'user' or 'assistant'");
        row(claude, "/v1/messages",
            R"({"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"Once "}]})",
            "trailing whitespace");
        row(claude, "/v1/messages",
            R"({"model":"claude-opus-5","max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"Once"}]}]})",
            "assistant message prefill");
        row(claude, "/v1/complete", "{}", "not_found_error");
        row(google, "/models/m:generateContent", "{}", "contents is not specified");
        row(google, "/models/m:generateContent", R"({"messages":[]})", "Unknown name");
        row(google, "/models/m:streamGenerateContent", "{}", "alt=sse");
        row(google, "/models/m:countTokens", "{}", "NOT_FOUND");
        row(google, "/models/m:predict", "{}", "does not support the requested method");
        row(google, "/models/imagen-4:predict", R"({"instances":[{}]})", "Text prompt is required");
        row(google, "/models/imagen-4:predict",
            R"({"instances":[{"prompt":"x"}],"parameters":{"seed":1}})", "Unknown name");
        row(google, "/models/imagen-4:predict",
            R"({"instances":[{"prompt":"x"}],"parameters":{"sampleCount":5}})", "sampleCount");
        row(google, "/models/gemini-2.5-flash-image:generateContent",
            R"({"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"n":2}})",
            R"(Unknown name \"n\")");
        row(google, "/models/gemini-2.5-flash-image:generateContent",
            R"({"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"imageConfig":{"aspectRatio":"big"}}})",
            "Aspect ratio");
    }
    void refusals() {
        QFETCH(int, dialect);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, words);
        LabFixture f;
        const auto why = f.on([&](live::Lab& lab) {
            return lab.serve("other", static_cast<chain::Dialect>(dialect), quick_model());
        });
        QVERIFY(!why);
        const auto reply =
            PlainClient{}.send(f.base("other") + path.toStdString(), body.toStdString(),
                               {"anthropic-version: 2023-06-01"});
        QVERIFY(reply.status >= 400 && reply.status <= 501);
        QVERIFY2(reply.body.find(words.toStdString()) != std::string::npos, reply.body.c_str());
    }
};

QTEST_GUILESS_MAIN(TestLabDialects)
#include "test_lab_dialects.moc"
