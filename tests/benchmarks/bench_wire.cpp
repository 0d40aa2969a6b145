// What reading a stream costs. A stream here has 1,000 deltas, so its time is microseconds per
// 1,000 deltas.
#include "wire/dialect.h"
#include "wire/sse.h"

#include <benchmark/benchmark.h>

using namespace brownout;
using namespace brownout::wire;

namespace {

// As OpenAI sends them: about 330 bytes for a token.
std::string stream_of(int deltas) {
    std::string out;
    const std::string head =
        "data: "
        "{\"id\":\"chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0\",\"object\":\"chat.completion.chunk\","
        "\"created\":1770933892,\"model\":\"gpt-4.1-nano-2025-04-14\",\"service_tier\":\"default\","
        "\"system_fingerprint\":\"fp_de604bd877\",\"choices\":[{\"index\":0,\"delta\":{";
    for (int i = 0; i < deltas; ++i)
        out += head + "\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":"
                      "null,\"obfuscation\":\"dTh\"}\n\n";
    return out + head +
           "},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\ndata: [DONE]\n\n";
}

constexpr std::size_t piece = 1448; // what one TCP segment carries

void sse_events(benchmark::State& state) {
    const std::string bytes = stream_of(1000);
    for (auto _ : state) {
        SseParser parser;
        for (std::size_t i = 0; i < bytes.size(); i += piece)
            parser.feed(std::string_view{bytes}.substr(i, piece), [&](const SseEvent& e) {
                benchmark::DoNotOptimize(e.data.data());
                return true;
            });
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(sse_events)->Unit(benchmark::kMicrosecond);

void openai_deltas(benchmark::State& state) {
    const std::string bytes = stream_of(1000);
    const Dialect& openai = *dialect(chain::Dialect::openai);
    for (auto _ : state) {
        const auto reader = openai.reader(true, Endpoint{});
        reader->head(200, {});
        for (std::size_t i = 0; i < bytes.size(); i += piece)
            reader->bytes(std::string_view{bytes}.substr(i, piece),
                          [&](const Delta& delta) { benchmark::DoNotOptimize(delta.text.data()); });
        if (reader->end(TransportEnd::complete, true, 0).outcome.cls !=
            engine::OutcomeClass::success)
            state.SkipWithError("the stream was not read to its end");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(openai_deltas)->Unit(benchmark::kMicrosecond);

void encode_request(benchmark::State& state) {
    ChatRequest request;
    request.messages = {{Role::system, "Be brief."}, {Role::user, std::string(1600, 'x')}};
    request.stream = true;
    Endpoint endpoint;
    endpoint.base_url = "http://127.0.0.1/v1";
    endpoint.model = "gpt-5-mini";
    const Dialect& openai = *dialect(chain::Dialect::openai);
    for (auto _ : state)
        benchmark::DoNotOptimize(openai.encode(request, endpoint));
}
BENCHMARK(encode_request)->Unit(benchmark::kMicrosecond);

void classify_429(benchmark::State& state) {
    ReplyFacts facts;
    facts.vendor = "api.openai.com";
    facts.status = 429;
    facts.body =
        "{\"error\":{\"message\":\"Rate limit reached for gpt-4o on tokens per min: Limit "
        "30000, Used 29500, Requested 1200. Please try again in 1.4s.\",\"type\":\"tokens\","
        "\"param\":null,\"code\":\"rate_limit_exceeded\"}}";
    for (auto _ : state)
        benchmark::DoNotOptimize(classify(facts));
}
BENCHMARK(classify_429)->Unit(benchmark::kMicrosecond);

} // namespace

BENCHMARK_MAIN();
