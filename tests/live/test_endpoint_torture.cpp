// Bytes that no client should send: the endpoint answers each once or closes, holds nothing and
// goes on serving.
#include "support/endpoint.h"
#include "support/plain_provider.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++n;
    return n;
}

std::string post(const std::string& headers, const std::string& body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}

std::string good(const std::string& more = {}) {
    const std::string body = hi({{"max_tokens", 3}});
    return post("Content-Length: " + std::to_string(body.size()) + "\r\n" + more, body);
}

} // namespace

class TestEndpointTorture : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { s_ = std::make_unique<Serving>(three()); }
    void cleanupTestCase() { s_.reset(); }

    // At most one answer of success, within the time, and the connection ends.
    void shapes_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");  // of the first answer; 0: none need come
        QTest::addColumn<int>("answers"); // with 200, at most
        const auto row = [](const char* name, const std::string& bytes, int status,
                            int answers = 0) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << status << answers;
        };
        const std::string hidden = "GET /faults HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                                   "Bearer " +
                                   token + "\r\n\r\n";
        row("length and chunks",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden), 400);
        row("chunks and length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\n" + hidden), 400);
        row("two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400);
        row("a length that is none", post("Content-Length: 0x10\r\n", hidden), 400);
        row("a length with a sign", post("Content-Length: +5\r\n", hidden), 400);
        row("an endless length", post("Content-Length: 99999999999999999999999\r\n", "x"), 400);
        row("too long", post("Content-Length: 33554433\r\n", "x"), 413);
        row("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 0);
        row("a space before the colon", post("Content-Length : 2\r\n", "{}"), 400);
        row("a folded header", post("X: a\r\n b\r\nContent-Length: 0\r\n", ""), 400, 1);
        row("a control character", post(std::string{"X: a\0b\r\n", 8}, ""), 400);
        row("bad chunk size", post("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400);
        row("huge chunk size", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\nx"),
            400);
        row("a chunk without its end", post("Transfer-Encoding: chunked\r\n", "2\r\n{}XX0\r\n\r\n"),
            400);
        std::string flood;
        for (int i = 0; i < 20'000; ++i)
            flood += "X-" + std::to_string(i) + ": y\r\n";
        row("20,000 headers", post(flood, ""), 431);
        row("a long header", post("X: " + std::string(200'000, 'a') + "\r\n", ""), 431);
        row("a long address", "GET /" + std::string(200'000, 'a') + " HTTP/1.1\r\n\r\n", 431);
        row("no HTTP", "hello there\r\n\r\n", 400);
        row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400);
        row("TLS", "\x16\x03\x01\x02\x01\x01\r\n\r\n", 400);
        row("an absolute address",
            "GET http://evil.example/faults HTTP/1.1\r\n"
            "Host: evil.example\r\n\r\n",
            403);
        row("two hosts", "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
            400);
        row("a way around the path", "GET /v1/../faults HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
        row("nothing of the body", post("Content-Length: 100\r\n", ""), 0);
    }
    void shapes() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        QFETCH(int, answers);
        const auto reply = raw_exchange(s_->port, bytes.toStdString(), 700ms);
        QVERIFY(reply.connected);
        const std::string first = reply.bytes.substr(0, 12);
        if (status != 0)
            QCOMPARE(QString::fromStdString(first.substr(9)), QString::number(status));
        QVERIFY(static_cast<int>(count(reply.bytes, "HTTP/1.1 200 ")) <= answers);
        QVERIFY(reply.bytes.find("\"faults\"") == std::string::npos); // nothing was smuggled
        QCOMPARE(s_->client.send(s_->url + "/healthz").status, 200L);
    }

    // Where the path tells who asks, even bytes that are no request are refused in his words.
    void refused_in_the_callers_words_data() {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("rest");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("words"); // a pointer to what says why
        QTest::addColumn<QString>("expected");
        const std::pair<const char*, const char*> routes[] = {
            {"/v1/chat/completions", "/error/code"},
            {"/v1/images/generations?x=1", "/error/code"},
            {"/v1/messages", "/error/type"},
            {"/fal/fal-ai/flux", "/detail"},
            {"/replicate/v1/predictions", "/status"}};
        const std::pair<int, QByteArray> cases[] = {
            {413, "Content-Length: 33554433\r\n\r\nx"},
            {431, "X: " + QByteArray(200'000, 'a') + "\r\n\r\n"},
            {400, "Transfer-Encoding: chunked\r\n\r\nzz\r\n"}};
        for (const auto& [path, words] : routes)
            for (const auto& [status, rest] : cases) {
                const QString pointer = QString::fromLatin1(words);
                const QString code = status == 413   ? "request_too_large"
                                     : status == 431 ? "headers_too_large"
                                                     : "bad_http";
                const QString expected =
                    pointer == "/error/type"
                        ? (status == 413 ? "request_too_large" : "invalid_request_error")
                    : pointer == "/error/code" ? code
                                               : "";
                QTest::addRow("%s %d", path, status)
                    << QByteArray(path) << rest << status << pointer << expected;
            }
    }
    void refused_in_the_callers_words() {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, rest);
        QFETCH(int, status);
        QFETCH(QString, words);
        QFETCH(QString, expected);
        const auto reply =
            raw_exchange(s_->port, "POST " + path.toStdString() +
                                       " HTTP/1.1\r\nHost: localhost\r\n" + rest.toStdString());
        QVERIFY2(reply.bytes.starts_with("HTTP/1.1 " + std::to_string(status)),
                 reply.bytes.c_str());
        const auto body = chain::Json::parse(reply.bytes.substr(reply.bytes.find("\r\n\r\n") + 4),
                                             nullptr, false);
        const chain::Json::json_pointer at{words.toStdString()};
        QVERIFY2(body.is_object() && body.contains(at), reply.bytes.c_str());
        if (!expected.isEmpty())
            QCOMPARE(QString::fromStdString(body[at]), expected);
    }

    void every_byte_alone_data() {
        QTest::addColumn<bool>("half_closed");
        QTest::newRow("open") << false;
        // Who has closed its side has left, as far as one can tell: the call is cancelled.
        QTest::newRow("half-closed") << true;
    }
    void every_byte_alone() {
        QFETCH(bool, half_closed);
        const std::string bytes = good("Connection: close\r\n");
        boost::asio::io_context loop;
        boost::asio::ip::tcp::socket socket(loop);
        socket.connect({boost::asio::ip::address_v4::loopback(), s_->port});
        socket.set_option(boost::asio::ip::tcp::no_delay{true});
        for (const char byte : bytes)
            boost::asio::write(socket, boost::asio::buffer(&byte, 1));
        if (half_closed)
            socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send);
        std::string reply;
        boost::system::error_code ended;
        boost::asio::read(socket, boost::asio::dynamic_buffer(reply), ended);
        QVERIFY2(half_closed || reply.starts_with("HTTP/1.1 200 "), reply.c_str());
        const auto p = wait_for(s_->worker, [](const auto& v) { return v.endpoint.running == 0; });
        QCOMPARE(p->endpoint.running, std::size_t{0});
    }

    void requests_in_one_piece_are_answered_in_order() {
        std::string bytes;
        for (int i = 0; i < 19; ++i)
            bytes += good();
        const auto reply = raw_exchange(s_->port, bytes + good("Connection: close\r\n"), 20s);
        QVERIFY(reply.end_of_file);
        QCOMPARE(count(reply.bytes, "HTTP/1.1 200 "), std::size_t{20});
    }

    // However many come with large bodies at once: what they hold together has a bound, and who is
    // beyond it is told to come again.
    void all_bodies_together_are_bounded() {
        const std::string large = post("Content-Length: 33554432\r\n", "");
        boost::asio::io_context loop;
        std::vector<boost::asio::ip::tcp::socket> many;
        for (int i = 0; i < 8; ++i) {
            auto& socket = many.emplace_back(loop);
            socket.connect({boost::asio::ip::address_v4::loopback(), s_->port});
            // It is let go on: so its head has come, and is counted.
            const std::string head =
                large.substr(0, large.size() - 2) + "Expect: 100-continue\r\n\r\n";
            boost::asio::write(socket, boost::asio::buffer(head));
            std::string told(12, ' ');
            boost::asio::read(socket, boost::asio::buffer(told));
            QCOMPARE(told, std::string{"HTTP/1.1 100"});
        }
        const auto refused = raw_exchange(s_->port, large);
        QVERIFY2(refused.bytes.starts_with("HTTP/1.1 503 ") &&
                     refused.bytes.find("\r\nRetry-After: 1\r\n") != std::string::npos &&
                     refused.bytes.find("\"too_busy\"") != std::string::npos,
                 refused.bytes.c_str());
        QVERIFY(refused.end_of_file);
        QCOMPARE(s_->chat().status, 200L); // small ones pass
        many.clear();
        QTRY_VERIFY(raw_exchange(s_->port, large, 50ms).bytes.empty()); // its body is waited for
    }

    void many_connects() {
        for (int i = 0; i < 2'000; ++i)
            (void)raw_exchange(s_->port, i % 2 ? "G" : "", 0ms);
        QCOMPARE(s_->client.send(s_->url + "/healthz").status, 200L);
        QCOMPARE(s_->chat().status, 200L);
        const auto p = wait_for(s_->worker, [](const auto& v) { return v.endpoint.running == 0; });
        QCOMPARE(p->endpoint.running, std::size_t{0});
    }

    // A provider that nobody hears any more is told so by its connection, and what it has said so
    // far is paid for.
    void a_caller_that_leaves_closes_the_providers_connection() {
        const QTemporaryDir dir;
        const std::string log = dir.filePath("events.jsonl").toStdString();
        PlainProvider provider(PlainProvider::stalls, "");
        {
            Serving s(chain_json({provider.base_url()}), log);
            const std::string body = hi({{"stream", true}});
            raw_exchange(s.port,
                         "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body,
                         0ms, [&] { QTRY_COMPARE_WITH_TIMEOUT(provider.requests(), 1, 20'000); });
            QTRY_COMPARE_WITH_TIMEOUT(provider.ended(), 1, 20'000);
            wait_for(s.worker, [](const auto& v) { return v.endpoint.running == 0; });
        }
        std::ifstream file(log);
        chain::Json attempt, request;
        for (std::string line; std::getline(file, line);) {
            const auto e = chain::Json::parse(line);
            if (e["event"] == "attempt_finished")
                attempt = e;
            if (e["event"] == "request_finished")
                request = e;
        }
        QVERIFY(attempt["class"] == "cancelled" && request["result"] == "cancelled");
        QVERIFY(attempt["cost_usd"].get<double>() > 0 && attempt["cost_estimated"] == true);
        QVERIFY(request["cost_usd"] == attempt["cost_usd"]);
    }

  private:
    std::unique_ptr<Serving> s_;
};

QTEST_GUILESS_MAIN(TestEndpointTorture)
#include "test_endpoint_torture.moc"
