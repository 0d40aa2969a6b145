// What is known of how providers behave, for those who have no figures of their own: outages and
// latencies, each with where it comes from and how well it fits. One row each in
// resources/models.json, written as the contract's provider models. Pure; any thread.
#pragma once

#include "chain/document.h"

#include <span>

namespace brownout::chain {

struct ModelPreset {
    std::string id, label;              // "openai-2025", "OpenAI, 2025"
    std::string source, date, fit;      // where from; of when; how much it rests on
    std::vector<std::string> providers; // ids of presets that it speaks of
    Json model; // of outages: `outages` of a provider model; of latency: its other fields
};

inline constexpr std::string_view models_format = "brownout.models/1";

struct ModelPresets {
    std::vector<ModelPreset> outages, latency;
    const ModelPreset* outage(std::string_view id) const; // null: unknown
    const ModelPreset* latency_of(std::string_view id) const;
};
// Every model is read as a document's would be: an impossible one is a problem with its pointer.
Checked<ModelPresets> read_model_presets(const Json& json, const std::string& file);
const ModelPresets& model_presets(); // built in

// The outages to begin with for a provider of a document: those of its own name, of its maker (by
// preset or dialect). Null: nothing is known of it.
const ModelPreset* usual_outages(const Provider& provider);
// The latency that is known of this very provider; null: of none.
const ModelPreset* usual_latency(const Provider& provider);

} // namespace brownout::chain
