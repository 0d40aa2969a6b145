// Webhooks against real receivers on loopback: ones that take calls, refuse them, break, hang, are
// not there, and come back. And what is told in a call: no key.
#include "chain/presets.h"
#include "live/alarms.h"
#include "live/webhook_test.h"
#include "support/live_world.h"
#include "support/tls_tunnel.h"
#include "support/webhook_receiver.h"

#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

live::Webhook::Limits quick() {
    live::Webhook::Limits limits;
    limits.attempt = 10s;
    limits.backoff = {engine::BackoffKind::fixed, 1ms, 1, 1ms, engine::JitterKind::none};
    limits.breaker.consecutive_failures.reset();
    return limits;
}

struct World {
    explicit World(const std::string& url, live::Webhook::Limits limits = quick())
        : hook(
              loop, http, clock, "on_failover",
              [this](const live::Webhook::News& n) { told.push_back(n); }, limits) {
        hook.set_url(url);
    }
    ~World() {
        hook.give_up();
        loop.restart();
        loop.poll();
    }
    bool until(const std::function<bool()>& holds) { return run_until(loop, holds, 30s); }
    bool idle() {
        return until([this] { return !hook.busy(); });
    }
    void post(int n = 1) {
        for (int i = 0; i < n; ++i)
            hook.post({{"n", i}});
    }
    // "2 delivered, 1 failed, 0 dropped".
    std::string counted() const {
        const auto c = hook.counts();
        return std::to_string(c.delivered) + " delivered, " + std::to_string(c.failed) +
               " failed, " + std::to_string(c.dropped) + " dropped";
    }
    std::string said() const {
        std::string out;
        for (const auto& news : told)
            out += (out.empty() ? "" : "; ") +
                   (news.why.empty() ? "well, lost " + std::to_string(news.lost) : news.why);
        return out;
    }

    boost::asio::io_context loop{1};
    live::Clock clock;
    net::HttpClient http{loop};
    std::vector<live::Webhook::News> told;
    live::Webhook hook;
};

} // namespace

class TestWebhook : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void answers_data() {
        QTest::addColumn<QString>("statuses"); // of one call after the other
        QTest::addColumn<int>("posted");
        QTest::addColumn<int>("calls");
        QTest::addColumn<QString>("counted");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* name, const char* statuses, int posted, int calls,
                            const char* counted, const char* said) {
            QTest::newRow(name) << statuses << posted << calls << counted << said;
        };
        row("taken", "200", 1, 1, "1 delivered, 0 failed, 0 dropped", "");
        row("no content", "204", 1, 1, "1 delivered, 0 failed, 0 dropped", "");
        row("many", "200", 20, 20, "20 delivered, 0 failed, 0 dropped", "");
        row("tried again", "500 503 429 200", 1, 4, "1 delivered, 0 failed, 0 dropped", "");
        row("given up", "500", 1, 5, "0 delivered, 1 failed, 0 dropped", "HTTP 500");
        row("given up, told once", "500", 3, 15, "0 delivered, 3 failed, 0 dropped", "HTTP 500");
        row("refused", "404", 2, 2, "0 delivered, 2 failed, 0 dropped", "HTTP 404");
        row("moved: not followed", "301", 1, 1, "0 delivered, 1 failed, 0 dropped", "HTTP 301");
        row("well again", "410 410 200", 3, 3, "1 delivered, 2 failed, 0 dropped",
            "HTTP 410; well, lost 2");
    }
    void answers() {
        QFETCH(QString, statuses);
        QFETCH(int, posted);
        QFETCH(int, calls);
        QFETCH(QString, counted);
        QFETCH(QString, said);
        const QStringList list = statuses.split(' ');
        Receiver receiver([&](std::size_t n) {
            return list[std::min<qsizetype>(static_cast<qsizetype>(n), list.size() - 1)].toInt();
        });
        live::Webhook::Limits limits = quick();
        limits.at_once = 1;
        World world(receiver.url(), limits);
        world.post(posted);
        QVERIFY(receiver.calls().empty()); // nothing is sent from inside post()
        QVERIFY(world.idle());
        const auto came = receiver.calls();
        QCOMPARE(came.size(), static_cast<std::size_t>(calls));
        QCOMPARE(QString::fromStdString(world.counted()), counted);
        QCOMPARE(QString::fromStdString(world.said()), said);
        QVERIFY(came[0].starts_with("POST /hook?token=of-the-hook HTTP/1.1\r\n"));
        QCOMPARE(header(came[0], "Content-Type"), std::string("application/json"));
        QCOMPARE(header(came[0], "X-Brownout-Hook"), std::string("on_failover"));
        QCOMPARE(body_of(came[0]), std::string("{\"n\":0}"));
        // One key a call, however often it is tried.
        std::set<std::string> keys;
        for (const std::string& call : came)
            keys.insert(header(call, "Idempotency-Key"));
        QCOMPARE(keys.size(), static_cast<std::size_t>(posted));
        for (const auto& news : world.told) // of the address the host alone is told
            QCOMPARE(news.host, "127.0.0.1:" + std::to_string(receiver.port()));
    }

    void silent() {
        Receiver receiver([](std::size_t n) { return n == 0 ? 0 : 200; });
        live::Webhook::Limits limits = quick();
        limits.attempt = 50ms;
        World world(receiver.url(), limits);
        world.post();
        QVERIFY(world.idle());
        QCOMPARE(receiver.calls().size(), std::size_t{2});
        QCOMPARE(world.counted(), std::string("1 delivered, 0 failed, 0 dropped"));
    }

    void nobodyThere() {
        unsigned short port = 0;
        {
            Receiver gone([](std::size_t) { return 200; });
            port = gone.port();
        }
        World world("http://127.0.0.1:" + std::to_string(port) + "/");
        world.post(2);
        QVERIFY(world.idle());
        QCOMPARE(world.counted(), std::string("0 delivered, 2 failed, 0 dropped"));
        QCOMPARE(world.said(), std::string("connection refused"));
    }

    // One call to see whether it is taken: what came back is told, of the address its host alone.
    void testCalls_data() {
        QTest::addColumn<QByteArray>("reply"); // empty: none
        QTest::addColumn<bool>("taken");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* status, const std::string& body,
                            bool taken, const char* says, const char* type = "text/plain") {
            QTest::newRow(name) << QByteArray::fromStdString(
                                       std::string{"HTTP/1.1 "} + status + "\r\nContent-Type: " +
                                       type + "\r\nContent-Length: " + std::to_string(body.size()) +
                                       "\r\n\r\n" + body)
                                << taken << says;
        };
        row("taken", "200 OK", "ok", true, "^taken: HTTP 200 after \\d+ ms: ok$");
        row("no words", "202 Accepted", "", true, "^taken: HTTP 202 after \\d+ ms$");
        row("refused", "404 No", "no such\nhook", false,
            "^not taken: HTTP 404 after \\d+ ms: no such hook$");
        row("not tried again", "503 Busy", "", false, "^not taken: HTTP 503 after \\d+ ms$");
        row("not followed", "302 Found", "", false, "^not taken: HTTP 302 after \\d+ ms$");
        row("repeats its address", "403 No", "bad token of-the-hook at /hook?token=of-the-hook",
            false, "^not taken: HTTP 403 after \\d+ ms: bad \\S+ \\[key\\] at /hook\\?\\S+$");
        row("a page", "404 No", "<html>of-the-hook</html>", false,
            "^not taken: HTTP 404 after \\d+ ms$", "text/html; charset=utf-8");
        QTest::newRow("hangs up") << QByteArray() << false
                                  << "^cannot reach 127.0.0.1:\\d+: [a-z ]+$";
    }
    void testCalls() {
        QFETCH(QByteArray, reply);
        QFETCH(bool, taken);
        QFETCH(QString, says);
        std::mutex mutex;
        std::vector<std::string> calls;
        RawServer server([&](RawPeer& peer, int) {
            const std::string request = peer.read_request();
            {
                const std::lock_guard lock(mutex);
                calls.push_back(request);
            }
            if (!reply.isEmpty())
                peer.send(reply.toStdString());
        });
        const auto done = live::test_webhook(
            live::Hook::on_alert, server.url("/hook?token=of-the-hook"), {{"test", true}}, 20s);
        QCOMPARE(done.taken, taken);
        QVERIFY2(QRegularExpression(says).match(QString::fromStdString(done.text)).hasMatch(),
                 done.text.c_str());
        QVERIFY(done.text.find("of-the-hook") == std::string::npos);
        const std::lock_guard lock(mutex);
        QCOMPARE(calls.size(), std::size_t{1});
        QVERIFY(calls[0].starts_with("POST /hook?token=of-the-hook HTTP/1.1\r\n"));
        QCOMPARE(header(calls[0], "X-Brownout-Hook"), std::string("on_alert"));
        QCOMPARE(body_of(calls[0]), std::string("{\"test\":true}"));
    }
    // It has what a real call has, so that a receiver can be made with it.
    void sampleCalls() {
        const auto document =
            *chain::read_document(chain::Json::parse(chain::demo_chain_text()), "").value;
        const auto failover = live::sample_call(live::Hook::on_failover, document, "");
        for (const char* key :
             {"request", "from", "to", "from_url", "to_url", "status", "code", "why"})
            QVERIFY2(failover.contains(key), key);
        QVERIFY(failover["from"] == "aster/gpt-5-mini" && failover["to"] != failover["from"]);
        const auto alert =
            live::sample_call(live::Hook::on_alert, document, "2026-11-20T21:43:00Z");
        for (const char* key :
             {"event", "ts", "chain", "metric", "target", "value", "above", "text"})
            QVERIFY2(alert.contains(key), key);
        QVERIFY(failover["test"] == true && alert["test"] == true);
    }

    void breaker() {
        std::atomic<bool> well{false};
        Receiver receiver([&](std::size_t) { return well ? 200 : 500; });
        live::Webhook::Limits limits = quick();
        limits.at_once = 1;
        limits.tries = 100;
        limits.breaker.consecutive_failures = 3;
        limits.breaker.open = 300ms;
        limits.breaker.open_growth = 1;
        World world(receiver.url(), limits);
        const auto state = [&] { return world.hook.counts().state; };
        world.post(4);
        QVERIFY(world.until([&] { return state() == engine::BreakerState::open; }));
        QCOMPARE(receiver.calls().size(), std::size_t{3});
        QCOMPARE(world.said(), std::string("HTTP 500")); // told when it opens: all calls still wait
        // The probe alone goes out, and opens it again.
        QVERIFY(world.until([&] { return receiver.calls().size() == 4; }));
        QVERIFY(world.until([&] { return state() == engine::BreakerState::open; }));
        QCOMPARE(receiver.calls().size(), std::size_t{4});
        world.post(2); // while it is open: they wait
        well = true;
        QVERIFY(world.idle());
        QCOMPARE(world.counted(), std::string("6 delivered, 0 failed, 0 dropped"));
        QCOMPARE(world.said(), std::string("HTTP 500; well, lost 0"));
        QVERIFY(state() == engine::BreakerState::closed);
    }

    void bounded() {
        Receiver receiver([](std::size_t) { return 0; });
        live::Webhook::Limits limits = quick();
        limits.most_waiting = 3;
        limits.at_once = 2;
        limits.longest_body = 100;
        World world(receiver.url(), limits);
        world.hook.post({{"long", std::string(200, 'x')}});
        world.post(3);
        QVERIFY(world.until([&] { return receiver.calls().size() == 2; }));
        world.post(7); // one waits already: the oldest go
        QCOMPARE(world.counted(), std::string("0 delivered, 0 failed, 6 dropped"));
        QCOMPARE(world.told.size(), std::size_t{1});
        world.hook.give_up();
        QCOMPARE(world.counted(), std::string("0 delivered, 0 failed, 11 dropped"));
    }

    void atTheEnd() {
        Receiver receiver([](std::size_t n) { return n < 2 ? 500 : 200; });
        live::Webhook::Limits limits = quick();
        limits.backoff.base = limits.backoff.cap = 1h;
        World world(receiver.url(), limits);
        world.post(2);
        QVERIFY(world.until([&] { return receiver.calls().size() == 2; }));
        world.hook.drain(); // what waits an hour is tried now, and once
        world.post();       // nobody takes it any more
        QVERIFY(world.idle());
        QVERIFY(receiver.calls().size() <= 4);
        const auto counts = world.hook.counts();
        QCOMPARE(counts.delivered + counts.failed, std::uint64_t{2});
    }

    void movedAndSwitchedOff() {
        Receiver before([](std::size_t) { return 0; }), after([](std::size_t) { return 200; });
        live::Webhook::Limits limits = quick();
        limits.at_once = 1;
        limits.attempt = 100ms;
        World world(before.url(), limits);
        world.post(2);
        QVERIFY(world.until([&] { return before.calls().size() == 1; }));
        world.hook.set_url({});
        QVERIFY(!world.hook.called());
        world.post();
        QVERIFY(world.idle()); // what ran is not tried again
        QCOMPARE(world.counted(), std::string("0 delivered, 0 failed, 2 dropped"));
        world.hook.set_url(after.url());
        world.post();
        QVERIFY(world.idle());
        QCOMPARE(world.counted(), std::string("1 delivered, 0 failed, 2 dropped"));
        QCOMPARE(before.calls().size() + after.calls().size(), std::size_t{2});
    }

    void tlsIsVerified() {
        Receiver receiver([](std::size_t) { return 200; });
        const TestAuthority nobody("nobody's");
        const TlsTunnel tunnel(nobody, receiver.port());
        World world(tunnel.url("/hook"));
        world.post();
        QVERIFY(world.idle());
        QCOMPARE(world.counted(), std::string("0 delivered, 1 failed, 0 dropped"));
        QVERIFY(receiver.calls().empty());
    }

    // Not in the body, whatever the provider repeats in its words and the address holds.
    void noKeyIsTold() {
        Receiver receiver([](std::size_t) { return 200; });
        auto json = chain_json({"https://p1.example.com/v1", "https://p2.example.com/v1"});
        json["hooks"] = {{"on_failover", receiver.url()}};
        json["providers"][0]["key"] = "env:P1_KEY";
        const chain::Document document = read(json);
        chain::ResolvedKeys keys;
        keys[document.providers[0].keys[0]] = Secret("sk-very-secret-0123456789");
        LiveWorld world(document, {});
        std::vector<std::string> notices;
        live::Alarms alarms(world.loop, world.http, world.clock,
                            {[&] { return &world.events; },
                             [&](const std::string& text) { notices.push_back(text); }, [] {}});
        alarms.load(document, keys, *world.driver);
        record::RequestRecord request;
        request.id = "r-1";
        record::AttemptRecord failed;
        failed.outcome.status = 401;
        failed.code = "no_sk-very-secret-0123456789";
        const live::Failover f{request,
                               "p1/m1",
                               "p2/m2",
                               "https://me:sk-very-secret-0123456789@p1.example.com/v1?key=sk-x",
                               "https://p2.example.com/v1",
                               &failed,
                               "Incorrect key: sk-very-secret-0123456789"};
        alarms.failover(f);
        // One after the other: several calls are on their way at once, in no order.
        QVERIFY(run_until(world.loop, [&] { return receiver.calls().size() == 1; }));
        alarms.failover({request, "p1/m1", "p2/m2", "", "", nullptr, std::string(9999, 'x')});
        QVERIFY(run_until(world.loop, [&] { return receiver.calls().size() == 2; }));
        const auto calls = receiver.calls();
        for (const std::string& call : calls)
            QVERIFY(call.find("sk-") == call.npos);
        const auto body = chain::Json::parse(body_of(calls[0]));
        const auto expected = chain::Json::parse(
            R"({"request":"r-1","from":"p1/m1","to":"p2/m2","from_url":"https:_p1.example.com/v1",
                "to_url":"https:_p2.example.com/v1","status":401,"code":"no_$P1_KEY",
                "why":"Incorrect key: $P1_KEY"})");
        for (const char* key : {"request", "from", "to", "status", "code", "why"})
            QVERIFY2(body[key] == expected[key], body.dump().c_str());
        QVERIFY(body["from_url"] == "https:" + std::string("//p1.example.com/v1"));
        QCOMPARE(body.size(), expected.size());
        const auto second = chain::Json::parse(body_of(calls[1]));
        QVERIFY(second["status"].is_null() && second["why"].get<std::string>().size() == 500);
        QVERIFY(run_until(world.loop, [&] { return !alarms.busy(); }));
        QVERIFY(notices.empty());
    }
};

QTEST_GUILESS_MAIN(TestWebhook)
#include "test_webhook.moc"
