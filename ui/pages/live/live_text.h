// The sentences of the Live page, made from the snapshot. Pure.
#pragma once

#include "live/snapshot.h"

#include <QString>

namespace brownout::ui {

// "<b>Aster failed 14 times; Birch answered.</b> Users waited 0.4 s longer; +0.0003 USD per
// request; no request lost."
QString outageSentence(const live::OutageSummary& outage);

// "Aster, Birch and Cedar"
QString joinNames(const QStringList& names);

} // namespace brownout::ui
