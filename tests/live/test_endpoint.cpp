// The local endpoint as a client sees it: a worker with simulated providers behind real sockets.
#include "support/endpoint.h"
#include "support/plain_provider.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

// The text of an OpenAI stream, and what ended it.
struct Streamed {
    std::string text, finish, error;
    bool done = false;
};
Streamed streamed(const std::string& bytes) {
    Streamed out;
    for (std::size_t at = 0; (at = bytes.find("data: ", at)) != std::string::npos;) {
        at += 6;
        const std::string data = bytes.substr(at, bytes.find('\n', at) - at);
        if (data == "[DONE]") {
            out.done = true;
            continue;
        }
        const auto json = chain::Json::parse(data);
        if (json.contains("error")) {
            out.error = json["error"]["message"];
            continue;
        }
        for (const auto& choice : json.value("choices", chain::Json::array())) {
            if (choice["delta"].contains("content"))
                out.text += choice["delta"]["content"].get<std::string>();
            if (choice["finish_reason"].is_string())
                out.finish = choice["finish_reason"];
        }
    }
    return out;
}

} // namespace

class TestEndpoint : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void who_serves_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("provider"); // empty: refused
        QTest::newRow("nothing") << ""
                                 << "aster";
        QTest::newRow("auto") << "auto"
                              << "aster";
        QTest::newRow("chain") << "default"
                               << "aster";
        QTest::newRow("another chain") << "back"
                                       << "cedar";
        QTest::newRow("task") << "simple"
                              << "cedar";
        QTest::newRow("a target's model") << "m2"
                                          << "birch";
        QTest::newRow("a target's name") << "cedar/m3"
                                         << "cedar";
        QTest::newRow("unknown") << "gpt-99"
                                 << "";
    }
    void who_serves() {
        QFETCH(QString, model);
        QFETCH(QString, provider);
        auto json = three();
        json["unknown_model"] = "error";
        json["chains"].push_back(
            {{"id", "back"},
             {"task", "simple"},
             {"targets", chain::Json::array({json["chains"][0]["targets"][2]})}});
        Serving s(json);
        const auto reply = s.chat({{"model", model.toStdString()}});
        if (provider.isEmpty()) {
            QCOMPARE(reply.status, 404L);
            const auto error = chain::Json::parse(reply.body)["error"];
            QVERIFY(error["code"] == "model_not_found");
            QVERIFY(error["message"].get<std::string>().find("back") != std::string::npos);
            return;
        }
        QCOMPARE(reply.status, 200L);
        QCOMPARE(reply.header("x-provider"), provider.toStdString());
        QCOMPARE(reply.header("x-brownout-attempts"), std::string{"1"});
        QVERIFY(reply.header("x-brownout-request-id").starts_with("r-"));
        const auto body = chain::Json::parse(reply.body);
        QVERIFY(body["model"] == reply.header("x-brownout-model"));
        QVERIFY(std::stod(reply.header("x-brownout-cost-usd")) > 0);
        QVERIFY(!body["choices"][0]["message"]["content"].get<std::string>().empty());
    }

    void every_shape_over_every_dialect_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<bool>("stream");
        QTest::addColumn<QString>("model");
        for (const char* path : {"/v1/chat/completions", "/v1/messages"})
            for (const bool stream : {false, true})
                for (const char* model : {"m1", "m2", "m3"})
                    QTest::addRow("%s %s %s", path, stream ? "stream" : "whole", model)
                        << path << stream << model;
    }
    void every_shape_over_every_dialect() {
        QFETCH(QString, path);
        QFETCH(bool, stream);
        QFETCH(QString, model);
        Serving s(three());
        const auto reply = s.client.send(
            s.url + path.toStdString(),
            hi({{"max_tokens", 9}, {"model", model.toStdString()}, {"stream", stream}}));
        QCOMPARE(reply.status, 200L);
        const bool openai = path.contains("chat");
        if (stream && openai) {
            const Streamed got = streamed(reply.body);
            QVERIFY(got.done && !got.text.empty() && got.error.empty());
        } else if (stream) {
            QVERIFY(reply.body.find("event: message_start\n") != std::string::npos);
            QVERIFY(reply.body.find("text_delta") != std::string::npos);
            QVERIFY(reply.body.ends_with("data: {\"type\":\"message_stop\"}\n\n"));
        } else {
            const auto json = chain::Json::parse(reply.body);
            const auto text =
                openai ? json["choices"][0]["message"]["content"] : json["content"][0]["text"];
            QVERIFY(!text.get<std::string>().empty());
        }
    }

    // Features of the dialect that callers switch on by a header, and nothing else of their
    // headers.
    void names_of_beta_features_go_on() {
        PlainProvider provider(PlainProvider::answers_400, "");
        auto json = chain_json({provider.base_url()});
        json["providers"][0]["dialect"] = "anthropic";
        Serving s(json);
        const auto reply = s.client.send(s.url + "/v1/messages", hi({{"max_tokens", 9}}),
                                         {"anthropic-beta: a-1,b.2, c d", "X-Api-Key: mine"});
        QVERIFY(reply.status >= 400);
        const std::string sent = provider.last_request();
        QVERIFY2(sent.find("anthropic-beta: a-1,b.2\r\n") != std::string::npos, sent.c_str());
        QVERIFY(sent.find("mine") == std::string::npos);
        QVERIFY(reply.header("x-brownout-left-out").starts_with("anthropic-beta: 1 "));
    }

    void failover_before_the_first_token_is_invisible() {
        Serving s(three());
        for (const char* target : {"nobody", "@first", "@9"}) { // blamed where the body has it
            const auto refused =
                s.fault(R"({"kind":"hang","target":")" + std::string{target} + R"("})");
            QVERIFY2(refused.find("body#/target: ") != std::string::npos, refused.c_str());
        }
        QVERIFY(s.fault(R"({"target":"aster","kind":"http_error","status":503})").find("id") !=
                std::string::npos);
        for (const bool stream : {false, true}) {
            const auto reply = s.chat({{"stream", stream}});
            QCOMPARE(reply.status, 200L);
            QCOMPARE(reply.header("x-provider"), std::string{"birch"});
            QCOMPARE(reply.header("x-brownout-attempts"), std::string{"2"});
        }
    }

    // Whoever did not ask for restarts never gets a token twice: the whole answer or an error.
    void a_stream_that_breaks_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<bool>("asks");
        QTest::newRow("restart, as any client") << "restart" << false;
        QTest::newRow("restart, asked for") << "restart" << true;
        QTest::newRow("partial") << "partial" << false;
        QTest::newRow("error") << "error" << false;
    }
    void a_stream_that_breaks() {
        QFETCH(QString, policy);
        QFETCH(bool, asks);
        Serving s(three(1, chain::Json{{"on_broken_stream", policy.toStdString()}}.dump()));
        s.fault(R"({"target":"aster","kind":"stream_cut","after_tokens":4})");
        const auto reply = s.chat({{"max_tokens", 40}, {"stream", true}},
                                  asks ? std::vector<std::string>{"X-Brownout-Restart: 1"}
                                       : std::vector<std::string>{});
        QCOMPARE(reply.status, 200L);
        const Streamed got =
            streamed(asks ? reply.body.substr(reply.body.find("event: restart")) : reply.body);
        if (asks) {
            QVERIFY(reply.body.find("birch/m2") != std::string::npos);
            QVERIFY(got.done && got.error.empty());
        } else if (policy.contains("partial")) {
            QVERIFY(got.done && got.error.empty());
            QCOMPARE(got.finish, std::string{"length"});
        } else {
            QVERIFY(!got.done);
            QVERIFY(!got.error.empty());
        }
        QVERIFY(!got.text.empty());
    }

    void errors_in_the_callers_words_data() {
        QTest::addColumn<QString>("fault");
        QTest::addColumn<long>("status");
        QTest::addColumn<QString>("code");
        QTest::addColumn<bool>("again"); // clients may send it again
        QTest::newRow("overloaded") << R"({"target":"*","kind":"http_error","status":503})" << 503L
                                    << "all_targets_failed" << true;
        QTest::newRow("rate limited")
            << R"({"target":"*","kind":"http_error","status":429,"retry_after_s":7})" << 429L
            << "rate_limited" << true;
        QTest::newRow("bad keys") << R"({"target":"*","kind":"bad_key"})" << 502L
                                  << "no_usable_account" << false;
        QTest::newRow("moderation") << R"({"target":"*","kind":"moderation"})" << 400L
                                    << "content_policy_violation" << false;
        QTest::newRow("silence") << R"({"target":"*","kind":"hang"})" << 504L << "timed_out"
                                 << true;
    }
    void errors_in_the_callers_words() {
        QFETCH(QString, fault);
        QFETCH(long, status);
        QFETCH(QString, code);
        QFETCH(bool, again);
        Serving s(three(0.2, R"({"timeouts":{"first_token_ms":200}})"));
        s.fault(fault.toStdString());
        const auto openai = s.chat();
        QCOMPARE(openai.status, status);
        const auto error = chain::Json::parse(openai.body)["error"];
        QCOMPARE(QString::fromStdString(error["code"]), code);
        QVERIFY(!error["message"].get<std::string>().empty());
        QCOMPARE(openai.header("x-should-retry").empty(), again);
        if (status == 429)
            QVERIFY(std::stoi(openai.header("retry-after")) >= 1);
        const auto anthropic = s.client.send(s.url + "/v1/messages", hi({{"max_tokens", 9}}));
        QVERIFY(anthropic.status >= 400);
        QVERIFY(chain::Json::parse(anthropic.body)["type"] == "error");
    }

    // Nothing was tried and nothing was refused for good: clients may come again, and know when.
    void targets_that_rest_are_no_refusal() {
        Serving s(three());
        s.fault(R"({"target":"*","kind":"http_error","status":429,"retry_after_s":9})");
        QCOMPARE(s.chat().status, 429L);
        const auto reply = s.chat();
        QCOMPARE(reply.status, 503L);
        QVERIFY(chain::Json::parse(reply.body)["error"]["code"] == "no_target_available");
        QVERIFY(reply.header("x-should-retry").empty());
        const int wait = std::stoi(reply.header("retry-after"));
        QVERIFY(wait >= 1 && wait <= 9);
    }

    void pictures() {
        auto json = three();
        json["chains"][0]["targets"] = chain::Json::array(
            {{{"provider", "aster"}, {"model", "gpt-image-1"}, {"price", {{"image_usd", 0.04}}}}});
        Serving s(json);
        const auto reply = s.client.send(s.url + "/v1/images/generations",
                                         R"({"prompt":"a cat","size":"1024x1024"})");
        QCOMPARE(reply.status, 200L);
        const auto data = chain::Json::parse(reply.body)["data"];
        QCOMPARE(data.size(), 1u);
        QVERIFY(data[0]["b64_json"].get<std::string>().starts_with("iVBORw0KGgo"));
    }

    void strangers_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QStringList>("headers");
        QTest::addColumn<long>("status");
        const QString authorized = QString::fromStdString("Authorization: Bearer " + token);
        QTest::newRow("a friend") << "/v1/models" << QStringList{} << 200L;
        QTest::newRow("a model") << "/v1/models/m1" << QStringList{} << 200L;
        QTest::newRow("a target") << "/v1/models/birch/m2" << QStringList{} << 200L;
        QTest::newRow("a target, encoded") << "/v1/models/birch%2Fm2" << QStringList{} << 200L;
        QTest::newRow("no model") << "/v1/models/birch%2Fm9" << QStringList{} << 404L;
        QTest::newRow("by name") << "/v1/models" << QStringList{"Host: localhost:1"} << 200L;
        QTest::newRow("v6") << "/v1/models" << QStringList{"Host: [::1]:1"} << 200L;
        QTest::newRow("a name that points here")
            << "/v1/models" << QStringList{"Host: rebound.example"} << 403L;
        QTest::newRow("a name that looks like loopback")
            << "/v1/models" << QStringList{"Host: 127.0.0.1.evil.example"} << 403L;
        QTest::newRow("a page") << "/v1/models" << QStringList{"Origin: https://evil.example"}
                                << 403L;
        QTest::newRow("a page of nobody") << "/v1/models" << QStringList{"Origin: null"} << 403L;
        QTest::newRow("a page that looks like loopback")
            << "/v1/models" << QStringList{"Origin: http://localhost.evil.example"} << 403L;
        QTest::newRow("a page of this machine")
            << "/v1/models" << QStringList{"Origin: http://localhost:3000"} << 200L;
        QTest::newRow("a page of this machine, and another")
            << "/v1/models"
            << QStringList{"Origin: http://localhost:3000", "Origin: https://evil.example"} << 400L;
        QTest::newRow("health") << "/healthz" << QStringList{} << 200L;
        QTest::newRow("figures") << "/metrics" << QStringList{} << 200L;
        QTest::newRow("faults, no token") << "/faults" << QStringList{} << 401L;
        QTest::newRow("faults, half a token")
            << "/faults" << QStringList{authorized.chopped(1)} << 401L;
        QTest::newRow("faults") << "/faults" << QStringList{authorized} << 200L;
        QTest::newRow("faults, from a page of this machine")
            << "/faults" << QStringList{authorized, "Origin: http://localhost:3000"} << 403L;
        QTest::newRow("events, no token") << "/events" << QStringList{} << 401L;
        QTest::newRow("nowhere") << "/v2/chat" << QStringList{} << 404L;
        QTest::newRow("wrong method") << "/v1/messages" << QStringList{} << 405L;
    }
    void strangers() {
        QFETCH(QString, path);
        QFETCH(QStringList, headers);
        QFETCH(long, status);
        static Serving s(three());
        std::vector<std::string> sent;
        for (const QString& header : headers)
            sent.push_back(header.toStdString());
        const auto reply = s.client.send(s.url + path.toStdString(), {}, sent);
        QCOMPARE(reply.status, status);
        QVERIFY(reply.body.find(token) == std::string::npos);
        if (headers.join(' ').contains("localhost:3000") && status == 200)
            QCOMPARE(reply.header("access-control-allow-origin"),
                     std::string{"http://localhost:3000"});
    }

    void figures() {
        Serving s(three());
        s.chat();
        s.fault(R"({"target":"aster","kind":"http_error","status":503})");
        s.chat();
        const std::string text = s.client.send(s.url + "/metrics").body;
        for (const char* line :
             {R"(brownout_requests_total{chain="default",result="success"} 2)",
              R"(brownout_attempts_total{chain="default",target="aster/m1",class="success"} 1)",
              R"(brownout_attempts_total{chain="default",target="birch/m2",class="success"} 1)",
              R"(brownout_failovers_total{from="aster/m1",to="birch/m2"} 1)",
              R"(brownout_breaker_state{target="cedar/m3"} 0)",
              R"(brownout_attempt_duration_seconds_count{target="birch/m2"} 1)"})
            QVERIFY2(text.find(std::string{line} + "\n") != std::string::npos, text.c_str());
        QVERIFY(text.find(R"(brownout_spend_usd_total{target="aster/m1",use="useful"})") !=
                std::string::npos);
    }

    void events_as_they_come() {
        Serving s(three());
        const auto heard = raw_exchange(s.port,
                                        "GET /events HTTP/1.1\r\nHost: localhost\r\n"
                                        "Authorization: Bearer " +
                                            token + "\r\n\r\n",
                                        20s, [&] {
                                            s.chat(); // by its end the listener is heard
                                            s.chat();
                                            s.worker.post(live::StopEndpoint{});
                                        });
        QVERIFY(heard.end_of_file);
        for (const char* event : {"request_started", "attempt_finished", "request_finished"})
            QVERIFY2(heard.bytes.find(std::string{"event: "} + event + "\n") != std::string::npos,
                     heard.bytes.c_str());
        QVERIFY(heard.bytes.find("content") == std::string::npos);
    }

    void a_caller_that_leaves_cancels() {
        const QTemporaryDir dir;
        const std::string log = dir.filePath("events.jsonl").toStdString();
        {
            Serving s(three(50), log);
            const std::string body = hi({{"stream", true}, {"max_tokens", 400}});
            raw_exchange(s.port,
                         "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body,
                         400ms);
            const auto p = wait_for(s.worker, [](const auto& v) {
                return v.endpoint.running == 0 && v.totals.caller_fault == 1;
            });
            QCOMPARE(p->totals.caller_fault, 1u);
        }
        std::ifstream file(log);
        std::string result, all;
        for (std::string line; std::getline(file, line); all += line) {
            const auto e = chain::Json::parse(line);
            if (e["event"] == "request_finished")
                result = e["result"];
        }
        QCOMPARE(result, std::string{"cancelled"});
        QVERIFY(all.find("caller_left") != std::string::npos ||
                all.find("cancelled") != std::string::npos);
    }

    void a_changed_document_serves_the_next_request() {
        Serving s(three(20));
        auto other = three();
        std::swap(other["chains"][0]["targets"][0], other["chains"][0]["targets"][2]);
        PlainReply slow;
        std::jthread running([&] {
            PlainClient client;
            slow = client.send(s.url + "/v1/chat/completions",
                               hi({{"stream", true}, {"max_tokens", 40}}));
        });
        wait_for(s.worker, [](const auto& p) { return p.endpoint.streams == 1; });
        s.worker.post(live::LoadDocument{read(other), {}, 2, "sha"});
        wait_for(s.worker, [](const auto& p) { return p.document_revision == 2; });
        QCOMPARE(s.chat().header("x-provider"), std::string{"cedar"});
        running.join();
        QCOMPARE(slow.header("x-provider"), std::string{"aster"});
        QVERIFY(streamed(slow.body).done);
    }

    void stopping_lets_running_requests_end() {
        Serving s(three(20));
        PlainReply slow;
        std::jthread running([&] {
            PlainClient client;
            slow = client.send(s.url + "/v1/chat/completions",
                               hi({{"stream", true}, {"max_tokens", 30}}));
        });
        wait_for(s.worker, [](const auto& p) { return p.endpoint.streams == 1; });
        s.worker.post(live::StopEndpoint{});
        const auto off = wait_for(s.worker, [](const auto& p) { return !p.endpoint.listening; });
        QVERIFY(!off->endpoint.listening);
        PlainClient late;
        QCOMPARE(late.send(s.url + "/healthz").status, 0L);
        running.join();
        QVERIFY(streamed(slow.body).done);
        const auto quiet = wait_for(s.worker, [](const auto& p) { return !p.endpoint.draining; });
        QVERIFY(!quiet->endpoint.draining);
    }

    void a_taken_port_is_told() {
        Serving s(three());
        live::Worker other;
        other.post(live::LoadDocument{read(three()), {}, 1, "sha"});
        other.post(live::ServeEndpoint{{"127.0.0.1", s.port, token}});
        const auto p = wait_for(other, [](const auto& v) { return !v.endpoint.error.empty(); });
        QVERIFY(p->endpoint.error.find(std::to_string(s.port)) != std::string::npos);
        QVERIFY(!p->endpoint.listening);
    }
};

QTEST_GUILESS_MAIN(TestEndpoint)
#include "test_endpoint.moc"
