// Which parameters of a chat a target takes, by dialect, vendor and model: what it refuses (or
// would silently misread) is never sent. Source: the vendors' documents and error bodies, November
// 2026; what a vendor's documents do not name counts as refused, for gateways that no table knows
// only what all servers of this dialect know is sent.
#pragma once

#include "wire/message.h"
#include "wire/vendor.h"

#include "chain/document.h"

#include <string>
#include <string_view>

namespace brownout::wire {

struct Takes {
    // Empty: taken. Else why not, for the note on the attempt.
    std::string temperature, top_p, top_k, seed, stop, pictures, tools, json_schema, prefill;
    bool temperature_with_top_p = true; // false: one of them only
    double highest_temperature = 2;
    std::size_t most_stops = 16;
    // The openai dialect's own.
    const char* max_tokens = "max_tokens"; // or max_completion_tokens
    const char* seed_name = "seed";        // Mistral: random_seed
    bool stream_options = true, obfuscation = false;
    const char* prefill_mark = nullptr; // set on the last message of the assistant: "prefix"
    bool short_tool_ids = false;        // nine letters or digits
};
Takes takes(chain::Dialect dialect, Vendor vendor, std::string_view model);

// Writes temperature, top_p and top_k as far as the target takes them; the rest is noted.
struct SamplingNames {
    const char *temperature = "temperature", *top_p = "top_p", *top_k = "top_k";
};
void write_sampling(const ChatRequest& request, const Takes& takes, chain::Json& body,
                    Encoded& http, SamplingNames names = {});

// Without the namespace: "gpt-5" of "openai/gpt-5".
inline std::string_view bare_model(std::string_view model) {
    return model.substr(model.rfind('/') + 1); // npos + 1 is 0
}

// The o-series and gpt-5 onwards: they take max_completion_tokens and no sampling parameters.
bool is_openai_reasoning_model(std::string_view model);

// 4.6 as 406, of "claude-opus-4-6" or "claude-3-5-sonnet-20241022"; 0: no version in the name, or
// no model of Anthropic's.
int claude_version(std::string_view model);

} // namespace brownout::wire
