// A forecast in words and figures that do not promise more than they know: ranges are those of the
// simulated years. Pure.
#pragma once

#include "ui/models/forecast_run.h"

namespace brownout::ui {

// 0.99962: "99.962 %": as many digits as tell it from 100, cut and never rounded up.
QString availabilityText(double availability);
// "99.931 to 99.984 %"; of one year, which has no range, nothing.
QString rangeText(const sim::OverYears& years, const QString& low, const QString& high,
                  const QString& unit);
QString availabilityRange(const sim::OverYears& years);
// Where a range held: "in 19 of 20 simulated years"; while they come, "in 7 ... so far".
QString yearsText(const sim::OverYears& years, bool running);
// How the range and the mean came about, and what they leave out: for tool tips.
QString methodText(const sim::OverYears& years, const QString& low, const QString& high);
QString usdPerMonth(double usd); // "214", "0.31", "1,240": no unit

// "Aster and Birch out together", "Aster out", "time limits and errors".
QString causeText(const std::vector<std::string>& out);
QString dateText(int day);               // 0: "1 January"
QString lostMinutesText(double minutes); // "2 h 5 min", "12 min", "under 1 min"
// Minutes of a day's average traffic that were lost.
double lostMinutes(const sim::ForecastDay& day);

// What an assumption is, in a few words.
QString outagesText(const sim::Assumed& a);        // "12 a year"
QString latencyText(const sim::Assumed& a);        // "350 ms + 12 ms/token"
QString outagesDetail(const sim::Assumed& a);      // "2 to 4 h each, 30 % of requests fail"
QString priceText(const sim::AssumedPrice& price); // "0.25 / 2.00 USD"
QString shapeText(sim::Shape shape);
QString distributionShort(const stats::Distribution& d); // its middle: "400"

} // namespace brownout::ui
