// Known providers: what fills `dialect` and `base_url` when a document leaves them out, and what
// the app offers under Add provider. One row each in resources/providers.json.
#pragma once

#include "chain/document.h"

#include <span>

namespace brownout::chain {

struct ProviderPreset {
    std::string id, label;
    Dialect dialect = Dialect::openai;
    std::string base_url;
    std::string key_env;     // the environment variable that its users set; empty: needs no key
    std::string usual_model; // a small chat model of the price table; empty: none to propose
};

std::span<const ProviderPreset> provider_presets();
const ProviderPreset* find_preset(std::string_view id); // null: unknown

// The chain that a first start shows: three simulated providers.
std::string_view demo_chain_text();

} // namespace brownout::chain
