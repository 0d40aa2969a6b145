#include "wire/billing.h"

#include "wire/dialect.h"
#include "wire/openai_images.h"
#include "wire/usage.h"

namespace brownout::wire {

namespace {

// What was asked for is what is billed; the reply tells what was left to the vendor. It never makes
// a picture dearer than was estimated before.
chain::Price::Image picture_price(const AttemptFacts& facts, const chain::Price& price) {
    const chain::Price::Image asked = *price.image(facts.asked.quality, facts.asked.size);
    if (asked.exact)
        return asked;
    const auto filled = [](const std::string& asked_for, const std::string& made) {
        return asked_for.empty() && made != "auto" ? made : asked_for;
    };
    const chain::Price::Image made = *price.image(filled(facts.asked.quality, facts.made.quality),
                                                  filled(facts.asked.size, facts.made.size));
    return made.exact && made.usd <= asked.usd ? made : asked;
}

} // namespace

PictureTerms picture_terms(const ImageRequest& image, chain::Dialect dialect,
                           std::string_view model) {
    if (dialect == chain::Dialect::openai || dialect == chain::Dialect::azure)
        return openai_picture_terms(image, model);
    PictureTerms out;
    if (image.width && image.height)
        out.size = std::to_string(*image.width) + "x" + std::to_string(*image.height);
    return out;
}

std::vector<Money> picture_prices(const chain::Document& document, const chain::Compiled& compiled,
                                  const ImageRequest& image) {
    std::vector<Money> out;
    for (std::size_t i = 0; i < compiled.targets.size(); ++i) {
        const chain::Compiled::TargetInfo& target = compiled.targets[i];
        if (compiled.setup.targets[i].price.picture_row == 0)
            continue; // rows are numbered in this order
        const chain::Provider* provider = document.provider(target.provider);
        const PictureTerms terms = picture_terms(
            image, provider ? provider->dialect : chain::Dialect::openai, target.model);
        out.push_back(Money::from_usd(target.price->image(terms.quality, terms.size)->usd));
    }
    return out;
}

Bill bill(const AttemptFacts& facts, const std::optional<chain::Price>& price) {
    Bill out;
    if (facts.pictures > 0 || (facts.asked_for_media && facts.succeeded && !facts.usage)) {
        out.usage = facts.usage.value_or(Usage{});
        if (price && price->image_usd && facts.pictures > 0) {
            const chain::Price::Image each = picture_price(facts, *price);
            out.cost.pico_usd = Money::from_usd(each.usd).pico_usd * facts.pictures;
            out.usage.estimated |= !each.exact;
            return out;
        }
        const auto by_tokens =
            price && facts.usage ? cost_of(out.usage, *price) : std::optional<Money>{};
        out.known = by_tokens.has_value();
        out.cost = by_tokens.value_or(Money{});
        return out;
    }
    if (facts.ambiguous && facts.pictures_asked > 0 && !facts.usage && price && price->image_usd) {
        const double each = price->image(facts.asked.quality, facts.asked.size)->usd;
        out.cost.pico_usd = Money::from_usd(each).pico_usd * facts.pictures_asked;
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
