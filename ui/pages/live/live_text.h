// The sentences of the Live page, made from the snapshot. Pure.
#pragma once

#include "live/snapshot.h"

#include <QString>

namespace brownout::ui {

// "<b>Aster failed 14 times; Birch answered.</b> Users waited 0.4 s longer; +0.0003 USD per
// request; no request lost." With `back` it ends "Aster is back."
QString outageSentence(const live::OutageSummary& outage, bool back);

// No fault hits the provider that was broken any more, and none of its breakers keeps it out.
bool brokenIsBack(const live::Snapshot& snapshot);

// "Aster and Birch carry 3.6 requests/s.": those of `targets` (as in records) that served a request
// in the last minute.
QString carrySentence(const live::Snapshot& snapshot, const std::vector<std::string>& targets);

// "Aster, Birch and Cedar"
QString joinNames(const QStringList& names);

} // namespace brownout::ui
