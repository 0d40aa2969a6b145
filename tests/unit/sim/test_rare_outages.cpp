// Outages that seldom meet: what is played by windows against the product formula, and what is
// refused.
#include "sim_world.h"

#include "sim/outage_years.h"
#include "sim/rare_outages.h"

#include <cmath>

using namespace brownout;
using namespace brownout::test;

namespace {

struct Down { // of one provider
    const char *gap, *repair;
    double gap_h = 0, repair_h = 0; // means
    double severity = 1;
    double share() const { return severity * repair_h / (gap_h + repair_h); }
    std::string model() const {
        return R"({"first_token_ms":10,"token_ms":0,"outages":{"gap_h":)" + std::string(gap) +
               R"(,"repair_h":)" + repair + R"(,"severity":)" + std::to_string(severity) + "}}";
    }
};

const Down often{R"({"exponential":{"mean":100}})", R"({"exponential":{"mean":2}})", 100, 2};
const Down seldom{R"({"weibull":{"shape":0.65,"scale":500}})",
                  R"({"lognormal":{"median":1.5,"sigma":0.8}})", 500 * std::tgamma(1 + 1 / 0.65),
                  1.5 * std::exp(0.32)};
const Down regular{R"({"uniform":{"low":150,"high":250}})", "3", 200, 3, 0.5};

// Nobody is tried twice, and no breaker helps or harms.
constexpr const char* alone = R"({"breaker":{"consecutive_failures":null,"failure_ratio":null},
    "retry":{"attempts_per_target":1,"max_attempts":10,"backoff":{"kind":"none"}}})";

const char* const traffic = R"({"requests_per_s":0.02,"stream":false,"output_tokens":1})";
const char* const a_day = "\"duration_s\":86400,";

} // namespace

class TestRareOutages : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void joint_outages_follow_the_product_formula_data() {
        QTest::addColumn<QList<int>>("providers"); // of the three above
        QTest::addColumn<double>("years");
        QTest::newRow("two of one kind") << QList<int>{0, 0} << 100.0;
        QTest::newRow("two that differ") << QList<int>{0, 1} << 400.0;
        QTest::newRow("half severe") << QList<int>{0, 2} << 200.0;
        QTest::newRow("three") << QList<int>{0, 0, 0} << 400.0;
    }
    void joint_outages_follow_the_product_formula() {
        QFETCH(QList<int>, providers);
        QFETCH(double, years);
        const Down* const kinds[] = {&often, &seldom, &regular};
        std::vector<std::string> models;
        double all_down = 1;
        for (const int i : providers) {
            models.push_back(kinds[i]->model());
            all_down *= kinds[i]->share();
        }
        sim::RareOptions options;
        options.years = years;
        options.requests = 100'000;
        const auto found =
            sim::rare_outages(chain_of(models, alone), scenario_of(traffic, a_day), options);
        QVERIFY2(found, found ? "" : found.error().text().c_str());
        const stats::Interval& a = found->availability;
        const double standard_error = found->standard_error;
        const QString text = QStringLiteral("lost %1 for %2, standard error %3; %4 windows, %5 "
                                            "joint, %6 requests")
                                 .arg(1 - a.value)
                                 .arg(all_down)
                                 .arg(standard_error)
                                 .arg(found->windows)
                                 .arg(found->joint_windows)
                                 .arg(found->played_requests);
        QVERIFY2(std::abs(1 - a.value - all_down) <= 4 * standard_error, qPrintable(text));
        QVERIFY2(standard_error < 0.35 * all_down, qPrintable(text)); // it says something
        QVERIFY(a.low < a.value && a.value <= a.high);
        QVERIFY(found->joint_played > 0 && found->played <= found->windows);
        // Every request of so many years would be far more.
        QVERIFY(found->played_requests < 0.2 * years * 365 * 86400 * 0.02);
    }

    void the_same_on_any_number_of_threads() {
        const auto document = chain_of({often.model(), regular.model()}, alone);
        std::vector<double> values;
        for (const unsigned threads : {1u, 2u, 8u}) {
            sim::RareOptions options;
            options.years = 20;
            options.threads = threads;
            options.requests = 30'000;
            const auto found = sim::rare_outages(document, scenario_of(traffic, a_day), options);
            QVERIFY(found.has_value());
            values.push_back(found->availability.value);
            values.push_back(found->availability.low);
        }
        QCOMPARE(values[2], values[0]);
        QCOMPARE(values[3], values[1]);
        QCOMPARE(values[4], values[0]);
        QCOMPARE(values[5], values[1]);
    }

    void windows_hold_all_outages_and_their_margins() {
        const auto plan = sim::plan_run(chain_of({often.model(), seldom.model(), regular.model()}),
                                        scenario_of(traffic, a_day));
        QVERIFY(plan.has_value());
        const auto windows = sim::outage_windows(*plan, 500, 3, {60, 900});
        QVERIFY(windows.has_value());
        double down_s[3] = {}, last = -1;
        std::size_t joint = 0;
        for (const sim::OutageWindow& window : *windows) {
            QVERIFY(window.from_s > last);
            last = window.to_s;
            QVERIFY(!window.outages.empty() && window.at_once >= 1);
            joint += window.at_once > 1;
            for (const sim::Outage& outage : window.outages) {
                QVERIFY(outage.from_s >= window.from_s && outage.to_s <= window.to_s);
                QVERIFY(outage.to_s > outage.from_s);
                down_s[outage.provider] += outage.to_s - outage.from_s;
            }
        }
        QVERIFY(joint > 100);
        const double all_s = 500 * 365 * 86400.0;
        QVERIFY(std::abs(down_s[0] / all_s - 2.0 / 102) < 0.001);
        QVERIFY(std::abs(down_s[1] / all_s - seldom.share()) < 0.0005);
        QVERIFY(std::abs(down_s[2] / all_s - 3.0 / 203) < 0.0001);
    }

    void the_report_says_how_it_was_found() {
        Json report = simulated(chain_of({often.model()}, alone),
                                scenario_of(traffic, std::string(a_day) + R"("expect":[
                                    {"metric":"availability","at_least":0.99}],)"));
        sim::RareOutages found;
        found.availability = {0.98, 0.97, 0.985, "t 95 %, 32 batches of years"};
        found.years = 100;
        sim::put_into(report, found);
        QVERIFY(record::check_report(report, "report").empty());
        QCOMPARE(report["availability"]["value"].get<double>(), 0.98);
        QCOMPARE(report["expectations"][0]["observed"].get<double>(), 0.98);
        QVERIFY(!report["expectations"][0]["pass"].get<bool>());
        QVERIFY(report["notes"].dump().find("100 years") != std::string::npos);
    }

    void what_cannot_be_played_is_refused_data() {
        QTest::addColumn<QString>("outages");
        QTest::addColumn<QString>("of_traffic");
        QTest::addColumn<double>("years");
        QTest::addColumn<QString>("says");
        const QString usual = QStringLiteral(R"({"gap_h":10,"repair_h":1})");
        QTest::newRow("no years") << usual << traffic << 0.0 << "1 to 100000";
        QTest::newRow("no outages") << "null" << traffic << 10.0 << "`outages`";
        QTest::newRow("too many outages") << R"({"gap_h":0.01,"repair_h":0.001})" << traffic
                                          << 1000.0 << "at most 5e+06 fit. Up to 6.28 years fit";
        QTest::newRow("no time between them")
            << R"({"gap_h":0,"repair_h":0})" << traffic << 10.0 << "above zero";
        QTest::newRow("clients that wait")
            << usual << R"({"arrivals":"closed"})" << 10.0 << "/traffic";
        QTest::newRow("no traffic")
            << usual << R"({"requests_per_s":0})" << 10.0 << "there is no traffic";
    }
    void what_cannot_be_played_is_refused() {
        QFETCH(QString, outages);
        QFETCH(QString, of_traffic);
        QFETCH(double, years);
        QFETCH(QString, says);
        sim::RareOptions options;
        options.years = years;
        const std::string model =
            outages == QLatin1String("null") ? "{}" : "{\"outages\":" + outages.toStdString() + "}";
        const auto found = sim::rare_outages(
            chain_of({model}), scenario_of(of_traffic.toStdString(), "\"duration_s\":600,"),
            options);
        QVERIFY(!found);
        QVERIFY2(QString::fromStdString(found.error().text()).contains(says),
                 found.error().text().c_str());
    }
};

QTEST_APPLESS_MAIN(TestRareOutages)
#include "test_rare_outages.moc"
