// Models from event logs: fitters against exact curves, logs that a simulation of a known model
// wrote, and logs that are broken.
#include "record/event_log.h"
#include "sim/simulate.h"
#include "tune/bursts.h"
#include "tune/calibrate.h"
#include "tune/fit.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace brownout;
using chain::Json;

namespace {

Json provider(const std::string& id, const std::string& model) {
    return {{"id", id},
            {"dialect", "openai"},
            {"base_url", "lab:"},
            {"key", "none"},
            {"model", Json::parse(model)}};
}

chain::Document document(const std::vector<std::string>& models) {
    Json providers = Json::array(), targets = Json::array();
    for (std::size_t i = 0; i < models.size(); ++i) {
        const std::string id = "p" + std::to_string(i + 1);
        providers.push_back(provider(id, models[i]));
        targets.push_back({{"provider", id},
                           {"model", "m"},
                           {"price", {{"input_usd_per_mtok", 1}, {"output_usd_per_mtok", 4}}}});
    }
    const auto read =
        chain::read_document({{"format", "brownout.chain/1"},
                              {"name", "known"},
                              {"providers", providers},
                              {"chains", Json::array({{{"id", "default"}, {"targets", targets}}})}},
                             "");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

// What a simulated run would have logged, in the order of time.
class Log : public sim::Watcher {
  public:
    void record(record::RequestRecord r) override {
        writer_.request_started(r);
        for (const record::AttemptRecord& a : r.attempts) {
            writer_.attempt_started(r, a);
            if (a.first_token)
                writer_.first_token(r, a);
            if (a.finished)
                writer_.attempt_finished(r, a);
        }
        writer_.request_finished(r);
    }
    QByteArray text() {
        std::stable_sort(events_.begin(), events_.end(), [](const Json& a, const Json& b) {
            return a["ts"].get_ref<const std::string&>() < b["ts"].get_ref<const std::string&>();
        });
        QByteArray out;
        for (const Json& event : events_)
            out += QByteArray::fromStdString(event.dump()) + "\n";
        return out;
    }

  private:
    std::vector<Json> events_;
    record::EventWriter writer_{{1'700'000'000'000'000'000}, [this](const record::EventText& e) {
                                    events_.push_back(Json::parse(e.text));
                                }};
};

QByteArray logged(const chain::Document& document, const std::string& traffic, double duration_s) {
    const auto scenario = faults::read_scenario(
        Json::parse(R"({"format":"brownout.scenario/1","name":"log","duration_s":)" +
                    std::to_string(duration_s) + ",\"traffic\":" + traffic + "}"),
        "");
    if (!scenario.ok())
        qFatal("%s", scenario.problems.front().text().c_str());
    Log log;
    sim::SimulateOptions run;
    run.seed = 11;
    run.threads = 1;
    run.watch.watcher = &log;
    run.watch.records = true;
    const auto report = sim::simulate(document, *scenario.value, run);
    if (!report)
        qFatal("%s", report.error().text().c_str());
    return log.text();
}

Result<tune::Calibration> calibrated(const QByteArray& log,
                                     const chain::Document* chain = nullptr) {
    QTemporaryDir dir;
    QFile file(dir.filePath("events.jsonl"));
    if (!file.open(QIODevice::WriteOnly) || file.write(log) != log.size())
        qFatal("cannot write %s", qPrintable(file.fileName()));
    file.close();
    tune::CalibrateOptions run;
    run.check_runs = 5;
    run.chain = chain;
    return tune::calibrate(file.fileName().toStdString(), run);
}

const tune::Parameter* parameter(const tune::ProviderFit& fit, const std::string& name) {
    for (const auto& p : fit.parameters)
        if (p.name == name)
            return &p;
    return nullptr;
}

// Within four standard errors: its 95 % interval, twice as wide.
bool near_enough(const tune::Parameter& p, double truth) {
    const double low = p.value - 2.05 * (p.value - p.low),
                 high = p.value + 2.05 * (p.high - p.value);
    return low <= truth && truth <= high;
}

QByteArray said(const Result<tune::Calibration>& c) {
    return QByteArray::fromStdString(c ? tune::text(*c) : c.error().text());
}

std::vector<double> exact(const stats::Distribution& d, int n) {
    std::vector<double> out;
    for (int i = 0; i < n; ++i)
        out.push_back(stats::quantile(d, (i + 0.5) / n));
    return out;
}

using Truths = QList<QPair<QString, double>>;

} // namespace
Q_DECLARE_METATYPE(Truths)

class TestCalibrate : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void fitters_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<double>("first");
        QTest::addColumn<double>("second");
        QTest::newRow("lognormal") << "lognormal" << 350.0 << 0.4;
        QTest::newRow("lognormal, wide")
            << "lognormal" << 1.24 << 1.165; // the hours of an API's repairs
        QTest::newRow("weibull") << "weibull" << 0.65 << 93.0;
        QTest::newRow("weibull, peaked") << "weibull" << 6.0 << 400.0;
        QTest::newRow("normal") << "normal" << 500.0 << 60.0;
        QTest::newRow("exponential") << "exponential" << 130.0 << 0.0;
        QTest::newRow("constant") << "constant" << 42.0 << 0.0;
    }
    void fitters() {
        QFETCH(QString, family);
        QFETCH(double, first);
        QFETCH(double, second);
        const stats::Distribution d =
            family == "lognormal"     ? stats::Distribution{stats::Lognormal{first, second}}
            : family == "weibull"     ? stats::Distribution{stats::Weibull{first, second}}
            : family == "normal"      ? stats::Distribution{stats::Normal{first, second}}
            : family == "exponential" ? stats::Distribution{stats::Exponential{first}}
                                      : stats::Distribution{stats::Constant{first}};
        const auto xs = exact(d, 4000);
        const tune::Fit fit = tune::fit_best(xs);
        QCOMPARE(QString::fromStdString(fit.family), family);
        for (const double q : {0.05, 0.5, 0.95}) {
            const double of = stats::quantile(fit.distribution, q), known = stats::quantile(d, q);
            QVERIFY2(std::abs(of - known) < 0.02 * known,
                     qPrintable(QStringLiteral("%1: %2, %3").arg(q).arg(of).arg(known)));
        }
        QVERIFY(tune::ks_distance(xs, fit.distribution) < 0.01);
        for (const double q : {0.01, 0.3, 0.99}) // the curve is the inverse of the quantiles
            if (family != "constant")
                QVERIFY(std::abs(tune::cdf(d, stats::quantile(d, q)) - q) < 1e-9);
    }

    // Half of the answers are given up at the median: what is left looks quicker than it was.
    void whatWasGivenUpCounts() {
        const auto all = exact(stats::Lognormal{300, 0.6}, 4000);
        const std::vector<double> answered(all.begin(), all.begin() + 2400);
        const std::vector<double> given_up(1600, all[2400]);
        const auto d =
            std::get<stats::Lognormal>(tune::fit_lognormal(answered, given_up).distribution);
        QVERIFY2(std::abs(d.median - 300) < 3, qPrintable(QString::number(d.median)));
        QVERIFY2(std::abs(d.sigma - 0.6) < 0.01, qPrintable(QString::number(d.sigma)));
        const auto naive = std::get<stats::Lognormal>(tune::fit_lognormal(answered).distribution);
        QVERIFY(naive.median < 250);
    }

    // S success, F failure, a minute apart; 20 between single failures.
    void outagesAreFailuresInARow() {
        tune::Bursts bursts(3);
        double at = 0;
        const auto play = [&](const char* row) {
            for (; *row; ++row)
                bursts.add(at += 60, *row == 'F');
        };
        play("SSSSFSSFFSSS"); // never three in a row
        play("FFFFSFFFSSS");  // one outage: the single success was luck
        play("SSSFFF");       // lasts to the end
        bursts.finish();
        QCOMPARE(bursts.count(), 2u);
        QCOMPARE(bursts.failed_outside(), 3u);
        QCOMPARE(bursts.inside(), 11u);
        QCOMPARE(bursts.failed_inside(), 10u);
        QCOMPARE(bursts.outages()[0].from_s, 12.5 * 60);
        QCOMPARE(bursts.outages()[0].to_s, 20.5 * 60);
        QVERIFY(bursts.outages()[0].ended && !bursts.outages()[1].ended);
        QCOMPARE(bursts.outages()[0].unsure_s, 120.0);
    }

    void roundTrip_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("traffic");
        QTest::addColumn<double>("duration_s");
        QTest::addColumn<Truths>("truths");
        const QString stream =
            R"({"requests_per_s":2,"output_tokens":{"lognormal":{"median":60,"sigma":0.4}}})";
        QTest::newRow("lognormal, errors")
            << R"({"first_token_ms":{"lognormal":{"median":350,"sigma":0.4}},
                   "token_ms":{"lognormal":{"median":12,"sigma":0.3}},"error_ratio":0.06})"
            << stream << 1500.0
            << Truths{{"first_token_ms median", 350},
                      {"first_token_ms sigma", 0.4},
                      {"token_ms mean", 12 * std::exp(0.045)},
                      {"error_ratio", 0.06}};
        QTest::newRow("slow mode") << R"({"first_token_ms":{"lognormal":{"median":300,"sigma":0.3}},
                   "token_ms":{"lognormal":{"median":10,"sigma":0.2}},
                   "slow_mode":{"ratio":0.08,"factor":5}})"
                                   << stream << 1500.0
                                   << Truths{{"first_token_ms median", 300},
                                             {"first_token_ms sigma", 0.3},
                                             {"slow_mode ratio", 0.08},
                                             {"slow_mode factor", 5},
                                             {"token_ms mean", 10 * std::exp(0.02)}};
        QTest::newRow("weibull")
            << R"({"first_token_ms":{"weibull":{"shape":4,"scale":500}},"token_ms":5})" << stream
            << 1500.0
            << Truths{{"first_token_ms median", 500 * std::pow(std::log(2.0), 0.25)},
                      {"token_ms mean", 5}};
        QTest::newRow("no family's")
            << R"({"first_token_ms":{"empirical":[100,110,120,900,950,1000]},"token_ms":5})"
            << stream << 1500.0 << Truths{{"token_ms mean", 5}};
        QTest::newRow("whole answers")
            << R"({"first_token_ms":{"lognormal":{"median":400,"sigma":0.2}},"token_ms":9})"
            << R"({"requests_per_s":2,"stream":false,"output_tokens":{"lognormal":{"median":60,"sigma":0.4}}})"
            << 1500.0 << Truths{{"first_token_ms median", 400}, {"first_token_ms sigma", 0.2}};
        QTest::newRow("outages")
            << R"({"first_token_ms":100,"token_ms":1,"error_ratio":0.01,"outages":{
                   "gap_h":{"exponential":{"mean":2}},"repair_h":{"lognormal":{"median":0.3,"sigma":0.4}},
                   "severity":0.95,"fault":{"kind":"http_error","status":502}}})"
            << R"({"requests_per_s":0.04,"output_tokens":3})" << 3.0 * 86'400
            << Truths{{"outages gap_h mean", 2},
                      {"outages repair_h mean", 0.3 * std::exp(0.08)},
                      {"outages severity", 0.95},
                      {"error_ratio", 0.01}};
        QTest::newRow("capacity")
            << R"({"first_token_ms":900,"token_ms":1,"capacity":{"concurrency":5,"queue":0,"shed_status":529}})"
            << R"({"requests_per_s":5,"output_tokens":100})" << 600.0
            << Truths{{"capacity concurrency", 5}, {"error_ratio", 0}};
    }
    void roundTrip() {
        QFETCH(QString, model);
        QFETCH(QString, traffic);
        QFETCH(double, duration_s);
        QFETCH(Truths, truths);
        chain::Document chain = document({model.toStdString()});
        // The engine must not hide what the provider does: no breaker, no second try.
        chain.policy = Json::parse(R"({"retry":{"attempts_per_target":1,"max_attempts":1},
            "breaker":{"consecutive_failures":null,"failure_ratio":null}})");
        const auto found = calibrated(logged(chain, traffic.toStdString(), duration_s), &chain);
        QVERIFY2(found, said(found));
        const auto& fit = found->providers.at(0);
        QVERIFY2(fit.model, said(found));
        for (const auto& [name, truth] : truths) {
            const auto* p = parameter(fit, name.toStdString());
            QVERIFY2(p, qPrintable(name + "\n" + said(found)));
            QVERIFY2(near_enough(*p, truth) || std::abs(p->value - truth) < 0.002 * truth,
                     qPrintable(name + "\n" + said(found)));
        }
        QCOMPARE(fit.model->slow_mode.has_value(), model.contains("slow_mode"));
        QCOMPARE(fit.model->outages.has_value(), model.contains("outages"));
        QCOMPARE(fit.model->capacity.has_value(), model.contains("capacity"));
        // It can be pasted: the scenario with it is read, and holds the same model.
        const auto pasted = faults::read_scenario({{"format", "brownout.scenario/1"},
                                                   {"name", "pasted"},
                                                   {"duration_s", 1},
                                                   {"models", found->models()}},
                                                  "");
        QVERIFY2(pasted.ok(), pasted.ok() ? "" : pasted.problems[0].text().c_str());
        QVERIFY(found->traffic);
        const double rate = Json::parse(traffic.toStdString())["requests_per_s"];
        const double requests = rate * duration_s, per_day = found->traffic->requests_per_day;
        QVERIFY2(std::abs(per_day / (rate * 86'400) - 1) < 4 / std::sqrt(requests), said(found));
        QCOMPARE(found->traffic->stream, !traffic.contains("false"));
        if (traffic.contains("lognormal")) {
            const double median = stats::quantile(*found->traffic->output_tokens, 0.5);
            QVERIFY2(std::abs(median / 60 - 1) < 4 * 1.25 * 0.4 / std::sqrt(requests) + 0.01,
                     said(found));
        }
        QCOMPARE(found->check.size(), 5u);
        for (const auto& row : found->check)
            QVERIFY2(row.within() ||
                         (row.happened && row.forecast &&
                          std::abs(*row.happened - *row.forecast) < 0.02 * *row.happened),
                     QByteArray::fromStdString(row.figure) + "\n" + said(found).right(600));
        QVERIFY(!fit.first_token->words.empty());
    }

    // One log of three providers: each is fitted by its own attempts, and the one that was hardly
    // asked says what it lacks.
    void mixedProviders() {
        const auto chain = document({R"({"first_token_ms":{"lognormal":{"median":200,"sigma":0.3}},
                                         "token_ms":5,"error_ratio":0.15})",
                                     R"({"first_token_ms":{"lognormal":{"median":900,"sigma":0.2}},
                                         "token_ms":20,"error_ratio":0.12})",
                                     R"({"first_token_ms":50,"token_ms":1})"});
        const auto found =
            calibrated(logged(chain, R"({"requests_per_s":2,"output_tokens":20})", 300));
        QVERIFY2(found && found->providers.size() == 3, said(found));
        const double medians[] = {200, 900};
        for (const auto& fit : found->providers) {
            const std::size_t i = static_cast<std::size_t>(fit.provider[1] - '1');
            if (i < 2)
                QVERIFY2(fit.model &&
                             near_enough(*parameter(fit, "first_token_ms median"), medians[i]),
                         said(found));
            else
                QVERIFY2(!fit.model && fit.missing.find("are missing") != std::string::npos,
                         said(found));
        }
        QCOMPARE(found->models().size(), 2u);
        QVERIFY(std::any_of(found->notes.begin(), found->notes.end(), [](const auto& note) {
            return note.find("p3 is the default model") != std::string::npos;
        }));
    }

    void brokenLogs_data() {
        QTest::addColumn<QString>("how");
        QTest::addColumn<QString>("says"); // empty: it is read all the same
        QTest::newRow("unknown lines") << "unknown"
                                       << "";
        QTest::newRow("cut last line") << "cut"
                                       << "";
        QTest::newRow("appended twice") << "twice"
                                        << "";
        QTest::newRow("a foreign file") << "foreign"
                                        << "line 1";
        QTest::newRow("mostly foreign") << "mostly"
                                        << "are none";
        QTest::newRow("empty") << "empty"
                               << "empty";
        QTest::newRow("half a line") << "half"
                                     << "not one whole line";
        QTest::newRow("too little") << "little"
                                    << "are missing";
    }
    void brokenLogs() {
        QFETCH(QString, how);
        QFETCH(QString, says);
        static const QByteArray good =
            logged(document({R"({"first_token_ms":{"lognormal":{"median":100,"sigma":0.2}}})"}),
                   R"({"requests_per_s":2,"output_tokens":5})", 100);
        QByteArray log = good;
        if (how == "unknown")
            log = "{\"ts\":\"2026-01-01T00:00:00.000Z\",\"event\":\"from_the_future\"}\n" + good +
                  "not json\n{}\n" + QByteArray(3 << 20, 'x') + "\n";
        else if (how == "cut")
            log.chop(25);
        else if (how == "twice")
            log += good;
        else if (how == "foreign")
            log = "time,level,message\n1,info,started\n2,info,ended\n";
        else if (how == "mostly")
            log = good + QByteArray("[]\n").repeated(static_cast<int>(good.count('\n')) + 5);
        else if (how == "empty")
            log.clear();
        else if (how == "half")
            log = good.left(20);
        else
            log = good.left(good.indexOf("request_finished"));
        const auto found = calibrated(log);
        if (!says.isEmpty()) {
            QVERIFY(!found);
            QCOMPARE(found.error().kind, Error::Kind::bad_input);
            QVERIFY2(said(found).contains(says.toUtf8()), said(found));
            QVERIFY(!found.error().remedy.empty() &&
                    found.error().place.find("events.jsonl") != std::string::npos);
            return;
        }
        QVERIFY2(found, said(found));
        QCOMPARE(found->unknown_lines, how == "unknown" ? 4u : 0u);
        QCOMPARE(found->cut, how == "cut");
        const auto once = calibrated(good);
        const std::uint64_t requests = once->requests;
        QCOMPARE(found->requests, how == "twice" ? 2 * requests
                                  : how == "cut" ? requests - 1
                                                 : requests);
        QVERIFY2(near_enough(*parameter(found->providers[0], "first_token_ms median"), 100),
                 said(found));
    }
};

QTEST_APPLESS_MAIN(TestCalibrate)
#include "test_calibrate.moc"
