// A seed's report has the same bytes in every build: what is compared with here was written down
// once, so each build (optimised, with assertions, under a sanitizer, by another compiler) is
// compared with all others. A change of the model, or of what a report says, changes them: then
// write down the new ones, and see that every build agrees.
#include "sim_world.h"

#include <QCryptographicHash>

using namespace brownout;
using namespace brownout::test;

namespace {

// Every kind of distribution, a slow mode, a queue, outages.
const char* const models[] = {
    R"({"first_token_ms":{"lognormal":{"median":350,"sigma":0.6}},
        "token_ms":{"lognormal":{"median":12,"sigma":0.3}},"error_ratio":0.02,
        "slow_mode":{"ratio":0.02,"factor":8}})",
    R"({"first_token_ms":{"weibull":{"shape":0.8,"scale":500}},
        "token_ms":{"pareto":{"minimum":5,"shape":2.5}},"error_ratio":0.02,
        "capacity":{"concurrency":20,"queue":5,"shed_status":529}})",
    R"({"first_token_ms":{"exponential":{"mean":350}},"token_ms":{"uniform":{"low":2,"high":9}},
        "output_tokens":{"normal":{"mean":80,"sd":20}},
        "outages":{"gap_h":0.2,"repair_h":{"exponential":{"mean":0.05}},"severity":0.7}})"};

} // namespace

class TestSimBytes : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void every_build_gives_the_same_bytes_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<QString>("traffic");
        QTest::addColumn<QString>("faults");
        QTest::addColumn<QByteArray>("sha256");
        QTest::newRow("streams, a hedge by quantile, a provider down, cut streams")
            << R"({"hedge":{"after_quantile":0.9,"max_extra":1}})"
            << R"({"requests_per_s":6,"output_tokens":{"lognormal":{"median":60,"sigma":0.9}},
                   "input_tokens":{"lognormal":{"median":400,"sigma":0.8}}})"
            << R"([{"target":"p1","kind":"http_error","status":503,"when":{"at_s":50,"for_s":160}},
                   {"target":"p2","kind":"stream_cut","after_tokens":9,
                    "when":{"probability":0.1}}])"
            << QByteArray("da55cb4fab359a4ef42f08de1f77d06a2cb31894eb696b9d0344a9c09e684717");
        QTest::newRow("whole replies at a high rate, a budget, a limit")
            << R"({"budget":{"per_hour_usd":0.5},"retry":{"attempts_per_target":3}})"
            << R"({"requests_per_s":40,"stream":false,"output_tokens":30,
                   "profile":{"day":[1,2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],
                              "hour_s":200}})"
            << R"([{"target":"p1","kind":"rate_limit","requests_per_min":600}])"
            << QByteArray("c4ed793c354f8352dd879859608c9e886f871985b81152b7929318eadb6194cb");
        QTest::newRow("clients that think, names that are lost, stalls")
            << R"({"timeouts":{"total_ms":5000,"stall_ms":1500}})"
            << R"({"arrivals":"closed","clients":12,"think_ms":{"exponential":{"mean":700}}})"
            << R"([{"target":"p2","kind":"dns_failure","when":{"at_s":300,"for_s":60}},
                   {"target":"p1","kind":"stream_stall","after_tokens":5,"ms":20000,
                    "when":{"probability":0.2}}])"
            << QByteArray("c18cd2d6eb4686409585e92186fc1f4a53066ca25c248d09a69bdffefab73c5e");
    }
    void every_build_gives_the_same_bytes() {
        QFETCH(QString, policy);
        QFETCH(QString, traffic);
        QFETCH(QString, faults);
        QFETCH(QByteArray, sha256);
        sim::SimulateOptions options;
        options.runs = 3;
        options.seed = 17;
        const auto document = chain_of({models[0], models[1], models[2]}, policy.toStdString());
        const auto scenario = scenario_of(
            traffic.toStdString(), "\"duration_s\":900,\"faults\":" + faults.toStdString() +
                                       R"(,"expect":[{"metric":"availability","at_least":0.5},
                                         {"metric":"longest_gap_s","at_most":100}],)");
        Json report = simulated(document, scenario, options);
        // A run that takes a second thread is the same run.
        options.runs = 1;
        std::string texts[2];
        for (unsigned threads : {1u, 2u}) {
            options.threads = threads;
            Json alone = simulated(document, scenario, options);
            texts[threads - 1] = chain::pretty_json(alone);
        }
        QCOMPARE(QString::fromStdString(texts[1]), QString::fromStdString(texts[0]));
        report.erase("engine_version");
        const std::string text = chain::pretty_json(report);
        const QByteArray seen =
            QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256)
                .toHex();
        QCOMPARE(seen, sha256);
    }
};

QTEST_APPLESS_MAIN(TestSimBytes)
#include "test_sim_bytes.moc"
