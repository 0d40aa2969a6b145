#include "chain/describe_words.h"
#include "chain/lint_context.h"
#include "chain/policy_table.h"
#include "chain/worst_case.h"

#include <algorithm>

namespace brownout::chain::lint_rules {
namespace {

constexpr const char* caps[] = {"per_request_usd", "per_hour_usd", "per_day_usd"};

std::optional<Money> provider_cap(const Context& in, const Place& place) {
    const auto& list = in.policy.budget->per_provider_day;
    const auto provider = place.upstream.provider.value;
    return provider < list.size() ? list[provider] : std::nullopt;
}

std::string usd(double value) {
    return plain_number(value) + " USD";
}

void overridden(const Context& in) {
    const Json* document = find_value(in.document.policy, "budget");
    const Json* chain = find_value(in.chain.policy, "budget");
    if (!document || !document->is_object() || !chain)
        return;
    const auto cap = [](const Json& budget, const char* key) {
        const Json* value = find_value(budget, key);
        return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
    };
    if (chain->is_null()) {
        if (std::any_of(std::begin(caps), std::end(caps),
                        [&](const char* key) { return cap(*document, key).has_value(); }))
            in.warn("budget-overridden", in.at("/policy/budget"),
                    "chain " + in.chain.id +
                        " switches the document's budget off: its requests "
                        "spend without a cap",
                    "Remove `budget` from the chain",
                    Fix{"Keep the budget", {{in.at("/policy/budget"), {}}}});
        return;
    }
    for (const char* key : caps) {
        const auto outer = cap(*document, key);
        const Json* inner = find_value(*chain, key);
        const std::string pointer = in.at("/policy/budget/" + std::string(key));
        if (!outer || !inner || (inner->is_number() && inner->get<double>() <= *outer))
            continue;
        in.warn("budget-overridden", pointer,
                "chain " + in.chain.id + " lifts `" + key + "` from " + usd(*outer) +
                    (inner->is_null() ? " to no cap at all" : " to " + usd(inner->get<double>())),
                "Remove it from the chain, or lower it",
                Fix{"Keep the document's cap", {{pointer, {}}}});
    }
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

} // namespace

void money(const Context& in) {
    overridden(in);
    if (in.policy.budget)
        escape(in);
    unpriced(in);
    expensive_fallback(in);
}

} // namespace brownout::chain::lint_rules
