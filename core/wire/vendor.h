// Which company or program stands behind an endpoint of the openai dialect, where that changes the
// meaning of an error or the form of a request.
#pragma once

#include <cstdint>
#include <string_view>

namespace brownout::wire {

enum class Vendor : std::uint8_t {
    unknown, // any other, gateways included
    openai,
    deepseek,
    mistral,
    dashscope,
    zhipu,
    openrouter,
    groq,
    together,
    xai,
    moonshot,
    azure,
    google,
    portkey,
    fireworks,
    cerebras,
    perplexity,
    siliconflow,
    deepinfra,
    novita,
};

// From a base URL, a host or a preset's id: "https://api.groq.com/openai/v1", "groq".
Vendor vendor_of(std::string_view url_host_or_id);

} // namespace brownout::wire
