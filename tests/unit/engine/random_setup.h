// Any policy, any chain, any outcome: what the random worlds are made of.
#pragma once

#include "base/rng.h"
#include "engine/engine.h"

namespace brownout::engine::random {

using namespace std::chrono_literals;

inline Duration ms(Rng& rng, std::uint32_t low, std::uint32_t high) {
    return std::chrono::milliseconds(low + rng.below(high - low));
}

inline Policy random_policy(Rng& rng) {
    Policy p;
    p.retry.attempts_per_target = 1 + int(rng.below(4));
    p.retry.max_attempts = 1 + int(rng.below(9));
    p.retry.backoff = {BackoffKind(rng.below(4)), ms(rng, 0, 800), 1.0 + 2 * rng.uniform(),
                       ms(rng, 800, 3000), JitterKind(rng.below(5))};
    p.retry.honour_retry_after = rng.chance(0.8);
    p.retry.max_wait = rng.chance(0.25) ? Duration::zero() : ms(rng, 0, 3000);
    if (rng.chance(0.2))
        p.retry.budget = RetryBudgetPolicy{rng.uniform(), rng.uniform(), 5s};
    p.timeouts = {ms(rng, 100, 3000),  ms(rng, 200, 6000),  ms(rng, 200, 5000),
                  ms(rng, 500, 20000), ms(rng, 300, 30000), rng.chance(0.7)};
    BreakerPolicy& b = p.breaker;
    b.consecutive_failures.reset();
    if (rng.chance(0.7))
        b.consecutive_failures = 1 + int(rng.below(4));
    if (rng.chance(0.5))
        b.failure_ratio.reset();
    b.minimum_requests = 1 + int(rng.below(6));
    b.window = ms(rng, 500, 20000);
    if (rng.chance(0.2))
        b.slow_call = ms(rng, 100, 2000);
    b.open = ms(rng, 100, 8000);
    b.open_growth = 1.0 + rng.uniform();
    b.open_cap = b.open * 3;
    b.half_open_probes = 1 + int(rng.below(3));
    b.close_after_successes = 1 + int(rng.below(3));
    b.when_all_open = WhenAllOpen(rng.below(2));
    if (rng.chance(0.4)) {
        p.hedge = HedgePolicy{};
        if (rng.chance(0.7))
            p.hedge->delay = ms(rng, 1, 1000);
        else
            p.hedge->quantile = rng.uniform();
        p.hedge->max_extra = 1 + int(rng.below(3));
    }
    if (rng.chance(0.2)) {
        p.budget = BudgetPolicy{};
        if (rng.chance(0.6))
            p.budget->per_request = Money{rng.below(40)};
        if (rng.chance(0.4))
            p.budget->per_hour = Money{rng.below(150)};
        if (rng.chance(0.4))
            p.budget->per_day = Money{rng.below(150)};
        for (int i = 0; i < 3; ++i)
            p.budget->per_provider_day.push_back(
                rng.chance(0.3) ? std::optional(Money{rng.below(100)}) : std::nullopt);
        p.budget->on_exceeded = OnExceeded(rng.below(2));
    }
    p.commit_after = {CommitWhen(rng.below(3)), int(rng.below(5))};
    p.on_broken_stream = OnBrokenStream(rng.below(4));
    p.on_moderation = Route(rng.below(2));
    p.on_context_exceeded = Route(rng.below(2));
    p.on_bad_key = Route(rng.below(2));
    p.on_model_missing = Route(rng.below(2));
    p.disable = ms(rng, 100, 20000);
    p.resend_after_ambiguous_failure = ResendAmbiguous(rng.below(3));
    return p;
}

inline LimitsSetup random_limits(Rng& rng) {
    LimitsSetup limits;
    if (rng.chance(0.4))
        limits.requests_per_min = 1 + rng.below(12);
    if (rng.chance(0.3))
        limits.tokens_per_min = 500 + rng.below(5000);
    if (rng.chance(0.4))
        limits.concurrency = 1 + int(rng.below(3));
    return limits;
}

inline ProviderSetup random_provider(Rng& rng) {
    ProviderSetup provider;
    if (rng.chance(0.4))
        provider.keys.resize(1 + rng.below(3));
    if (rng.chance(0.3))
        provider.limits = random_limits(rng);
    for (KeySetup& key : provider.keys) {
        key.missing = provider.keys.size() > 1 && rng.chance(0.1);
        if (rng.chance(0.3))
            key.limits = random_limits(rng);
    }
    return provider;
}

inline Setup random_setup(Rng& rng) {
    Setup setup;
    const std::size_t targets = 1 + rng.below(5);
    for (std::uint32_t n = 1 + rng.below(3); n > 0; --n)
        setup.providers.push_back(random_provider(rng));
    ChainSetup chain;
    chain.strategy = Strategy(rng.below(4));
    chain.policy = random_policy(rng);
    if (rng.chance(0.2))
        chain.policy.minimum_quality = 0.3;
    for (std::size_t i = 0; i < targets; ++i) {
        TargetSetup target;
        target.provider =
            ProviderId{std::uint16_t(rng.below(std::uint32_t(setup.providers.size())))};
        target.breaker = chain.policy.breaker;
        if (rng.chance(0.1))
            target.hold = BreakerHold(rng.below(3));
        if (rng.chance(0.3))
            target.capabilities.bits &= ~std::uint32_t{Capabilities::prefill};
        if (rng.chance(0.5))
            target.context_tokens = rng.below(4) * 1000;
        if (rng.chance(0.6))
            target.price = {true, {}, {}, Money{rng.below(20)}};
        setup.targets.push_back(target);
        EntrySetup entry;
        entry.target = TargetId{std::uint16_t(i)};
        entry.enabled = rng.chance(0.95);
        entry.weight = rng.below(4);
        entry.quality = rng.uniform();
        entry.timeouts = chain.policy.timeouts;
        entry.retry = chain.policy.retry;
        chain.entries.push_back(entry);
    }
    setup.chains.push_back(chain);
    return setup;
}

inline Outcome random_outcome(Rng& rng, double success) {
    Outcome o;
    o.cost = Money{rng.below(20)};
    if (rng.chance(success))
        return o;
    constexpr OutcomeClass classes[] = {OutcomeClass::retry,        OutcomeClass::failover,
                                        OutcomeClass::cooldown,     OutcomeClass::disable,
                                        OutcomeClass::reroute,      OutcomeClass::reject,
                                        OutcomeClass::broken_stream};
    constexpr Cause reroutes[] = {Cause::model_missing, Cause::context_exceeded, Cause::moderation,
                                  Cause::unsupported};
    // Transient failures three times as often as the rest.
    o.cls = rng.chance(0.6) ? classes[rng.below(2)] : classes[rng.below(7)];
    o.cause = Cause::http_status;
    if (o.cls == OutcomeClass::reroute)
        o.cause = reroutes[rng.below(4)];
    if (o.cls == OutcomeClass::cooldown)
        o.cause = rng.chance(0.7) ? Cause::rate_limited : Cause::overloaded;
    constexpr Cause disabling[] = {Cause::bad_key, Cause::no_money, Cause::blocked};
    if (o.cls == OutcomeClass::disable)
        o.cause = disabling[rng.below(3)];
    if (rng.chance(0.3))
        o.output_tokens = rng.below(300);
    const bool transient = o.cls == OutcomeClass::retry || o.cls == OutcomeClass::failover ||
                           o.cls == OutcomeClass::broken_stream;
    o.counts_for_breaker = transient && rng.chance(0.9);
    o.provider_wide = o.counts_for_breaker && rng.chance(0.1);
    o.ambiguous = transient && rng.chance(0.3);
    if (rng.chance(0.15))
        o.should_retry = rng.chance(0.5);
    if (rng.chance(0.3))
        o.retry_after = ms(rng, 0, 5000);
    o.status = rng.chance(0.7) ? 500 : 0;
    return o;
}

} // namespace brownout::engine::random
