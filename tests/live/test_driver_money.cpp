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
    }
};

QTEST_GUILESS_MAIN(TestDriverMoney)
#include "test_driver_money.moc"
