#include "ui/models/forecast_text.h"

#include "chain/model_read.h"
#include "ui/models/format.h"
#include "ui/models/words.h"
#include "ui/shell/session.h"

#include <QDate>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

const QLocale& english() {
    static const QLocale locale(QLocale::English);
    return locale;
}

// So many decimals of a percentage that two figures are told apart.
int decimalsFor(double unavailability) {
    const double percent = unavailability * 100;
    if (percent <= 0)
        return 0;
    return std::clamp(static_cast<int>(std::ceil(-std::log10(percent))) + 1, 1, 5);
}

QString cutPercent(double availability, int decimals) {
    const double power = std::pow(10, decimals);
    const double cut = std::floor(availability * 100 * power + 1e-9) / power;
    return QString::number(cut, 'f', decimals);
}

chain::ProviderModel modelOf(const chain::Json& json) {
    chain::ProblemList ignored("");
    return chain::read_provider_model(json, "", ignored);
}

QString shortNumber(double value) {
    const double size = std::abs(value);
    return QString::number(value, 'f',
                           size >= 99.5 || value == std::round(value) ? 0
                           : size >= 9.95                             ? 1
                                                                      : 2);
}

QString hoursRange(const stats::Distribution& hours) {
    if (const auto* uniform = std::get_if<stats::Uniform>(&hours))
        return tr("%1 to %2 h").arg(shortNumber(uniform->low), shortNumber(uniform->high));
    if (const auto* constant = std::get_if<stats::Constant>(&hours))
        return tr("%1 h").arg(shortNumber(constant->value));
    return tr("%1 to %2 h")
        .arg(shortNumber(stats::quantile(hours, 0.25)), shortNumber(stats::quantile(hours, 0.75)));
}

} // namespace

QString availabilityText(double availability) {
    return availability >= 1
               ? QStringLiteral("100 %")
               : cutPercent(availability, decimalsFor(1 - availability)) + QStringLiteral(" %");
}

QString rangeText(const sim::OverYears& years, const QString& low, const QString& high,
                  const QString& unit) {
    if (years.years < 2)
        return {};
    return low == high ? low + unit : tr("%1 to %2").arg(low, high) + unit;
}

QString yearsText(const sim::OverYears& years, bool running) {
    if (years.years == 1)
        return running ? tr("the first simulated year") : tr("one simulated year: no range");
    if (running)
        return tr("in %1 simulated years so far").arg(years.years);
    return years.within == years.years
               ? tr("in all %1 simulated years").arg(years.years)
               : tr("in %1 of %2 simulated years").arg(years.within).arg(years.years);
}

QString availabilityRange(const sim::OverYears& years) {
    const int decimals = std::max(decimalsFor(1 - years.low), decimalsFor(1 - years.high));
    const auto text = [&](double value) {
        return value >= 1 ? QStringLiteral("100") : cutPercent(value, decimals);
    };
    return rangeText(years, text(years.low), text(years.high), QStringLiteral(" %"));
}

QString methodText(const sim::OverYears& years, const QString& low, const QString& high) {
    if (years.years < 2)
        return tr("One year says nothing of how years differ. Simulate more of them.");
    return tr("Mean of %1 simulated years; the mean itself lies between %2 and %3 (95 %, Student's "
              "t over years). The range is the narrowest that holds %4 of the %1 years. All of it "
              "is true of these assumptions; how right they are it does not say.")
        .arg(years.years)
        .arg(low, high)
        .arg(years.within);
}

QString usdPerMonth(double usd) {
    const double size = std::abs(usd);
    const int decimals = size >= 99.5 ? 0 : size >= 0.0995 || size == 0 ? 2 : 4;
    return english().toString(usd, 'f', decimals);
}

QString causeText(const std::vector<std::string>& out) {
    if (out.empty())
        return tr("time limits and errors");
    QStringList names;
    for (const std::string& id : out)
        names << Session::displayName(QString::fromStdString(id));
    if (names.size() == 1)
        return tr("%1 out").arg(names.first());
    const QString last = names.takeLast();
    return tr("%1 and %2 out together").arg(names.join(QStringLiteral(", ")), last);
}

QString dateText(int day) {
    return english().toString(QDate(sim::calendar_year, 1, 1).addDays(day),
                              QStringLiteral("d MMMM"));
}

double lostMinutes(const sim::ForecastDay& day) {
    return day.requests ? 1440.0 * day.lost / day.requests : 0;
}

QString lostMinutesText(double minutes) {
    if (minutes < 1)
        return tr("under 1 min");
    const int whole = static_cast<int>(std::lround(minutes));
    if (whole < 60)
        return tr("%1 min").arg(whole);
    return whole % 60 ? tr("%1 h %2 min").arg(whole / 60).arg(whole % 60)
                      : tr("%1 h").arg(whole / 60);
}

QString outagesText(const sim::Assumed& a) {
    if (a.outages.is_null())
        return tr("none");
    const auto model = modelOf({{"outages", a.outages}});
    const double cycle = stats::mean(model.outages->gap_h) + stats::mean(model.outages->repair_h);
    if (cycle < 1e-3)
        return tr("too many");
    return tr("%1 a year").arg(shortNumber(std::round(8760 / cycle * 10) / 10));
}

QString outagesDetail(const sim::Assumed& a) {
    if (a.outages.is_null())
        return {};
    const auto model = modelOf({{"outages", a.outages}});
    QString out = hoursRange(model.outages->repair_h);
    if (model.outages->severity < 1)
        out += tr(", %1 % of requests").arg(shortNumber(model.outages->severity * 100));
    return out;
}

QString latencyText(const sim::Assumed& a) {
    const auto model = modelOf(a.latency);
    QString out = tr("%1 ms + %2/token")
                      .arg(shortNumber(std::round(stats::quantile(model.first_token_ms, 0.5))),
                           shortNumber(stats::quantile(model.token_ms, 0.5)));
    return out;
}

QString priceText(const sim::AssumedPrice& price) {
    if (!price.price || !price.price->input_usd_per_mtok || !price.price->output_usd_per_mtok)
        return tr("unknown");
    return tr("%1 / %2 USD")
        .arg(formatUsd(*price.price->input_usd_per_mtok),
             formatUsd(*price.price->output_usd_per_mtok));
}

QString shapeText(sim::Shape shape) {
    return shape == sim::Shape::steady  ? tr("steady")
           : shape == sim::Shape::daily ? tr("day and night")
                                        : tr("day, night, weekend");
}

QString distributionShort(const stats::Distribution& d) {
    return shortNumber(std::round(stats::quantile(d, 0.5)));
}

} // namespace brownout::ui
