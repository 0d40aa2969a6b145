// The engine alone: million calls/s on one core for a chain of three providers with retries and
// breakers, next to the smallest loop that does the same by hand. Both draw the same outcomes.
//
//   bench_engine --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include "base/rng.h"
#include "engine/engine.h"

#include <benchmark/benchmark.h>

#include <memory>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

constexpr double error_ratios[] = {0.05, 0.02, 0.01};
constexpr Duration between_calls = 1ms, answer_time = 300ms, failure_time = 20ms;

// everything: every policy that can be switched on. keys_and_limits: besides, two keys a provider,
// and limits per provider and key that are looked at and never reached.
enum class World { plain, everything, keys_and_limits };

Setup three_providers(World world) {
    Setup setup;
    setup.providers.resize(3);
    ChainSetup chain;
    if (world == World::keys_and_limits)
        for (ProviderSetup& provider : setup.providers) {
            provider.limits = {100'000, 100'000'000, 1000};
            provider.keys = {{{100'000, 0, 500}, false}, {{}, false}};
        }
    if (world != World::plain) {
        chain.policy.hedge = HedgePolicy{std::nullopt, 0.95, 1};
        chain.policy.retry.budget = RetryBudgetPolicy{};
        chain.policy.budget = BudgetPolicy{};
        chain.policy.budget->per_request = Money::from_usd(1);
        chain.policy.budget->per_hour = Money::from_usd(1e5);
        chain.policy.budget->per_day = Money::from_usd(1e6);
        chain.policy.budget->per_provider_day = {Money::from_usd(1e6), {}, {}};
        chain.policy.breaker.slow_call = 10s;
        chain.strategy = Strategy::weighted;
    }
    for (std::uint16_t i = 0; i < 3; ++i) {
        TargetSetup target;
        target.provider = ProviderId{i};
        target.breaker = chain.policy.breaker;
        target.price = {true, Money{250'000}, Money{2'000'000}, {}};
        setup.targets.push_back(target);
        EntrySetup entry;
        entry.target = TargetId{i};
        chain.entries.push_back(entry);
    }
    setup.chains.push_back(chain);
    return setup;
}

void engine_loop(benchmark::State& state, World world) {
    Engine engine(three_providers(world), 1);
    engine.reserve(1);
    Rng outcomes{42};
    auto out = std::make_unique<Actions>();
    Outcome failure;
    failure.cls = OutcomeClass::retry;
    failure.cause = Cause::http_status;
    failure.status = 500;
    failure.counts_for_breaker = true;
    CallStarted start;
    start.input_tokens = 400;
    start.max_output_tokens = 120;
    Instant now{};
    std::int64_t calls = 0, attempts = 0;
    for (auto _ : state) {
        now += between_calls;
        out->clear();
        engine.step(start, now, *out);
        for (std::size_t i = 0; i < out->size(); ++i) {
            // Appended to while it is read: what follows comes in order.
            if (const auto* a = std::get_if<StartAttempt>(&(*out)[i])) {
                ++attempts;
                const bool fails = outcomes.chance(error_ratios[a->target.value]);
                now += fails ? failure_time : answer_time;
                engine.step(AttemptFinished{a->call, a->attempt, fails ? failure : Outcome{}}, now,
                            *out);
            } else if (const auto* w = std::get_if<WakeAt>(&(*out)[i]);
                       w && w->why == WakeAt::Why::backoff) {
                now = w->at;
                engine.step(Woke{w->call}, now, *out);
            }
        }
        ++calls;
    }
    state.SetItemsProcessed(calls);
    state.counters["attempts/call"] = double(attempts) / double(calls);
}

// What one would write by hand for exactly this chain and nothing else: a counter, a ring of
// buckets and an open time per provider, tries in a loop.
struct HandBreaker {
    int consecutive = 0;
    std::int64_t open_until = 0, bucket = 0;
    bool open = false;
    int requests[10] = {}, failures[10] = {};
    int sum_requests = 0, sum_failures = 0;

    bool admits(std::int64_t now) const { return !open || now >= open_until; }
    void record(std::int64_t now, bool failed) {
        const std::int64_t b = now / 3'000'000'000;
        for (std::int64_t i = std::max(bucket + 1, b - 9); i <= b; ++i) {
            sum_requests -= requests[i % 10];
            sum_failures -= failures[i % 10];
            requests[i % 10] = failures[i % 10] = 0;
        }
        bucket = b;
        ++requests[b % 10];
        ++sum_requests;
        failures[b % 10] += failed;
        sum_failures += failed;
        consecutive = failed ? consecutive + 1 : 0;
        if (open && !failed)
            open = false;
        if (failed && (open || consecutive >= 3 ||
                       (sum_requests >= 10 && sum_failures * 2 >= sum_requests))) {
            open = true;
            open_until = now + 30'000'000'000;
        }
    }
};

void hand_written_loop(benchmark::State& state) {
    HandBreaker breakers[3];
    Rng outcomes{42}, jitter{7};
    std::int64_t now = 0, calls = 0, attempts = 0, served = 0;
    for (auto _ : state) {
        now += between_calls.count();
        bool answered = false;
        for (int target = 0; target < 3 && !answered; ++target) {
            for (int attempt = 0; attempt < 2 && !answered; ++attempt) {
                if (!breakers[target].admits(now))
                    break;
                ++attempts;
                const bool fails = outcomes.chance(error_ratios[target]);
                now += fails ? failure_time.count() : answer_time.count();
                breakers[target].record(now, fails);
                answered = !fails;
                if (fails && attempt == 0)
                    now += static_cast<std::int64_t>(jitter.uniform() * 5e8);
            }
        }
        served += answered;
        ++calls;
    }
    benchmark::DoNotOptimize(served);
    state.SetItemsProcessed(calls);
    state.counters["attempts/call"] = double(attempts) / double(calls);
}

void fork_of_a_world(benchmark::State& state) {
    Engine engine(three_providers(World::plain), 1);
    auto out = std::make_unique<Actions>();
    for (int i = 0; i < 100; ++i) {
        out->clear();
        engine.step(CallStarted{}, Instant{1ms}, *out);
    }
    for (auto _ : state) {
        Engine copy = engine;
        benchmark::DoNotOptimize(copy);
    }
}

} // namespace

BENCHMARK_CAPTURE(engine_loop, retry_and_breaker, World::plain);
BENCHMARK_CAPTURE(engine_loop, everything_on, World::everything);
BENCHMARK_CAPTURE(engine_loop, keys_and_limits, World::keys_and_limits);
BENCHMARK(hand_written_loop);
BENCHMARK(fork_of_a_world);
BENCHMARK_MAIN();
