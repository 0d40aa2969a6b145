#include "live/simulation.h"

#include "faults/outages.h"
#include "live/forwarded_provider.h"
#include "live/lab_dialect.h"

#include <algorithm>

namespace brownout::live {

chain::Document with_models(const chain::Document& document, const faults::Scenario& scenario) {
    chain::Document out = document;
    for (chain::Provider& provider : out.providers) {
        const auto model = scenario.models.find(provider.id);
        if (model == scenario.models.end())
            continue;
        provider.base_url = "lab:";
        provider.model = model->second;
    }
    return out;
}

std::optional<std::string> cannot_simulate(const chain::Provider& provider) {
    if (lab_dialect(provider.dialect))
        return std::nullopt;
    return "provider " + provider.id + " is left out: a simulated provider cannot speak " +
           std::string{chain::dialect_names[static_cast<std::size_t>(provider.dialect)]} + " yet";
}

std::optional<std::string> serve_simulated(Lab& lab, const chain::Document& document,
                                           std::vector<std::string>& skipped,
                                           unsigned short first_port, bool fronts) {
    for (const std::string& served : lab.providers()) {
        const chain::Provider* provider = document.provider(served);
        if (!provider || provider->simulated() == lab.fronts(served) || cannot_simulate(*provider))
            lab.stop(served);
    }
    unsigned short next = first_port;
    for (const chain::Provider& provider : document.providers) {
        if (!provider.simulated() && lab.fronts(provider.id)) // it may be elsewhere now
            if (auto why = lab.front(provider))
                return "provider " + provider.id + ": " + *why;
        if (!provider.simulated() && !fronts)
            continue;
        const unsigned short port = next;
        if (first_port != 0)
            ++next;
        if (auto why = cannot_simulate(provider)) {
            skipped.push_back(std::move(*why));
            continue;
        }
        if (auto why = provider.simulated()
                           ? lab.serve(provider.id, provider.dialect,
                                       provider.model.value_or(chain::ProviderModel{}), port)
                           : lab.front(provider, port))
            return "provider " + provider.id + ": " + *why;
    }
    return std::nullopt;
}

std::vector<const chain::Chain*> chains_of(const faults::Traffic& traffic,
                                           const chain::Document& document) {
    std::vector<const chain::Chain*> out;
    const auto add = [&](const std::string& id_or_task) {
        const chain::Chain* chain = document.chain_or_default(id_or_task);
        if (chain && std::find(out.begin(), out.end(), chain) == out.end())
            out.push_back(chain);
    };
    for (const auto& [task, share] : traffic.task)
        if (share > 0)
            add(task);
    if (out.empty())
        add(traffic.chain);
    return out;
}

std::vector<std::string> real_providers(const chain::Document& document,
                                        const std::vector<const chain::Chain*>& chains) {
    std::vector<std::string> out;
    for (const chain::Chain* chain : chains) {
        for (const chain::Target& target : chain->targets) {
            const chain::Provider* provider = document.provider(target.provider);
            const bool known = std::find(out.begin(), out.end(), target.provider) != out.end();
            if (target.enabled && provider && !provider->simulated() && !known)
                out.push_back(target.provider);
        }
    }
    return out;
}

Result<void> check_faults(const std::vector<faults::Rule>& rules, const chain::Document& document,
                          const std::vector<const chain::Chain*>& chains) {
    for (const faults::Rule& rule : rules) {
        for (const chain::Chain* chain : chains) {
            for (const chain::Target& t : chain->targets) {
                const chain::Provider* provider = document.provider(t.provider);
                if (!provider || provider->simulated() || !faults::hits(rule, t.provider, t.model))
                    continue;
                if (!can_forward(rule.fault.kind))
                    return bad_input("",
                                     "the fault " +
                                         std::string{faults::info(rule.fault.kind).name} + " on " +
                                         rule.target + " hits the real provider " + t.provider +
                                         ", and only a simulated one can make it",
                                     "Give " + t.provider +
                                         " a model in the scenario's `models`, or choose another "
                                         "fault");
            }
        }
    }
    return {};
}

std::vector<faults::Rule> rules_of(const faults::Scenario& scenario,
                                   const chain::Document& played) {
    std::vector<faults::Rule> rules = scenario.faults;
    if (const auto outages = faults::outage_rules(played, played.name); outages.ok())
        rules.insert(rules.end(), outages.value->begin(), outages.value->end());
    return rules;
}

std::optional<std::string> front_real(Lab& lab, const chain::Document& document,
                                      const std::vector<faults::Rule>& rules) {
    for (const chain::Provider& provider : document.providers) {
        const auto hit = [&](const faults::Rule& rule) {
            const auto is = [&](const std::string& target) {
                return target == "*" || target.substr(0, target.find('/')) == provider.id;
            };
            return is(rule.target) || std::any_of(rule.group.begin(), rule.group.end(), is);
        };
        if (provider.simulated() || std::none_of(rules.begin(), rules.end(), hit))
            continue;
        if (auto why = lab.front(provider))
            return "provider " + provider.id + ": " + *why;
    }
    return std::nullopt;
}

} // namespace brownout::live
