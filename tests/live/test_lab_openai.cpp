// A healthy simulated OpenAI provider: formats, timing, its model, and what it refuses.
#include "support/http_lab.h"
#include "wire/dialect.h"
#include "wire/usage.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

class TestLabOpenai : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_stream();
    void a_whole_reply();
    void our_own_reader_agrees();
    void usage_only_where_asked();
    void token_counts_data();
    void token_counts();
    void bad_requests_data();
    void bad_requests();
    void other_paths();
    void models_list();
    void timing();
    void late_timers_catch_up();
    void the_same_seed_says_the_same();
    void error_ratio();
    void slow_mode();
    void capacity();
    void a_waiting_peer_that_leaves_frees_its_place();
    void reshaping_and_other_dialects();
    void two_hundred_streams();
};

void TestLabOpenai::a_stream() {
    LabFixture f;
    QCOMPARE(f.error, std::string());
    const auto reply = f.chat(true, R"(,"stream_options":{"include_usage":true})");
    QCOMPARE(reply.status, 200L);
    QCOMPARE(reply.header("content-type"), std::string("text/event-stream; charset=utf-8"));
    QVERIFY(reply.header("x-request-id").starts_with("req_"));
    for (const char* name : {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                             "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens",
                             "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"})
        QVERIFY2(!reply.header(name).empty(), name);
    const auto seen = read_stream(reply.body);
    QCOMPARE(seen.deltas, std::int64_t{5});
    QCOMPARE(seen.finish, std::string("stop"));
    QVERIFY(seen.done && seen.malformed == 0);
    QCOMPARE(seen.events.size(),
             std::size_t{1 + 5 + 1 + 1 + 1}); // role, tokens, finish, usage, end
    const auto first = nlohmann::json::parse(seen.events[0]);
    QCOMPARE(first["object"].get<std::string>(), std::string("chat.completion.chunk"));
    QCOMPARE(first["model"].get<std::string>(), std::string("m-1"));
    QCOMPARE(first["choices"][0]["delta"]["role"].get<std::string>(), std::string("assistant"));
    QVERIFY(first["choices"][0]["finish_reason"].is_null() && first["usage"].is_null());
    const auto usage = nlohmann::json::parse(seen.events[7]);
    QVERIFY(usage["choices"].empty());
    QVERIFY(usage["id"] == first["id"]);
    QCOMPARE(seen.completion_tokens, std::int64_t{5});
    QCOMPARE(seen.prompt_tokens, std::int64_t{3 + 4 + 3}); // "Hello there": 11 bytes, 3 tokens
    QVERIFY(seen.text.ends_with("."));
}

void TestLabOpenai::a_whole_reply() {
    LabFixture f;
    const auto reply = f.chat(false);
    QCOMPARE(reply.header("content-type"), std::string("application/json"));
    const auto json = nlohmann::json::parse(reply.body);
    QCOMPARE(json["object"].get<std::string>(), std::string("chat.completion"));
    QVERIFY(json["id"].get<std::string>().starts_with("chatcmpl-"));
    const auto& choice = json["choices"][0];
    QCOMPARE(choice["finish_reason"].get<std::string>(), std::string("stop"));
    QVERIFY(choice["message"]["content"].get<std::string>().ends_with("."));
    QCOMPARE(json["usage"]["total_tokens"].get<int>(), 15);
}

void TestLabOpenai::our_own_reader_agrees() {
    LabFixture f;
    const auto* dialect = wire::dialect(chain::Dialect::openai);
    QVERIFY(dialect);
    for (const bool stream : {false, true}) {
        wire::ChatRequest request;
        request.messages = {{wire::Role::user, "Say \"something\"\n"}};
        request.stream = stream;
        request.max_tokens = 40;
        wire::Endpoint endpoint;
        endpoint.base_url = f.base();
        endpoint.model = "gpt-5-mini";
        const auto http = dialect->encode(request, endpoint);
        const auto reply = PlainClient{}.send(http.url, http.body);
        QCOMPARE(reply.status, 200L);
        auto reader = dialect->reader(stream, endpoint);
        reader->head(200, reply.headers);
        reader->bytes(reply.body, [](const wire::Delta&) {});
        const auto end = reader->end(wire::TransportEnd::complete, true, 0);
        QVERIFY(end.outcome.cls == engine::OutcomeClass::success);
        QVERIFY(end.reply.finish == wire::Finish::stop);
        QVERIFY(end.reply.usage && end.reply.usage->output == 40 && !end.reply.usage->estimated);
        QCOMPARE(end.reply.usage->input, wire::estimate_input_tokens(request));
        QCOMPARE(std::count(end.reply.text.begin(), end.reply.text.end(), ' '), std::ptrdiff_t{39});
    }
}

void TestLabOpenai::usage_only_where_asked() {
    LabFixture f;
    for (const char* options : {"", R"(,"stream_options":{"include_usage":false})"}) {
        const auto reply = f.chat(true, options);
        QVERIFY(reply.body.find("usage") == std::string::npos);
        QVERIFY(read_stream(reply.body).done);
    }
}

void TestLabOpenai::token_counts_data() {
    QTest::addColumn<QString>("more");
    QTest::addColumn<QString>("header");
    QTest::addColumn<qint64>("tokens");
    QTest::newRow("the model's") << ""
                                 << "" << qint64{5};
    QTest::newRow("max_tokens") << ",\"max_tokens\":17"
                                << "" << qint64{17};
    QTest::newRow("max_completion_tokens") << ",\"max_completion_tokens\":1"
                                           << "" << qint64{1};
    QTest::newRow("the header") << ""
                                << "X-Brownout-Output-Tokens: 9" << qint64{9};
    QTest::newRow("the header, limited") << ",\"max_tokens\":4"
                                         << "X-Brownout-Output-Tokens: 9" << qint64{4};
    QTest::newRow("bounded") << ",\"max_tokens\":99999999"
                             << "" << qint64{32768};
}

void TestLabOpenai::token_counts() {
    QFETCH(QString, more);
    QFETCH(QString, header);
    QFETCH(qint64, tokens);
    LabFixture f;
    std::vector<std::string> headers;
    if (!header.isEmpty())
        headers.push_back(header.toStdString());
    const auto reply =
        f.chat(true, more.toStdString() + R"(,"stream_options":{"include_usage":true})", headers);
    const auto seen = read_stream(reply.body);
    QCOMPARE(qint64{seen.deltas}, tokens);
    QCOMPARE(qint64{seen.completion_tokens}, tokens);
    QVERIFY(seen.done);
}

void TestLabOpenai::bad_requests_data() {
    QTest::addColumn<QString>("body");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("code");
    const QString user = R"("messages":[{"role":"user","content":"x"}])";
    QTest::newRow("no JSON") << "{\"model\":"
                             << ""
                             << "";
    QTest::newRow("an array") << "[]"
                              << ""
                              << "";
    QTest::newRow("too deep") << QString(5000, '[') << ""
                              << "";
    QTest::newRow("no model") << "{" + user + "}"
                              << ""
                              << "";
    QTest::newRow("model is a number") << "{\"model\":1," + user + "}"
                                       << "model"
                                       << "invalid_type";
    QTest::newRow("no messages") << R"({"model":"m"})"
                                 << "messages"
                                 << "missing_required_parameter";
    QTest::newRow("messages empty") << R"({"model":"m","messages":[]})"
                                    << "messages"
                                    << "empty_array";
    QTest::newRow("messages is text") << R"({"model":"m","messages":"x"})"
                                      << "messages"
                                      << "invalid_type";
    QTest::newRow("no role") << R"({"model":"m","messages":[{"content":"x"}]})"
                             << "messages[0].role"
                             << "missing_required_parameter";
    QTest::newRow("content is a number")
        << R"({"model":"m","messages":[{"role":"user","content":1}]})"
        << "messages[0].content"
        << "invalid_type";
    QTest::newRow("stream is text") << R"({"model":"m","stream":"yes",)" + user + "}"
                                    << "stream"
                                    << "invalid_type";
    QTest::newRow("options without stream")
        << R"({"model":"m","stream_options":{"include_usage":true},)" + user + "}"
        << "stream_options"
        << "";
    QTest::newRow("no tokens") << R"({"model":"m","max_tokens":0,)" + user + "}"
                               << "max_tokens"
                               << "integer_below_min_value";
    QTest::newRow("half a token") << R"({"model":"m","max_tokens":1.5,)" + user + "}"
                                  << "max_tokens"
                                  << "invalid_type";
}

void TestLabOpenai::bad_requests() {
    QFETCH(QString, body);
    QFETCH(QString, param);
    QFETCH(QString, code);
    LabFixture f;
    const auto reply = PlainClient{}.send(f.base() + "/chat/completions", body.toStdString());
    QCOMPARE(reply.status, 400L);
    const auto error = nlohmann::json::parse(reply.body)["error"];
    QCOMPARE(error["type"].get<std::string>(), std::string("invalid_request_error"));
    QCOMPARE(error["param"].is_null() ? "" : error["param"].get<std::string>(),
             param.toStdString());
    QCOMPARE(error["code"].is_null() ? "" : error["code"].get<std::string>(), code.toStdString());
    QVERIFY(!error["message"].get<std::string>().empty());
}

void TestLabOpenai::other_paths() {
    LabFixture f;
    PlainClient client;
    const auto unknown = client.send(f.base() + "/nothing?x=1");
    QCOMPARE(unknown.status, 404L);
    QCOMPARE(nlohmann::json::parse(unknown.body)["error"]["code"].get<std::string>(),
             std::string("unknown_url"));
    QCOMPARE(client.send(f.base() + "/chat/completions").status, 405L);
    QCOMPARE(client.send(f.base() + "/chat/completions?v=1", f.body(false)).status, 200L);
}

void TestLabOpenai::models_list() {
    LabFixture f;
    f.chat(false);
    const auto reply = PlainClient{}.send(f.base() + "/models");
    const auto json = nlohmann::json::parse(reply.body);
    QCOMPARE(json["object"].get<std::string>(), std::string("list"));
    QCOMPARE(json["data"].size(), std::size_t{1});
    QCOMPARE(json["data"][0]["id"].get<std::string>(), std::string("m-1"));
}

void TestLabOpenai::timing() {
    auto model = quick_model();
    model.first_token_ms = stats::Constant{120};
    model.token_ms = stats::Constant{20};
    model.output_tokens = stats::Constant{11};
    LabFixture f(model);
    const auto stream = f.chat(true);
    QVERIFY2(stream.first_byte_ms >= 119, std::to_string(stream.first_byte_ms).c_str());
    QVERIFY2(stream.ms >= 318, std::to_string(stream.ms).c_str());
    const auto whole = f.chat(false);
    QVERIFY2(whole.first_byte_ms >= 318, std::to_string(whole.first_byte_ms).c_str());
}

void TestLabOpenai::late_timers_catch_up() {
    auto model = quick_model();
    model.token_ms = stats::Constant{5};
    model.output_tokens = stats::Constant{200};
    LabFixture f(model);
    Watcher w(f);
    // From its first token on, the loop is late for all the others.
    auto held = std::async(std::launch::async, [&] {
        f.on([&](live::Lab& lab) {
            while (lab.load("aster").answering == 0)
                f.loop().run_one();
            std::this_thread::sleep_for(1s);
        });
    });
    const auto& chat = w.chat();
    QVERIFY(w.until([&] { return chat.done(); }));
    held.get();
    QCOMPARE(read_stream(chat.body).deltas, std::int64_t{200});
    QVERIFY2(chat.ms() >= 990, std::to_string(chat.ms()).c_str());
    // What is due goes out at once, not a piece for each token.
    QVERIFY2(chat.pieces <= 20, std::to_string(chat.pieces).c_str());
}

void TestLabOpenai::the_same_seed_says_the_same() {
    auto model = quick_model();
    model.output_tokens = stats::Lognormal{60, 0.5};
    const auto three = [&](std::uint64_t seed) {
        LabFixture f(model, seed);
        std::vector<std::string> texts;
        for (int i = 0; i < 3; ++i)
            texts.push_back(read_stream(f.chat(true).body).text);
        return texts;
    };
    const auto one = three(7), again = three(7), other = three(8);
    QVERIFY(one == again);
    QVERIFY(one != other);
    QVERIFY(one[0] != one[1]);
}

void TestLabOpenai::error_ratio() {
    auto model = quick_model();
    model.error_ratio = 0.5;
    LabFixture f(model);
    int errors = 0;
    for (int i = 0; i < 200; ++i)
        errors += f.chat(false).status == 500;
    QVERIFY2(errors > 65 && errors < 135, std::to_string(errors).c_str()); // 5 sigma
}

void TestLabOpenai::slow_mode() {
    auto model = quick_model();
    model.first_token_ms = stats::Constant{20};
    model.slow_mode = chain::ProviderModel::SlowMode{1, 10};
    LabFixture f(model);
    const auto reply = f.chat(true);
    QVERIFY(reply.first_byte_ms >= 199);
}

void TestLabOpenai::capacity() {
    auto model = quick_model();
    model.first_token_ms = stats::Constant{60'000};
    model.capacity = chain::ProviderModel::Capacity{1, 1, 529};
    LabFixture f(model);
    Watcher w(f);
    const auto& first = w.chat();
    QVERIFY(w.until([&] { return f.load().answering == 1; }));
    model.first_token_ms = stats::Constant{120};
    QCOMPARE(f.serve("aster", model), std::string());
    const auto& second = w.chat();
    QVERIFY(w.until([&] { return f.load().waiting == 1; }));
    const auto& third = w.chat();
    QVERIFY(w.until([&] { return third.done(); }));
    QCOMPARE(third.status, 529);
    QVERIFY(first.heads == 0 && second.heads == 0);
    const auto free = std::chrono::steady_clock::now();
    w.cancel(first);
    QVERIFY(w.until([&] { return second.done(); })); // it waited for the first
    QCOMPARE(second.status, 200);
    QVERIFY(second.ended - free >= 119ms); // its work began only then
    QTRY_COMPARE(f.load().open, std::size_t{0});
    QCOMPARE(f.chat(true).status, 200L); // the places are free again
}

void TestLabOpenai::a_waiting_peer_that_leaves_frees_its_place() {
    auto model = quick_model();
    model.capacity = chain::ProviderModel::Capacity{1, 1, 503};
    model.first_token_ms = stats::Constant{60'000};
    LabFixture f(model);
    Watcher w(f);
    const auto load_is = [&](std::size_t answering, std::size_t waiting) {
        return w.until([&] {
            const auto load = f.load();
            return load.answering == answering && load.waiting == waiting;
        });
    };
    for (int round = 0; round < 3; ++round) { // one is served, one waits, both leave
        const auto& served = w.chat();
        QVERIFY(load_is(1, 0));
        const auto& waits = w.chat();
        QVERIFY(load_is(1, 1));
        w.cancel(round == 1 ? served : waits);
        QVERIFY(load_is(1, 0)); // the one that waited has the place, or nobody waits any more
        w.cancel(round == 1 ? waits : served);
        QVERIFY(load_is(0, 0));
        QVERIFY(served.heads == 0 && waits.heads == 0);
    }
}

void TestLabOpenai::reshaping_and_other_dialects() {
    LabFixture f;
    const std::string before = f.base();
    auto model = quick_model();
    model.output_tokens = stats::Constant{8};
    QCOMPARE(f.serve("aster", model), std::string());
    QCOMPARE(f.base(), before);
    QCOMPARE(read_stream(f.chat(true).body).deltas, std::int64_t{8});
    const auto why = f.on([&](live::Lab& lab) {
        return lab.serve("gem", chain::Dialect::gemini, chain::ProviderModel{});
    });
    QVERIFY(!why);
    QVERIFY(f.base("gem").ends_with("/v1beta"));
    const auto taken = f.on([&, port = f.port()](live::Lab& lab) {
        return lab.serve("birch", chain::Dialect::openai, chain::ProviderModel{}, port);
    });
    QVERIFY(taken && taken->find("is taken") != std::string::npos);
    for (const char* id : {"aster", "gem"})
        f.on([&](live::Lab& lab) { lab.stop(id); });
    QCOMPARE(f.base(), std::string());
    QVERIFY(f.on([](live::Lab& lab) { return lab.providers(); }).empty());
}

void TestLabOpenai::two_hundred_streams() {
    auto model = quick_model();
    model.first_token_ms = stats::Uniform{5, 50};
    model.token_ms = stats::Uniform{0, 4};
    model.output_tokens = stats::Constant{50};
    LabFixture f(model);
    boost::asio::io_context loop;
    net::HttpClient client(loop);
    std::vector<std::unique_ptr<NotingHandler>> handlers;
    for (int i = 0; i < 200; ++i) {
        handlers.push_back(std::make_unique<NotingHandler>());
        net::Request request;
        request.url = f.base() + "/chat/completions";
        request.body = LabFixture::body(true);
        client.start(request, *handlers.back());
    }
    QVERIFY(run_until(loop, [&] { return client.running() == 0; }));
    for (const auto& handler : handlers) {
        QVERIFY(handler->end == net::End::complete);
        const auto seen = read_stream(handler->body);
        QVERIFY(seen.done && seen.deltas == 50);
    }
}

QTEST_GUILESS_MAIN(TestLabOpenai)
#include "test_lab_openai.moc"
