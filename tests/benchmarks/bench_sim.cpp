// The simulator: requests a second on one core with sampling, breakers, sketches and money on, next
// to the smallest loop that plays the same model by hand; a year; a month of 259 million requests
// (a minute or so) on one thread and on two, with the memory it takes and the longest time between
// two looks at whether it was cancelled; and its queue beside std::priority_queue.
//
//   bench_sim --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include "engine/retry_delay.h"
#include "sim/queue.h"
#include "sim/world.h"

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <queue>

using namespace brownout;
using chain::Json;

namespace {

const char* const providers = R"({"format":"brownout.chain/1","name":"bench","providers":[
    {"id":"aster","dialect":"openai","base_url":"lab:","key":"none","model":%A},
    {"id":"birch","dialect":"anthropic","base_url":"lab:","key":"none","model":%B},
    {"id":"cedar","dialect":"gemini","base_url":"lab:","key":"none","model":%C}],
  "chains":[{"id":"default","targets":[
    {"provider":"aster","model":"a","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":4}},
    {"provider":"birch","model":"b","price":{"input_usd_per_mtok":2,"output_usd_per_mtok":8}},
    {"provider":"cedar","model":"c","price":{"input_usd_per_mtok":0.5,"output_usd_per_mtok":2}}]}]})";

std::string model(double median, double errors, const std::string& outages) {
    return R"({"first_token_ms":{"lognormal":{"median":)" + std::to_string(median) +
           R"(,"sigma":0.4}},"token_ms":{"lognormal":{"median":12,"sigma":0.1}},"error_ratio":)" +
           std::to_string(errors) + outages + "}";
}

sim::RunPlan plan_of(const std::string& scenario_text, bool outages) {
    std::string text = providers;
    const std::string down = outages
                                 ? R"(,"outages":{"gap_h":{"weibull":{"shape":0.65,"scale":500}},
                     "repair_h":{"lognormal":{"median":1.5,"sigma":1.2}}})"
                                 : "";
    text.replace(text.find("%A"), 2, model(350, 0.01, down));
    text.replace(text.find("%B"), 2, model(600, 0.01, down));
    text.replace(text.find("%C"), 2, model(450, 0.01, down));
    const auto document = chain::read_document(Json::parse(text), "bench");
    const auto scenario = faults::read_scenario(Json::parse(scenario_text), "bench");
    return *sim::plan_run(*document.value, *scenario.value);
}

void play(benchmark::State& state, const std::string& scenario, bool outages) {
    const sim::RunPlan plan = plan_of(scenario, outages);
    std::uint64_t requests = 0, seed = 0;
    for (auto _ : state) {
        sim::World world(plan, ++seed);
        world.play([](double) { return true; });
        requests += world.fold().requests();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}

const char* const whole = R"({"format":"brownout.scenario/1","name":"b","max_requests":500000,
    "traffic":{"requests_per_s":100,"stream":false,"output_tokens":100,
               "input_tokens":{"lognormal":{"median":400,"sigma":0.8}}}})";
const char* const streamed = R"({"format":"brownout.scenario/1","name":"b","max_requests":500000,
    "traffic":{"requests_per_s":100,"stream":true,"output_tokens":100,
               "input_tokens":{"lognormal":{"median":400,"sigma":0.8}}}})";
const char* const year = R"({"format":"brownout.scenario/1","name":"b","duration_s":31536000,
    "traffic":{"requests_per_s":0.11574074,"stream":true,"output_tokens":100,
               "input_tokens":{"lognormal":{"median":400,"sigma":0.8}}}})";

// The same model by hand, and nothing else: the same arrivals, requests and draws of the providers,
// tries in order, a heap of ends, a breaker with a window for each provider, sketches of latency
// for all and for each provider, a row of time, money in whole pico-dollars. That it is the same
// model is checked: its requests, attempts and spend are those of the simulator.
struct ByHand {
    static constexpr int buckets = 10;
    struct Provider {
        sim::ProviderModelTable model;
        std::int64_t pico_in = 0, pico_out = 0, spend = 0;
        std::uint64_t served = 0;
        stats::Sketch latency;
        int in_a_row = 0;               // failures, in the order of starting
        int requests = 0, failures = 0; // in the window
        std::int64_t open_until = 0, bucket = 0;
        std::array<std::array<int, 2>, buckets> window{};

        void count(std::int64_t at, bool failed) {
            constexpr std::int64_t width = 3'000'000'000;
            if (at / width > bucket) {
                for (std::int64_t i = std::max(bucket + 1, at / width - buckets + 1);
                     i <= at / width; ++i) {
                    auto& old = window[static_cast<std::size_t>(i % buckets)];
                    requests -= old[0];
                    failures -= old[1];
                    old = {};
                }
                bucket = at / width;
            }
            auto& now = window[static_cast<std::size_t>(bucket % buckets)];
            now[0] += 1;
            now[1] += failed;
            requests += 1;
            failures += failed;
            if (failed && (in_a_row >= 3 || (requests >= 20 && failures * 2 >= requests)))
                open_until = at + 30'000'000'000;
        }
    };
    struct End {
        std::int64_t at = 0, started = 0, tried = 0, spend = 0;
        std::int64_t input = 0, output = 0; // tokens
        std::uint64_t number = 0;
        std::uint32_t target = 0;
        bool again = false; // not an end: the second try, after a pause
        bool operator>(const End& o) const { return at > o.at; }
    };
    struct Row {
        std::uint64_t requests = 0;
        std::int64_t spend = 0;
    };

    explicit ByHand(const sim::RunPlan& plan, std::uint64_t seed)
        : traffic(plan.scenario.traffic),
          arrivals(traffic, seed),
          requests(traffic, seed),
          most(static_cast<std::uint64_t>(*plan.scenario.max_requests)),
          rows(600) {
        for (std::size_t i = 0; i < plan.targets.size(); ++i) {
            providers.push_back({plan.providers[i].model,
                                 plan.targets[i].pico_per_input,
                                 plan.targets[i].pico_per_output,
                                 0,
                                 0,
                                 {}});
            providers.back().model.reseed(plan.document.providers[i].id, seed);
        }
    }

    void play() {
        for (std::uint64_t n = 0; n < most; ++n) {
            const std::int64_t now = from_seconds(arrivals.next()).count();
            while (!ends.empty() && ends.top().at <= now)
                end();
            const auto asked = requests.next(nullptr);
            End call;
            call.number = n;
            call.started = now;
            call.input = asked.input_tokens + 7;
            call.output = asked.output_tokens;
            attempt(call, now);
        }
        while (!ends.empty())
            end();
    }
    void attempt(End call, std::int64_t now) {
        while (call.target < providers.size() && now < providers[call.target].open_until)
            ++call.target;
        if (call.target == providers.size())
            return;
        Provider& p = providers[call.target];
        sim::ProviderDraws draws;
        p.model.draw(sim::draw_number(call.number, call.again ? 2 : 1), draws);
        ++attempts;
        p.in_a_row = draws.fails ? p.in_a_row + 1 : 0;
        if (draws.fails) {
            p.count(now, true);
            if (call.again) { // to the next
                call.again = false;
                ++call.target;
                return attempt(call, now);
            }
            const engine::BackoffPolicy backoff;
            call.again = true;
            call.at = now + engine::retry_delay(backoff, 1, {}, pause.uniform()).count();
            return ends.push(call);
        }
        const double ms =
            draws.first_token_ms + p.model.gaps_ms(call.output, draws.timing) * draws.factor;
        call.again = false;
        call.tried = now;
        call.at = now + from_ms(ms).count();
        call.spend = p.pico_in * call.input + p.pico_out * call.output;
        ends.push(call);
    }
    void end() {
        const End e = ends.top();
        ends.pop();
        if (e.again)
            return attempt(e, e.at);
        Provider& p = providers[e.target];
        p.count(e.at, false);
        p.latency.add(static_cast<double>(e.at - e.tried) / 1e6);
        latency.add(static_cast<double>(e.at - e.started) / 1e6);
        p.spend += e.spend;
        spend += e.spend;
        ++p.served;
        Row& row = rows[static_cast<std::size_t>(e.started / 16'000'000'000) % rows.size()];
        ++row.requests;
        row.spend += e.spend;
    }

    const faults::Traffic& traffic;
    faults::ArrivalPlan arrivals;
    sim::RequestDraws requests;
    std::uint64_t most, attempts = 0;
    std::int64_t spend = 0;
    std::vector<Provider> providers;
    Rng pause{1};
    stats::Sketch latency;
    std::vector<Row> rows;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends;
};

void hand_written_loop(benchmark::State& state) {
    const sim::RunPlan plan = plan_of(whole, false);
    std::uint64_t requests = 0, seed = 0;
    for (auto _ : state) {
        ByHand loop(plan, ++seed);
        loop.play();
        requests += loop.most;
        benchmark::DoNotOptimize(loop.rows.data());
        if (seed > 1)
            continue;
        state.PauseTiming();
        sim::World world(plan, seed);
        world.play([](double) { return true; });
        const chain::Json report = world.fold().report({}, world.end());
        const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-3 * b; };
        const Json& latency = report["latency_ms"];
        if (!near(static_cast<double>(loop.attempts), report["attempts"].get<double>()) ||
            !near(static_cast<double>(loop.spend) / 1e12, report["spend_usd"].get<double>()) ||
            !near(loop.latency.quantile(0.5), latency["p50"].get<double>()) ||
            !near(loop.latency.quantile(0.99), latency["p99"].get<double>()))
            return state.SkipWithError(("not the same model: " + std::to_string(loop.attempts) +
                                        " attempts, " + std::to_string(loop.spend) +
                                        " pico-dollars, p99 " +
                                        std::to_string(loop.latency.quantile(0.99)) +
                                        "; the simulator: " + report["attempts"].dump() + ", " +
                                        report["spend_usd"].dump() + ", " + latency.dump())
                                           .c_str());
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}

double megabytes() { // resident
    std::ifstream statm("/proc/self/statm");
    double all = 0, resident = 0;
    statm >> all >> resident;
    return resident * 4096 / 1e6;
}

void month(benchmark::State& state) {
    using Clock = std::chrono::steady_clock;
    const std::string scenario =
        R"({"format":"brownout.scenario/1","name":"b","max_requests":)" +
        std::to_string(state.range(0)) +
        R"(,"traffic":{"requests_per_s":100,"stream":false,"output_tokens":100,
            "input_tokens":{"lognormal":{"median":400,"sigma":0.8}}}})";
    const sim::RunPlan plan = plan_of(scenario, true);
    std::uint64_t requests = 0;
    double early = 0, longest_ms = 0;
    for (auto _ : state) {
        sim::World world(plan, 1);
        if (state.range(1) == 2)
            world.take_two_threads();
        Clock::time_point last = Clock::now();
        world.play([&](double share) {
            const auto now = Clock::now();
            longest_ms =
                std::max(longest_ms, std::chrono::duration<double, std::milli>(now - last).count());
            last = now;
            if (early == 0 && share > 0.04)
                early = megabytes();
            return true;
        });
        requests += world.fold().requests();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
    state.counters["MB_early"] = early;
    state.counters["MB_at_end"] = megabytes();
    state.counters["longest_look_ms"] = longest_ms;
}

// Hold model: the queue holds n items; each turn pops one and pushes one later.
struct Payload {
    std::uint32_t call = 0, generation = 0, kind = 0;
};
Duration ahead(Rng& rng) {
    return Duration{static_cast<std::int64_t>(rng.next() % 2'000'000'000)};
}

void radix_heap(benchmark::State& state) {
    sim::MonotoneQueue<Payload> queue;
    Rng rng{1};
    for (int i = 0; i < state.range(0); ++i)
        queue.push(Instant{ahead(rng)}, {});
    for (auto _ : state) {
        const auto item = queue.pop();
        queue.push(queue.now() + ahead(rng), item.payload);
    }
    state.SetItemsProcessed(state.iterations());
}

void binary_heap(benchmark::State& state) {
    struct Item {
        std::uint64_t at, order;
        Payload payload;
        bool operator>(const Item& o) const { return at != o.at ? at > o.at : order > o.order; }
    };
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
    Rng rng{1};
    std::uint64_t order = 0;
    const auto later = [&] { return static_cast<std::uint64_t>(ahead(rng).count()); };
    for (int i = 0; i < state.range(0); ++i)
        queue.push({later(), ++order, {}});
    for (auto _ : state) {
        const Item item = queue.top();
        queue.pop();
        queue.push({item.at + later(), ++order, item.payload});
    }
    state.SetItemsProcessed(state.iterations());
}

} // namespace

BENCHMARK_CAPTURE(play, replies_in_one_piece, whole, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(play, streams, streamed, false)->Unit(benchmark::kMillisecond);
BENCHMARK(hand_written_loop)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(play, year_of_10000_a_day_with_outages, year, true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(month)
    ->ArgNames({"requests", "threads"})
    ->Args({259'200'000, 1})
    ->Args({259'200'000, 2})
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kSecond);
BENCHMARK(radix_heap)->Arg(16)->Arg(256)->Arg(16384);
BENCHMARK(binary_heap)->Arg(16)->Arg(256)->Arg(16384);
BENCHMARK_MAIN();
