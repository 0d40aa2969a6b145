// Two drivers of one document that was edited while calls run: what the second one knows of the
// first, and that together they keep a provider's limits.
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;

namespace {

chain::Json one_at_a_time(const std::string& base_url, const std::string& model) {
    chain::Json json = chain_json({base_url}, R"({"retry": {"max_wait_ms": 9000},
        "timeouts": {"connect_ms": 9000, "first_token_ms": 9000}})");
    json["providers"][0]["limits"] = {{"concurrency", 1}};
    json["chains"][0]["targets"][0]["model"] = model;
    return json;
}

wire::ChatRequest question() {
    wire::ChatRequest request;
    request.messages.push_back({wire::Role::user, "?"});
    request.max_tokens = 40;
    return request;
}

} // namespace

class TestDriverEdited : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // A provider that hangs, one attempt at once: the next driver's call waits until the first
    // driver's caller leaves, or that driver is gone.
    void one_place_for_both_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("destroyed");
        QTest::newRow("the same model, cancelled") << "m1" << false;
        QTest::newRow("another model, cancelled") << "m2" << false;
        QTest::newRow("another model, destroyed") << "m2" << true;
    }
    void one_place_for_both() {
        QFETCH(QString, model);
        QFETCH(bool, destroyed);
        PlainProvider hangs(PlainProvider::hangs, "x");
        LiveWorld world(read(one_at_a_time(hangs.base_url(), "m1")));
        Asked first, second, third;
        first.handle = world.driver->start(question(), {}, first);
        QVERIFY(run_until(
            world.loop, [&] { return hangs.requests() == 1; }, 5s));
        auto next = std::make_unique<live::Driver>(
            world.loop, world.http, world.clock,
            read(one_at_a_time(hangs.base_url(), model.toStdString())), chain::ResolvedKeys{},
            live::Driver::LabAddress{}, 8, nullptr, nullptr);
        next->adopt(*world.driver);
        second.handle = next->start(question(), {}, second);
        run_until(
            world.loop, [&] { return second.attempts_told > 0; }, 300ms);
        QCOMPARE(second.attempts_told, 0); // it waits for its place
        if (destroyed)
            world.driver.reset();
        else
            world.driver->cancel(first.handle);
        QVERIFY(run_until(
            world.loop, [&] { return second.attempts_told > 0; }, 5s));
        // And the other way round: while the second one's attempt runs, the first driver waits.
        if (!destroyed) {
            QVERIFY(first.done && first.record->result == CallResult::cancelled);
            third.handle = world.driver->start(question(), {}, third);
            run_until(
                world.loop, [&] { return third.attempts_told > 0; }, 300ms);
            QCOMPARE(third.attempts_told, 0);
            next->cancel(second.handle);
            QVERIFY(run_until(
                world.loop, [&] { return third.attempts_told > 0; }, 5s));
            world.driver->cancel(third.handle);
            QVERIFY(world.wait(third));
        }
        next->cancel_all();
        QVERIFY(world.wait(second));
        next.reset();
    }

    // What was spent on a provider counts when its only target's model has changed.
    void spend_stays_with_its_provider() {
        PlainProvider good(PlainProvider::answers, "42");
        // At 1 and 2 USD per million: the estimate is 88 millionths, the bill 25; one fits, not
        // two.
        const std::string budget = R"({"budget": {"per_provider_day_usd": {"p1": 0.0001}}})";
        LiveWorld world(read(chain_json({good.base_url()}, budget)));
        Asked asked, again;
        world.driver->start(question(), {}, asked);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        chain::Json json = chain_json({good.base_url()}, budget);
        json["chains"][0]["targets"][0]["model"] = "m2";
        live::Driver next(world.loop, world.http, world.clock, read(json), {}, {}, 8, nullptr,
                          nullptr);
        next.adopt(*world.driver);
        next.start(question(), {}, again);
        QVERIFY(world.wait(again));
        QCOMPARE(again.record->result, CallResult::refused);
    }
};

QTEST_GUILESS_MAIN(TestDriverEdited)
#include "test_driver_edited.moc"
