#include "chain/model_presets.h"

#include "base/check.h"
#include "chain/model_read.h"
#include "chain/presets.h"
#include "chain/reader.h"

#include <algorithm>

namespace brownout::embedded {
extern const std::string_view models_json;
} // namespace brownout::embedded

namespace brownout::chain {
namespace {

const ModelPreset* preset_row(const std::vector<ModelPreset>& rows, std::string_view id) {
    const auto at = std::find_if(rows.begin(), rows.end(),
                                 [&](const ModelPreset& row) { return row.id == id; });
    return at == rows.end() ? nullptr : &*at;
}

const ModelPreset* of_provider(const std::vector<ModelPreset>& rows, std::string_view provider) {
    const auto at = std::find_if(rows.begin(), rows.end(), [&](const ModelPreset& row) {
        return std::find(row.providers.begin(), row.providers.end(), provider) !=
               row.providers.end();
    });
    return at == rows.end() ? nullptr : &*at;
}

const ModelPreset* usual(const std::vector<ModelPreset>& rows, const Provider& provider) {
    if (const ModelPreset* named = of_provider(rows, provider.id))
        return named;
    const ProviderPreset* preset = preset_of(provider);
    return preset ? of_provider(rows, preset->id) : nullptr;
}

void read_rows(ObjectReader& in, std::string_view key, std::string_view model_key,
               ProblemList& problems, std::vector<ModelPreset>& out) {
    in.array(key, [&](const Json& value, const std::string& pointer) {
        ObjectReader row(value, pointer, problems);
        ModelPreset preset;
        preset.id = row.require_text("id", "`id`, a name of its own");
        preset.label = row.require_text("label", "`label`, as people read it");
        preset.source = row.require_text("source", "`source`, where it comes from");
        preset.date = row.text("date");
        preset.fit = row.text("fit");
        row.array("providers", [&](const Json& name, const std::string& at) {
            if (name.is_string())
                preset.providers.push_back(name);
            else
                problems.error(at, "expected a provider's id, found " + shown(name));
        });
        if (const Json* model = row.require(model_key, "`" + std::string(model_key) + "`")) {
            preset.model = *model;
            if (model_key == "outages")
                read_provider_model(Json{{"outages", *model}}, pointer, problems);
            else
                read_provider_model(*model, pointer + "/" + std::string(model_key), problems);
        }
        row.finish();
        if (preset_row(out, preset.id))
            problems.error(pointer + "/id", "\"" + preset.id + "\" is there twice");
        out.push_back(std::move(preset));
    });
}

} // namespace

const ModelPreset* ModelPresets::outage(std::string_view id) const {
    return preset_row(outages, id);
}

const ModelPreset* ModelPresets::latency_of(std::string_view id) const {
    return preset_row(latency, id);
}

Checked<ModelPresets> read_model_presets(const Json& json, const std::string& file) {
    ProblemList problems(file);
    ObjectReader in(json, "", problems);
    if (in.require_text("format", "`format`") != models_format)
        in.error("format", "no table of models", "expected \"" + std::string{models_format} + "\"");
    ModelPresets rows;
    read_rows(in, "outages", "outages", problems, rows.outages);
    read_rows(in, "latency", "model", problems, rows.latency);
    in.finish();
    Checked<ModelPresets> out;
    if (!problems.has_errors())
        out.value = std::move(rows);
    out.problems = problems.take();
    return out;
}

const ModelPresets& model_presets() {
    static const ModelPresets presets = [] {
        const auto json = parse_json(embedded::models_json, "resources/models.json");
        BROWNOUT_CHECK(json.has_value(), "the embedded table of models is valid JSON");
        auto read = read_model_presets(*json, "resources/models.json");
        BROWNOUT_CHECK(read.ok(), "the embedded table of models is valid");
        return std::move(*read.value);
    }();
    return presets;
}

const ModelPreset* usual_outages(const Provider& provider) {
    const auto& rows = model_presets().outages;
    if (const ModelPreset* named = usual(rows, provider))
        return named;
    // A simulated provider stands for the one whose dialect it speaks; a gateway for nobody.
    return provider.simulated()
               ? of_provider(rows, dialect_names[static_cast<std::size_t>(provider.dialect)])
               : nullptr;
}

const ModelPreset* usual_latency(const Provider& provider) {
    return usual(model_presets().latency, provider);
}

} // namespace brownout::chain
