#include "base/digits.h"
#include "chain/lint_context.h"

namespace brownout::chain::lint_rules {
namespace {

constexpr std::string_view analysis = "Artificial Analysis, July 2026, thinking included";
constexpr std::string_view llmperf = "LLMPerf, December 2023, 95th percentile";

struct Row {
    std::string_view provider, model; // provider empty: whoever serves it
    double seconds;
    std::string_view source;
};

// Time to the first token at the default effort, of models known to think or to start slowly.
constexpr Row rows[] = {
    {"", "gpt-5-mini", 95, analysis},
    {"", "gpt-5-nano", 94, analysis},
    {"", "gpt-5.5", 29.4, analysis},
    {"", "grok-4.3", 22.8, analysis},
    {"", "gemini-2.5-pro", 21.8, analysis},
    {"", "claude-opus-4-8", 18.1, analysis},
    {"", "gemini-3.5-flash", 9.9, analysis},
    {"replicate", "llama-2-70b", 24.3, llmperf},
    {"replicate", "llama-2-13b", 15.0, llmperf},
    {"replicate", "llama-2-7b", 6.4, llmperf},
};

// "gpt-5-mini" and "gpt-5-mini-2025-08-07", not "gpt-5.5-pro"; "llama-2-70b-chat" on Replicate.
bool names(std::string_view model, const Row& row) {
    if (!model.starts_with(row.model))
        return false;
    const std::string_view rest = model.substr(row.model.size());
    if (rest.empty() || (rest.size() > 1 && rest[0] == '-' && is_digit(rest[1])))
        return true;
    return !row.provider.empty() && rest.starts_with("-chat");
}

} // namespace

std::optional<KnownLatency> known_latency(std::string_view provider, std::string_view model) {
    const auto slash = model.rfind('/');
    if (slash != model.npos)
        model.remove_prefix(slash + 1);
    for (const Row& row : rows)
        if ((row.provider.empty() || row.provider == provider) && names(model, row))
            return KnownLatency{row.seconds, row.source};
    return {};
}

} // namespace brownout::chain::lint_rules
