#include "ui/models/scenario_run.h"

#include "faults/arrivals.h"
#include "live/rehearsal.h"
#include "live/simulation.h"
#include "ui/models/expectation_model.h"
#include "ui/models/format.h"

#include <QDateTime>
#include <QDir>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

std::optional<double> requestsOf(const faults::Scenario& scenario) {
    std::optional<double> requests;
    if (scenario.traffic.open_loop() && scenario.duration_s)
        requests = faults::expected_arrivals(scenario.traffic, *scenario.duration_s);
    if (!scenario.max_requests)
        return requests;
    const auto most = static_cast<double>(*scenario.max_requests);
    return requests ? std::min(*requests, most) : most;
}

QString fileNameFor(const QString& scenario) {
    QString out = scenario.simplified().toLower();
    for (QChar& c : out)
        if (!c.isLetterOrNumber())
            c = QLatin1Char('-');
    return out.left(60);
}

} // namespace

RealCost realCost(const chain::Document& document, const faults::Scenario& scenario) {
    RealCost out;
    const chain::Document played = live::with_models(document, scenario);
    for (const std::string& id :
         live::real_providers(played, live::chains_of(scenario.traffic, played)))
        out.providers << Session::displayName(QString::fromStdString(id));
    out.requests = requestsOf(scenario);
    out.usd = live::estimate_spend(document, scenario);
    return out;
}

std::optional<Money> RealCost::limit() const {
    if (!usd)
        return std::nullopt;
    return Money::from_usd(
        std::max(0.01, std::ceil(usd->usd() * 125) / 100)); // a quarter, in cents
}

QString RealCost::sentence() const {
    const QString count =
        requests ? QObject::tr("About %1 requests").arg(std::round(*requests), 0, 'f', 0)
                 : QObject::tr("As many requests as are answered in that time");
    const QString cost = usd ? QObject::tr("at most about %1").arg(usdText(*usd))
                             : QObject::tr("what they cost is not known: a price is missing");
    return QObject::tr("%1 go to %2 for real; %3.")
        .arg(count, providers.join(QStringLiteral(", ")), cost);
}

ScenarioRun::ScenarioRun(Session& session, QObject* parent) : QObject(parent), session_(session) {
    seen_ = session.snapshot()->scenario.report;
    connect(&session, &Session::snapshotChanged, this, &ScenarioRun::onSnapshot);
}

void ScenarioRun::play(const faults::Scenario& scenario, std::uint64_t seed, double speed,
                       std::optional<Money> realLimit) {
    if (busy())
        return;
    state_ = State::starting;
    const auto before = session_.snapshot(); // may still tell of an earlier run
    toldBefore_ = {before->scenario.name, before->scenario.error};
    postedAt_ = before->version;
    view_ = {};
    view_.name = scenario.name;
    report_.reset();
    for (QString* text : {&refusal_, &reportPath_, &summary_, &lastFailure_})
        text->clear();
    lastSeenRequest_ = before->requests && !before->requests->empty() ? before->requests->back()->id
                                                                      : std::string();
    session_.post(live::PlayScenario{scenario, seed, speed, realLimit});
    Q_EMIT changed();
}

void ScenarioRun::pause() {
    session_.post(live::PauseScenario{});
}

void ScenarioRun::resume() {
    session_.post(live::ResumeScenario{});
}

void ScenarioRun::setSpeed(double factor) {
    if (busy())
        session_.post(live::SetScenarioSpeed{factor});
}

void ScenarioRun::stop() {
    session_.post(live::StopScenario{});
}

void ScenarioRun::forget() {
    if (busy() || state_ == State::idle)
        return;
    state_ = State::idle;
    view_ = {};
    report_.reset();
    for (QString* text : {&refusal_, &reportPath_, &summary_, &lastFailure_})
        text->clear();
    Q_EMIT changed();
}

void ScenarioRun::onSnapshot() {
    const auto snapshot = session_.snapshot();
    const live::ScenarioView& view = snapshot->scenario;
    using live::RunState;
    if (view.state == RunState::running) {
        state_ = State::running;
        view_ = view;
        watchFailures(*snapshot);
        Q_EMIT changed();
        return;
    }
    // The refusal of an earlier run stands until the worker has taken this one up; said again in
    // the same words it is this one's, some pictures later.
    const bool news =
        toldBefore_ != std::pair{view.name, view.error} || snapshot->version > postedAt_ + 3;
    if (state_ == State::starting && news && !view.error.empty()) {
        state_ = State::refused;
        refusal_ = QString::fromStdString(view.error);
        Q_EMIT changed();
        return;
    }
    const bool over = view.state == RunState::finished || view.state == RunState::stopped;
    if (!over || !view.report || view.report == seen_)
        return;
    watchFailures(*snapshot);
    report_ = seen_ = view.report;
    view_ = view;
    state_ = view.state == RunState::stopped ? State::stopped : State::finished;
    QStringList labels;
    for (const record::Judged& j : view_.expectations)
        labels << expectationText(j.expectation);
    summary_ = runSummary(*report_, labels);
    keepReport();
    Q_EMIT changed();
    Q_EMIT ended();
}

void ScenarioRun::watchFailures(const live::Snapshot& snapshot) {
    if (!snapshot.requests)
        return;
    const auto& all = *snapshot.requests;
    auto from = std::find_if(all.rbegin(), all.rend(),
                             [this](const auto& r) { return r->id == lastSeenRequest_; });
    for (auto it = all.rbegin(); it != from; ++it) {
        if (!(*it)->finished || (*it)->error.empty())
            continue;
        lastFailure_ = QString::fromStdString((*it)->error);
        break;
    }
    if (!all.empty())
        for (auto it = all.rbegin(); it != from; ++it)
            if ((*it)->finished) {
                lastSeenRequest_ = (*it)->id;
                break;
            }
}

void ScenarioRun::keepReport() {
    const QDir dir(session_.reportsDir());
    dir.mkpath(QStringLiteral("."));
    const QString stamp =
        QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
    const QString path =
        dir.absoluteFilePath(QStringLiteral("%1-%2.report.json")
                                 .arg(fileNameFor(QString::fromStdString(view_.name)), stamp));
    const auto written =
        chain::write_file_atomically(path.toStdString(), chain::pretty_json(*report_));
    if (!written) {
        Q_EMIT session_.notice(QString::fromStdString(written.error().text()), true);
        return;
    }
    reportPath_ = path;
    const auto kept = dir.entryInfoList({QStringLiteral("*.report.json")}, QDir::Files, QDir::Time);
    for (const QFileInfo& old : kept.mid(mostReports))
        QFile::remove(old.filePath());
}

} // namespace brownout::ui
