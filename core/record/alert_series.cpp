#include "record/alert_series.h"

#include <algorithm>

namespace brownout::record {

namespace {

constexpr std::int64_t minute = 60;
constexpr double hysteresis = 0.8;

std::int64_t second_of(Instant t) {
    return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

void tightest(std::optional<Money>& cap, const std::optional<Money>& other) {
    if (other && (!cap || *other < *cap))
        cap = other;
}

} // namespace

void MinuteSums::add(Instant at, double part, double whole) {
    const std::int64_t second = second_of(at);
    Second& s = seconds_[static_cast<std::size_t>(second % minute)];
    if (s.second != second)
        s = {second, {}};
    s.sums.part += part;
    s.sums.whole += whole;
}

MinuteSums::Sums MinuteSums::sums(Instant now) const {
    Sums out;
    const std::int64_t second = second_of(now);
    for (const Second& s : seconds_)
        if (s.second >= 0 && s.second > second - minute) {
            out.part += s.sums.part;
            out.whole += s.sums.whole;
        }
    return out;
}

void MinuteQuantiles::add(Instant at, double value) {
    const std::int64_t index = second_of(at) / slice_s;
    Slice& slice = slices_[static_cast<std::size_t>(index) % slices_.size()];
    if (slice.index != index) {
        slice.index = index;
        slice.values.clear();
    }
    slice.values.add(value);
}

std::optional<double> MinuteQuantiles::quantile(Instant now, double q) const {
    const std::int64_t oldest = (second_of(now) - minute) / slice_s;
    stats::Sketch all;
    for (const Slice& slice : slices_)
        if (slice.index >= 0 && slice.index > oldest)
            all.merge(slice.values);
    return all.count() > 0 ? std::optional{all.quantile(q)} : std::nullopt;
}

void BudgetSpend::add(const std::string& provider, bool simulated, Money cost, Instant at,
                      Instant now) {
    Side& side = simulated ? play_ : real_;
    side.hour.add(at, cost, now);
    side.day.add(at, cost, now);
    providers_.try_emplace(provider, std::chrono::hours{24}).first->second.add(at, cost, now);
}

void BudgetSpend::Caps::take(const chain::Document& document, const chain::Chain& chain) {
    const auto budget = chain::effective_policy(document, chain).budget;
    if (!budget)
        return;
    tightest(hour, budget->per_hour);
    tightest(day, budget->per_day);
    for (std::size_t i = 0; i < budget->per_provider_day.size(); ++i)
        if (const auto cap = budget->per_provider_day[i]) {
            const auto known = provider_day.try_emplace(document.providers[i].id, *cap).first;
            known->second = std::min(known->second, *cap);
        }
}

std::optional<double> BudgetSpend::used(const Caps& caps, const std::string& provider,
                                        Instant now) {
    std::optional<double> most;
    const auto take = [&](Money spent, Money cap) {
        const double share = cap > Money{} ? spent.usd() / cap.usd() : spent > Money{} ? 1.0 : 0.0;
        most = std::max(most.value_or(0), share);
    };
    for (Side* side : {&real_, &play_}) {
        if (provider.empty() && caps.hour)
            take(side->hour.spent(now), *caps.hour);
        if (provider.empty() && caps.day)
            take(side->day.spent(now), *caps.day);
    }
    for (const auto& [id, cap] : caps.provider_day)
        if (provider.empty() || provider == id) {
            const auto spent = providers_.find(id);
            take(spent == providers_.end() ? Money{} : spent->second.spent(now), cap);
        }
    return most;
}

bool AlertSeries::same_as(const AlertSeries& other) const {
    const auto rule = [](const AlertRecord& a) {
        return std::tie(a.metric, a.target, a.task, a.quantile, a.above, a.for_s);
    };
    return rule(alert) == rule(other.alert) && targets == other.targets;
}

bool AlertSeries::about(const std::string& target) const {
    return std::find(targets.begin(), targets.end(), target) != targets.end();
}

double AlertSeries::clears_at() const {
    const double lower = hysteresis * alert.above;
    return alert.metric == AlertMetric::cost_jump && alert.above >= 1 ? std::max(lower, 1.0)
                                                                      : lower;
}

} // namespace brownout::record
