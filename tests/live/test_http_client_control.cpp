// Holding the client back, cancelling, and taking it away, at every moment.
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

struct Fixture {
    boost::asio::io_context loop;
    net::HttpClient client{loop};
    bool wait(const NotingHandler& handler) {
        return run_until(loop, [&] { return handler.done(); });
    }
};

} // namespace

class TestHttpClientControl : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void pause_holds_the_server_back();
    void pause_keeps_the_end_back();
    void cancel_inside_each_callback_data();
    void cancel_inside_each_callback();
    void cancel_drops_the_connection();
    void starting_inside_callbacks();
    void destroying_the_client_inside_a_callback();
    void destroying_the_client_while_it_waits();
    void two_hundred_at_once();
};

void TestHttpClientControl::pause_holds_the_server_back() {
    constexpr std::size_t size = 40u << 20; // more than the kernel's buffers on loopback hold
    std::atomic<bool> all_sent{false};
    RawServer server{[&](RawPeer& peer, int) {
        peer.read_request();
        all_sent = peer.send(ok_reply(std::string(size, 'x')));
        peer.client_ended(20'000);
    }};
    Fixture f;
    NotingHandler handler;
    net::HttpClient::TransferId id = 0;
    bool paused = false;
    std::size_t at_pause = 0;
    handler.then = [&](char what) {
        if (what == 'b' && !paused) {
            paused = true;
            at_pause = handler.body.size();
            f.client.pause(id);
        }
    };
    id = f.client.start(get(server), handler);
    QVERIFY(run_until(f.loop, [&] { return paused; }));
    run_for(f.loop, 300ms);
    QCOMPARE(handler.body.size(), at_pause);
    QVERIFY(!all_sent);
    f.client.resume(id);
    QCOMPARE(handler.body.size(), at_pause); // not from inside resume()
    QVERIFY(f.wait(handler));
    QCOMPARE(handler.body.size(), size);
    QVERIFY(handler.end == End::complete);
}

void TestHttpClientControl::pause_keeps_the_end_back() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send(ok_reply("all of it"));
    }};
    Fixture f;
    NotingHandler handler;
    net::HttpClient::TransferId id = 0;
    handler.then = [&](char what) {
        if (what == 'h')
            f.client.pause(id);
    };
    id = f.client.start(get(server), handler);
    QVERIFY(run_until(f.loop, [&] { return handler.heads == 1; }));
    run_for(f.loop, 50ms);
    QCOMPARE(handler.order, std::string("ch"));
    f.client.resume(id);
    QVERIFY(f.wait(handler));
    QCOMPARE(handler.order, std::string("chbe"));
}

void TestHttpClientControl::cancel_inside_each_callback_data() {
    QTest::addColumn<QChar>("where");
    for (const char c : {'c', 'h', 'b', 'e'})
        QTest::newRow(std::string(1, c).c_str()) << QChar(c);
}

void TestHttpClientControl::cancel_inside_each_callback() {
    QFETCH(QChar, where);
    RawServer server{[](RawPeer& peer, int) {
        while (!peer.read_request().empty())
            peer.send(ok_reply("text"));
    }};
    Fixture f;
    NotingHandler cancelled, other;
    net::HttpClient::TransferId id = 0;
    cancelled.then = [&](char what) {
        if (what == where.toLatin1())
            f.client.cancel(id);
    };
    id = f.client.start(get(server), cancelled);
    f.client.start(get(server), other);
    QVERIFY(f.wait(other));
    QVERIFY(run_until(f.loop, [&] {
        return !cancelled.order.empty() && cancelled.order.back() == where.toLatin1();
    }));
    run_for(f.loop, 30ms); // nothing comes after it
    QCOMPARE(cancelled.order.back(), where.toLatin1());
    QVERIFY(other.end == End::complete);
    QCOMPARE(f.client.running(), std::size_t{0});
    f.client.cancel(id); // unknown by now
}

void TestHttpClientControl::cancel_drops_the_connection() {
    std::atomic<bool> noticed{false};
    RawServer server{[&](RawPeer& peer, int) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        noticed = peer.client_ended(20'000);
    }};
    Fixture f;
    NotingHandler handler;
    const auto id = f.client.start(get(server), handler);
    QVERIFY(run_until(f.loop, [&] { return !handler.body.empty(); }));
    f.client.cancel(id);
    QVERIFY(run_until(
        f.loop, [&] { return noticed.load(); }, 15s));
    QCOMPARE(handler.ends, 0);
}

void TestHttpClientControl::starting_inside_callbacks() {
    RawServer server{[](RawPeer& peer, int) {
        while (!peer.read_request().empty())
            peer.send(ok_reply("x"));
    }};
    Fixture f;
    NotingHandler first, second;
    first.then = [&](char what) {
        if (what == 'e')
            f.client.start(get(server), second);
    };
    f.client.start(get(server), first);
    QVERIFY(f.wait(second));
    QVERIFY(second.end == End::complete);
    QCOMPARE(server.connections(), 1);
}

void TestHttpClientControl::destroying_the_client_inside_a_callback() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.send(ok_reply("x"));
        peer.client_ended(20'000);
    }};
    boost::asio::io_context loop;
    auto client = std::make_unique<net::HttpClient>(loop);
    NotingHandler handler, other;
    std::string other_heard; // as far as it had come by then: either may be ahead
    handler.then = [&](char what) {
        if (what != 'h')
            return;
        client.reset();
        other_heard = other.order;
    };
    client->start(get(server), handler);
    client->start(get(server), other);
    QVERIFY(run_until(loop, [&] { return !client; }));
    run_for(loop, 30ms);
    QCOMPARE(handler.order, std::string("ch"));
    QCOMPARE(other.order, other_heard);
}

void TestHttpClientControl::destroying_the_client_while_it_waits() {
    RawServer server{[](RawPeer& peer, int) {
        peer.read_request();
        peer.client_ended(20'000);
    }};
    boost::asio::io_context loop;
    NotingHandler handler, unresolved;
    {
        net::HttpClient client{loop};
        client.start(get(server), handler);
        net::Request request;
        request.url = "http://" + unresolvable_host() + "/";
        client.start(request, unresolved);
        QVERIFY(run_until(loop, [&] { return handler.connected == 1; }));
    }
    loop.restart();
    loop.run(); // nothing of it is left on the loop
    QCOMPARE(handler.order, std::string("c"));
}

void TestHttpClientControl::two_hundred_at_once() {
    RawServer server{[](RawPeer& peer, int) {
        for (std::string request; !(request = peer.read_request()).empty();)
            peer.send(ok_reply(request.substr(4, request.find(' ', 4) - 4)));
    }};
    Fixture f;
    std::vector<std::unique_ptr<NotingHandler>> handlers;
    for (int i = 0; i < 200; ++i) {
        handlers.push_back(std::make_unique<NotingHandler>());
        f.client.start(get(server, "/" + std::to_string(i)), *handlers.back());
    }
    QVERIFY(run_until(f.loop, [&] { return f.client.running() == 0; }));
    for (int i = 0; i < 200; ++i)
        QCOMPARE(handlers[static_cast<std::size_t>(i)]->body, "/" + std::to_string(i));
    const int before = server.connections();
    NotingHandler again[50];
    for (auto& handler : again)
        f.client.start(get(server), handler);
    QVERIFY(run_until(f.loop, [&] { return f.client.running() == 0; }));
    QCOMPARE(server.connections(), before); // all 200 were kept
}
QTEST_GUILESS_MAIN(TestHttpClientControl)
#include "test_http_client_control.moc"
