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

// As Anthropic sends them: about 130 bytes for a token.
std::string anthropic_stream(int deltas) {
    std::string out =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
        "\"model\":\"claude-haiku-4-5\",\"content\":[],\"usage\":{\"input_tokens\":12,"
        "\"output_tokens\":1}}}\n\n";
    for (int i = 0; i < deltas; ++i)
        out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
               "\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n";
    return out + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
                 "\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1000}}\n\n"
                 "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

// As Google sends them; its real chunks carry tens of tokens each.
std::string gemini_stream(int deltas) {
    const auto chunk = [](const char* text, const char* finish) {
        return std::string{"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\""} + text +
               "\"}],\"role\":\"model\"}" + finish +
               ",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,"
               "\"candidatesTokenCount\":10,\"totalTokenCount\":275,\"promptTokensDetails\":[{"
               "\"modality\":\"TEXT\",\"tokenCount\":9}],\"thoughtsTokenCount\":256},"
               "\"modelVersion\":\"gemini-3-pro-preview\",\"responseId\":\"dX6LadKVC7SZ28oPr9yJ\"}"
               "\r\n\r\n";
    };
    std::string out;
    for (int i = 0; i < deltas; ++i)
        out += chunk(" word", "");
    return out + chunk("", ",\"finishReason\":\"STOP\"");
}

void deltas(benchmark::State& state, chain::Dialect which, const std::string& bytes) {
    const Dialect& speaks = *dialect(which);
    for (auto _ : state) {
        const auto reader = speaks.reader(true, Endpoint{});
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
void openai_deltas(benchmark::State& state) {
    deltas(state, chain::Dialect::openai, stream_of(1000));
}
BENCHMARK(openai_deltas)->Unit(benchmark::kMicrosecond);
void anthropic_deltas(benchmark::State& state) {
    deltas(state, chain::Dialect::anthropic, anthropic_stream(1000));
}
BENCHMARK(anthropic_deltas)->Unit(benchmark::kMicrosecond);
void gemini_deltas(benchmark::State& state) {
    deltas(state, chain::Dialect::gemini, gemini_stream(1000));
}
BENCHMARK(gemini_deltas)->Unit(benchmark::kMicrosecond);

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
