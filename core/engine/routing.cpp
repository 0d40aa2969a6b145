#include "engine/routing.h"

#include <algorithm>

namespace brownout::engine {
namespace {

constexpr std::uint32_t exploration_odds = 20; // `fastest` explores once in so many calls

bool fits(const TargetSetup& target, const CallStarted& request) {
    return target.context_tokens == 0 ||
           std::int64_t{request.input_tokens} + request.max_output_tokens.value_or(0) <=
               target.context_tokens;
}

bool qualifies(const EntrySetup& entry, const TargetSetup& target, const ChainSetup& chain,
               const CallStarted& request) {
    return entry.enabled && entry.quality >= chain.policy.minimum_quality &&
           target.capabilities.has_all(request.needs) && fits(target, request);
}

void draw_by_weight(Call& call, const ChainSetup& chain, Rng& rng) {
    double total = 0;
    for (std::size_t i = 0; i < call.entries; ++i)
        total += chain.entries[call.order[i]].weight;
    for (std::size_t place = 0; place + 1 < call.entries && total > 0; ++place) {
        double draw = rng.uniform() * total;
        std::size_t pick = place;
        for (std::size_t i = place; i < call.entries; ++i) {
            const double weight = chain.entries[call.order[i]].weight;
            if (weight <= 0)
                continue;
            pick = i;
            if (draw < weight)
                break;
            draw -= weight;
        }
        // Moved to its place, the others keep their order.
        std::rotate(call.order.begin() + static_cast<std::ptrdiff_t>(place),
                    call.order.begin() + static_cast<std::ptrdiff_t>(pick),
                    call.order.begin() + static_cast<std::ptrdiff_t>(pick) + 1);
        // Summed anew, so that rounding never leaves a remainder behind.
        total = 0;
        for (std::size_t i = place + 1; i < call.entries; ++i)
            total += chain.entries[call.order[i]].weight;
    }
}

// Stable insertion sort of the few candidates; allocates nothing.
void sort_by_key(Call& call, const std::array<std::int64_t, max_entries>& key) {
    for (std::size_t i = 1; i < call.entries; ++i) {
        const EntryIndex moving = call.order[i];
        std::size_t j = i;
        for (; j > 0 && key[call.order[j - 1]] > key[moving]; --j)
            call.order[j] = call.order[j - 1];
        call.order[j] = moving;
    }
}

void sort_by_price(Call& call, const Setup& setup, const ChainSetup& chain) {
    std::array<std::int64_t, max_entries> key{};
    for (std::size_t i = 0; i < call.entries; ++i) {
        const EntryIndex e = call.order[i];
        const auto cost = call.expected_cost(setup.targets[chain.entries[e].target.value].price);
        key[e] = cost ? cost->pico_usd : INT64_MAX;
    }
    sort_by_key(call, key);
}

void sort_by_speed(Call& call, const ChainSetup& chain, const Targets& targets, Rng& rng) {
    std::array<std::int64_t, max_entries> key{};
    for (std::size_t i = 0; i < call.entries; ++i) {
        const EntryIndex e = call.order[i];
        const TargetId target = chain.entries[e].target;
        const auto median = targets.latency(target).quantile(0.5, 1);
        key[e] = median ? median->count() : targets.ever_tried(target) ? INT64_MAX : 0;
    }
    sort_by_key(call, key);
    if (call.entries > 1 && rng.below(exploration_odds) == 0) {
        const auto pick = call.order.begin() + rng.below(call.entries);
        std::rotate(call.order.begin(), pick, pick + 1);
    }
}

} // namespace

void route(Call& call, const Setup& setup, const ChainSetup& chain, const Targets& targets,
           Rng& rng) {
    const TargetSetup* const all = setup.targets.data();
    std::uint8_t candidates = 0;
    EntryIndex index = 0;
    for (const EntrySetup& entry : chain.entries) {
        if (qualifies(entry, all[entry.target.value], chain, call.request))
            call.order[candidates++] = index;
        else
            call.bar(index);
        ++index;
    }
    call.entries = candidates;
    switch (chain.strategy) {
    case Strategy::priority:
        break;
    case Strategy::weighted:
        draw_by_weight(call, chain, rng);
        break;
    case Strategy::cheapest:
        sort_by_price(call, setup, chain);
        break;
    case Strategy::fastest:
        sort_by_speed(call, chain, targets, rng);
        break;
    }
    if (!call.request.prefer)
        return;
    for (std::size_t i = 0; i < call.entries; ++i) {
        if (chain.entries[call.order[i]].target != *call.request.prefer)
            continue;
        const auto preferred = call.order.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(call.order.begin(), preferred, preferred + 1);
        return;
    }
}

Cause why_no_candidate(const Call& call, const Setup& setup, const ChainSetup& chain) {
    bool any_enabled = false, any_able = false, any_fits = false;
    for (const EntrySetup& entry : chain.entries) {
        const TargetSetup& target = setup.targets[entry.target.value];
        if (!entry.enabled)
            continue;
        any_enabled = true;
        if (!target.capabilities.has_all(call.request.needs))
            continue;
        any_able = true;
        any_fits = any_fits || fits(target, call.request);
    }
    if (any_able && !any_fits)
        return Cause::context_exceeded;
    if (any_enabled && !any_able)
        return Cause::unsupported;
    return Cause::unavailable; // nothing is enabled, or nothing is good enough
}

} // namespace brownout::engine
