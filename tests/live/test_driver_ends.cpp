// When an answer is whole: at its own end mark, not when the transport gets round to ending.
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
                        R"({"timeouts": {"stall_ms": 3000, "total_ms": 8000}})");
        for (int i = 0; i < 3; ++i) { // the lingering connection is in nobody's way
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, engine::CallResult::success);
            QCOMPARE(asked.text, std::string{"The answer is 42."});
            QCOMPARE(asked.record->attempts.size(), 1u);
            QCOMPARE(asked.attempt(1).outcome.output_tokens, 7u);
            QVERIFY(asked.record->ended - asked.record->started < std::chrono::seconds{3});
        }
        QCOMPARE(other.requests(), 0);
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
};

QTEST_GUILESS_MAIN(TestDriverEnds)
#include "test_driver_ends.moc"
