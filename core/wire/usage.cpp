#include "wire/usage.h"

#include "wire/json_cursor.h"

#include <algorithm>
#include <charconv>

namespace brownout::wire {

namespace {

struct OpenAiCounts {
    std::optional<std::int64_t> input, output, total, cached, cache_write, cache_hit, reasoning;
};

std::optional<Usage> usage_of(const OpenAiCounts& counts) {
    if (!counts.input && !counts.output)
        return std::nullopt;
    Usage u;
    u.input = counts.input.value_or(0);
    u.output = counts.output.value_or(0);
    u.cached_read = counts.cached.value_or(0);
    u.cache_write = counts.cache_write.value_or(0);
    if (u.cached_read == 0) // DeepSeek's own name
        u.cached_read = counts.cache_hit.value_or(0);
    u.reasoning = counts.reasoning.value_or(0);
    // xAI counts reasoning beside the completion; the total gives that away.
    if (counts.total && *counts.total > u.input + u.output)
        u.output = *counts.total - u.input;
    u.cached_read = std::min(u.cached_read, u.input);
    u.cache_write = std::min(u.cache_write, u.input - u.cached_read);
    return u;
}

} // namespace

std::optional<Usage> openai_usage(const WireJson& usage) {
    OpenAiCounts counts;
    counts.input = count_of(usage, "prompt_tokens");
    counts.output = count_of(usage, "completion_tokens");
    counts.total = count_of(usage, "total_tokens");
    counts.cache_hit = count_of(usage, "prompt_cache_hit_tokens");
    if (const WireJson* details = member(usage, "prompt_tokens_details")) {
        counts.cached = count_of(*details, "cached_tokens");
        counts.cache_write = count_of(*details, "cache_write_tokens");
    }
    if (const WireJson* details = member(usage, "completion_tokens_details"))
        counts.reasoning = count_of(*details, "reasoning_tokens");
    return usage_of(counts);
}

std::optional<Usage> openai_usage(std::string_view text) {
    OpenAiCounts counts;
    JsonCursor json{text};
    // A number that is more than digits is left to the other reader.
    const auto count = [&](std::optional<std::int64_t>& out) {
        std::string_view digits;
        std::int64_t number = 0;
        if (!json.raw(digits) || digits.size() > 9)
            return false;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        out = number;
        return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && number >= 0;
    };
    const auto of_input = [&](std::string_view key) {
        return key == "cached_tokens"        ? count(counts.cached)
               : key == "cache_write_tokens" ? count(counts.cache_write)
                                             : json.skip();
    };
    const auto of_output = [&](std::string_view key) {
        return key == "reasoning_tokens" ? count(counts.reasoning) : json.skip();
    };
    const auto top = [&](std::string_view key) {
        return key == "prompt_tokens"               ? count(counts.input)
               : key == "completion_tokens"         ? count(counts.output)
               : key == "total_tokens"              ? count(counts.total)
               : key == "prompt_cache_hit_tokens"   ? count(counts.cache_hit)
               : key == "prompt_tokens_details"     ? json.object(of_input)
               : key == "completion_tokens_details" ? json.object(of_output)
                                                    : json.skip();
    };
    if (json.object(top) && json.at_end())
        return usage_of(counts);
    const auto whole = parse_lenient(text);
    return whole && whole->is_object() ? openai_usage(*whole) : std::nullopt;
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

std::optional<Money> cost_of(const Usage& usage, const chain::Price& listed) {
    const chain::Price price = listed.at(usage.input);
    const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_read, 0, usage.input);
    const std::int64_t written =
        std::clamp<std::int64_t>(usage.cache_write, 0, usage.input - cached);
    const std::int64_t reasoning = std::clamp<std::int64_t>(usage.reasoning, 0, usage.output);
    // A kind of token without a price of its own costs what its plain kind costs: for cached input
    // that is never too little.
    const auto or_else = [](const std::optional<double>& own, const std::optional<double>& plain) {
        return own ? own : plain;
    };
    const auto& input = price.input_usd_per_mtok;
    const auto& output = price.output_usd_per_mtok;
    const std::optional<Money> parts[] = {
        part(usage.input - cached - written, input),
        part(cached, or_else(price.cached_input_usd_per_mtok, input)),
        part(written, or_else(price.cache_write_usd_per_mtok, input)),
        part(usage.output - reasoning, output),
        part(reasoning, or_else(price.reasoning_usd_per_mtok, output)),
    };
    // Each part is clamped below what an integer holds; so is the sum.
    Money sum;
    double usd = 0;
    for (const auto& cost : parts) {
        if (!cost)
            return std::nullopt;
        usd += cost->usd();
        if (usd <= 9e6)
            sum += *cost;
    }
    return usd > 9e6 ? Money::from_usd(usd) : sum;
}

} // namespace brownout::wire
