// A scenario names whom it hits by name or by place in a chain; binding makes names of the places
// and refuses what the chain does not have.
#include "faults/scenario.h"

#include "chain/presets.h"
#include "chain/reader.h"
#include "faults/exclusive.h"
#include "faults/place.h"

#include <algorithm>

namespace brownout::faults {
namespace {

using chain::Document;

class Binder {
  public:
    Binder(const Document& document, const chain::Chain* places, chain::ProblemList& problems)
        : document_(document), places_(places), problems_(problems) {}

    // The name that `target` stands for; itself, with a problem, when there is no such target.
    std::string bind(const std::string& target, const std::string& pointer) {
        if (target.empty() || target == "*")
            return target;
        if (target.front() == '@')
            return place(target, pointer);
        if (known(target))
            return target;
        std::vector<std::string_view> names;
        const std::vector<std::string> all = all_names();
        for (const std::string& name : all)
            names.push_back(name);
        const std::string near = chain::nearest(target, names);
        std::string list;
        for (const auto& provider : document_.providers) {
            list += (list.empty() ? "" : ", ") + provider.id;
        }
        problems_.error(pointer, "the chain has no target " + chain::shown(chain::Json(target)),
                        near.empty() ? "It has the providers " + list
                                     : "did you mean \"" + near + "\"?");
        return target;
    }

    void check_provider(const std::string& id, const std::string& pointer) {
        if (document_.provider(id))
            return;
        problems_.error(pointer, "the chain has no provider " + chain::shown(chain::Json(id)),
                        "Leave it out, or add the provider to the chain");
    }

  private:
    bool known(const std::string& target) const {
        if (document_.provider(target))
            return true;
        const std::vector<std::string> all = all_names();
        return std::find(all.begin(), all.end(), target) != all.end();
    }

    std::vector<std::string> all_names() const {
        std::vector<std::string> names;
        for (const auto& provider : document_.providers)
            names.push_back(provider.id);
        for (const auto& chain : document_.chains) {
            for (const auto& target : chain.targets)
                names.push_back(target.name());
        }
        return names;
    }

    // @primary, @2, @last: places among the enabled targets, as they are tried.
    std::string place(const std::string& target, const std::string& pointer) {
        std::vector<std::string> targets;
        if (places_) {
            for (const auto& t : places_->targets) {
                if (t.enabled)
                    targets.push_back(t.name());
            }
        }
        const auto numbered = place_of(target);
        if (!numbered) {
            check_place(target, pointer, problems_);
            return target;
        }
        const std::size_t at = *numbered == last_place ? targets.size() : *numbered;
        if (at == 0 || at > targets.size()) {
            problems_.error(pointer,
                            "the chain has " + std::to_string(targets.size()) +
                                " enabled targets, so there is no " + target,
                            "Use @primary, @2 ... or @last within them");
            return target;
        }
        return targets[at - 1];
    }

    const Document& document_;
    const chain::Chain* places_;
    chain::ProblemList& problems_;
};

bool has_chain(const Document& document, const std::string& id_or_task) {
    return std::any_of(document.chains.begin(), document.chains.end(), [&](const auto& c) {
        return c.id == id_or_task || (!c.task.empty() && c.task == id_or_task);
    });
}

bool makes_pictures(const Document& document, const chain::Chain& chain) {
    return std::any_of(chain.targets.begin(), chain.targets.end(), [&](const chain::Target& t) {
        const chain::Provider* provider = document.provider(t.provider);
        const engine::Capabilities usual = chain::usual_capabilities(
            provider ? provider->dialect : chain::Dialect::openai, t.model);
        return t.enabled && t.capabilities.value_or(usual).has(engine::Capabilities::image);
    });
}

// Traffic of pictures goes through a chain that makes some: the one that is named, or else the
// first, so that such a scenario fits any document with one.
void bind_pictures(Traffic& traffic, const Document& document, chain::ProblemList& problems) {
    std::vector<std::string> wanted;
    for (const auto& [task, share] : traffic.task)
        wanted.push_back(task);
    if (wanted.empty() && !traffic.chain.empty())
        wanted.push_back(traffic.chain);
    for (const std::string& name : wanted)
        if (const chain::Chain* named = document.chain_or_default(name);
            named && !makes_pictures(document, *named))
            problems.error("/traffic/image",
                           "no target of the chain " + named->id + " makes pictures",
                           "Name a chain that does, or add a target with the capability image");
    if (!wanted.empty())
        return;
    const auto first = std::find_if(document.chains.begin(), document.chains.end(),
                                    [&](const auto& c) { return makes_pictures(document, c); });
    if (first == document.chains.end())
        problems.error("/traffic/image", "no chain of this document makes pictures",
                       "Add a chain with a target such as gpt-image-1, or one with the capability "
                       "image");
    else
        traffic.chain = first->id;
}

} // namespace

chain::Checked<Scenario> bind(const Scenario& scenario, const Document& document,
                              const std::string& file) {
    chain::ProblemList problems(file);
    Scenario bound = scenario;
    const std::string& wanted = bound.traffic.chain;
    if (!wanted.empty() && !has_chain(document, wanted)) {
        problems.error("/traffic/chain",
                       "there is no chain with the id or task " + chain::shown(chain::Json(wanted)),
                       "Name one of the document's chains, or leave it out for the default");
    }
    for (const auto& [task, share] : bound.traffic.task) {
        if (!has_chain(document, task)) {
            problems.error("/traffic/task/" + chain::escape_pointer(task),
                           "no chain is for the task " + chain::shown(chain::Json(task)),
                           "Name tasks or ids of the document's chains");
        }
    }
    if (bound.traffic.image)
        bind_pictures(bound.traffic, document, problems);
    Binder binder(document, document.chain_or_default(wanted), problems);
    for (std::size_t i = 0; i < bound.faults.size(); ++i) {
        Rule& rule = bound.faults[i];
        const std::string place = "/faults/" + std::to_string(i);
        if (rule.group.empty())
            rule.target = binder.bind(rule.target, place + "/target");
        for (std::size_t k = 0; k < rule.group.size(); ++k)
            rule.group[k] = binder.bind(rule.group[k], place + "/targets/" + std::to_string(k));
        if (!rule.group.empty())
            rule.target = rule.group.front();
    }
    check_exclusive(bound.faults, problems); // places may be the same target as names
    for (std::size_t i = 0; i < bound.expect.size(); ++i) {
        bound.expect[i].target =
            binder.bind(bound.expect[i].target, "/expect/" + std::to_string(i) + "/target");
    }
    for (const auto& [provider, model] : bound.models) {
        binder.check_provider(provider, "/models/" + chain::escape_pointer(provider));
    }
    chain::Checked<Scenario> out;
    if (!problems.has_errors())
        out.value = std::move(bound);
    out.problems = problems.take();
    return out;
}

chain::Checked<Rule> bind_rule(const Rule& rule, const Document& document,
                               const std::string& chain_id, const std::string& file) {
    Scenario one;
    one.traffic.chain = chain_id;
    one.faults = {rule};
    auto bound = faults::bind(one, document, file);
    chain::Checked<Rule> out;
    if (bound.ok())
        out.value = std::move(bound.value->faults.front());
    out.problems = std::move(bound.problems);
    constexpr std::string_view within = "/faults/0";
    for (chain::Problem& problem : out.problems)
        if (problem.pointer.starts_with(within))
            problem.pointer.erase(0, within.size());
    return out;
}

} // namespace brownout::faults
