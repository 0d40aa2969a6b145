#include "ui/pages/live/live_text.h"

#include "ui/models/format.h"
#include "ui/shell/session.h"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace brownout::ui {

namespace {

constexpr std::int64_t lastMinute = 60; // seconds

QString providerOf(const std::string& target) {
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

} // namespace

QString outageSentence(const live::OutageSummary& o, bool back) {
    const auto number = static_cast<qulonglong>(o.failures);
    QString bold = o.failures == 0
                       ? (back ? QStringLiteral("%1 is back, and nobody has noticed the outage.")
                               : QStringLiteral("%1 is broken, and nobody has noticed yet."))
                             .arg(providerOf(o.broken))
                   : o.failures == 1
                       ? QStringLiteral("%1 failed once").arg(providerOf(o.broken))
                       : QStringLiteral("%1 failed %2 times").arg(providerOf(o.broken)).arg(number);
    if (o.failures == 0)
        return QStringLiteral("<b>%1</b>").arg(bold);
    bold += o.answered_by.empty() ? QStringLiteral("; nobody answered.")
                                  : QStringLiteral("; %1 answered.").arg(providerOf(o.answered_by));
    QStringList rest;
    if (!o.answered_by.empty()) {
        if (std::abs(o.added_ms) < 10)
            rest << QStringLiteral("Users waited no longer");
        else
            rest << QStringLiteral("Users waited %1 s %2")
                        .arg(std::abs(o.added_ms) / 1e3, 0, 'f', std::abs(o.added_ms) < 95 ? 2 : 1)
                        .arg(o.added_ms < 0 ? QStringLiteral("less") : QStringLiteral("longer"));
        // Two significant digits: a hundredth of a cent is what this is about.
        rest << QStringLiteral("%1%2 USD per request")
                    .arg(o.added_usd < 0 ? QStringLiteral("-") : QStringLiteral("+"),
                         formatUsd(std::abs(o.added_usd)));
    }
    rest << (o.lost == 0   ? QStringLiteral("no request lost")
             : o.lost == 1 ? QStringLiteral("1 request lost")
                           : QStringLiteral("%1 requests lost").arg(o.lost));
    QString tail = rest.join(QStringLiteral("; ")) + QLatin1Char('.');
    tail[0] = tail[0].toUpper();
    if (back)
        tail += QStringLiteral(" %1 is back.").arg(providerOf(o.broken));
    return QStringLiteral("<b>%1</b> %2").arg(bold, tail);
}

bool brokenIsBack(const live::Snapshot& snapshot) {
    if (!snapshot.outage || snapshot.outage->broken.empty())
        return false;
    const std::string& broken = snapshot.outage->broken;
    const std::string provider = broken.substr(0, broken.find('/'));
    for (const auto& fault : snapshot.active_faults)
        if (fault.target == "*" || fault.target == provider ||
            fault.target.starts_with(provider + "/"))
            return false;
    return std::all_of(snapshot.targets.begin(), snapshot.targets.end(), [&](const auto& t) {
        return t.provider != provider || t.status.breaker == engine::BreakerState::closed;
    });
}

QString carrySentence(const live::Snapshot& snapshot, const std::vector<std::string>& targets) {
    const auto now = static_cast<std::int64_t>(to_seconds(snapshot.now));
    QStringList names;
    for (const auto& t : snapshot.targets) {
        if (std::find(targets.begin(), targets.end(), t.name) == targets.end())
            continue;
        bool served = false;
        for (std::size_t i = t.series.size();
             i-- > 0 && t.series[i].second > now - lastMinute && !served;)
            served = t.series[i].served > 0;
        const QString name = Session::displayName(QString::fromStdString(t.provider));
        if (served && !names.contains(name))
            names << name;
    }
    if (names.isEmpty())
        return QStringLiteral("No provider has served a request in the last minute.");
    return QStringLiteral("%1 %2 %3 requests/s.")
        .arg(joinNames(names),
             names.size() == 1 ? QStringLiteral("carries") : QStringLiteral("carry"))
        .arg(snapshot.totals.requests_per_s, 0, 'f', 1);
}

QString joinNames(const QStringList& names) {
    if (names.size() < 2)
        return names.value(0);
    return names.mid(0, names.size() - 1).join(QStringLiteral(", ")) + QStringLiteral(" and ") +
           names.last();
}

} // namespace brownout::ui
