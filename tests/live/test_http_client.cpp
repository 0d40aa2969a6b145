// The HTTP client against a server that sends exactly the bytes each case wants.
#include "support/http_loop.h"
#include "support/http_raw_server.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using net::End;
using namespace std::chrono_literals;

namespace {

net::Request get(const RawServer& server, const std::string& path = "/") {
    net::Request request;
    request.method = "GET";
    request.url = server.url(path);
    return request;
}

net::Request post(const RawServer& server, std::string body) {
    net::Request request;
    request.url = server.url();
    request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
    request.body = std::move(body);
    return request;
}

struct Fixture {
    boost::asio::io_context loop;
    net::HttpClient client{loop};
    bool wait(const NotingHandler& handler) {
        return run_until(loop, [&] { return handler.done(); });
    }
};

} // namespace

class TestHttpClient : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_reply_split_at_every_byte();
    void what_is_sent();
    void nothing_happens_inside_start();
    void ends_data();
    void ends();
    void a_connection_is_reused();
    void a_reused_connection_that_dies_is_not_resent();
    void a_dead_idle_connection_is_replaced();
    void refused_and_unresolved();
    void limits();
    void bad_requests_data();
    void bad_requests();
    void informational_replies_and_trailers();
    void details_hold_no_secret();
    void the_environment_names_no_proxy();
};

void TestHttpClient::a_reply_split_at_every_byte() {
    const std::string reply =
        "HTTP/1.1 201 Created\r\nX-One: 1\r\nx-two:  2 \r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    RawServer server{[&](RawPeer& peer, int) {
        for (std::size_t cut = 1; cut < reply.size() && !peer.read_request().empty(); ++cut) {
            peer.send(reply.substr(0, cut));
            std::this_thread::sleep_for(1ms);
            peer.send(reply.substr(cut));
        }
    }};
    Fixture f;
    for (std::size_t cut = 1; cut < reply.size(); ++cut) {
        NotingHandler handler;
        f.client.start(get(server), handler);
        QVERIFY(f.wait(handler));
        QCOMPARE(handler.body, std::string("hello world"));
        QCOMPARE(handler.status, 201);
        QCOMPARE(handler.order, std::string("chbe"));
        QVERIFY(handler.end == End::complete);
        QCOMPARE(handler.headers.size(), std::size_t{3});
        QCOMPARE(handler.headers[0], (std::pair<std::string, std::string>("X-One", "1")));
        QCOMPARE(handler.headers[1], (std::pair<std::string, std::string>("x-two", "2")));
    }
    QCOMPARE(server.connections(), 1);
}

void TestHttpClient::what_is_sent() {
    std::string seen;
    RawServer server{[&](RawPeer& peer, int) {
        seen = peer.read_request();
        peer.send(ok_reply("x"));
    }};
    Fixture f;
    NotingHandler handler;
    f.client.start(post(server, std::string(2'000'000, 'b')), handler);
    QVERIFY(f.wait(handler));
    const std::string head = seen.substr(0, seen.find("\r\n\r\n"));
    QVERIFY(seen.starts_with("POST / HTTP/1.1\r\n"));
    QVERIFY(head.find("Expect") == std::string::npos);
    QVERIFY(head.find("Accept-Encoding") == std::string::npos);
    QVERIFY(head.find("Content-Type: application/json\r\n") != std::string::npos);
    QVERIFY(head.find("Content-Length: 2000000") != std::string::npos);
    QVERIFY(head.find("\r\nX-Empty:") != std::string::npos);
    QCOMPARE(seen.size(), head.size() + 4 + 2'000'000);
}

void TestHttpClient::nothing_happens_inside_start() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send(ok_reply("x"));
    }};
    Fixture f;
    NotingHandler good, bad;
    net::Request broken = get(server);
    broken.headers = {{"X", "a\r\nInjected: yes"}};
    f.client.start(get(server), good);
    f.client.start(broken, bad);
    QCOMPARE(good.order + bad.order, std::string());
    QCOMPARE(f.client.running(), std::size_t{2});
    QVERIFY(f.wait(good) && f.wait(bad));
    QVERIFY(bad.end == End::bad_http);
    QVERIFY(!bad.request_sent);
    QCOMPARE(f.client.running(), std::size_t{0});
}

void TestHttpClient::ends_data() {
    QTest::addColumn<QString>("bytes");
    QTest::addColumn<bool>("rst");
    QTest::addColumn<int>("end");
    QTest::addColumn<QString>("body");
    const auto row = [](const char* name, const char* bytes, bool rst, End end, const char* body) {
        QTest::newRow(name) << bytes << rst << static_cast<int>(end) << body;
    };
    row("FIN at once", "", false, End::reset_before_headers, "");
    row("RST at once", "", true, End::reset_before_headers, "");
    row("FIN in the status line", "HTTP/1.1 2", false, End::reset_before_headers, "");
    row("FIN in the headers", "HTTP/1.1 200 OK\r\nA: b\r\n", false, End::reset_before_headers, "");
    row("RST in the headers", "HTTP/1.1 200 OK\r\nA: b\r\n", true, End::reset_before_headers, "");
    row("FIN in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", false,
        End::reset_after_headers, "half");
    row("RST in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true,
        End::reset_after_headers, "half");
    row("FIN before the last chunk",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false,
        End::reset_after_headers, "half");
    row("FIN is the end", "HTTP/1.0 200 OK\r\n\r\nall", false, End::complete, "all");
    row("no body", "HTTP/1.1 204 No Content\r\n\r\n", false, End::complete, "");
    row("redirects are not followed",
        "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", false, End::complete,
        "");
    row("not HTTP", "220 ready for mail\r\n", false, End::bad_http, "");
    row("chunk without a size",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n", false, End::bad_http,
        "");
}

void TestHttpClient::ends() {
    QFETCH(QString, bytes);
    QFETCH(bool, rst);
    QFETCH(int, end);
    QFETCH(QString, body);
    std::atomic<bool> body_seen{body.isEmpty()};
    RawServer server{[&](RawPeer& peer, int) {
        peer.read_request();
        peer.send(bytes.toStdString());
        // An RST may throw away what the client has not read yet.
        for (int i = 0; i < 1000 && !body_seen; ++i)
            std::this_thread::sleep_for(10ms);
        std::this_thread::sleep_for(20ms);
        rst ? peer.reset() : peer.close();
        peer.client_ended(500);
    }};
    Fixture f;
    NotingHandler handler;
    handler.then = [&](char) { body_seen = handler.body == body.toStdString() || handler.done(); };
    f.client.start(post(server, "{}"), handler);
    QVERIFY(f.wait(handler));
    QCOMPARE(static_cast<int>(handler.end), end);
    QCOMPARE(QString::fromStdString(handler.body), body);
    QVERIFY(handler.request_sent);
    QCOMPARE(handler.connected, 1);
    QCOMPARE(handler.detail.empty(), handler.end == End::complete);
    QCOMPARE(server.connections(), 1);
}

void TestHttpClient::a_connection_is_reused() {
    RawServer server{[](RawPeer& peer, int) {
        while (!peer.read_request().empty())
            peer.send(ok_reply("x"));
    }};
    Fixture f;
    for (int i = 0; i < 20; ++i) {
        NotingHandler handler;
        f.client.start(get(server), handler);
        QVERIFY(f.wait(handler));
        QCOMPARE(handler.order, std::string("chbe"));
    }
    QCOMPARE(server.connections(), 1);
}

void TestHttpClient::a_reused_connection_that_dies_is_not_resent() {
    std::atomic<int> requests{0};
    RawServer server{[&](RawPeer& peer, int) {
        while (!peer.read_request().empty()) {
            if (++requests == 2)
                return; // the request was read; no reply
            peer.send(ok_reply("x"));
        }
    }};
    Fixture f;
    NotingHandler first, second, third;
    f.client.start(post(server, "{}"), first);
    QVERIFY(f.wait(first));
    f.client.start(post(server, "{}"), second);
    QVERIFY(f.wait(second));
    QVERIFY(second.end == End::resend_refused);
    QVERIFY(second.request_sent);
    QCOMPARE(second.order, std::string("ce"));
    QCOMPARE(requests.load(), 2);
    f.client.start(post(server, "{}"), third);
    QVERIFY(f.wait(third));
    QVERIFY(third.end == End::complete);
}

void TestHttpClient::a_dead_idle_connection_is_replaced() {
    RawServer server{[&](RawPeer& peer, int connection) {
        while (!peer.read_request().empty()) {
            peer.send(ok_reply("x"));
            if (connection == 0)
                return; // ends while idle
        }
    }};
    Fixture f;
    NotingHandler first, second;
    f.client.start(post(server, "{}"), first);
    QVERIFY(f.wait(first));
    QVERIFY(run_until(f.loop, [&] { return server.ended() == 1; }));
    f.client.start(post(server, "{}"), second);
    QVERIFY(f.wait(second));
    QVERIFY(second.end == End::complete);
    QCOMPARE(server.connections(), 2);
}

void TestHttpClient::refused_and_unresolved() {
    unsigned short free_port = 0;
    {
        RawServer gone{[](RawPeer&, int) {}};
        free_port = gone.port();
    }
    Fixture f;
    NotingHandler refused, unresolved, no_tls;
    net::Request request;
    request.url = "http://127.0.0.1:" + std::to_string(free_port) + "/";
    f.client.start(request, refused);
    request.url = "http://" + unresolvable_host() + "/";
    f.client.start(request, unresolved);
    RawServer plain{[](RawPeer& peer, int) { peer.send("this is not TLS at all\r\n\r\n"); }};
    request.url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
    f.client.start(request, no_tls);
    QVERIFY(f.wait(refused) && f.wait(unresolved) && f.wait(no_tls));
    QVERIFY(refused.end == End::connect_refused);
    QVERIFY(unresolved.end == End::dns_failure);
    QVERIFY(no_tls.end == End::tls_failure);
    QCOMPARE(refused.order + unresolved.order + no_tls.order, std::string("eee"));
    QVERIFY(!refused.request_sent && !unresolved.request_sent && !no_tls.request_sent);
}

void TestHttpClient::limits() {
    RawServer server{[](RawPeer& peer, int connection) {
        peer.read_request();
        if (connection == 0)
            peer.send(ok_reply(std::string(100'000, 'x')));
        else
            peer.send(ok_reply("x", "Big: " + std::string(60'000, 'h') + "\r\n"));
        peer.client_ended(2000);
    }};
    Fixture f;
    NotingHandler body, head;
    net::Request request = get(server);
    request.max_reply_bytes = 50'000;
    f.client.start(request, body);
    QVERIFY(f.wait(body));
    QVERIFY(body.end == End::too_large);
    QVERIFY(body.body.size() <= 50'000);
    request.max_header_bytes = 50'000;
    f.client.start(request, head);
    QVERIFY(f.wait(head));
    QVERIFY(head.end == End::too_large);
    QCOMPARE(head.heads, 0);
}

void TestHttpClient::bad_requests_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::newRow("line break in a header") << "GET"
                                            << "http://127.0.0.1:9/"
                                            << "A"
                                            << "x\nB: y";
    QTest::newRow("space in a header name") << "GET"
                                            << "http://127.0.0.1:9/"
                                            << "A B"
                                            << "x";
    QTest::newRow("line break in the URL") << "GET"
                                           << "http://127.0.0.1:9/\r\nX"
                                           << "A"
                                           << "x";
    QTest::newRow("method of two words") << "GET /x"
                                         << "http://127.0.0.1:9/"
                                         << "A"
                                         << "x";
    QTest::newRow("another protocol") << "GET"
                                      << "file:///etc/hostname"
                                      << "A"
                                      << "x";
    QTest::newRow("no URL") << "GET"
                            << ""
                            << "A"
                            << "x";
}

void TestHttpClient::bad_requests() {
    QFETCH(QString, method);
    QFETCH(QString, url);
    QFETCH(QString, name);
    QFETCH(QString, value);
    Fixture f;
    NotingHandler handler;
    net::Request request;
    request.method = method.toStdString();
    request.url = url.toStdString();
    request.headers = {{name.toStdString(), value.toStdString()}};
    f.client.start(request, handler);
    QVERIFY(f.wait(handler));
    QVERIFY(handler.end == End::bad_http);
    QCOMPARE(handler.order, std::string("e"));
    QVERIFY(!handler.detail.empty());
}

void TestHttpClient::informational_replies_and_trailers() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\nx\r\n0\r\nTrailer: late\r\n\r\n");
    }};
    Fixture f;
    NotingHandler handler;
    f.client.start(get(server), handler);
    QVERIFY(f.wait(handler));
    QCOMPARE(handler.order, std::string("chbe"));
    QCOMPARE(handler.status, 200);
    QCOMPARE(handler.headers.size(), std::size_t{2});
}

void TestHttpClient::details_hold_no_secret() {
    Fixture f;
    net::Request request;
    request.headers = {{"Authorization", "Bearer canary-4711"}};
    const std::string host = unresolvable_host("canary-4711");
    for (const std::string& url : {"http://" + host + "/", "http://user:canary-4711@" + host + "/",
                                   std::string{"canary-4711://host/?key=canary-4711"}}) {
        request.url = url;
        NotingHandler handler;
        f.client.start(request, handler);
        QVERIFY(f.wait(handler));
        QVERIFY(!handler.detail.empty());
        QVERIFY2(handler.detail.find("canary") == std::string::npos, handler.detail.c_str());
    }
}

void TestHttpClient::the_environment_names_no_proxy() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send(ok_reply("direct"));
    }};
    RawServer proxy{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send(ok_reply("proxied"));
    }};
    qputenv("http_proxy", proxy.url().c_str());
    qputenv("no_proxy", "127.0.0.1");
    Fixture f;
    NotingHandler direct, proxied;
    f.client.start(get(server), direct);
    net::Request request = get(server);
    request.proxy = proxy.url();
    f.client.start(request, proxied);
    const bool both = f.wait(direct) && f.wait(proxied);
    qunsetenv("http_proxy");
    qunsetenv("no_proxy");
    QVERIFY(both);
    QCOMPARE(direct.body, std::string("direct"));
    QCOMPARE(proxied.body, std::string("proxied"));
}

QTEST_GUILESS_MAIN(TestHttpClient)
#include "test_http_client.moc"
