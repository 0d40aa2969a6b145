#include "chain/presets.h"

#include "base/check.h"

#include <algorithm>

namespace brownout::embedded {
extern const std::string_view providers_json;
extern const std::string_view demo_chain_json;
} // namespace brownout::embedded

namespace brownout::chain {

std::span<const ProviderPreset> provider_presets() {
    static const std::vector<ProviderPreset> presets = [] {
        std::vector<ProviderPreset> rows;
        const auto json = parse_json(embedded::providers_json, "resources/providers.json");
        BROWNOUT_CHECK(json.has_value(), "the embedded provider table is valid JSON");
        for (const Json& row : (*json)["providers"]) {
            const auto dialect = row["dialect"].get<std::string>();
            const auto at = std::find(std::begin(dialect_names), std::end(dialect_names), dialect);
            BROWNOUT_CHECK(at != std::end(dialect_names), "a preset speaks a known dialect");
            rows.push_back({row["id"], row["label"],
                            static_cast<Dialect>(at - std::begin(dialect_names)), row["base_url"],
                            row["key_env"], row.value("usual_model", "")});
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

std::string_view demo_chain_text() {
    return embedded::demo_chain_json;
}

} // namespace brownout::chain
