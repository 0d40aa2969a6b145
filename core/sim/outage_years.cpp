#include "sim/outage_years.h"

#include "base/hash.h"
#include "sim/lengths.h"
#include "sim/random_use.h"

#include <algorithm>
#include <cstdio>

namespace brownout::sim {
namespace {

Result<void> check_count(const RunPlan& plan, double years) {
    double outages = 0;
    for (const chain::Provider& provider : plan.document.providers)
        if (provider.model && provider.model->outages)
            outages += years * year_s / hour_s /
                       (stats::mean(provider.model->outages->gap_h) +
                        stats::mean(provider.model->outages->repair_h));
    if (outages <= most_simulated_outages)
        return {};
    char text[160], remedy[80];
    std::snprintf(text, sizeof text, "%.3g outages in %.6g years are too many; at most %.3g fit",
                  outages, years, most_simulated_outages);
    std::snprintf(remedy, sizeof remedy, "Up to %.3g years fit",
                  years * most_simulated_outages / outages);
    return bad_input("years", text, remedy);
}

std::size_t most_at_once(const std::vector<Outage>& outages) {
    std::size_t most = 0;
    for (const Outage& one : outages) // the most is reached where one begins
        most = std::max(most, static_cast<std::size_t>(std::count_if(
                                  outages.begin(), outages.end(), [&](const Outage& other) {
                                      return other.from_s <= one.from_s && one.from_s < other.to_s;
                                  })));
    return most;
}

} // namespace

Result<std::vector<OutageWindow>> outage_windows(const RunPlan& plan, double years,
                                                 std::uint64_t seed, const Margins& margins) {
    if (auto fits = check_count(plan, years); !fits)
        return fail(fits.error());
    const double end = years * year_s;
    std::vector<Outage> outages;
    for (std::size_t p = 0; p < plan.document.providers.size(); ++p) {
        const chain::Provider& provider = plan.document.providers[p];
        if (!provider.model || !provider.model->outages)
            continue;
        const stats::QuantileTable gap(provider.model->outages->gap_h);
        const stats::QuantileTable repair(provider.model->outages->repair_h);
        Rng rng = Rng::stream(mix64(seed ^ fnv1a(provider.id)), for_outages);
        for (double at = gap.sample(rng) * hour_s; at < end;) {
            const double back = std::min(end, at + repair.sample(rng) * hour_s);
            if (back > at)
                outages.push_back({p, at, back});
            at = back + gap.sample(rng) * hour_s;
        }
    }
    std::sort(outages.begin(), outages.end(), [](const Outage& a, const Outage& b) {
        return a.from_s != b.from_s ? a.from_s < b.from_s : a.provider < b.provider;
    });
    std::vector<OutageWindow> windows;
    for (const Outage& outage : outages) {
        if (windows.empty() || outage.from_s - margins.before_s > windows.back().to_s) {
            OutageWindow& fresh = windows.emplace_back();
            fresh.from_s = std::max(0.0, outage.from_s - margins.before_s);
            fresh.to_s = 0;
        }
        OutageWindow& window = windows.back();
        window.outages.push_back(outage);
        window.to_s = std::max(window.to_s, std::min(end, outage.to_s + margins.after_s));
    }
    for (OutageWindow& window : windows)
        window.at_once = most_at_once(window.outages);
    return windows;
}

} // namespace brownout::sim
