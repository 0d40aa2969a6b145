// What the driver knows of money before an attempt: prices that are known in part, answers whose
// length nobody named.
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using engine::CallResult;

class TestDriverMoney : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void half_a_price_fits_under_no_cap_data() {
        QTest::addColumn<QString>("price");
        QTest::addColumn<QString>("result");
        const auto row = [](const char* price, const char* result) {
            QTest::newRow(price) << QString(price) << QString(result);
        };
        row(R"({"input_usd_per_mtok": 3})", "refused");
        row(R"({"input_usd_per_mtok": 0})", "refused");
        row(R"({"output_usd_per_mtok": 3})", "refused");
        row(R"({"input_usd_per_mtok": 3, "output_usd_per_mtok": 3})", "success");
    }
    void half_a_price_fits_under_no_cap() {
        QFETCH(QString, price);
        PlainProvider good(PlainProvider::answers, "42");
        chain::Json json = chain_json({good.base_url()}, R"({"budget": {"per_day_usd": 1}})");
        json["chains"][0]["targets"][0]["price"] = chain::Json::parse(price.toStdString());
        LiveWorld world(read(json));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QTEST(QString(engine::name(asked.record->result)), "result");
        const auto& told = asked.record->error;
        if (asked.record->result == CallResult::refused)
            QVERIFY2(
                told.find("the budget per day needs known prices (p1/m1: its price is unknown)") !=
                    std::string::npos,
                told.c_str());
    }

    // 1 and 2 USD per million: a request of some 10 tokens whose answer may have any length is
    // reckoned with 500.
    void a_length_that_nobody_named_is_estimated_data() {
        QTest::addColumn<double>("cap");
        QTest::addColumn<QString>("result");
        QTest::newRow("below") << 0.0009 << QString("refused");
        QTest::newRow("above") << 0.0012 << QString("success");
    }
    void a_length_that_nobody_named_is_estimated() {
        QFETCH(double, cap);
        PlainProvider good(PlainProvider::answers, "42");
        chain::Json json = chain_json({good.base_url()});
        json["policy"]["budget"]["per_request_usd"] = cap;
        LiveWorld world(read(json));
        Asked asked;
        wire::ChatRequest request;
        request.messages.push_back({wire::Role::user, "What is the answer?"});
        world.driver->start(std::move(request), {}, asked);
        QVERIFY(world.wait(asked));
        QTEST(QString(engine::name(asked.record->result)), "result");
        const auto& told = asked.record->error;
        if (asked.record->result == CallResult::refused)
            QVERIFY2(told.find("the budget per request allows none (p1/m1: over the budget)") !=
                         std::string::npos,
                     told.c_str());
    }

    // Each target with the reason of its own.
    void a_refusal_lists_every_target() {
        PlainProvider good(PlainProvider::answers, "42");
        chain::Json json = chain_json({good.base_url(), good.base_url(), good.base_url()});
        chain::Json& targets = json["chains"][0]["targets"];
        targets[0]["enabled"] = false;
        targets[1].erase("price");
        targets[2]["breaker_hold"] = "open";
        json["policy"]["budget"]["per_request_usd"] = 1;
        LiveWorld world(read(json));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        const auto& told = asked.record->error;
        for (const char* why : {": switched off; ", ": its price is unknown; ", ": held open)"})
            QVERIFY2(told.find(why) != std::string::npos, told.c_str());
        QCOMPARE(good.requests(), 0);
    }
};

QTEST_GUILESS_MAIN(TestDriverMoney)
#include "test_driver_money.moc"
