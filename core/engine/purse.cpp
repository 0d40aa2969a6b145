#include "engine/purse.h"

#include <algorithm>

namespace brownout::engine {

// Rounds down, also before the run began.
std::int64_t SpendWindow::bucket_of(Instant t) const {
    const std::int64_t ns = t.time_since_epoch().count(), width = width_.count();
    return ns / width - (ns % width < 0 ? 1 : 0);
}

Money& SpendWindow::place(std::int64_t bucket) {
    const std::int64_t i = bucket % buckets;
    return ring_[static_cast<std::size_t>(i < 0 ? i + buckets : i)];
}

void SpendWindow::advance(Instant now) {
    if (now < newest_ends_)
        return;
    const std::int64_t bucket = bucket_of(now);
    const std::int64_t steps = std::min<std::int64_t>(bucket - newest_, buckets);
    for (std::int64_t i = 0; i < steps; ++i) {
        Money& oldest = place(bucket - i);
        sum_ -= oldest;
        oldest = Money{};
    }
    newest_ = bucket;
    newest_place_ = static_cast<std::size_t>(&place(bucket) - ring_.data());
    newest_ends_ = after(Instant{width_ * bucket}, width_);
}

void SpendWindow::add(Instant at, Money cost, Instant now) {
    advance(now);
    if (at >= newest_ends_ - width_ && at < newest_ends_) { // as nearly always
        ring_[newest_place_] += cost;
        sum_ += cost;
        return;
    }
    const std::int64_t bucket = bucket_of(std::min(at, now));
    if (bucket <= newest_ - buckets)
        return;
    place(bucket) += cost;
    sum_ += cost;
}

Money SpendWindow::spent(Instant now) {
    advance(now);
    return sum_;
}

Purse::Purse(const std::vector<ProviderSetup>& providers) : providers_(providers.size()) {
    for (std::size_t i = 0; i < providers.size(); ++i)
        providers_[i].simulated = providers[i].simulated;
}

Cap Purse::broken_cap(const BudgetPolicy& budget, ProviderId id, Money expected, Instant now) {
    Side& side = side_of(id);
    const Money planned = side.reserved + expected;
    if (budget.per_hour && side.hour.spent(now) + planned > *budget.per_hour)
        return Cap::hour;
    if (budget.per_day && side.day.spent(now) + planned > *budget.per_day)
        return Cap::day;
    if (id.value >= budget.per_provider_day.size())
        return Cap::none;
    const auto& cap = budget.per_provider_day[id.value];
    Provider& provider = providers_[id.value];
    if (cap && provider.day.spent(now) + provider.reserved + expected > *cap)
        return Cap::provider;
    return Cap::none;
}

void Purse::reserve(ProviderId id, Money expected) {
    side_of(id).reserved += expected;
    providers_[id.value].reserved += expected;
}

void Purse::settle(ProviderId id, Money expected, Money cost, Instant now) {
    side_of(id).reserved -= expected;
    providers_[id.value].reserved -= expected;
    if (cost != Money{})
        add(id, cost, now, now);
}

void Purse::add(ProviderId id, Money cost, Instant at, Instant now) {
    side_of(id).hour.add(at, cost, now);
    side_of(id).day.add(at, cost, now);
    providers_[id.value].day.add(at, cost, now);
}

void Purse::adopt(const Purse& old) {
    const auto take = [](Side& side, const Side& was) {
        side.hour = was.hour;
        side.day = was.day;
    };
    take(real_, old.real_);
    take(play_, old.play_);
}

void Purse::adopt(ProviderId id, const Purse& old, ProviderId old_id) {
    if (providers_[id.value].simulated == old.providers_[old_id.value].simulated)
        providers_[id.value].day = old.providers_[old_id.value].day;
}

} // namespace brownout::engine
