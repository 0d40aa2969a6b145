// Known providers: what fills `dialect` and `base_url` when a document leaves them out, and what
// the app offers under Add provider. One row each in resources/providers.json.
#pragma once

#include "chain/document.h"

#include <span>

namespace brownout::chain {

// How a provider is told from the others at a glance: two letters on a shape of its own colour,
// never its trademark. The shape says what it is: square a model's maker, hexagon a gateway to
// others, circle a maker of pictures, screen a server on this computer.
struct Glyph {
    enum class Shape { square, hexagon, circle, screen };
    std::string letters;
    std::uint32_t rgb = 0; // 0xRRGGBB; white letters on it have a contrast of 4.5 to 1
    Shape shape = Shape::square;
};

struct ProviderPreset {
    std::string id, label;
    Dialect dialect = Dialect::openai;
    std::string base_url;
    std::string key_env;     // the environment variable that its users set; empty: needs no key
    std::string usual_model; // a small chat model of the price table; empty: none to propose
    // What a target of it begins with: the usual model, else one that its documents begin with. Its
    // price may be unknown, and where the provider serves what its owner chose, so is the name.
    std::string first_model;
    Glyph glyph;
};

std::span<const ProviderPreset> provider_presets();
const ProviderPreset* find_preset(std::string_view id); // null: unknown
// The preset whose id the provider has, or else whose host its base URL names. Null: none, or it is
// simulated.
const ProviderPreset* preset_of(const Provider& provider);

// A provider with the preset's id, dialect and address, and no key.
Provider provider_of(const ProviderPreset& preset);

// What a model of a dialect can be expected to do; `capabilities` of a target says otherwise.
engine::Capabilities usual_capabilities(Dialect dialect, std::string_view model);

// The chain that a first start shows: three simulated providers.
std::string_view demo_chain_text();

} // namespace brownout::chain
