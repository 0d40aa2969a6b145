#include "ui/models/traffic_cost.h"

#include <algorithm>

namespace brownout::ui {

bool chainIsSimulated(const chain::Document& document, const QString& chainId) {
    const chain::Chain* c = document.chain(chainId.toStdString());
    return c && std::all_of(c->targets.begin(), c->targets.end(), [&](const chain::Target& t) {
               const chain::Provider* p = document.provider(t.provider);
               return p && p->simulated();
           });
}

TrafficCost trafficCost(const chain::Document& document, const QString& chainId,
                        double requestsPerSecond) {
    const chain::Chain* c = document.chain(chainId.toStdString());
    if (!c)
        return {};
    for (const chain::Target& t : c->targets) {
        if (!t.enabled)
            continue;
        TrafficCost cost;
        cost.target = QString::fromStdString(t.name());
        if (t.price && t.price->input_usd_per_mtok && t.price->output_usd_per_mtok)
            cost.usd_per_hour = requestsPerSecond * 3600 *
                                (typicalInputTokens * *t.price->input_usd_per_mtok +
                                 typicalOutputTokens * *t.price->output_usd_per_mtok) /
                                1e6;
        return cost;
    }
    return {};
}

} // namespace brownout::ui
