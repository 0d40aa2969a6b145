#include "chain/presets.h"

#include "base/check.h"
#include "chain/prices.h"

#include <algorithm>
#include <charconv>

namespace brownout::embedded {
extern const std::string_view providers_json;
extern const std::string_view demo_chain_json;
} // namespace brownout::embedded

namespace brownout::chain {

namespace {

Glyph read_glyph(const Json& json) {
    Glyph out;
    out.letters = json["letters"];
    const std::string color = json["color"];
    const auto read = std::from_chars(color.data() + 1, color.data() + color.size(), out.rgb, 16);
    BROWNOUT_CHECK(color.size() == 7 && color[0] == '#' && read.ec == std::errc(),
                   "the colour of a preset is #rrggbb");
    constexpr std::string_view shapes[] = {"square", "hexagon", "circle", "screen"};
    const auto at =
        std::find(std::begin(shapes), std::end(shapes), json["shape"].get<std::string>());
    BROWNOUT_CHECK(at != std::end(shapes), "a preset has a known shape");
    out.shape = static_cast<Glyph::Shape>(at - std::begin(shapes));
    return out;
}

} // namespace

std::span<const ProviderPreset> provider_presets() {
    static const std::vector<ProviderPreset> presets = [] {
        std::vector<ProviderPreset> rows;
        const auto json = parse_json(embedded::providers_json, "resources/providers.json");
        BROWNOUT_CHECK(json.has_value(), "the embedded provider table is valid JSON");
        for (const Json& row : (*json)["providers"]) {
            const auto dialect = row["dialect"].get<std::string>();
            const auto at = std::find(std::begin(dialect_names), std::end(dialect_names), dialect);
            BROWNOUT_CHECK(at != std::end(dialect_names), "a preset speaks a known dialect");
            const std::string usual = row.value("usual_model", "");
            rows.push_back({row["id"], row["label"],
                            static_cast<Dialect>(at - std::begin(dialect_names)), row["base_url"],
                            row["key_env"], usual, row.value("first_model", usual),
                            read_glyph(row["glyph"])});
        }
        return rows;
    }();
    return presets;
}

const ProviderPreset* find_preset(std::string_view id) {
    const auto rows = provider_presets();
    const auto at = std::find_if(rows.begin(), rows.end(),
                                 [&](const ProviderPreset& row) { return row.id == id; });
    return at == rows.end() ? nullptr : &*at;
}

const ProviderPreset* preset_of(const Provider& provider) {
    if (provider.simulated())
        return nullptr;
    const ProviderPreset* named = find_preset(provider.id);
    return named ? named : find_preset(price_vendor(provider));
}

Provider provider_of(const ProviderPreset& preset) {
    Provider out;
    out.id = preset.id;
    out.dialect = preset.dialect;
    out.base_url = preset.base_url;
    return out;
}

std::string_view demo_chain_text() {
    return embedded::demo_chain_json;
}

} // namespace brownout::chain
