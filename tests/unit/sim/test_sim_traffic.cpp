// When the requests of a simulation come: by steps, by the hour of the day and the day of the week,
// from clients that wait, as in a trace.
#include "sim_world.h"

#include "faults/arrivals.h"

#include <cmath>
#include <map>

using namespace brownout;
using namespace brownout::test;

namespace {

double of(const Json& report, const char* key) {
    return report.at(key).get<double>();
}

} // namespace

class TestSimTraffic : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // So many requests in each of these hours, within four standard deviations: by a profile of the
    // day and the week, by steps, evenly.
    void requests_come_as_the_traffic_says_data() {
        QTest::addColumn<QString>("traffic");
        QTest::addColumn<QList<double>>("wanted"); // a pair of hour and requests each
        const QString day = QStringLiteral("[0,0,1,1,1,1,1,1,1,1,1,1,3,1,1,1,1,1,1,1,1,1,1,0.5]");
        QTest::newRow("hours of the day")
            << R"({"requests_per_s":0.5,"profile":{"day":)" + day + "}}"
            << QList<double>{0, 0, 1, 0, 2, 1800, 12, 5400, 23, 900, 24, 0, 36, 5400, 47, 900};
        QTest::newRow("days of the week, from a Friday evening")
            << QStringLiteral(R"({"requests_per_s":0.5,
                "profile":{"week":[1,1,1,1,2,0,0.5],"start_h":116}})")
            << QList<double>{0, 3600, 3, 3600, 4, 0, 27, 0, 28, 900, 51, 900, 52, 1800};
        QTest::newRow("both, on steps")
            << R"({"requests_per_s":[{"at_s":0,"requests_per_s":0.5},
                                     {"at_s":45000,"requests_per_s":1}],
                "profile":{"week":[1,2,1,1,1,1,1],"day":)" +
                   day + "}}"
            << QList<double>{0, 0, 11, 1800, 12, 8100, 13, 3600, 36, 21600, 37, 7200, 47, 3600};
        QTest::newRow("evenly, an hour that lasts a minute")
            << QStringLiteral(R"({"requests_per_s":2,"arrivals":"uniform",
                "profile":{"day":%1,"hour_s":60}})")
                   .arg(day)
            << QList<double>{0, 6840, 1, 7260};
    }
    void requests_come_as_the_traffic_says() {
        QFETCH(QString, traffic);
        QFETCH(QList<double>, wanted);
        const auto scenario = scenario_of(traffic.toStdString(), "\"duration_s\":259200,");
        faults::ArrivalPlan plan(scenario.traffic, 5);
        std::map<int, double> seen;
        for (double at = plan.next(); at < 259'200; at = plan.next())
            ++seen[static_cast<int>(at / 3600)];
        double sum = 0;
        for (const auto& [hour, count] : seen)
            sum += count;
        const double due = faults::expected_arrivals(scenario.traffic, 259'200);
        QVERIFY(std::abs(sum - due) <= 4 * std::sqrt(due));
        for (qsizetype i = 0; i < wanted.size(); i += 2) {
            const double count = seen[static_cast<int>(wanted[i])];
            QVERIFY2(std::abs(count - wanted[i + 1]) <= 4 * std::sqrt(wanted[i + 1]),
                     qPrintable(QStringLiteral("hour %1: %2").arg(wanted[i]).arg(count)));
        }
    }

    // Each of ten clients asks, waits 200 ms for its answer and thinks for 300 ms on average.
    void clients_wait_for_their_answers() {
        const auto document = chain_of({R"({"first_token_ms":200,"token_ms":0})"},
                                       R"({"breaker":{"consecutive_failures":null}})");
        const Json r =
            simulated(document, scenario_of(R"({"arrivals":"closed","clients":10,"stream":false,
                "think_ms":{"exponential":{"mean":300}},"output_tokens":1})",
                                            "\"duration_s\":3600,"));
        const double due = 10 * 3600 / 0.5;
        // A cycle's variance is that of its thinking: 0.3 s squared.
        QVERIFY(std::abs(of(r, "requests") - due) <= 4 * std::sqrt(due) * 0.3 / 0.5 + 10);
    }

    // As a trace says: when, and how long each is.
    void a_trace_is_played_as_it_was() {
        auto scenario = scenario_of(R"({"requests_per_s":1,"stream":false})", "\"duration_s\":60,");
        auto trace = std::make_shared<faults::Trace>();
        std::int64_t input = 0;
        for (int i = 0; i < 100; ++i) {
            trace->rows.push_back({i * 0.25, 10 + i, 1 + i % 7});
            input += 10 + i + 7;
        }
        scenario.traffic.trace = trace;
        scenario.traffic.time_scale = 2;
        const Json r = simulated(chain_of({R"({"first_token_ms":100,"token_ms":0})"}), scenario);
        QCOMPARE(r["requests"].get<int>(), 100);
        const Json& timeline = r["timeline"];
        QCOMPARE(timeline[0]["requests"].get<int>(), 8);
        QCOMPARE(timeline[12]["requests"].get<int>(), 4);
        std::int64_t output = 0;
        for (const auto& row : trace->rows)
            output += row.output_tokens;
        QVERIFY(std::abs(of(r, "spend_usd") - static_cast<double>(input + 2 * output) / 1e6) <
                1e-9);
    }
};

QTEST_APPLESS_MAIN(TestSimTraffic)
#include "test_sim_traffic.moc"
