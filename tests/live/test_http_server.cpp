// The HTTP server as plain clients see it: replies, limits, and misbehaviour on purpose.
#include "net/http_server.h"
#include "support/http_loop.h"
#include "support/http_plain.h"

#include <boost/asio/steady_timer.hpp>

#include <QTcpSocket>
#include <QTest>

#include <cerrno>
#include <thread>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using net::ExchangePtr;

namespace {

constexpr int curl_couldnt_connect = 7, curl_partial_file = 18, curl_got_nothing = 52,
              curl_recv_error = 56;

// A server on a loop of its own; what it does with requests is the test's.
struct Served {
    explicit Served(net::HttpServer::Handle handle, net::ServerLimits limits = {}) {
        error = thread.on_loop([&] {
            server = std::make_unique<net::HttpServer>(thread.loop, std::move(handle), limits);
            const auto why = server->listen("127.0.0.1", 0);
            port = server->port();
            return why.value_or("");
        });
    }
    ~Served() {
        thread.on_loop([&] { server.reset(); });
    }
    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port) + path;
    }
    LoopThread thread;
    std::unique_ptr<net::HttpServer> server;
    unsigned short port = 0;
    std::string error;
};

void later(boost::asio::io_context& loop, std::chrono::milliseconds after,
           std::function<void()> what) {
    auto timer = std::make_shared<boost::asio::steady_timer>(loop, after);
    timer->async_wait([timer, what = std::move(what)](auto) { what(); });
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

} // namespace

class TestHttpServer : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void whole_and_chunked_replies();
    void pipelined_and_split_requests();
    void http_1_0();
    void misbehaviour();
    void a_dropped_exchange_resets();
    void the_peer_goes();
    void limits();
    void all_bodies_together_are_bounded();
    void slow_requests_time_out();
    void refuse_and_listen_again();
    void a_taken_port_is_named();
    void accept_filter();
    void a_slow_reader_is_bounded();
    void the_connection_limit_holds_back();
    void at_the_limit_idle_connections_go();
    void destroying_with_replies_pending();
};

void TestHttpServer::whole_and_chunked_replies() {
    Served s{[](ExchangePtr e) {
        if (e->request().target == "/chunks?n=3") {
            e->start(200, {{"Content-Type", "text/event-stream"}});
            for (const char* piece : {"a", "", "bc", "def"})
                e->write(piece);
            return e->finish();
        }
        e->reply(207, {{"X-Method", e->request().method}, {"X-Bad", "a\r\nb"}},
                 e->request().body + std::string{e->request().header("x-ASK")});
    }};
    QCOMPARE(s.error, std::string());
    PlainClient client;
    const auto whole = client.send(s.url(), "body", {"X-Ask: asked"});
    QCOMPARE(whole.curl_code, 0);
    QCOMPARE(whole.status, 207L);
    QCOMPARE(whole.body, std::string("bodyasked"));
    QCOMPARE(whole.header("x-method"), std::string("POST"));
    QCOMPARE(whole.header("x-bad"), std::string("a  b"));
    const auto chunked = client.send(s.url("/chunks?n=3"));
    QCOMPARE(chunked.body, std::string("abcdef"));
    QCOMPARE(chunked.header("transfer-encoding"), std::string("chunked"));
    QCOMPARE(chunked.connects, 0L); // kept alive
    // Longer than a socket takes at once, with "Expect: 100-continue" as libcurl sends it: it would
    // wait for the 100 in vain until its time is over.
    const auto large = client.send(s.url(), std::string(8'000'000, 'x'));
    QCOMPARE(large.body.size(), std::size_t{8'000'000});
    QCOMPARE(large.connects, 0L);
}

void TestHttpServer::pipelined_and_split_requests() {
    Served s{[](ExchangePtr e) { e->reply(200, {}, "[" + e->request().target + "]"); }};
    const auto reply = raw_exchange(s.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                                            "POST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                                            "GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
    QVERIFY(reply.end_of_file);
    QCOMPARE(count(reply.bytes, "HTTP/1.1 200 OK\r\n"), std::size_t{3});
    QVERIFY(reply.bytes.find("[/1]") < reply.bytes.find("[/2]"));
    QVERIFY(reply.bytes.ends_with("[/3]"));
    // Replies that come later keep the order, too.
    Served slow{[&](ExchangePtr e) {
        later(slow.thread.loop, 20ms, [e] { e->reply(200, {}, "[" + e->request().target + "]"); });
    }};
    const auto waited = raw_exchange(
        slow.port, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
    QVERIFY(waited.bytes.find("[/1]") < waited.bytes.find("[/2]"));
    QVERIFY(waited.end_of_file);
}

void TestHttpServer::http_1_0() {
    Served s{[](ExchangePtr e) {
        e->start(200, {});
        e->write("text");
        e->finish();
    }};
    const auto reply = raw_exchange(s.port, "GET / HTTP/1.0\r\n\r\n");
    QVERIFY(reply.end_of_file);
    QVERIFY(reply.bytes.find("chunked") == std::string::npos);
    QVERIFY(reply.bytes.ends_with("\r\n\r\ntext"));
}

void TestHttpServer::misbehaviour() {
    Served s{[](ExchangePtr e) {
        const auto& target = e->request().target;
        if (target == "/fin")
            return e->close();
        if (target == "/rst")
            return e->reset();
        if (target == "/half-head") {
            e->write_raw("HTTP/1.1 200 OK\r\nContent-");
            return e->reset();
        }
        if (target == "/short") {
            e->write_raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
            return e->close();
        }
        e->start(200, {});
        e->write("one");
        target == "/cut-fin" ? e->close() : e->reset();
    }};
    PlainClient c;
    const auto seen = [&](const char* path) { return c.send(s.url(path)); };
    QCOMPARE(seen("/fin").curl_code, curl_got_nothing);
    const auto rst = seen("/rst");
    QCOMPARE(rst.curl_code, curl_recv_error);
    QCOMPARE(rst.os_errno, long{ECONNRESET});
    const auto half = seen("/half-head");
    QCOMPARE(half.curl_code, curl_recv_error);
    QCOMPARE(half.body, std::string());
    const auto cut = seen("/short");
    QCOMPARE(cut.curl_code, curl_partial_file);
    QCOMPARE(cut.body, std::string("half"));
    const auto fin = seen("/cut-fin");
    QCOMPARE(fin.curl_code, curl_partial_file);
    QCOMPARE(fin.body, std::string("one"));
    const auto cut_rst = seen("/cut-rst");
    QCOMPARE(cut_rst.curl_code, curl_recv_error);
    QCOMPARE(cut_rst.os_errno, long{ECONNRESET});
}

void TestHttpServer::a_dropped_exchange_resets() {
    Served s{[](ExchangePtr) {}};
    QCOMPARE(PlainClient{}.send(s.url()).curl_code, curl_recv_error);
}

void TestHttpServer::the_peer_goes() {
    std::atomic<int> gone{0}, calls{0};
    ExchangePtr held;
    Served s{[&](ExchangePtr e) {
        ++calls;
        e->on_gone([&, e = e.get()] { gone += e->gone() ? 1 : 100; });
        held = std::move(e);
    }};
    raw_exchange(s.port, "GET / HTTP/1.1\r\n\r\n", 50ms); // gives up while the reply is pending
    QTRY_COMPARE(gone.load(), 1);
    s.thread.on_loop([&] { // nothing of this does anything any more
        held->start(200, {});
        held->write("x");
        held->finish();
        held.reset();
    });
    // A reply that is finished has nobody to lose.
    Served fine{[&](ExchangePtr e) {
        e->on_gone([&] { gone = 1000; });
        e->reply(200, {}, "x");
    }};
    PlainClient{}.send(fine.url());
    QTest::qWait(30);
    QCOMPARE(gone.load(), 1);
    QCOMPARE(calls.load(), 1);
}

void TestHttpServer::limits() {
    net::ServerLimits limits;
    limits.header_bytes = 4096;
    limits.body_bytes = 10'000;
    Served s{[](ExchangePtr e) { e->reply(200, {}, "fine"); }, limits};
    PlainClient c;
    QCOMPARE(c.send(s.url(), std::string(10'000, 'x')).status, 200L);
    QCOMPARE(c.send(s.url(), std::string(10'001, 'x')).status, 413L);
    QCOMPARE(c.send(s.url(), std::string(1'000'000, 'x'), {"Expect:"}).status, 413L);
    QCOMPARE(c.send(s.url(), {}, {"X: " + std::string(5000, 'h')}).status, 431L);
    QCOMPARE(c.send(s.url(), {}, {"X: " + std::string(2000, 'h')}).status, 200L);
    // A client that reads only when it has sent everything still gets its answer.
    const auto deaf = raw_exchange(s.port, "POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n" +
                                               std::string(4'000'000, 'x'));
    QVERIFY2(deaf.bytes.starts_with("HTTP/1.1 413 "), deaf.bytes.c_str());
    QVERIFY(deaf.sent_all && deaf.end_of_file);
    const auto chunked =
        raw_exchange(s.port, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n" +
                                 std::string(0x2711, 'x') + "\r\n0\r\n\r\n");
    QVERIFY(chunked.bytes.starts_with("HTTP/1.1 413 "));
    QVERIFY(chunked.end_of_file);
    // What belongs to no header and to no body is bounded, too: a chunk's extension, a trailer.
    const std::string chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* start : {"5;", "5;a=\"", "0\r\n", "0\r\nX: ", "5\r\nabcde\r\n0\r\nX: "}) {
        const auto reply = raw_exchange(s.port, chunks + start + std::string(150'000, 'a'));
        QVERIFY2(reply.bytes.starts_with("HTTP/1.1 400 "), reply.bytes.c_str());
        QVERIFY(reply.end_of_file);
        const auto small =
            raw_exchange(s.port, chunks + "5;" + std::string(2000, 'a') + "\r\nabcde\r\n0\r\nX: " +
                                     std::string(2000, 'a') + "\r\n\r\nGET / HTTP/1.0\r\n\r\n");
        QCOMPARE(count(small.bytes, "HTTP/1.1 200 "), std::size_t{2});
    }
    for (const char* bad :
         {"hello\r\n\r\n", "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01\r\n\r\n"}) {
        const auto reply = raw_exchange(s.port, bad);
        QVERIFY2(reply.bytes.starts_with("HTTP/1.1 400 "), reply.bytes.c_str());
        QVERIFY(reply.end_of_file);
    }
}

void TestHttpServer::all_bodies_together_are_bounded() {
    net::ServerLimits limits;
    limits.all_bodies_bytes = 100'000;
    std::atomic<int> held{0};
    std::vector<ExchangePtr> exchanges;
    Served s{[&](ExchangePtr e) {
                 if (e->request().path() != "/hold")
                     return e->reply(200, {}, std::to_string(e->request().body.size()));
                 exchanges.push_back(std::move(e));
                 ++held;
             },
             limits};
    std::thread first([&] { PlainClient{}.send(s.url("/hold"), std::string(60'000, 'x')); });
    QTRY_COMPARE(held.load(), 1);
    // Who tells the length is refused before the body, who does not as soon as it gets too long.
    const std::string head = "POST / HTTP/1.1\r\n", long_one = std::string(0xC350, 'x') + "\r\n";
    for (const std::string& bytes :
         {head + "Content-Length: 50000\r\n\r\n",
          head + "Transfer-Encoding: chunked\r\n\r\nC350\r\n" + long_one + "0\r\n\r\n"}) {
        const auto reply = raw_exchange(s.port, bytes);
        QVERIFY2(reply.bytes.starts_with("HTTP/1.1 503 "), reply.bytes.c_str());
        QVERIFY(reply.bytes.find("\r\nRetry-After: 1\r\n") != std::string::npos);
        QVERIFY(reply.end_of_file);
    }
    PlainClient c;
    QCOMPARE(c.send(s.url(), std::string(30'000, 'x')).body, std::string{"30000"});
    s.thread.on_loop([&] {
        for (const ExchangePtr& e : exchanges)
            e->reply(200, {}, "");
        exchanges.clear();
    });
    first.join();
    for (int i = 0; i < 3; ++i) // what was answered takes no room
        QCOMPARE(c.send(s.url(), std::string(99'000, 'x')).body, std::string{"99000"});
}

void TestHttpServer::slow_requests_time_out() {
    net::ServerLimits limits;
    limits.header_timeout = 100ms;
    limits.idle_timeout = 150ms;
    Served s{[](ExchangePtr e) { e->reply(200, {}, "x"); }, limits};
    const auto half = raw_exchange(s.port, "GET / HTTP/1.1\r\nHost:");
    QVERIFY2(half.bytes.starts_with("HTTP/1.1 408 "), half.bytes.c_str());
    QVERIFY(half.end_of_file && half.ms >= 95);
    const auto nothing = raw_exchange(s.port, "");
    QVERIFY(nothing.end_of_file && nothing.bytes.empty() && nothing.ms >= 145);
    const auto idle = raw_exchange(s.port, "GET / HTTP/1.1\r\n\r\n");
    QVERIFY(idle.end_of_file && idle.bytes.ends_with("\r\n\r\nx") && idle.ms >= 145);
}

void TestHttpServer::refuse_and_listen_again() {
    ExchangePtr held;
    std::atomic<bool> asked{false};
    Served s{[&](ExchangePtr e) {
        if (e->request().target != "/slow")
            return e->reply(200, {}, "fast");
        held = std::move(e);
        asked = true;
    }};
    PlainClient idle;
    QCOMPARE(idle.send(s.url()).body, std::string("fast"));
    auto running =
        std::async(std::launch::async, [&] { return PlainClient{}.send(s.url("/slow")); });
    QTRY_VERIFY_WITH_TIMEOUT(asked.load(), 30'000);
    s.thread.on_loop([&] { s.server->refuse(); });
    QVERIFY(!s.thread.on_loop([&] { return s.server->listening(); }));
    QCOMPARE(PlainClient{}.send(s.url()).curl_code, curl_couldnt_connect);
    QCOMPARE(idle.send(s.url()).curl_code, curl_couldnt_connect); // its connection was closed
    s.thread.on_loop([&] { std::exchange(held, {})->reply(200, {}, "slow"); });
    const auto active = running.get();
    QCOMPARE(active.body, std::string("slow")); // what runs goes on
    QCOMPARE(active.header("connection"), std::string("close"));
    const auto why = s.thread.on_loop([&] { return s.server->listen("127.0.0.1", 0); });
    QVERIFY2(!why, why.value_or("").c_str());
    QCOMPARE(s.thread.on_loop([&] { return s.server->port(); }), s.port);
    QCOMPARE(idle.send(s.url()).body, std::string("fast"));
}

void TestHttpServer::a_taken_port_is_named() {
    Served s{[](ExchangePtr e) { e->reply(200, {}, "x"); }};
    boost::asio::io_context loop;
    net::HttpServer other{loop, [](ExchangePtr) {}};
    QCOMPARE(other.listen("127.0.0.1", s.port).value_or(""),
             "port " + std::to_string(s.port) + " is taken");
    QVERIFY(!other.listening());
    QVERIFY(other.listen("no address", 0).has_value());
    QVERIFY(!other.listen("127.0.0.1", 0).has_value());
}

void TestHttpServer::accept_filter() {
    Served s{[](ExchangePtr e) { e->reply(200, {}, "x"); }};
    std::atomic<bool> open{false};
    s.thread.on_loop([&] { s.server->set_accept_filter([&] { return open.load(); }); });
    const auto refused = raw_exchange(s.port, "");
    QVERIFY(refused.reset || !refused.connected);
    open = true;
    QCOMPARE(PlainClient{}.send(s.url()).body, std::string("x"));
}

void TestHttpServer::a_slow_reader_is_bounded() {
    net::ServerLimits limits;
    limits.unsent_bytes = 1u << 20;
    constexpr std::size_t one_write = 100'000; // passes, however long, where nothing is over before
    std::atomic<int> gone{0};
    std::atomic<std::size_t> most{0};
    ExchangePtr held;
    Served s{[&](ExchangePtr e) {
                 e->start(200, {});
                 e->on_gone([&] { ++gone; });
                 for (int i = 0; i < 400; ++i) { // 40 MB: more than the kernel's buffers hold
                     e->write(std::string(one_write, 'x'));
                     most = std::max(most.load(), e->unsent());
                 }
                 held = std::move(e);
             },
             limits};
    // Nothing is read before the server has given up: a reader that keeps pace is not slow.
    const auto reply = raw_exchange(s.port, "GET / HTTP/1.1\r\n\r\n", 20s, [&] {
        (void)QTest::qWaitFor([&] { return gone.load() > 0; }, 10'000);
    });
    QCOMPARE(gone.load(), 1);
    QVERIFY(reply.reset || reply.end_of_file);
    QVERIFY(reply.bytes.size() < 40'000'000);
    QVERIFY(most > 0 && most <= limits.unsent_bytes + 2 * one_write);
}

void TestHttpServer::the_connection_limit_holds_back() {
    net::ServerLimits limits;
    limits.connections = 2;
    std::vector<ExchangePtr> held;
    std::atomic<int> seen{0};
    Served s{[&](ExchangePtr e) {
                 held.push_back(std::move(e));
                 ++seen;
             },
             limits};
    std::vector<std::future<PlainReply>> replies;
    for (int i = 0; i < 4; ++i)
        replies.push_back(
            std::async(std::launch::async, [&] { return PlainClient{}.send(s.url()); }));
    QTRY_COMPARE(seen.load(), 2);
    QTest::qWait(50);
    QCOMPARE(seen.load(), 2); // busy ones go on
    for (int round = 0; round < 2; ++round) {
        s.thread.on_loop([&] {
            for (auto& e : std::exchange(held, {}))
                e->reply(200, {{"Connection", "close"}}, "x");
        });
        QTRY_COMPARE(seen.load(), 4);
    }
    s.thread.on_loop([&] {
        for (auto& e : std::exchange(held, {}))
            e->reply(200, {}, "x");
    });
    for (auto& reply : replies)
        QCOMPARE(reply.get().body, std::string("x"));
}

// Who only connects keeps nobody out.
void TestHttpServer::at_the_limit_idle_connections_go() {
    net::ServerLimits limits;
    limits.connections = 3;
    Served s{[](ExchangePtr e) { e->reply(200, {}, "x"); }, limits};
    QTcpSocket idle[5];
    for (QTcpSocket& socket : idle) {
        socket.connectToHost(QHostAddress::LocalHost, s.port);
        QVERIFY(socket.waitForConnected(10'000));
    }
    QCOMPARE(PlainClient{}.send(s.url()).body, std::string("x"));
}

void TestHttpServer::destroying_with_replies_pending() {
    ExchangePtr held;
    std::atomic<bool> asked{false};
    auto s = std::make_unique<Served>([&](ExchangePtr e) {
        held = std::move(e);
        asked = true;
    });
    auto reply =
        std::async(std::launch::async, [&, url = s->url()] { return PlainClient{}.send(url); });
    QTRY_VERIFY(asked.load());
    s->thread.on_loop([&] { s->server.reset(); });
    QCOMPARE(reply.get().curl_code, curl_recv_error);
    s->thread.on_loop([&] {
        QVERIFY(held->gone());
        held->reply(200, {}, "too late");
        held.reset();
    });
    s.reset();
}

QTEST_GUILESS_MAIN(TestHttpServer)
#include "test_http_server.moc"
