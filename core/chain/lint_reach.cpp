#include "chain/describe_words.h"
#include "chain/lint_context.h"

#include <algorithm>

namespace brownout::chain::lint_rules {
namespace {

Fix removal(const Context& in, std::size_t target) {
    return {"Remove it", {{in.at_target(target), {}}}};
}

void never_used(const Context& in, const Place& place) {
    const std::string name = place.target->name();
    if (!place.target->enabled)
        in.warn("disabled-target", in.at_target(place.index, "/enabled"),
                name + " is switched off and never tried", "Enable it, or remove it",
                Fix{"Enable it", {{in.at_target(place.index, "/enabled"), {}}}});
    else if (place.upstream.hold == engine::BreakerHold::open)
        in.warn("held-open-target", in.at_target(place.index, "/breaker_hold"),
                name + " is never tried: its breaker is held open",
                "Remove `breaker_hold` when the target may be used again",
                Fix{"Release it", {{in.at_target(place.index, "/breaker_hold"), {}}}});
    else
        in.warn("below-minimum-quality", in.at_target(place.index, "/quality"),
                name + " is never tried: its quality " + plain_number(place.target->quality) +
                    " is below the minimum " + plain_number(in.policy.minimum_quality),
                "Lower `minimum_quality`, or remove the target", removal(in, place.index));
}

// Under another strategy than priority each target is the first of some requests.
void attempts_used_up(const Context& in) {
    const int most = in.policy.retry.max_attempts;
    int spent = 0;
    std::string out_of_reach;
    std::size_t first = 0;
    for (const Place* place : in.usable) {
        if (spent >= most) {
            if (out_of_reach.empty())
                first = place->index;
            out_of_reach += (out_of_reach.empty() ? "" : ", ") + place->target->name();
        }
        spent += place->entry.retry.attempts_per_target;
    }
    if (out_of_reach.empty() || in.chain.strategy != engine::Strategy::priority)
        return;
    in.warn("attempts-used-up", in.at_target(first),
            out_of_reach + " cannot be reached when those before fail: " + std::to_string(most) +
                " attempts in all are used up by then",
            "Raise `retry.max_attempts` to " + std::to_string(spent) +
                ", or lower `attempts_per_target`",
            Fix{"Allow " + std::to_string(spent) + " attempts",
                {{in.at("/policy/retry/max_attempts"), Json(std::min(spent, 255))}}});
}

// "auto" at NexaAPI is the translated model of a FAL or Replicate target before it; without one the
// target is passed over, whatever is asked (wire/translate.h).
void nothing_to_translate(const Context& in) {
    bool translatable = false;
    for (const Place& place : in.places) {
        const Provider* provider = in.document.provider(place.target->provider);
        if (!provider || !place.target->enabled)
            continue;
        if (provider->dialect == Dialect::fal || provider->dialect == Dialect::replicate)
            translatable = true;
        else if (provider->dialect == Dialect::nexaapi && place.target->model == "auto" &&
                 !translatable)
            in.warn("nothing-to-translate", in.at_target(place.index, "/model"),
                    place.target->name() +
                        " is never asked: `auto` stands for the model of a FAL or Replicate target "
                        "before it, and there is none",
                    "Put a FAL or Replicate target before it, or name a model of NexaAPI's, such "
                    "as flux-schnell");
    }
}

} // namespace

void reach(const Context& in) {
    for (const Place& place : in.places) {
        if (!place.usable)
            never_used(in, place);
        const auto same = std::find_if(in.places.begin(), in.places.end(), [&](const Place& other) {
            return other.index < place.index && other.target->name() == place.target->name();
        });
        if (same != in.places.end())
            in.warn("duplicate-target", in.at_target(place.index),
                    place.target->name() + " stands in the chain twice: a failure of the one is a "
                                           "failure of the other",
                    "Remove one of them; `attempts_per_target` allows more tries",
                    removal(in, place.index));
    }
    attempts_used_up(in);
    nothing_to_translate(in);
}

} // namespace brownout::chain::lint_rules
