#include "ui/pages/live/live_text.h"

#include "ui/models/format.h"
#include "ui/shell/session.h"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace brownout::ui {

namespace {

QString providerOf(const std::string& target) {
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

} // namespace

QString outageSentence(const live::OutageSummary& o) {
    const auto number = static_cast<qulonglong>(o.failures);
    QString bold =
        o.failures == 0
            ? QStringLiteral("%1 is broken, and nobody has noticed yet.").arg(providerOf(o.broken))
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
    return QStringLiteral("<b>%1</b> %2").arg(bold, tail);
}

QString joinNames(const QStringList& names) {
    if (names.size() < 2)
        return names.value(0);
    return names.mid(0, names.size() - 1).join(QStringLiteral(", ")) + QStringLiteral(" and ") +
           names.last();
}

} // namespace brownout::ui
