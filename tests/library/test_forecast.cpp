// The forecast is what happens: scenarios played by the clock over real sockets and in virtual time
// with the same seed, so with the same requests, draws and faults; and what the simulator takes for
// the end of an attempt is what the readers of the wire make of the lab's bytes, dialect by
// dialect.
#include "live/lab_faults.h"
#include "live/rehearsal.h"
#include "sim/ends.h"
#include "sim/simulate.h"
#include "wire/dialect.h"

#include <QTest>

#include <future>

using namespace brownout;
using chain::Json;

namespace {

// Three dialects; quick, so that a rehearsal takes seconds.
const char* const document_text = R"({"format":"brownout.chain/1","name":"test","providers":[
    {"id":"aster","dialect":"openai","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":150,"sigma":0.3}},"token_ms":5}},
    {"id":"birch","dialect":"anthropic","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":250,"sigma":0.25}},"token_ms":6}},
    {"id":"cedar","dialect":"gemini","base_url":"lab:","key":"none",
     "model":{"first_token_ms":{"lognormal":{"median":200,"sigma":0.25}},"token_ms":4}}],
  "chains":[{"id":"default","targets":[
    {"provider":"aster","model":"a","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":4}},
    {"provider":"birch","model":"b","price":{"input_usd_per_mtok":2,"output_usd_per_mtok":8}},
    {"provider":"cedar","model":"c","price":{"input_usd_per_mtok":0.5,"output_usd_per_mtok":2}}]}],
  "policy":{"timeouts":{"first_token_ms":1000,"stall_ms":1000,"total_ms":6000},
            "breaker":{"open_s":1,"open_growth":1}}})";

struct Pair {
    Json rehearsed, simulated;
};

Pair play(const QString& rest, std::uint64_t seed) {
    const auto document = chain::read_document_text(document_text, "test.chain.json");
    if (!document.ok())
        qFatal("%s", document.problems.front().text().c_str());
    const std::string text = R"({"format":"brownout.scenario/1","name":"test","duration_s":8,)" +
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
        const auto row = [&](const char* name, const char* rest) {
            for (const std::uint64_t seed : {1u, 2u, 3u})
                playing_[QLatin1String(name)].push_back(
                    std::async(std::launch::async, play, QString::fromLatin1(rest), seed));
            QTest::newRow(name) << 3;
        };
        row("the first provider is down",
            R"("traffic":{"requests_per_s":12,"output_tokens":20},
                  "faults":[{"target":"aster","kind":"http_error","status":503,
                             "when":{"at_s":2,"for_s":3}}])");
        row("errors now and then, replies in one piece",
            R"("traffic":{"requests_per_s":12,"stream":false,"output_tokens":20},
                  "faults":[{"target":"aster","kind":"html_page","when":{"probability":0.1}},
                            {"target":"birch","kind":"reset","when":{"probability":0.2}}])");
        row("no first token",
            R"("traffic":{"requests_per_s":8,"output_tokens":20},
                  "faults":[{"target":"aster","kind":"hang","when":{"at_s":2,"for_s":3}}])");
        row("a name is lost, and the answers are dear",
            R"("traffic":{"requests_per_s":12,"output_tokens":20,
                             "input_tokens":{"lognormal":{"median":300,"sigma":0.5}}},
                  "faults":[{"target":"aster","kind":"dns_failure","when":{"at_s":2,"for_s":2}},
                            {"target":"birch","kind":"price_change","factor":10}])");
        row("slow tokens, and a limit of requests",
            R"("traffic":{"requests_per_s":6,"output_tokens":20},
                  "faults":[{"target":"birch","kind":"slow_tokens","ms":20},
                            {"target":"aster","kind":"rate_limit","requests_per_min":120,
                             "retry_after_s":1,"when":{"at_s":1,"for_s":5}}])");
    }
    void what_was_forecast_happens() {
        for (auto& one : playing_[QLatin1String(QTest::currentDataTag())]) {
            const Pair pair = one.get();
            const Json &r = pair.rehearsed, &s = pair.simulated;
            const double n = number(r["requests"]);
            const auto near = [&](double seen, double forecast, double slack, const char* what) {
                const QString text = QStringLiteral("seed %1, %2: %3, forecast %4")
                                         .arg(number(r["seed"]))
                                         .arg(QLatin1String(what))
                                         .arg(seen)
                                         .arg(forecast);
                QVERIFY2(std::abs(seen - forecast) <= slack, qPrintable(text));
            };
            near(n, number(s["requests"]), 1, "requests");
            // So few requests that one of them is more than half a point.
            near(number(r["availability"]["value"]), number(s["availability"]["value"]),
                 0.005 + 1.5 / n, "availability");
            // Sanitizers and busy machines make every request slower, never quicker.
            for (const auto& [name, slack_ms] : {std::pair{"p50", 40.0}, {"p95", 120.0}}) {
                const double seen = number(r["latency_ms"][name]);
                near(seen, number(s["latency_ms"][name]), 0.08 * seen + slack_ms, name);
            }
            near(number(r["attempts"]) / n, number(s["attempts"]) / n,
                 0.02 * number(r["attempts"]) / n + 3 / n, "attempts");
            near(number(r["spend_usd"]), number(s["spend_usd"]), 0.06 * number(r["spend_usd"]),
                 "spend");
            for (std::size_t t = 0; t < 3; ++t)
                if (moves(r["targets"][t]) == moves(s["targets"][t]))
                    for (std::size_t i = 0; i < r["targets"][t]["breaker"].size(); ++i)
                        near(number(r["targets"][t]["breaker"][i]["at_s"]),
                             number(s["targets"][t]["breaker"][i]["at_s"]), 0.5, "breaker");
        }
    }

    void ends_are_what_the_wire_makes_of_them_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("fault");
        const chain::Dialect dialects[] = {chain::Dialect::openai, chain::Dialect::azure,
                                           chain::Dialect::anthropic, chain::Dialect::gemini,
                                           chain::Dialect::nexaapi};
        const char* const faults[] = {R"("kind":"quota_exhausted")",
                                      R"("kind":"bad_key")",
                                      R"("kind":"model_missing")",
                                      R"("kind":"region_blocked")",
                                      R"("kind":"overloaded")",
                                      R"("kind":"context_exceeded")",
                                      R"("kind":"moderation")",
                                      R"("kind":"http_error","status":400)",
                                      R"("kind":"http_error","status":401)",
                                      R"("kind":"http_error","status":403)",
                                      R"("kind":"http_error","status":404)",
                                      R"("kind":"http_error","status":408)",
                                      R"("kind":"http_error","status":413)",
                                      R"("kind":"http_error","status":429,"retry_after_s":7)",
                                      R"("kind":"http_error","status":500)",
                                      R"("kind":"http_error","status":502)",
                                      R"("kind":"http_error","status":503)",
                                      R"("kind":"http_error","status":504)",
                                      R"("kind":"http_error","status":529)"};
        for (const chain::Dialect dialect : dialects)
            for (const char* fault : faults)
                QTest::addRow("%s: %s",
                              chain::dialect_names[static_cast<std::size_t>(dialect)].data(), fault)
                    << static_cast<int>(dialect) << QString::fromLatin1(fault);
    }
    void ends_are_what_the_wire_makes_of_them() {
        QFETCH(int, dialect);
        QFETCH(QString, fault);
        const auto which = static_cast<chain::Dialect>(dialect);
        const auto rule =
            faults::read_rule(Json::parse(("{\"target\":\"p1\"," + fault + "}").toStdString()), "");
        QVERIFY(rule.ok());
        faults::RateLimits limits;
        const live::LabRequest request{"model-x", false, false, 100, 50, false};
        const live::ReplyPlan plan =
            live::compose({rule.value->fault}, request, 50, limits, Instant{});
        const live::LabDialect* lab = live::lab_dialect(which);
        const live::LabAnswer answer = lab->error(plan.error);
        wire::Endpoint endpoint;
        endpoint.dialect = which;
        endpoint.base_url = "http://127.0.0.1:1/v1";
        endpoint.model = "model-x";
        const auto reader = wire::dialect(which)->reader(false, endpoint);
        reader->head(answer.status, answer.headers);
        reader->bytes(answer.body, [](const wire::Delta&) {});
        const engine::Outcome seen = reader->end(wire::TransportEnd::complete, true, 0).outcome;
        const engine::Outcome forecast = sim::refused_by_fault(which, rule.value->fault, {});
        const auto text = [](const engine::Outcome& o) {
            return QStringLiteral("%1/%2 %3 breaker %4 wide %5 ambiguous %6 wait %7 retry %8")
                .arg(QLatin1String(engine::name(o.cls)), QLatin1String(engine::name(o.cause)))
                .arg(o.status)
                .arg(o.counts_for_breaker)
                .arg(o.provider_wide)
                .arg(o.ambiguous)
                .arg(o.retry_after && *o.retry_after > std::chrono::milliseconds{1}
                         ? to_seconds(*o.retry_after)
                         : 0)
                .arg(o.should_retry.value_or(false));
        };
        QCOMPARE(text(forecast), text(seen));
    }
};

QTEST_GUILESS_MAIN(TestForecast)
#include "test_forecast.moc"
