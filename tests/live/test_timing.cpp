// Whether the lab keeps its times, and whether waiting is counted: latencies from when a request
// was meant to start, bandwidth within a tenth, drawn latencies against their distribution.
#include "live/rehearsal.h"
#include "support/http_lab.h"
#include "support/live_worker.h"

#include <QTest>
#include <boost/asio/steady_timer.hpp>

#include <cmath>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

// The largest distance between the steps of a sample and a distribution function (Kolmogorov,
// Smirnov). Of n samples of that distribution it is above 1.63 / sqrt(n) once in a hundred times.
double distance(std::vector<double> sample, const std::function<double(double)>& share_below) {
    std::sort(sample.begin(), sample.end());
    const auto n = static_cast<double>(sample.size());
    double most = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const double expected = share_below(sample[i]);
        most = std::max({most, expected - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - expected});
    }
    return most;
}

double normal_share(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

faults::Rule latency(const std::string& ms) {
    return rule(R"({"target":"aster","kind":"latency","ms":)" + ms + "}");
}

} // namespace

class TestTiming : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // The loop stands still for 300 ms: those that were due meanwhile started late, and their wait
    // counts as latency. Were it measured from when they were sent, none would be slow; were those
    // left out whose time is over, they would be missing.
    void waiting_is_latency_data() {
        QTest::addColumn<QByteArray>("traffic");
        QTest::addColumn<int>("slow"); // at least so many waited for 100 ms and more
        QTest::newRow("open") << QByteArray(R"("requests_per_s":200,"arrivals":"uniform")") << 30;
        QTest::newRow("closed") << QByteArray(R"("arrivals":"closed","clients":8,"think_ms":30)")
                                << 6;
    }
    void waiting_is_latency() {
        QFETCH(QByteArray, traffic);
        QFETCH(int, slow);
        const auto document = read(chain_json({"lab:"}));
        std::unique_ptr<live::Lab> lab;
        LiveWorld world(document, {}, [&](const std::string& id) { return lab->dial_url(id); });
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        QVERIFY(!lab->serve("p1", chain::Dialect::openai, quick_model()));
        const auto scenario =
            scenario_of(R"({"format":"brownout.scenario/1","name":"x","duration_s":1,"traffic":{)" +
                        traffic.toStdString() + R"(,"stream":false,"output_tokens":3}})");
        live::Rehearsal run(world.loop, world.clock, *world.driver, *lab,
                            {&document, scenario, "", 1, std::nullopt, {}});
        bool done = false;
        run.start([&done] { done = true; });
        boost::asio::steady_timer stall(world.loop, 800ms); // and past the end
        stall.async_wait(
            [](const boost::system::error_code&) { std::this_thread::sleep_for(300ms); });
        QVERIFY(run_until(
            world.loop, [&] { return done; }, 20s));
        if (traffic.contains("uniform"))
            QCOMPARE(run.requests(), 199u); // at 5 ms, 10 ms ... before the second is over
        int waited = 0;
        for (const record::RequestPtr& r : world.requests)
            waited += r->ended - r->started >= 100ms;
        QVERIFY2(waited >= slow, qPrintable(QString::number(waited)));
        lab.reset();
    }

    void bandwidth_within_a_tenth() {
        constexpr double kbyte_per_s = 600;
        faults::Rule narrow = rule_of(faults::Kind::bandwidth);
        narrow.fault.kbyte_per_s = kbyte_per_s;
        faults::Rule large = rule_of(faults::Kind::http_error);
        large.fault.body = std::string(240'000, 'x');
        LabFixture f;
        f.inject(narrow);
        f.inject(large);
        double best = 0;
        for (int i = 0; i < 5 && best < 0.9; ++i) { // a busy machine is late now and then
            const auto reply = f.chat(false);
            QCOMPARE(reply.body.size(), large.fault.body->size());
            const double measured =
                static_cast<double>(reply.body.size()) / (reply.ms - reply.first_byte_ms);
            QVERIFY2(measured <= 1.1 * kbyte_per_s, qPrintable(QString::number(measured)));
            best = std::max(best, measured / kbyte_per_s);
        }
        qInfo("bandwidth: %.1f %% of what was asked for", best * 100);
        QVERIFY(best >= 0.9);
    }

    void draws_follow_their_distribution_data() {
        QTest::addColumn<QByteArray>("ms");
        QTest::addColumn<int>("which");
        QTest::newRow("uniform") << QByteArray(R"({"uniform":{"low":10,"high":50}})") << 0;
        QTest::newRow("normal") << QByteArray(R"({"normal":{"mean":100,"sd":10}})") << 1;
        QTest::newRow("lognormal") << QByteArray(R"({"lognormal":{"median":80,"sigma":0.5}})") << 2;
        QTest::newRow("exponential") << QByteArray(R"({"exponential":{"mean":40}})") << 3;
        QTest::newRow("weibull") << QByteArray(R"({"weibull":{"shape":1.5,"scale":60}})") << 4;
        QTest::newRow("pareto") << QByteArray(R"({"pareto":{"minimum":20,"shape":2.5}})") << 5;
    }
    void draws_follow_their_distribution() {
        QFETCH(QByteArray, ms);
        QFETCH(int, which);
        const std::function<double(double)> shares[] = {
            [](double x) { return std::clamp((x - 10) / 40, 0.0, 1.0); },
            [](double x) { return normal_share((x - 100) / 10); },
            [](double x) { return normal_share(std::log(x / 80) / 0.5); },
            [](double x) { return 1 - std::exp(-x / 40); },
            [](double x) { return 1 - std::exp(-std::pow(x / 60, 1.5)); },
            [](double x) { return x < 20 ? 0 : 1 - std::pow(20 / x, 2.5); },
        };
        constexpr int n = 20'000;
        faults::Injector injector({latency(ms.toStdString())}, 7);
        std::vector<double> sample;
        faults::RequestFacts facts;
        facts.provider = "aster";
        for (int i = 0; i < n; ++i)
            sample.push_back(stats::mean(injector.decide(facts, Duration{i})[0].ms));
        const double far = distance(sample, shares[which]);
        QVERIFY2(far < 1.63 / std::sqrt(double{n}), qPrintable(QString::number(far)));
        // The test sees a distribution that is not the one: ten per cent longer.
        for (double& x : sample)
            x *= 1.1;
        QVERIFY(distance(sample, shares[which]) > 1.63 / std::sqrt(double{n}));
    }

    // On the wire, beside what the machine adds.
    void latencies_follow_their_distribution() {
        constexpr int clients = 40, each = 5;
        LabFixture f(quick_model(), 7);
        f.inject(latency(R"({"lognormal":{"median":80,"sigma":0.5}})"));
        const std::string url = f.base() + "/chat/completions";
        std::vector<std::vector<double>> took(clients);
        std::vector<std::thread> threads;
        for (auto& mine : took)
            threads.emplace_back([&mine, &url] {
                PlainClient client;
                for (int i = 0; i < each; ++i)
                    mine.push_back(client.send(url, LabFixture::body(false)).ms);
            });
        for (std::thread& t : threads)
            t.join();
        std::vector<double> all;
        for (const auto& mine : took)
            all.insert(all.end(), mine.begin(), mine.end());
        const double far =
            distance(all, [](double x) { return normal_share(std::log(x / 80) / 0.5); });
        qInfo("latency on the wire: distance %.3f of %d requests", far, clients * each);
        QVERIFY(far < 0.2);
    }
};

QTEST_GUILESS_MAIN(TestTiming)
#include "test_timing.moc"
