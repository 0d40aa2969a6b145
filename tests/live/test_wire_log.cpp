// What went over the wire, kept for one request: attempt by attempt, bounded, without keys.
#include "live/wire_log.h"
#include "support/http_raw_server.h"
#include "support/live_world.h"

using namespace brownout;
using namespace brownout::test;
using live::KeyMask;
using live::WireLog;

namespace {

constexpr const char* canary = "sk-canary-7f3b9e1d5c8a2460/+\"x";

KeyMask mask(std::initializer_list<std::pair<const char*, const char*>> keys) {
    KeyMask out;
    for (const auto& [variable, value] : keys)
        out.hide(variable, Secret{value});
    return out;
}

std::string in_pieces(const KeyMask& m, std::string_view text, std::size_t split) {
    KeyMask::Stream stream(m);
    std::string out = stream.take(text.substr(0, split));
    if (out.find("canary") != out.npos) // not even its beginning
        return "leaked: " + out;
    out += stream.take(text.substr(split));
    return out + stream.rest();
}

} // namespace

class TestWireLog : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_key_is_a_variable_however_it_is_spelled_and_split() {
        const KeyMask m = mask({{"KEY", canary}, {"LONGER", "sk-canary-7f3b9e1d5c8a2460/+\"xyz"}});
        const std::string spellings[] = {canary,
                                         "sk-canary-7f3b9e1d5c8a2460/+\\\"x", // in JSON
                                         "sk-canary-7f3b9e1d5c8a2460%2F%2B%22x"};
        for (const std::string& spelling : spellings) {
            const std::string text =
                "{\"error\": \"bad key " + spelling + ". Again: " + spelling + " .\"}";
            for (std::size_t split = 0; split <= text.size(); ++split)
                QCOMPARE(in_pieces(m, text, split),
                         std::string{"{\"error\": \"bad key $KEY. Again: $KEY .\"}"});
        }
        QCOMPARE(m.text("sk-canary-7f3b9e1d5c8a2460/+\"xyz"), std::string{"$LONGER"});
        // In base64, as Basic authentication writes it.
        QCOMPARE(m.text("Basic c2stY2FuYXJ5LTdmM2I5ZTFkNWM4YTI0NjAvKyJ4."),
                 std::string{"Basic $KEY."});
        // Broken off within the key: most of it is as good as all of it.
        QCOMPARE(m.text("key sk-canary-7f3b9e1d"), std::string{"key \xE2\x80\xA6"});
        QCOMPARE(m.text("a task-sk"), std::string{"a task-sk"});
    }

    void credentials_in_headers_are_never_shown_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QByteArray>("shown");
        QTest::newRow("bearer") << QByteArray("Authorization") << QByteArray("Bearer ") + canary
                                << QByteArray("Bearer $KEY");
        QTest::newRow("short key")
            << QByteArray("x-api-key") << QByteArray("abc") << QByteArray("$SHORT");
        QTest::newRow("a short key in a word stays")
            << QByteArray("X-Alphabet") << QByteArray("abcd") << QByteArray("abcd");
        QTest::newRow("unknown password")
            << QByteArray("authorization") << QByteArray("Basic dXNlcjpwYXNz")
            << QByteArray("(not shown)");
        QTest::newRow("cookie") << QByteArray("Set-Cookie") << QByteArray("session=1")
                                << QByteArray("(not shown)");
        QTest::newRow("limits") << QByteArray("x-ratelimit-remaining-tokens") << QByteArray("9")
                                << QByteArray("9");
    }
    void credentials_in_headers_are_never_shown() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, shown);
        const KeyMask m = mask({{"KEY", canary}, {"SHORT", "abc"}});
        QCOMPARE(QByteArray::fromStdString(m.header(name.toStdString(), value.toStdString())),
                 shown);
    }

    void a_password_in_an_address_is_not_shown() {
        const KeyMask m = mask({{"KEY", canary}});
        QCOMPARE(m.url("https://me:secret@host/v1?key=sk-canary-7f3b9e1d5c8a2460%2F%2B%22x"),
                 std::string{"https://(not shown)@host/v1?key=$KEY"});
        QCOMPARE(m.url("https://host/a@b"), std::string{"https://host/a@b"});
    }

    void it_is_bounded() {
        Instant now{};
        WireLog log([&] { return now; });
        log.hide("KEY", Secret{canary});
        net::Request request;
        request.url = "http://h/";
        request.body = std::string(3 * WireLog::kept_body_bytes, 'q') + canary;
        const auto first = log.begin({}, request);
        log.head(first, 200, {{"A", std::string(2 * WireLog::kept_header_bytes, 'h')}});
        for (int i = 0; i < 100; ++i)
            log.bytes(first, std::string(10'000, 'r'));
        log.end(first, "complete");
        log.end(first, "again");
        auto view = log.view();
        QCOMPARE(view.size(), std::size_t{1});
        QCOMPARE(view[0]->request.body.size(), WireLog::kept_body_bytes);
        QCOMPARE(view[0]->request_bytes, request.body.size());
        QCOMPARE(view[0]->reply.size(), WireLog::kept_body_bytes);
        QCOMPARE(view[0]->reply_bytes, std::size_t{1'000'000});
        QCOMPARE(view[0]->reply_headers.size(), std::size_t{1});
        QCOMPARE(view[0]->end, std::string{"complete"});
        for (std::size_t i = 0; i < 2 * WireLog::most_exchanges; ++i) {
            now += std::chrono::seconds{1};
            log.begin({}, request);
        }
        const auto grown = log.view();
        QCOMPARE(grown.size(), WireLog::most_exchanges);
        QCOMPARE(grown[0], view[0]); // what did not change is shared, and the first ones stay
        QCOMPARE(log.left_out(), WireLog::most_exchanges + 1);
        QCOMPARE(grown.back()->started, now);
    }

    void every_attempt_is_there_as_it_went_and_no_key_is() {
        const auto saying = [](const std::string& reply) {
            return [reply](RawPeer& peer, int) {
                if (!peer.read_request().empty())
                    peer.send(reply);
                peer.close();
            };
        };
        RawServer bad(saying("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
                             "Set-Cookie: a=b\r\nConnection: close\r\n\r\n"
                             "{\"error\":{\"message\":\"Incorrect API key provided: "
                             "sk-canary-7f3b9e1d5c8a2460\"}}"));
        RawServer good(saying("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                              "Connection: close\r\n\r\n"
                              "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                              "\"content\":\"42\"},\"finish_reason\":\"stop\"}]}"));
        auto json = chain_json({bad.url("/v1"), good.url("/v1")});
        json["providers"][0]["key"] = "env:FIRST_KEY";
        json["providers"][1]["key"] = "keychain:second";
        const char* const key = "sk-canary-7f3b9e1d5c8a2460";
        const chain::Document document = read(json);
        LiveWorld world(document, {{document.providers[0].keys[0], Secret{key}},
                                   {document.providers[1].keys[0], Secret{"sk-canary-second"}}});
        auto log = std::make_shared<WireLog>([&] { return world.clock.now(); });
        Asked asked;
        wire::ChatRequest request;
        request.messages.push_back({wire::Role::user, "What is the answer?"});
        live::CallOptions options;
        options.wire = log;
        world.driver->start(std::move(request), std::move(options), asked);
        QVERIFY(world.wait(asked));
        const auto seen = log->view();
        QCOMPARE(seen.size(), std::size_t{2});
        QCOMPARE(seen[0]->target, std::string{"p1/m1"});
        QCOMPARE(seen[0]->status, 401);
        QCOMPARE(seen[0]->key_variable, std::string{"FIRST_KEY"});
        QVERIFY(seen[0]->reply.find("provided: $FIRST_KEY") != std::string::npos);
        QCOMPARE(seen[1]->status, 200);
        QCOMPARE(seen[1]->attempt, 2);
        QCOMPARE(seen[1]->key_variable, std::string{"P2_API_KEY"});
        QCOMPARE(seen[1]->end, std::string{"complete"});
        QVERIFY(chain::Json::parse(seen[1]->reply).contains("choices"));
        QVERIFY(chain::Json::parse(seen[1]->request.body)["messages"].size() == 1);
        std::string all;
        for (const auto& e : seen) {
            all += e->request.url + e->request.body + e->reply;
            for (const auto* headers : {&e->request.headers, &e->reply_headers})
                for (const auto& [name, value] : *headers)
                    all += name + ": " + value + "\n";
        }
        QVERIFY2(all.find("canary") == std::string::npos, all.c_str());
        QVERIFY(all.find("Authorization: Bearer $FIRST_KEY") != std::string::npos);
        QVERIFY(all.find("a=b") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestWireLog)
#include "test_wire_log.moc"
