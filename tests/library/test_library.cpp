// Every scenario of the library and every incident, played against the demo chain by the clock: its
// verdict is as promised. And against a chain whose fallbacks are dead, so that a scenario which
// could not fail is found out. All at once, because a rehearsal is mostly waiting. In virtual time
// each gets the same verdict. What is logged of it is played again to a fresh engine, which decides
// the same.
#include "faults/compress.h"
#include "live/rehearsal.h"
#include "live/simulation.h"
#include "sim/simulate.h"
#include "support/ctl.h"
#include "support/log_replay.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

#include <future>

using namespace brownout::test;

namespace {

const QString resources = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/");
// The longest scenarios are played in this time; most are no longer by themselves.
const QString seconds = QStringLiteral("40");

constexpr std::uint64_t played_seed = 11; // where the log is played again

QStringList arguments(const QString& chain) {
    return {"rehearse",
            chain,
            resources + "scenarios",
            resources + "scenarios/incidents",
            "--within",
            seconds,
            "--jobs",
            "100",
            "--json",
            "--quiet"};
}

qsizetype files_in(const QString& folder) {
    return QDir(folder).entryList({"*.scenario.json"}).size();
}

// Scenario names, without "(3 times as fast)", of those that met every expectation, or failed one.
QStringList names(const QJsonObject& json, bool passing, QString& failures) {
    QStringList out;
    for (const QJsonValue report : json["reports"].toArray()) {
        const QString name = report["scenario"]["name"].toString().section(" (", 0, 0);
        bool pass = !report["partial"].toBool(true);
        for (const QJsonValue e : report["expectations"].toArray()) {
            pass = pass && e["pass"].toBool();
            if (!e["pass"].toBool())
                failures +=
                    name + ": " +
                    QString::fromUtf8(QJsonDocument(e.toObject()).toJson(QJsonDocument::Compact)) +
                    "\n";
        }
        if (pass == passing)
            out << name;
    }
    return out;
}

// Where a simulation itself is this near to the limit, a busy machine decides which side a run
// falls.
bool close_call(const QJsonObject& happened, double forecast) {
    static const QStringList measured{"attempts_per_request", "latency_ms", "first_token_ms",
                                      "spend_usd", "wasted_usd"};
    const double limit = happened["at_most"].toDouble();
    return measured.contains(happened["metric"].toString()) && limit > 0 &&
           std::abs(forecast - limit) < 0.1 * limit;
}

// Expectations of which a simulation of the same run says something else.
QString judged_otherwise(const QJsonObject& report, const QByteArray& chain) {
    namespace core = brownout;
    const auto document = core::chain::read_document_text(chain.toStdString(), "chain");
    const QByteArray text = QJsonDocument(report["scenario"].toObject()).toJson();
    const auto scenario =
        core::faults::read_scenario(core::chain::Json::parse(text.toStdString()), "scenario");
    if (!document.ok() || !scenario.ok())
        return QStringLiteral("cannot be read");
    core::sim::SimulateOptions options;
    options.seed = static_cast<std::uint64_t>(report["seed"].toDouble());
    options.threads = 1;
    const auto simulated = core::sim::simulate(*document.value, *scenario.value, options);
    if (!simulated)
        return QString::fromStdString(simulated.error().text());
    QString out;
    const QJsonArray happened = report["expectations"].toArray();
    const auto& forecast = (*simulated)["expectations"];
    for (qsizetype i = 0; i < happened.size(); ++i) {
        const auto& expected = forecast.at(static_cast<std::size_t>(i));
        const auto& observed = expected["observed"];
        if (happened[i].toObject()["pass"].toBool() != expected["pass"].get<bool>() &&
            !(observed.is_number() && close_call(happened[i].toObject(), observed.get<double>())))
            out += report["scenario"]["name"].toString() + ": " +
                   QString::fromUtf8(
                       QJsonDocument(happened[i].toObject()).toJson(QJsonDocument::Compact)) +
                   " forecast " + QString::fromStdString(expected.dump()) + "\n";
    }
    return out;
}

// Plays it by the clock, logged, and its log again.
LogReplay played_again(const QString& path, const QString& log) {
    namespace core = brownout;
    const auto document = core::chain::read_document_text(
        read(resources + "demo.chain.json").toStdString(), "demo.chain.json");
    auto scenario = core::faults::read_scenario_file(path.toStdString());
    if (!document.ok() || !scenario.ok())
        return {"cannot be read"};
    const double factor = core::faults::factor_to_fit(*scenario.value, seconds.toDouble());
    if (factor > 1)
        scenario = core::faults::read_scenario(
            core::faults::compressed(scenario.value->source, factor), path.toStdString());
    core::live::RehearseOptions options;
    options.seed = played_seed;
    options.log_path = log.toStdString();
    options.chain_sha256 = std::string(64, 'a');
    const auto report = core::live::rehearse(*document.value, *scenario.value, {}, options);
    if (!report)
        return {report.error().text()};
    LogReplay again = replay_log(core::live::with_models(*document.value, *scenario.value),
                                 options.seed, options.log_path);
    if (again.differs.empty() && again.requests != (*report)["requests"].get<std::size_t>())
        again.differs = "not every request is in the log";
    return again;
}

} // namespace

class TestLibrary : public QObject {
    Q_OBJECT
    QTemporaryDir logs_;
    std::map<QString, std::future<LogReplay>> again_; // by name
    static constexpr int most_decided_otherwise = 9;  // of 36; a wrong log is wrong in nearly all
    int decided_otherwise_ = 0;

  private Q_SLOTS:
    void initTestCase() {
        for (const char* folder : {"scenarios", "scenarios/incidents"}) {
            const QDir dir(resources + folder);
            for (const QString& name : dir.entryList({"*.scenario.json"}))
                again_[name] = std::async(std::launch::async, played_again, dir.filePath(name),
                                          logs_.filePath(name + ".jsonl"));
        }
    }

    void everyVerdictIsAsPromised() {
        QTemporaryDir dir;
        const QByteArray text = read(resources + "demo.chain.json");
        QJsonObject alone = QJsonDocument::fromJson(text).object();
        QJsonArray providers = alone["providers"].toArray();
        for (int i = 1; i < providers.size(); ++i) {
            QJsonObject provider = providers[i].toObject();
            QJsonObject model = provider["model"].toObject();
            model["error_ratio"] = 1;
            provider["model"] = model;
            providers[i] = provider;
        }
        alone["providers"] = providers;
        QProcess without;
        without.start(ctl_path(), arguments(write(dir.path(), "alone.chain.json",
                                                  QJsonDocument(alone).toJson())));
        CtlOptions options;
        options.limit_ms = 240'000;
        const CtlResult good = ctl(arguments(resources + "demo.chain.json"), options);
        QVERIFY(without.waitForFinished(options.limit_ms));

        const qsizetype all =
            files_in(resources + "scenarios") + files_in(resources + "scenarios/incidents");
        QVERIFY(all >= 34);
        QString otherwise;
        for (const QJsonValue report : good.json()["reports"].toArray())
            otherwise += judged_otherwise(report.toObject(), text);
        QString failures;
        QVERIFY2(names(good.json(), false, failures).isEmpty(), qPrintable(failures + good.err));
        QCOMPARE(good.code, 0);
        QCOMPARE(names(good.json(), true, failures).size(), all);
        qInfo("%lld scenarios in %.1f s", static_cast<long long>(all), double(good.ms) / 1e3);

        // What a chain with one living target survives: it costs time, money or nothing, but no
        // answer; or nobody could answer anyway.
        const QStringList survived{"slow, not down",
                                   "a line of two kilobytes a second",
                                   "ten times the price overnight",
                                   "another model answers",
                                   "empty answers",
                                   "refused by a content filter",
                                   "everything down"};
        QCOMPARE(without.exitCode(), 1);
        const QJsonObject json = QJsonDocument::fromJson(without.readAllStandardOutput()).object();
        QCOMPARE(json["reports"].toArray().size(), all);
        for (const QJsonValue report : json["reports"].toArray())
            otherwise += judged_otherwise(report.toObject(), QJsonDocument(alone).toJson());
        QVERIFY2(otherwise.isEmpty(), qPrintable(otherwise));
        for (const QString& name : names(json, true, failures))
            QVERIFY2(survived.contains(name),
                     qPrintable(name + " holds although only the first target lives"));
    }

    void everyLogIsDecidedAgain_data() {
        QTest::addColumn<QString>("name");
        for (const auto& [name, again] : again_)
            QTest::newRow(qPrintable(name)) << name;
    }
    void everyLogIsDecidedAgain() {
        QFETCH(QString, name);
        const LogReplay again = again_[name].get();
        // Where the machine is late, a timer and an answer meet, and the log does not tell which of
        // the two the engine heard first. (test_replay has every event, and allows none.)
        if (!again.differs.empty() && ++decided_otherwise_ <= most_decided_otherwise)
            return qInfo("decided otherwise: %s", again.differs.c_str());
        QVERIFY2(again.differs.empty(), again.differs.c_str());
        QVERIFY(again.requests > 50 && again.attempts > 50);
        if (!name.startsWith("primary-down"))
            return;
        QVERIFY(again.breaker_changes >= 3);
        // Another breaker decides otherwise.
        auto other = brownout::chain::read_document_text(
            read(resources + "demo.chain.json").toStdString(), "demo.chain.json");
        other.value->policy["breaker"]["consecutive_failures"] = 4;
        const LogReplay otherwise =
            replay_log(*other.value, played_seed, logs_.filePath(name + ".jsonl").toStdString());
        QVERIFY(!otherwise.differs.empty());
    }
};

QTEST_GUILESS_MAIN(TestLibrary)
#include "test_library.moc"
