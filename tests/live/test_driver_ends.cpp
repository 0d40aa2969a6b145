// When a call is over: an answer at its own end mark, not when the transport gets round to ending;
// a driver when the last result has been told.
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;

class TestDriverEnds : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void an_end_mark_ends_the_answer() {
        PlainProvider lingering(PlainProvider::lingers, "42");
        PlainProvider other(PlainProvider::answers, "other");
        LiveWorld world({lingering.base_url(), other.base_url()},
                        R"({"timeouts": {"stall_ms": 30000, "total_ms": 60000}})");
        for (int i = 0; i < 3; ++i) { // the lingering connection is in nobody's way
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked)); // sooner than a stall is noticed
            QCOMPARE(asked.record->result, engine::CallResult::success);
            QCOMPARE(asked.text, std::string{"The answer is 42."});
            QCOMPARE(asked.record->attempts.size(), 1u);
            QCOMPARE(asked.attempt(1).outcome.output_tokens, 7u);
        }
        QCOMPARE(other.requests(), 0);
    }

    // What never went out is no reply that cannot be read.
    void an_address_that_is_none_is_named() {
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world({"http://[zz]/v1", good.base_url()}, "{}");
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, engine::CallResult::success);
        const auto& first = asked.attempt(1);
        QVERIFY2(first.message.starts_with("not sent: ") && first.message.size() > 15,
                 first.message.c_str());
        QVERIFY(!first.outcome.ambiguous);
    }

    void a_released_connection_is_reused() {
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world({good.base_url()}, "{}");
        for (int i = 0; i < 5; ++i) {
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, engine::CallResult::success);
        }
        QCOMPARE(good.requests(), 5);
        QCOMPARE(good.connections(), 1);
    }

    // Who lets a driver go when nothing is in flight loses no result. Here a health check ends the
    // call, outside of any note about it: the key is refused while the call waits for its turn.
    void a_call_is_in_flight_until_its_end_is_told() {
        std::atomic<bool> checking = false, refuse = false;
        RawServer server([&](RawPeer& peer, int) {
            if (peer.read_request().empty())
                return;
            checking = true;
            while (!refuse)
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}");
            peer.close();
        });
        auto json = chain_json({server.url("/v1")});
        json["providers"][0]["limits"] = {{"concurrency", 1}};
        json["providers"][0]["health_check"] = {{"every_s", 4}}; // which may take as long
        LiveWorld world(read(json));
        const bool begun = run_until(
            world.loop, [&] { return checking.load(); }, std::chrono::seconds{30});
        Asked asked;
        world.start(asked, false);
        world.loop.poll();
        refuse = true; // before any way out: the server's thread waits for it
        QVERIFY(begun);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!asked.done && std::chrono::steady_clock::now() < end) {
            QCOMPARE(world.driver->calls_in_flight(), 1u);
            world.loop.run_one_for(std::chrono::milliseconds{10});
        }
        QVERIFY(asked.done);
        QVERIFY(asked.record->attempts.empty());
        QCOMPARE(world.driver->calls_in_flight(), 0u);
    }
};

QTEST_GUILESS_MAIN(TestDriverEnds)
#include "test_driver_ends.moc"
