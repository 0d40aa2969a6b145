// A driver beside a lab that plays another document: whom it asks, and how its requests travel.
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;

namespace {

std::string refused() { // a port on which nobody listens
    RawServer gone([](RawPeer&, int) {});
    return gone.url("/v1");
}

// Looks for a health check that has ended.
bool checked(LiveWorld& world) {
    return run_until(
        world.loop, [&] { return world.logged().find("health_checked") != std::string::npos; },
        30s);
}

} // namespace

class TestDriverLab : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_real_provider_is_never_asked_in_the_lab() {
        PlainProvider down(PlainProvider::answers_503, "x"), real(PlainProvider::answers, "42");
        PlainProvider filler(PlainProvider::answers, "lorem ipsum");
        LiveWorld world(read(chain_json({down.base_url(), real.base_url()})), {},
                        [&](const std::string&) { return filler.base_url(); });
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(asked.text, std::string{"The answer is 42."});
        QCOMPARE(filler.requests(), 0);
    }

    void nor_checked_there() {
        PlainProvider real(PlainProvider::answers, "42");
        PlainProvider faulty(PlainProvider::answers_503, "x");
        auto json = chain_json({real.base_url()});
        json["providers"][0]["health_check"] = {{"every_s", 1}};
        LiveWorld world(read(json), {}, [&](const std::string&) { return faulty.base_url(); });
        QVERIFY(checked(world));
        QVERIFY(real.requests() >= 1);
        QCOMPARE(faulty.requests(), 0);
    }

    // A real provider keeps its key when the lab serves one of the same name.
    void a_missing_key_stays_missing() {
        PlainProvider filler(PlainProvider::answers, "x");
        LiveWorld world(read(chain_json({refused()}, "{}", "env:NOT_THERE")), {},
                        [&](const std::string&) { return filler.base_url(); });
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.attempt(1).message, std::string{"no key: env:NOT_THERE is missing"});
        QCOMPARE(filler.requests(), 0);
    }

    // Loopback is reached by no proxy: neither by an attempt nor by a check.
    void a_proxy_does_not_lead_to_the_lab() {
        PlainProvider simulated(PlainProvider::answers, "42");
        auto json = chain_json({"lab:"});
        json["providers"][0]["proxy"] = refused();
        json["providers"][0]["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        LiveWorld world(read(json), {}, [&](const std::string&) { return simulated.base_url(); });
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QVERIFY(checked(world));
        QCOMPARE(world.log.back()["class"].get<std::string>(), std::string{"success"});
        QVERIFY(simulated.requests() >= 2);
    }

    void a_proxy_leads_to_a_real_one() {
        PlainProvider proxy(PlainProvider::answers, "42"); // answers whatever it is asked for
        auto json = chain_json({refused()});
        std::string address = proxy.base_url();
        json["providers"][0]["proxy"] = address.substr(0, address.find("/v1"));
        json["providers"][0]["health_check"] = {{"every_s", 1}};
        LiveWorld world(read(json));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QVERIFY(checked(world));
        QCOMPARE(world.log.back()["class"].get<std::string>(), std::string{"success"});
        QVERIFY(proxy.requests() >= 2);
    }
};

QTEST_GUILESS_MAIN(TestDriverLab)
#include "test_driver_lab.moc"
