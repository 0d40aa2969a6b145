#include "base/url.h"
#include "chain/lint_context.h"

#include <algorithm>
#include <set>

namespace brownout::chain::lint_rules {
namespace {

void same_upstream(const Context& in) {
    for (std::size_t b = 1; b < in.usable.size(); ++b)
        for (std::size_t a = 0; a < b; ++a) {
            const Target& one = *in.usable[a]->target;
            const Target& other = *in.usable[b]->target;
            const Provider* first = in.document.provider(one.provider);
            const Provider* second = in.document.provider(other.provider);
            if (!first || !second || first == second || first->simulated() || second->simulated() ||
                one.model != other.model ||
                authority_of(first->base_url) != authority_of(second->base_url))
                continue;
            in.warn("same-upstream", in.at_target(in.usable[b]->index, "/provider"),
                    one.name() + " and " + other.name() +
                        " are one upstream: " + authority_of(first->base_url) + ", " + one.model,
                    "Use another provider or model as the fallback; several keys go into one "
                    "provider's `key`",
                    Fix{"Remove it", {{in.at_target(in.usable[b]->index), {}}}});
            break;
        }
}

std::size_t place_of(const Document& document, const Provider* provider) {
    return static_cast<std::size_t>(provider - document.providers.data());
}

void same_key(const Context& in) {
    std::set<std::pair<const Provider*, const Provider*>> said;
    for (std::size_t b = 1; b < in.usable.size(); ++b)
        for (std::size_t a = 0; a < b; ++a) {
            const Provider* first = in.document.provider(in.usable[a]->target->provider);
            const Provider* second = in.document.provider(in.usable[b]->target->provider);
            if (!first || !second || first == second || !said.insert({first, second}).second)
                continue;
            const auto shared =
                std::find_if(second->keys.begin(), second->keys.end(), [&](const KeyRef& key) {
                    return std::find(first->keys.begin(), first->keys.end(), key) !=
                           first->keys.end();
                });
            if (shared == second->keys.end())
                continue;
            in.warn(
                "same-key", "/providers/" + std::to_string(place_of(in.document, second)) + "/key",
                first->id + " and " + second->id + " of chain " + in.chain.id + " use one key, " +
                    shared->text() + ": a limit or a refusal of it hits both",
                "Give each provider a key of its own");
        }
}

void one_provider(const Context& in) {
    if (in.usable.size() < 2)
        return;
    const std::string& provider = in.usable.front()->target->provider;
    const bool all = std::all_of(in.usable.begin(), in.usable.end(), [&](const Place* place) {
        return place->target->provider == provider;
    });
    // The same target twice is told as such.
    const bool models = std::any_of(in.usable.begin(), in.usable.end(), [&](const Place* place) {
        return place->target->model != in.usable.front()->target->model;
    });
    if (all && models)
        in.warn("one-provider", in.at("/targets"),
                "every target is at " + provider + ": an outage or a refused key takes them all",
                "Add a target of another provider");
}

bool can_open(const engine::TargetSetup& target) {
    const engine::BreakerPolicy& b = target.breaker;
    return target.hold == engine::BreakerHold::none &&
           (b.consecutive_failures || b.failure_ratio || b.slow_call);
}

void single_target(const Context& in) {
    if (in.usable.size() != 1)
        return;
    const Place& only = *in.usable.front();
    if (!can_open(only.upstream))
        return;
    const bool refuses = in.policy.breaker.when_all_open == engine::WhenAllOpen::refuse;
    Fix fix{"Switch the breaker off", {}};
    for (const char* rule : {"consecutive_failures", "failure_ratio", "slow_call_ms"})
        if (rule != std::string_view("slow_call_ms") || only.upstream.breaker.slow_call)
            fix.edits.push_back({in.at("/policy/breaker/" + std::string(rule)), Json(nullptr)});
    in.warn("single-target-breaker", in.at("/targets"),
            only.target->name() + " is the only target, and its breaker can open: " +
                (refuses ? "requests are then refused" : "there is nothing to turn to then"),
            "Add a fallback, or switch the breaker's rules off", std::move(fix));
}

void no_fallback(const Context& in) {
    if (in.chain.task.empty())
        return;
    const bool pictures = in.chain.task == "image";
    std::vector<const Place*> able;
    for (const Place* place : in.usable)
        if (place->upstream.capabilities.has(engine::Capabilities::image) == pictures)
            able.push_back(place);
    if (able.size() > 1)
        return;
    const std::string task = "the task " + in.chain.task;
    in.warn("no-fallback", in.at("/targets"),
            able.empty() ? "no target can do " + task
                         : able.front()->target->name() + " alone can do " + task +
                               ": when it fails, the request fails",
            pictures ? "Add a second target that makes pictures" : "Add a second target for it");
}

} // namespace

void fate(const Context& in) {
    same_upstream(in);
    same_key(in);
    one_provider(in);
    single_target(in);
    no_fallback(in);
}

} // namespace brownout::chain::lint_rules
