#include "wire/usage.h"

#include "wire/dialect.h"

#include <algorithm>

namespace brownout::wire {

std::optional<Usage> openai_usage(const WireJson& usage) {
    const auto input = count_of(usage, "prompt_tokens");
    const auto output = count_of(usage, "completion_tokens");
    if (!input && !output)
        return std::nullopt;
    Usage u;
    u.input = input.value_or(0);
    u.output = output.value_or(0);
    if (const WireJson* details = member(usage, "prompt_tokens_details")) {
        u.cached_read = count_of(*details, "cached_tokens").value_or(0);
        u.cache_write = count_of(*details, "cache_write_tokens").value_or(0);
    }
    if (u.cached_read == 0) // DeepSeek's own name
        u.cached_read = count_of(usage, "prompt_cache_hit_tokens").value_or(0);
    if (const WireJson* details = member(usage, "completion_tokens_details"))
        u.reasoning = count_of(*details, "reasoning_tokens").value_or(0);
    // xAI counts reasoning beside the completion; the total gives that away.
    if (const auto total = count_of(usage, "total_tokens"); total && *total > u.input + u.output)
        u.output = *total - u.input;
    u.cached_read = std::min(u.cached_read, u.input);
    u.cache_write = std::min(u.cache_write, u.input - u.cached_read);
    return u;
}

std::int64_t estimate_tokens(std::string_view text) {
    // Four ASCII characters a token; other scripts are near one token for each character, Latin
    // letters with accents near a half.
    std::int64_t eighths = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80)
            eighths += 2;
        else if (byte >= 0xE0)
            eighths += 8;
        else if (byte >= 0xC0)
            eighths += 4;
    }
    return (eighths + 7) / 8;
}

std::int64_t estimate_input_tokens(const ChatRequest& request) {
    // OpenAI's cookbook: four tokens around each message, three to start the answer.
    std::int64_t tokens = 3;
    for (const auto& message : request.messages)
        tokens += 4 + estimate_tokens(message.text);
    return tokens;
}

namespace {

// Exact in pico-dollars: USD per million tokens is a million pico-dollars per token.
std::optional<Money> part(std::int64_t tokens, const std::optional<double>& usd_per_mtok) {
    if (tokens <= 0)
        return Money{};
    if (!usd_per_mtok)
        return std::nullopt;
    const double pico_per_token = *usd_per_mtok * 1e6;
    const double pico = std::round(pico_per_token) * static_cast<double>(tokens);
    if (!(pico < 9e18))
        return Money::from_usd(pico / 1e12);
    return Money{static_cast<std::int64_t>(std::llround(pico_per_token)) * tokens};
}

} // namespace

std::optional<Money> cost_of(const Usage& usage, const chain::Price& price) {
    const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_read, 0, usage.input);
    // Cached input costs no more than input, so that price stands in where it has none of its own.
    const auto& cached_price = price.cached_input_usd_per_mtok ? price.cached_input_usd_per_mtok
                                                               : price.input_usd_per_mtok;
    const auto fresh_cost = part(usage.input - cached, price.input_usd_per_mtok);
    const auto cached_cost = part(cached, cached_price);
    const auto output_cost = part(usage.output, price.output_usd_per_mtok);
    if (!fresh_cost || !cached_cost || !output_cost)
        return std::nullopt;
    // Each part is clamped below what an integer holds; so is the sum.
    const double sum = fresh_cost->usd() + cached_cost->usd() + output_cost->usd();
    if (sum > 9e6)
        return Money::from_usd(sum);
    return *fresh_cost + *cached_cost + *output_cost;
}

} // namespace brownout::wire
