#include "ui/models/format.h"

#include <QLocale>

#include <cmath>

namespace brownout::ui {

QString secondsText(double seconds) {
    if (seconds > 0 && seconds < 0.0005)
        return QStringLiteral("< 0.001 s"); // not nothing
    const int decimals = seconds < 0.0095 ? 3 : seconds < 9.995 ? 2 : seconds < 99.95 ? 1 : 0;
    return QString::number(seconds, 'f', decimals) + QStringLiteral(" s");
}

QString formatUsd(double usd) {
    const double size = std::abs(usd);
    const int decimals = size >= 0.0995 || size == 0 ? 2 : size >= 0.00995 ? 4 : 5;
    return QString::number(usd, 'f', decimals);
}

QString formatRatio(double part) {
    return QString::number(part * 100, 'f', 1) + QStringLiteral(" %");
}

QString formatAvailability(std::uint64_t succeeded, std::uint64_t failed) {
    const auto total = static_cast<double>(succeeded + failed);
    if (succeeded + failed == 0)
        return QStringLiteral("no requests yet");
    double percent = 100.0 * static_cast<double>(succeeded) / total;
    if (failed == 0)
        return QStringLiteral("100 %");
    percent = std::floor(percent * 100) / 100; // 99.996 is not 100
    return QString::number(percent, 'f', 2) + QStringLiteral(" %");
}

QString formatCount(std::uint64_t n) {
    return QLocale(QLocale::English).toString(static_cast<qulonglong>(n));
}

} // namespace brownout::ui
