#include "live/translated.h"

#include "wire/translate.h"

namespace brownout::live {

namespace {

bool speaks_nexaapi(const chain::Document& document, const std::string& provider) {
    const chain::Provider* found = document.provider(provider);
    return found && found->dialect == chain::Dialect::nexaapi;
}

} // namespace

void bar_untranslatable(const chain::Document& document, chain::Compiled& compiled) {
    for (std::size_t c = 0; c < document.chains.size(); ++c) {
        const chain::Chain& chain = document.chains[c];
        for (std::size_t t = 0; t < chain.targets.size(); ++t)
            if (speaks_nexaapi(document, chain.targets[t].provider) &&
                !wire::nexaapi_target_model(document, chain, t))
                compiled.setup.chains[c].entries[t].enabled = false;
    }
}

std::string model_for(const chain::Document& document, engine::ChainId id,
                      const chain::Compiled::TargetInfo& target) {
    const chain::Chain& chain = document.chains[id.value];
    if (speaks_nexaapi(document, target.provider))
        for (std::size_t t = 0; t < chain.targets.size(); ++t)
            if (chain.targets[t].name() == target.name)
                return wire::nexaapi_target_model(document, chain, t).value_or(target.model);
    return target.model;
}

} // namespace brownout::live
