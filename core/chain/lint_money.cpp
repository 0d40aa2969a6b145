#include "chain/describe_words.h"
#include "chain/lint_context.h"
#include "chain/policy_table.h"
#include "chain/worst_case.h"

#include <algorithm>
#include <set>

namespace brownout::chain::lint_rules {
namespace {

std::optional<Money> daily_cap(const engine::BudgetPolicy& budget, std::size_t provider) {
    const auto& list = budget.per_provider_day;
    return provider < list.size() ? list[provider] : std::nullopt;
}

std::optional<Money> provider_cap(const Context& in, const Place& place) {
    return daily_cap(*in.policy.budget, place.upstream.provider.value);
}

// A name as a token of a JSON pointer.
std::string escaped(const std::string& name) {
    std::string out;
    for (const char c : name)
        out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
}

std::string usd(double value) {
    return plain_number(value) + " USD";
}

void lifted(const Context& in, const std::string& row, Money from, std::optional<Money> to) {
    const std::string pointer = in.at("/policy/budget/" + row);
    in.warn("budget-overridden", pointer,
            "chain " + in.chain.id + " lifts `" + row + "` from " + usd(from.usd()) +
                (to ? " to " + usd(to->usd()) : " to no cap at all"),
            "Remove it from the chain, or lower it",
            Fix{"Keep the document's cap", {{pointer, {}}}});
}

// What the document alone would cap.
engine::BudgetPolicy outer_budget(const Context& in) {
    Chain silent = in.chain;
    silent.policy = Json::object();
    return effective_policy(in.document, silent).budget.value_or(engine::BudgetPolicy{});
}

// By what holds in the end for the providers of this chain, however the chain says it.
void provider_caps_overridden(const Context& in, const engine::BudgetPolicy& outer) {
    const std::string group = "per_provider_day_usd";
    const Json* own = find_value(in.chain.policy, "budget/" + group);
    std::set<std::size_t> said;
    for (const Place& place : in.places) {
        const std::size_t provider = place.upstream.provider.value;
        const auto before = daily_cap(outer, provider),
                   now = daily_cap(*in.policy.budget, provider);
        if (!before || (now && *now <= *before) || !said.insert(provider).second)
            continue;
        if (own && own->is_null()) // all at once
            return lifted(in, group, *before, {});
        lifted(in, group + "/" + escaped(place.target->provider), *before, now);
    }
}

void overridden(const Context& in) {
    const Json* chain = find_value(in.chain.policy, "budget");
    if (!chain)
        return;
    const engine::BudgetPolicy outer = outer_budget(in);
    if (chain->is_null()) {
        const bool of_its_own = std::any_of(in.places.begin(), in.places.end(), [&](auto& place) {
            return daily_cap(outer, place.upstream.provider.value).has_value();
        });
        if (outer.per_request || outer.per_hour || outer.per_day || of_its_own)
            in.warn("budget-overridden", in.at("/policy/budget"),
                    "chain " + in.chain.id +
                        " switches the document's budget off: its requests "
                        "spend without a cap",
                    "Remove `budget` from the chain",
                    Fix{"Keep the budget", {{in.at("/policy/budget"), {}}}});
        return;
    }
    const engine::BudgetPolicy& inner = *in.policy.budget;
    const auto compare = [&](const char* row, std::optional<Money> before,
                             std::optional<Money> now) {
        if (before && (!now || *now > *before))
            lifted(in, row, *before, now);
    };
    compare("per_request_usd", outer.per_request, inner.per_request);
    compare("per_hour_usd", outer.per_hour, inner.per_hour);
    compare("per_day_usd", outer.per_day, inner.per_day);
    provider_caps_overridden(in, outer);
}

// Caps by provider alone: what is over moves on to a provider that has none.
void escape(const Context& in) {
    const auto& budget = *in.policy.budget;
    if (budget.per_hour || budget.per_day || budget.on_exceeded == engine::OnExceeded::reject)
        return;
    const Json* own = find_value(in.chain.policy, "budget/per_provider_day_usd");
    const std::string level = own ? in.at() : std::string();
    std::optional<Money> capped;
    std::string from;
    for (const Place* place : in.usable) {
        const auto cap = provider_cap(in, *place);
        if (cap) {
            capped = cap;
            from = place->target->provider;
        } else if (capped && !place->free()) {
            const std::string pointer =
                level + "/policy/budget/per_provider_day_usd/" + place->target->provider;
            in.warn("budget-escape", in.at_target(place->index, "/provider"),
                    "when " + from + " has spent its " + usd(capped->usd()) + " of the day, " +
                        place->target->name() + " goes on without a cap",
                    "Cap " + place->target->provider + " too, or set `per_day_usd`",
                    Fix{"Cap it at " + usd(capped->usd()), {{pointer, Json(capped->usd())}}});
        }
    }
}

bool is_capped(const Context& in, const Place& place) {
    const auto& budget = in.policy.budget;
    return budget &&
           (budget->per_request || budget->per_hour || budget->per_day || provider_cap(in, place));
}

// "the price of openai/m is not known", or which part of it.
std::string unknown_price(const Place& place) {
    const auto& price = place.target->price;
    const std::string of = " of " + place.target->name() + " is not known";
    if (!price || (!price->input_usd_per_mtok && !price->output_usd_per_mtok && !price->image_usd))
        return "the price" + of;
    if (place.upstream.capabilities.has(engine::Capabilities::image) && !price->image_usd)
        return "the price of a picture" + of;
    if (!price->input_usd_per_mtok)
        return "the price of input" + of;
    return std::string("the price of ") + (price->output_usd_per_mtok ? "a tier" : "output") + of;
}

void unpriced(const Context& in) {
    const bool by_price = in.chain.strategy == engine::Strategy::cheapest && in.usable.size() > 1;
    for (const Place* place : in.usable) {
        if (place->upstream.price.known)
            continue;
        if (!is_capped(in, *place)) {
            if (by_price)
                in.warn("unpriced-under-cheapest", in.at_target(place->index),
                        unknown_price(*place) + ", so the strategy cheapest tries it last",
                        "Give it a `price`; 0 where it costs nothing");
            continue;
        }
        const bool reject = in.policy.budget->on_exceeded == engine::OnExceeded::reject;
        in.warn("unpriced-under-budget", in.at_target(place->index),
                unknown_price(*place) + ", so it fits under no cap: " +
                    (reject ? "requests that come to it are refused" : "it is never tried"),
                "Give it a `price`; 0 where it costs nothing");
    }
}

void expensive_fallback(const Context& in) {
    if (in.chain.strategy != engine::Strategy::priority &&
        in.chain.strategy != engine::Strategy::cheapest)
        return; // no target is the primary
    const auto cost = [](const Place& place) { return attempt_cost(place.target->price, {}); };
    std::optional<Money> primary;
    std::string name;
    for (const Place* place : in.usable) {
        const auto here = cost(*place);
        const bool first = place == in.usable.front();
        const bool cheaper = in.chain.strategy == engine::Strategy::cheapest && here &&
                             (!primary || *here < *primary);
        if (first || cheaper) {
            primary = here;
            name = place->target->name();
        }
    }
    if (!primary || *primary <= Money{})
        return;
    for (const Place* place : in.usable) {
        const auto here = cost(*place);
        if (!here || here->usd() <= expensive * primary->usd())
            continue;
        in.warn("expensive-fallback", in.at_target(place->index, "/price"),
                place->target->name() + " costs " + plain_number(here->usd() / primary->usd()) +
                    " times as much as " + name + ": an outage of the one is a bill from the other",
                "Put a cheaper fallback before it, or cap it with `budget`");
    }
}

// One upstream has one price, and the first chain that gives one is believed.
void two_prices(const Context& in) {
    const auto given = [](const Target& target) {
        return target.price && target.price_source.empty();
    };
    for (const Place& place : in.places)
        for (std::size_t c = 0; c < in.index && given(*place.target); ++c) {
            const Chain& earlier = in.document.chains[c];
            const auto other = std::find_if(
                earlier.targets.begin(), earlier.targets.end(), [&](const Target& target) {
                    return target.name() == place.target->name() && given(target);
                });
            if (other == earlier.targets.end())
                continue;
            if (other->price != place.target->price)
                in.warn("two-prices", in.at_target(place.index, "/price"),
                        place.target->name() + " has another price in chain " + earlier.id +
                            ", which counts for both",
                        "Give it the same price in both, or in one of them only",
                        Fix{"Leave it to chain " + earlier.id,
                            {{in.at_target(place.index, "/price"), {}}}});
            break;
        }
}

} // namespace

void money(const Context& in) {
    two_prices(in);
    overridden(in);
    if (in.policy.budget)
        escape(in);
    unpriced(in);
    expensive_fallback(in);
}

} // namespace brownout::chain::lint_rules
