// The simulator: requests a second on one core with sampling, breakers, sketches and money on, next
// to the smallest loop that plays the same model by hand; a year; and its queue beside
// std::priority_queue.
//
//   bench_sim --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include "sim/queue.h"
#include "sim/world.h"
#include "stats/portable_math.h"

#include <benchmark/benchmark.h>

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

// The same model and nothing else: arrivals, tables, tries in order, a heap of ends, one counter a
// breaker, a sketch of latencies and one sum of money.
void hand_written_loop(benchmark::State& state) {
    const stats::QuantileTable first[] = {stats::QuantileTable(stats::Lognormal{350, 0.4}),
                                          stats::QuantileTable(stats::Lognormal{600, 0.4}),
                                          stats::QuantileTable(stats::Lognormal{450, 0.4})};
    const stats::QuantileTable tokens(stats::Normal{1200 * 1.005, 12}),
        input(stats::Lognormal{400, 0.8});
    constexpr double in_usd[] = {1, 2, 0.5}, out_usd[] = {4, 8, 2};
    struct End {
        double at;
        int target;
        bool failed;
        double started;
        bool operator>(const End& o) const { return at > o.at; }
    };
    std::uint64_t requests = 0;
    for (auto _ : state) {
        Rng rng{1};
        std::priority_queue<End, std::vector<End>, std::greater<>> ends;
        stats::Sketch latency;
        double now = 0, usd = 0, open_until[3] = {};
        int failures[3] = {};
        for (int i = 0; i < 500'000; ++i) {
            now += -stats::portable_log(1 - rng.uniform()) * 10;
            while (!ends.empty() && ends.top().at <= now) {
                const End e = ends.top();
                ends.pop();
                failures[e.target] = e.failed ? failures[e.target] + 1 : 0;
                if (failures[e.target] >= 3)
                    open_until[e.target] = e.at + 30'000;
                if (!e.failed)
                    latency.add(e.at - e.started);
            }
            double at = now;
            const double asked = input.sample(rng);
            for (int t = 0; t < 3; ++t) {
                if (at < open_until[t])
                    continue;
                const double takes = first[t].sample(rng);
                const bool fails = rng.chance(0.01);
                at += fails ? 0 : takes + tokens.sample(rng);
                ends.push({at, t, fails, now});
                if (fails)
                    continue;
                usd += (asked * in_usd[t] + 100 * out_usd[t]) / 1e6;
                break;
            }
            ++requests;
        }
        benchmark::DoNotOptimize(usd);
        benchmark::DoNotOptimize(latency);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
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
BENCHMARK(radix_heap)->Arg(16)->Arg(256)->Arg(16384);
BENCHMARK(binary_heap)->Arg(16)->Arg(256)->Arg(16384);
BENCHMARK_MAIN();
