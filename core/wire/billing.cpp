#include "wire/billing.h"

#include "wire/dialect.h"
#include "wire/usage.h"

namespace brownout::wire {

Bill bill(const AttemptFacts& facts, const std::optional<chain::Price>& price) {
    Bill out;
    if (facts.pictures > 0 || (facts.asked_for_media && facts.succeeded && !facts.usage)) {
        out.usage = facts.usage.value_or(Usage{});
        if (price && price->image_usd && facts.pictures > 0) {
            out.cost.pico_usd = Money::from_usd(*price->image_usd).pico_usd * facts.pictures;
            return out;
        }
        const auto by_tokens =
            price && facts.usage ? cost_of(out.usage, *price) : std::optional<Money>{};
        out.known = by_tokens.has_value();
        out.cost = by_tokens.value_or(Money{});
        return out;
    }
    if (facts.ambiguous && facts.pictures_asked > 0 && !facts.usage && price && price->image_usd) {
        out.cost.pico_usd = Money::from_usd(*price->image_usd).pico_usd * facts.pictures_asked;
        out.usage.estimated = true;
        return out;
    }
    if (facts.usage) {
        out.usage = *facts.usage;
    } else if (facts.succeeded || facts.ambiguous || facts.tokens_seen > 0) {
        out.usage.input = facts.input_tokens;
        out.usage.output = facts.tokens_seen;
        out.usage.estimated = true;
    } else {
        return out;
    }
    const std::optional<Money> cost = price ? cost_of(out.usage, *price) : std::optional<Money>{};
    out.known = cost.has_value();
    out.cost = cost.value_or(Money{});
    return out;
}

std::uint32_t tokens_in(const Delta& delta) {
    constexpr std::size_t longest_single = 12;
    const std::size_t bytes = delta.text.size() + delta.reasoning.size();
    if (bytes <= longest_single)
        return 1;
    return static_cast<std::uint32_t>(estimate_tokens(delta.text) +
                                      estimate_tokens(delta.reasoning));
}

} // namespace brownout::wire
