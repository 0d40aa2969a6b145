#include "chain/lint_context.h"
#include "chain/policy_table.h"

#include <algorithm>

namespace brownout::chain::lint_rules {
namespace {

void weights(const Context& in) {
    if (in.chain.strategy == engine::Strategy::weighted)
        return;
    Fix fix{"Remove the weights", {}};
    for (const Place& place : in.places)
        if (place.target->weight != 1)
            fix.edits.push_back({in.at_target(place.index, "/weight"), {}});
    if (fix.edits.empty())
        return;
    constexpr const char* names[] = {"priority", "weighted", "cheapest", "fastest"};
    const std::string pointer = fix.edits.front().pointer;
    in.warn("weights-without-strategy", pointer,
            std::string("weights have no effect under the strategy ") +
                names[static_cast<int>(in.chain.strategy)],
            "Set `strategy` to weighted, or remove the weights", std::move(fix));
}

void ignored(const Context& in, const std::string& pointer, const std::string& why,
             const std::string& remedy) {
    in.warn("setting-without-effect", pointer, why, remedy, Fix{"Remove it", {{pointer, {}}}});
}

// What is about all attempts together is the chain's: a target cannot change it.
void of_targets(const Context& in) {
    for (const Place& place : in.places) {
        const Json own = {{"retry", place.target->retry}, {"timeouts", place.target->timeouts}};
        for (const PolicyRow& row : policy_table()) {
            const PolicyRow* group = policy_row(row.parent());
            if (!row.whole_request || !find_value(own, row.pointer) ||
                (group && group->whole_request)) // its group is told
                continue;
            ignored(in, in.at_target(place.index, "/" + std::string(row.pointer)),
                    "`" + std::string(row.pointer) +
                        "` is about the whole request and has no effect on one target",
                    "Set it in the policy of the chain");
        }
    }
}

void of_policy(const Context& in) {
    const auto set = [&](const char* row) { return find_value(in.chain.policy, row) != nullptr; };
    const engine::Policy& policy = in.policy;
    if (set("breaker/slow_call_ratio") && !policy.breaker.slow_call)
        ignored(in, in.at("/policy/breaker/slow_call_ratio"),
                "`slow_call_ratio` has no effect while `slow_call_ms` is off",
                "Set `slow_call_ms`, or remove it");
    if (set("retry/backoff/factor") &&
        policy.retry.backoff.kind != engine::BackoffKind::exponential)
        ignored(in, in.at("/policy/retry/backoff/factor"),
                "`factor` has no effect: the backoff is not exponential",
                "Set `kind` to exponential, or remove it");
    const Json* hedge = find_value(in.chain.policy, "hedge");
    if (hedge && hedge->is_object() && in.usable.size() == 1)
        ignored(in, in.at("/policy/hedge"), "a hedge needs a second target, and this chain has one",
                "Add a target, or remove `hedge`");
}

bool same_rules(const engine::BreakerPolicy& a, const engine::BreakerPolicy& b) {
    return a.consecutive_failures == b.consecutive_failures && a.failure_ratio == b.failure_ratio &&
           a.minimum_requests == b.minimum_requests && a.window == b.window &&
           a.slow_call == b.slow_call && a.slow_call_ratio == b.slow_call_ratio &&
           a.open == b.open && a.open_growth == b.open_growth && a.open_cap == b.open_cap &&
           a.half_open_probes == b.half_open_probes &&
           a.close_after_successes == b.close_after_successes;
}

void breaker_of_another_chain(const Context& in) {
    for (const Place* place : in.usable) {
        if (same_rules(place->upstream.breaker, in.policy.breaker))
            continue;
        const auto first = std::find_if(
            in.document.chains.begin(), in.document.chains.end(), [&](const Chain& chain) {
                return std::any_of(
                    chain.targets.begin(), chain.targets.end(),
                    [&](const Target& t) { return t.name() == place->target->name(); });
            });
        in.warn("breaker-of-another-chain", in.at("/policy/breaker"),
                place->target->name() + " has one breaker for all chains, and chain " + first->id +
                    " decides about it: the rules here are not used",
                "Write the breaker's rules in the policy of the document");
        return; // once for the chain
    }
}

} // namespace

void settings(const Context& in) {
    weights(in);
    of_targets(in);
    of_policy(in);
    breaker_of_another_chain(in);
}

} // namespace brownout::chain::lint_rules
