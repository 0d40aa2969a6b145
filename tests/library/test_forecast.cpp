// The forecast is what happens: scenarios played by the clock over real sockets and in virtual time
// with the same seed, so with the same requests, draws and faults.
#include "live/rehearsal.h"
#include "sim/simulate.h"

#include <QTest>

#include <future>

using namespace brownout;
using chain::Json;

namespace {

// By how much a forecast may be wrong. A request that is decided the other way, because two
// things happened within a millisecond of each other, is one in 216. (How long breakers stay open
// is chosen so that limits and probes which are late by 60 ms change less than that in any row.)
constexpr double availability_slack = 0.005, latency_slack = 0.05, latency_slack_ms = 5,
                 attempts_slack = 0.02, spend_slack = 0.01, breaker_slack_s = 0.5;
constexpr int requests = 216; // nine a second

// Three dialects. First tokens after half a second and more: next to that, what a busy machine adds
// is little.
const char* const document_text = R"({"format":"brownout.chain/1","name":"test","providers":[
    {"id":"aster","dialect":"openai","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":500,"sigma":0.3}},"token_ms":30}},
    {"id":"birch","dialect":"anthropic","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":800,"sigma":0.25}},"token_ms":40}},
    {"id":"cedar","dialect":"gemini","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":600,"sigma":0.25}},"token_ms":30}}],
  "chains":[{"id":"default","targets":[
    {"provider":"aster","model":"a","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":4}},
    {"provider":"birch","model":"b","price":{"input_usd_per_mtok":2,"output_usd_per_mtok":8}},
    {"provider":"cedar","model":"c","price":{"input_usd_per_mtok":0.5,"output_usd_per_mtok":2}}]}],
  "policy":{"timeouts":{"first_token_ms":2500,"stall_ms":2000,"total_ms":12000},
            "breaker":{"open_s":4.5,"open_growth":1}}})";

// Pictures, made at once and as jobs that are looked at; and providers whose health is checked, at
// other times than those at which a breaker lets a probe through.
const char* const other_text = R"({"format":"brownout.chain/1","name":"test","providers":[
    {"id":"dune","dialect":"replicate","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":5200,"sigma":0.1}}}},
    {"id":"aster","dialect":"openai","base_url":"lab:","key":"none",
     "health_check":{"every_s":2,"by":"prompt"},
     "model":{"first_token_ms":{"lognormal":{"median":600,"sigma":0.3}},"token_ms":30}},
    {"id":"birch","dialect":"anthropic","base_url":"lab:","key":"none",
     "health_check":{"every_s":3,"by":"models"},
     "model":{"first_token_ms":{"lognormal":{"median":800,"sigma":0.25}},"token_ms":40}}],
  "chains":[{"id":"default","targets":[
    {"provider":"aster","model":"a","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":4}},
    {"provider":"birch","model":"b","price":{"input_usd_per_mtok":2,"output_usd_per_mtok":8}}]},
   {"id":"pictures","targets":[
    {"provider":"dune","model":"acme/dune","capabilities":["image"],"price":{"image_usd":0.03}},
    {"provider":"aster","model":"gpt-image-1","price":{"image_usd":0.04,
     "input_usd_per_mtok":1,"output_usd_per_mtok":4}}]}],
  "policy":{"timeouts":{"first_token_ms":8000,"total_ms":20000},
            "breaker":{"open_s":3.6,"open_growth":1}}})";

struct Pair {
    Json rehearsed, simulated;
};

Pair play(const char* chain, const QString& rest, std::uint64_t seed) {
    const auto document = chain::read_document_text(chain, "test.chain.json");
    if (!document.ok())
        qFatal("%s", document.problems.front().text().c_str());
    const std::string text =
        R"({"format":"brownout.scenario/1","name":"test","max_requests":216,)" +
        rest.toStdString() + "}";
    const auto scenario = faults::read_scenario(Json::parse(text), "test.scenario.json");
    if (!scenario.ok())
        qFatal("%s", scenario.problems.front().text().c_str());
    live::RehearseOptions by_clock;
    by_clock.seed = seed;
    by_clock.chain_sha256 = std::string(64, 'a');
    sim::SimulateOptions virtually;
    virtually.seed = seed;
    virtually.chain_sha256 = by_clock.chain_sha256;
    auto rehearsed = live::rehearse(*document.value, *scenario.value, {}, by_clock);
    auto simulated = sim::simulate(*document.value, *scenario.value, virtually);
    if (!rehearsed || !simulated)
        qFatal("a scenario cannot be played");
    return {*rehearsed, *simulated};
}

double number(const Json& value) {
    return value.is_number() ? value.get<double>() : 0;
}

// "open half_open closed": what a breaker did, in order.
QString moves(const Json& target) {
    QString out;
    for (const Json& row : target["breaker"])
        out += QString::fromStdString(row["to"].get<std::string>()) + QLatin1Char(' ');
    return out;
}

} // namespace

class TestForecast : public QObject {
    Q_OBJECT
    std::map<QString, std::vector<std::future<Pair>>> playing_; // by row

  private Q_SLOTS:
    void what_was_forecast_happens_data() {
        QTest::addColumn<int>("seeds");
        // All at once, each by a thread of its own: a rehearsal mostly waits.
        const auto row = [&](const char* name, const char* rest,
                             const char* chain = document_text) {
            for (const std::uint64_t seed : {1u, 2u, 3u})
                playing_[QLatin1String(name)].push_back(
                    std::async(std::launch::async, play, chain, QString::fromLatin1(rest), seed));
            QTest::newRow(name) << 3;
        };
        row("the first provider is down",
            R"("traffic":{"requests_per_s":9,"output_tokens":12},
               "faults":[{"target":"aster","kind":"http_error","status":503,
                          "when":{"at_s":4,"for_s":8}}])");
        row("errors now and then, replies in one piece",
            R"("traffic":{"requests_per_s":9,"stream":false,
                          "output_tokens":{"lognormal":{"median":12,"sigma":0.4}}},
               "faults":[{"target":"aster","kind":"html_page","when":{"probability":0.1}},
                         {"target":"birch","kind":"reset","when":{"probability":0.2}}])");
        row("no first token", R"("traffic":{"requests_per_s":9,"output_tokens":12},
               "faults":[{"target":"aster","kind":"hang","when":{"at_s":4,"for_s":6}}])");
        row("a name is lost, and the answers are dear",
            R"("traffic":{"requests_per_s":9,"output_tokens":12,
                          "input_tokens":{"lognormal":{"median":300,"sigma":0.5}}},
               "faults":[{"target":"aster","kind":"dns_failure","when":{"at_s":4,"for_s":5}},
                         {"target":"birch","kind":"price_change","factor":2}])");
        row("streams break, slow tokens, and no room now and then",
            R"("traffic":{"requests_per_s":9,"output_tokens":12},
               "faults":[{"target":"birch","kind":"slow_tokens","ms":20},
                         {"target":"aster","kind":"stream_cut","after_tokens":6,
                          "when":{"probability":0.1}},
                         {"target":"aster","kind":"http_error","status":429,"retry_after_s":1.7,
                          "when":{"at_s":8,"for_s":8,"probability":0.3}}])");
        row("outages that the first provider's model brings about",
            R"("traffic":{"requests_per_s":9,"output_tokens":12},
               "models":{"aster":{"first_token_ms":{"lognormal":{"median":500,"sigma":0.3}},
                                  "token_ms":{"lognormal":{"median":30,"sigma":0.2}},
                                  "outages":{"gap_h":{"exponential":{"mean":0.0016}},
                                             "repair_h":0.0011,"severity":0.9,
                                             "fault":{"kind":"overloaded"}}}})");
        row("pictures by jobs, some spoilt",
            R"("traffic":{"requests_per_s":9,"image":true,"chain":"pictures"},
               "faults":[{"target":"dune","kind":"job_failed","when":{"probability":0.05}},
                         {"target":"dune","kind":"corrupt_image","when":{"probability":0.05}},
                         {"target":"dune","kind":"expired_url","when":{"probability":0.05}},
                         {"target":"aster","kind":"corrupt_image","when":{"probability":0.3}}])",
            other_text);
        row("health checks",
            R"("traffic":{"requests_per_s":9,"output_tokens":12},
               "faults":[{"target":"aster","kind":"http_error","status":503,
                          "when":{"at_s":5.5,"for_s":7}},
                         {"target":"birch","kind":"latency","ms":300}])",
            other_text);
    }
    void what_was_forecast_happens() {
        for (auto& one : playing_[QLatin1String(QTest::currentDataTag())]) {
            const Pair pair = one.get();
            const Json &r = pair.rehearsed, &s = pair.simulated;
            const auto near = [&](double seen, double forecast, double slack, const char* what) {
                const QString text = QStringLiteral("seed %1, %2: %3, forecast %4")
                                         .arg(number(r["seed"]))
                                         .arg(QLatin1String(what))
                                         .arg(seen)
                                         .arg(forecast);
                QVERIFY2(std::abs(seen - forecast) <= slack, qPrintable(text));
            };
            const auto share = [&](const char* key, double slack) {
                near(number(r[key]), number(s[key]), slack * number(r[key]), key);
            };
            QCOMPARE(r["requests"].get<int>(), requests);
            QCOMPARE(s["requests"].get<int>(), requests);
            near(number(r["availability"]["value"]), number(s["availability"]["value"]),
                 availability_slack, "availability");
            for (const char* name : {"p50", "p95"}) {
                const double seen = number(r["latency_ms"][name]);
                near(seen, number(s["latency_ms"][name]), latency_slack * seen + latency_slack_ms,
                     name);
            }
            share("attempts", attempts_slack);
            share("spend_usd", spend_slack);
            // A check more or less, where the run ends at about the time of one.
            near(number(r["health_checks"]["made"]), number(s["health_checks"]["made"]), 2,
                 "checks");
            near(number(r["health_checks"]["failed"]), number(s["health_checks"]["failed"]), 1,
                 "failed checks");
            for (std::size_t t = 0; t < r["targets"].size(); ++t) {
                const Json &happened = r["targets"][t], &forecast = s["targets"][t];
                QCOMPARE(moves(happened), moves(forecast));
                for (std::size_t i = 0; i < happened["breaker"].size(); ++i)
                    near(number(happened["breaker"][i]["at_s"]),
                         number(forecast["breaker"][i]["at_s"]), breaker_slack_s, "breaker");
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestForecast)
#include "test_forecast.moc"
