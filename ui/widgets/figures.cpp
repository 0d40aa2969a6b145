#include "ui/widgets/figures.h"

namespace brownout::ui {

QString secondsText(double seconds) {
    if (seconds > 0 && seconds < 0.0005)
        return QStringLiteral("< 0.001 s"); // not nothing
    const int decimals = seconds < 0.0095 ? 3 : seconds < 9.995 ? 2 : seconds < 99.95 ? 1 : 0;
    return QStringLiteral("%1 s").arg(seconds, 0, 'f', decimals);
}

QString usdText(Money money) {
    const double usd = money.usd();
    const int decimals = usd < 0.01 ? 5 : usd < 1 ? 4 : 2;
    return QStringLiteral("%1 USD").arg(usd, 0, 'f', decimals);
}

} // namespace brownout::ui
