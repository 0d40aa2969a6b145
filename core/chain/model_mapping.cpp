#include "chain/model_mapping.h"

#include <algorithm>

namespace brownout::chain {
namespace {

using Makes = NexaModel::Makes;

constexpr NexaModel models[] = {
    {Dialect::fal, "fal-ai/flux-pro", "flux-2-pro"},
    {Dialect::fal, "fal-ai/flux-pro/v1.1", "flux-pro-1.1"},
    {Dialect::fal, "fal-ai/flux-pro/v1.1-ultra", "flux-pro-1.1-ultra"},
    {Dialect::fal, "fal-ai/flux/schnell", "flux-schnell"},
    {Dialect::fal, "fal-ai/flux/dev", "flux-dev"},
    {Dialect::fal, "fal-ai/stable-diffusion-v3-medium", "stable-diffusion-3"},
    {Dialect::fal, "fal-ai/stable-diffusion-3.5-large", "stable-diffusion-3.5-large"},
    {Dialect::fal, "fal-ai/stable-diffusion-xl", "sdxl-turbo"},
    {Dialect::fal, "fal-ai/playground-v25", "playground-v2.5"},
    {Dialect::fal, "fal-ai/dreamshaper-xl-turbo", "dreamshaper-xl"},
    {Dialect::fal, "fal-ai/ideogram/v2", "ideogram-v2"},
    {Dialect::fal, "fal-ai/recraft-v3", "recraft-v3"},
    {Dialect::fal, "fal-ai/kling-video/v2/master/text-to-video", "kling-v2-master", Makes::video},
    {Dialect::fal, "fal-ai/minimax/video-01", "minimax-video-01", Makes::video},
    {Dialect::fal, "fal-ai/whisper", "whisper-large-v3", Makes::transcription},
    {Dialect::replicate, "black-forest-labs/flux-pro", "flux-2-pro"},
    {Dialect::replicate, "black-forest-labs/flux-1.1-pro", "flux-pro-1.1"},
    {Dialect::replicate, "black-forest-labs/flux-schnell", "flux-schnell"},
    {Dialect::replicate, "stability-ai/stable-diffusion-3", "stable-diffusion-3"},
    {Dialect::replicate, "stability-ai/sdxl", "sdxl-turbo"},
    {Dialect::replicate, "ideogram-ai/ideogram-v2", "ideogram-v2"},
    {Dialect::replicate, "recraft-ai/recraft-v3", "recraft-v3"},
    {Dialect::replicate, "openai/whisper", "whisper-large-v3", Makes::transcription},
};

std::string_view without_version(std::string_view model) {
    return model.substr(0, model.find(':'));
}

} // namespace

std::span<const NexaModel> nexaapi_models() {
    return models;
}

const NexaModel* nexaapi_model(Dialect from, std::string_view model) {
    if (from == Dialect::replicate)
        model = without_version(model);
    const auto found = std::find_if(std::begin(models), std::end(models), [&](const auto& row) {
        return row.from == from && row.model == model;
    });
    return found == std::end(models) ? nullptr : &*found;
}

bool is_translated(const Provider& provider, std::string_view model) {
    return provider.dialect == Dialect::nexaapi && model == "auto";
}

std::optional<std::string> nexaapi_target_model(const Document& document, const Chain& chain,
                                                std::size_t target) {
    const NexaModel* nearest = nullptr;
    bool without_mapping = false, others = false;
    for (std::size_t i = target; i-- > 0;) {
        const Provider* provider = document.provider(chain.targets[i].provider);
        if (!provider || !chain.targets[i].enabled)
            continue;
        if (provider->dialect != Dialect::fal && provider->dialect != Dialect::replicate) {
            others = true;
            continue;
        }
        const NexaModel* mapping = nexaapi_model(provider->dialect, chain.targets[i].model);
        without_mapping = without_mapping || !mapping;
        if (!nearest)
            nearest = mapping;
    }
    const std::string& named = chain.targets[target].model;
    if (named == "auto")
        return nearest ? std::optional{std::string{nearest->nexaapi}} : std::nullopt;
    if (without_mapping && !nearest && !others)
        return std::nullopt;
    return named;
}

} // namespace brownout::chain
