// One sentence about a finished run, made from its report.
#include "ui/models/expectation_model.h"
#include "ui/models/scenario_run.h"

namespace brownout::ui {
namespace {

double numberOrZero(const chain::Json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

} // namespace

QString runSummary(const chain::Json& report, const QStringList& labels) {
    if (!report.is_object())
        return {};
    int held = 0, all = 0;
    QStringList broken;
    if (const auto list = report.find("expectations"); list != report.end() && list->is_array())
        for (const chain::Json& e : *list) {
            const QString label =
                labels.value(all, QString::fromStdString(e.value("metric", std::string{})));
            ++all;
            if (e.value("pass", false))
                ++held;
            else
                broken << label;
        }
    const chain::Json availability = report.value("availability", chain::Json::object());
    const bool observed = availability.is_object() && availability.contains("value") &&
                          availability["value"].is_number();
    const QString figures =
        QObject::tr("%1 requests, availability %2, spend %3.")
            .arg(static_cast<qulonglong>(numberOrZero(report, "requests")))
            .arg(observed ? observedText(faults::Metric::availability,
                                         numberOrZero(availability, "value"))
                          : QObject::tr("not observed"),
                 observedText(faults::Metric::spend_usd, numberOrZero(report, "spend_usd")));
    if (report.value("partial", false))
        return QObject::tr("Stopped early: this report is partial and cannot be evidence. %1")
            .arg(figures);
    if (all == 0)
        return QObject::tr("Finished; the scenario expects nothing. %1").arg(figures);
    if (held == all)
        return QObject::tr("Passed: %1 expectations held. %2")
            .arg(all == 1 ? QObject::tr("its") : QObject::tr("all %1").arg(all), figures)
            .replace(QStringLiteral("its expectations"), QObject::tr("its one expectation"));
    broken.removeDuplicates();
    return QObject::tr("Failed: %1 of %2 expectations did not hold (%3). %4")
        .arg(all - held)
        .arg(all)
        .arg(broken.join(QStringLiteral(", ")), figures);
}

} // namespace brownout::ui
