// Looking on changes nothing, and tells what the report counts.
#include "sim_world.h"

using namespace brownout;
using namespace brownout::test;

namespace {

struct Seen : sim::Watcher {
    std::uint64_t requests = 0, succeeded = 0, attempts = 0;
    std::vector<record::RequestRecord> records;
    std::vector<record::BreakerRecord> breakers;
    std::vector<record::FaultRecord> faults;
    void request(const record::FoldedCall& call,
                 std::span<const record::FoldedAttempt> all) override {
        ++requests;
        succeeded += call.result == engine::CallResult::success;
        attempts += all.size();
    }
    void record(record::RequestRecord r) override { records.push_back(std::move(r)); }
    void breaker(const record::BreakerRecord& b) override { breakers.push_back(b); }
    void fault(const record::FaultRecord& f) override { faults.push_back(f); }
};

} // namespace

class TestWatch : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_stretch_is_told_as_it_is_counted_data() {
        QTest::addColumn<double>("from");
        QTest::addColumn<double>("to");
        QTest::newRow("the whole run") << 0.0 << 1e9;
        QTest::newRow("its middle") << 200.0 << 300.0;
        QTest::newRow("nothing") << 5e8 << 1e9;
    }
    void a_stretch_is_told_as_it_is_counted() {
        QFETCH(double, from);
        QFETCH(double, to);
        const auto document = chain_of({"{}", "{}"});
        const auto scenario = scenario_of(
            R"({"requests_per_s":4})",
            R"("duration_s":600,"faults":[{"target":"p1","kind":"http_error","when":{"at_s":210,"for_s":60}}],)");
        Seen seen;
        sim::SimulateOptions options;
        options.watch = {&seen, Instant{from_seconds(from)}, Instant{from_seconds(to)}, true};
        const Json watched = simulated(document, scenario, options);
        QCOMPARE(seen.records.size(), seen.requests);
        for (std::size_t i = 0; i < seen.records.size(); ++i) {
            const auto& r = seen.records[i];
            QVERIFY(to_seconds(r.ended) >= from && to_seconds(r.ended) < to);
            QVERIFY(!r.attempts.empty() && r.first_choice == "p1/m1");
        }
        if (to < 600) // not played on
            QVERIFY(watched["virtual_s"].get<double>() < 600 && watched["partial"].get<bool>());
        else
            QVERIFY(watched == simulated(document, scenario));
        if (from > 0)
            return;
        QCOMPARE(seen.requests, watched["requests"].get<std::uint64_t>());
        QCOMPARE(seen.succeeded, watched["succeeded"].get<std::uint64_t>());
        QCOMPARE(seen.attempts, watched["attempts"].get<std::uint64_t>());
        QCOMPARE(seen.breakers.size(), watched["targets"][0]["breaker"].size());
        QCOMPARE(seen.faults.size(), std::size_t{2});
        QVERIFY(seen.faults[0].to == never && to_seconds(seen.faults[1].to) == 270);
    }
};

QTEST_APPLESS_MAIN(TestWatch)
#include "test_watch.moc"
