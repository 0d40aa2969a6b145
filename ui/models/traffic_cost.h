// What steady traffic costs, and whether it can cost anything at all. Pure.
#pragma once

#include "chain/document.h"

#include <QString>

#include <optional>

namespace brownout::ui {

// What an hour of traffic costs when the first enabled target of the chain serves it all, with
// `inputTokens` and `outputTokens` a request; none: its price is not known.
struct TrafficCost {
    std::optional<double> usd_per_hour;
    QString target; // whose price it is
};
inline constexpr double typicalInputTokens = 200, typicalOutputTokens = 100;
TrafficCost trafficCost(const chain::Document& document, const QString& chainId,
                        double requestsPerSecond);
// Can traffic on this chain reach a real provider?
bool chainIsSimulated(const chain::Document& document, const QString& chainId);

} // namespace brownout::ui
