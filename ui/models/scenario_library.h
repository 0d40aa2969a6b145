// Scenarios to play: those that come with Brownout, those of a directory, any file. Reading one
// checks it and binds it to the open chain. Thread: the window's; files are small.
#pragma once

#include "faults/scenario.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace brownout::ui {

struct ScenarioFile {
    QString name, path; // as the scenario calls itself; where it is
};
// `*.scenario.json` of a directory (":/scenarios" is built in) and of `incidents` in it, by name;
// at most 200.
QList<ScenarioFile> scenariosIn(const QString& directory);

struct LoadedScenario {
    std::optional<chain::Json> json;          // as it is written, where it is JSON at all
    std::optional<faults::Scenario> scenario; // bound: @primary and the like are names now
    QStringList problems; // "#/faults/0/kind: unknown kind. did you mean `hang`?"
};
// One that is built in and lasts for hours is loaded as one of five minutes; its name says so.
LoadedScenario loadScenario(const QString& path, const chain::Document& document);

// One block of the timeline: when a fault acts, in seconds since the start.
struct FaultBlock {
    QString label; // "HTTP error 503, 20 % of requests"
    double from_s = 0, to_s = 0;
    int row = 0; // blocks that overlap in a lane are stacked; 0 is the upper one
    friend bool operator==(const FaultBlock&, const FaultBlock&) = default;
};
struct TimelineLane {
    QString provider; // id
    QList<FaultBlock> blocks;
    int rows = 1;
};
// A lane per provider of the document, in its order. Pure.
QList<TimelineLane> timelineLanes(const faults::Scenario& bound, const chain::Document& document);
double durationOf(const faults::Scenario& scenario); // s; from the rate where only max_requests is
// "5 requests/s for 180 s, streamed". Pure.
QString trafficText(const faults::Scenario& scenario);

} // namespace brownout::ui
