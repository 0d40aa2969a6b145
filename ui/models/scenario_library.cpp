#include "ui/models/scenario_library.h"

#include "faults/compress.h"
#include "faults/injector.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

constexpr qint64 largestFile = 4 << 20; // bytes
constexpr int mostFiles = 200;
constexpr int mostBlocks = 64; // of one rule that repeats
// Incidents that happened lasted for hours; those that come with Brownout are played in minutes.
constexpr double longestBuiltIn_s = 600, playedIn_s = 300;

QString problemText(const chain::Problem& p) {
    QString out = QString::fromStdString(p.pointer.starts_with('/') ? "#" + p.pointer : p.pointer);
    if (!out.isEmpty())
        out += QStringLiteral(": ");
    out += QString::fromStdString(p.message);
    if (!p.remedy.empty())
        out += QStringLiteral(". ") + QString::fromStdString(p.remedy);
    return out;
}

template <class T>
std::optional<T> take(chain::Checked<T> checked, QStringList& problems) {
    for (const chain::Problem& p : checked.problems)
        if (p.severity == chain::Problem::Severity::error)
            problems << problemText(p);
    return std::move(checked.value);
}

std::optional<chain::Json> readJson(const QString& path, QStringList& problems) {
    QFile file(path); // Qt's, because built-in scenarios are resources
    if (!file.open(QIODevice::ReadOnly)) {
        problems << QObject::tr("cannot be read: %1").arg(file.errorString());
        return std::nullopt;
    }
    if (file.size() > largestFile) {
        problems << QObject::tr("is larger than 4 MiB: not a scenario");
        return std::nullopt;
    }
    const QByteArray bytes = file.readAll();
    auto json = chain::parse_json({bytes.constData(), static_cast<std::size_t>(bytes.size())},
                                  QFileInfo(path).fileName().toStdString());
    if (!json) {
        problems << QString::fromStdString(json.error().text());
        return std::nullopt;
    }
    return *json;
}

QString ruleLabel(const faults::Rule& rule) {
    const faults::KindInfo& info = faults::info(rule.fault.kind);
    QString out = QString::fromUtf8(info.label.data(), static_cast<qsizetype>(info.label.size()));
    if (rule.fault.kind == faults::Kind::http_error)
        out += QStringLiteral(" %1").arg(rule.fault.status);
    if (rule.when.probability < 1)
        out += QObject::tr(", %1 % of requests").arg(rule.when.probability * 100, 0, 'g', 3);
    if (rule.when.first)
        out += QObject::tr(", first %1 requests").arg(*rule.when.first);
    return out;
}

void addBlock(TimelineLane& lane, FaultBlock block) {
    const auto overlaps = [&](const FaultBlock& b) {
        return b.row == block.row && b.from_s < block.to_s && block.from_s < b.to_s;
    };
    while (std::any_of(lane.blocks.begin(), lane.blocks.end(), overlaps))
        ++block.row;
    lane.rows = std::max(lane.rows, block.row + 1);
    lane.blocks << block;
}

bool names(const faults::Rule& rule, const std::string& provider, const chain::Document& document) {
    if (faults::hits(rule, provider, ""))
        return true;
    for (const chain::Chain& c : document.chains)
        for (const chain::Target& t : c.targets)
            if (t.provider == provider && faults::hits(rule, provider, t.model))
                return true;
    return false;
}

} // namespace

QList<ScenarioFile> scenariosIn(const QString& directory) {
    QList<ScenarioFile> out;
    const QStringList pattern{QStringLiteral("*.scenario.json")};
    QFileInfoList files = QDir(directory).entryInfoList(pattern, QDir::Files, QDir::Name);
    files += QDir(directory + QStringLiteral("/incidents"))
                 .entryInfoList(pattern, QDir::Files, QDir::Name);
    for (const QFileInfo& file : files.mid(0, mostFiles)) {
        QStringList problems;
        const auto json = readJson(file.filePath(), problems);
        // A file that cannot be read is listed too: choosing it says what is wrong.
        QString name = file.fileName();
        if (json && json->is_object() && json->contains("name") && (*json)["name"].is_string())
            name = QString::fromStdString((*json)["name"].get<std::string>());
        out << ScenarioFile{name, file.filePath()};
    }
    return out;
}

LoadedScenario loadScenario(const QString& path, const chain::Document& document) {
    LoadedScenario out;
    const std::string name = QFileInfo(path).fileName().toStdString();
    const auto json = readJson(path, out.problems);
    if (!json)
        return out;
    out.json = json;
    const std::string folder = QFileInfo(path).absolutePath().toStdString();
    auto scenario = take(faults::read_scenario(*json, name, folder), out.problems);
    if (scenario && path.startsWith(QLatin1Char(':')) &&
        faults::length_s(*scenario).value_or(0) > longestBuiltIn_s) {
        out.json = faults::compressed(*json, faults::factor_to_fit(*scenario, playedIn_s));
        scenario = take(faults::read_scenario(*out.json, name, folder), out.problems);
    }
    if (scenario)
        out.scenario = take(faults::bind(*scenario, document, name), out.problems);
    return out;
}

double durationOf(const faults::Scenario& scenario) {
    if (scenario.duration_s)
        return *scenario.duration_s;
    const double rate = scenario.traffic.rate_at(0);
    return scenario.max_requests && rate > 0 ? static_cast<double>(*scenario.max_requests) / rate
                                             : 60;
}

QString trafficText(const faults::Scenario& scenario) {
    const faults::Traffic& t = scenario.traffic;
    QString rate;
    if (t.arrivals == faults::Arrivals::closed) {
        rate = QObject::tr("%1 clients at once").arg(t.clients);
    } else {
        double low = t.rate_at(0), high = low;
        for (const faults::RateStep& step : t.rate) {
            low = std::min(low, step.requests_per_s);
            high = std::max(high, step.requests_per_s);
        }
        rate = low == high ? QObject::tr("%1 requests/s").arg(low)
                           : QObject::tr("%1 to %2 requests/s").arg(low).arg(high);
    }
    const QString length =
        scenario.duration_s
            ? QObject::tr("for %1 s").arg(*scenario.duration_s)
            : QObject::tr("until %1 were sent").arg(scenario.max_requests.value_or(0));
    return QStringLiteral("%1 %2, %3")
        .arg(rate, length, t.stream ? QObject::tr("streamed") : QObject::tr("not streamed"));
}

QList<TimelineLane> timelineLanes(const faults::Scenario& bound, const chain::Document& document) {
    const double end = durationOf(bound);
    QList<TimelineLane> lanes;
    for (const chain::Provider& provider : document.providers) {
        TimelineLane lane;
        lane.provider = QString::fromStdString(provider.id);
        for (const faults::Rule& rule : bound.faults) {
            if (!names(rule, provider.id, document))
                continue;
            const faults::When& when = rule.when;
            const int repeats = when.every_s && *when.every_s > 0 ? mostBlocks : 1;
            for (int i = 0; i < repeats; ++i) {
                const double from = when.at_s + i * when.every_s.value_or(0);
                const double to = std::min(end, when.for_s ? from + *when.for_s : end);
                if (from >= end)
                    break;
                addBlock(lane, {ruleLabel(rule), from, to, 0});
            }
        }
        lanes << lane;
    }
    return lanes;
}

} // namespace brownout::ui
