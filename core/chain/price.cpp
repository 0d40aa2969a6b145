#include "chain/price.h"

#include <algorithm>

namespace brownout::chain {

Price Price::at(std::int64_t input_tokens) const {
    Price out = *this;
    out.tiers.clear();
    for (const PriceTier& tier : tiers) {
        if (input_tokens <= tier.above_input_tokens)
            break;
        out.input_usd_per_mtok = tier.input_usd_per_mtok;
        out.output_usd_per_mtok = tier.output_usd_per_mtok;
        out.cached_input_usd_per_mtok = tier.cached_input_usd_per_mtok;
        // Rates of the tier below say nothing about this one.
        out.cache_write_usd_per_mtok.reset();
        out.reasoning_usd_per_mtok.reset();
    }
    return out;
}

std::optional<Price::Image> Price::image(std::string_view quality, std::string_view size) const {
    if (!image_usd || image_tiers.empty())
        return image_usd ? std::optional{Image{*image_usd, true}} : std::nullopt;
    std::optional<Image> out;
    const auto add = [&](double usd) {
        if (!out)
            out = Image{usd, true};
        else if (usd != out->usd)
            *out = {std::max(out->usd, usd), false};
    };
    const auto fits = [](const std::string& own, std::string_view wanted) {
        return own.empty() || wanted.empty() || own == wanted;
    };
    for (const ImageTier& tier : image_tiers)
        if (fits(tier.quality, quality) && fits(tier.size, size))
            add(tier.image_usd);
    if (out && !(quality.empty() && size.empty()))
        return out;
    add(*image_usd);
    for (const ImageTier& tier : image_tiers)
        add(tier.image_usd);
    out->exact = false;
    return out;
}

std::optional<double> Price::dearest_image() const {
    const auto dearest = image({}, {});
    return dearest ? std::optional{dearest->usd} : std::nullopt;
}

namespace {

constexpr Range usd_range{0, 1e6};

void read_tokens(ObjectReader& in, std::optional<double>& input, std::optional<double>& output,
                 std::optional<double>& cached) {
    input = in.maybe_number("input_usd_per_mtok", usd_range);
    output = in.maybe_number("output_usd_per_mtok", usd_range);
    cached = in.maybe_number("cached_input_usd_per_mtok", usd_range);
}

void put(Json& out, const char* key, const std::optional<double>& value) {
    if (value)
        out[key] = *value;
}

void read_image_tiers(ObjectReader& in, Price& out) {
    in.array(
        "image_tiers",
        [&](const Json& value, const std::string& pointer) {
            ObjectReader row(value, pointer, in.problems());
            ImageTier tier;
            tier.quality = row.text("quality");
            tier.size = row.text("size");
            row.require("image_usd", "`image_usd`, what such a picture costs");
            tier.image_usd = row.number("image_usd", 0, usd_range);
            row.finish();
            out.image_tiers.push_back(std::move(tier));
        },
        64);
    if (!out.image_tiers.empty() && !out.image_usd)
        in.error("image_tiers", "there is no price of the usual picture",
                 "add `image_usd`, which holds where nobody says how a picture is made");
}

} // namespace

Price read_price(ObjectReader in) {
    Price out;
    read_tokens(in, out.input_usd_per_mtok, out.output_usd_per_mtok, out.cached_input_usd_per_mtok);
    out.image_usd = in.maybe_number("image_usd", usd_range);
    out.cache_write_usd_per_mtok = in.maybe_number("cache_write_usd_per_mtok", usd_range);
    out.reasoning_usd_per_mtok = in.maybe_number("reasoning_usd_per_mtok", usd_range);
    in.array(
        "tiers",
        [&](const Json& value, const std::string& pointer) {
            ObjectReader row(value, pointer, in.problems());
            PriceTier tier;
            row.require("above_input_tokens", "`above_input_tokens`, the tokens up to which the "
                                              "rates before this one hold");
            tier.above_input_tokens = row.integer("above_input_tokens", 0, {1, 1e9});
            read_tokens(row, tier.input_usd_per_mtok, tier.output_usd_per_mtok,
                        tier.cached_input_usd_per_mtok);
            if (!out.tiers.empty() &&
                tier.above_input_tokens <= out.tiers.back().above_input_tokens)
                row.error("above_input_tokens", "thresholds must rise",
                          "put the tiers in the order of their thresholds");
            row.finish();
            out.tiers.push_back(tier);
        },
        16);
    read_image_tiers(in, out);
    in.finish();
    return out;
}

Json to_json(const Price& price) {
    Json out = Json::object();
    put(out, "input_usd_per_mtok", price.input_usd_per_mtok);
    put(out, "output_usd_per_mtok", price.output_usd_per_mtok);
    put(out, "cached_input_usd_per_mtok", price.cached_input_usd_per_mtok);
    put(out, "image_usd", price.image_usd);
    put(out, "cache_write_usd_per_mtok", price.cache_write_usd_per_mtok);
    put(out, "reasoning_usd_per_mtok", price.reasoning_usd_per_mtok);
    for (const PriceTier& tier : price.tiers) {
        Json row = {{"above_input_tokens", tier.above_input_tokens}};
        put(row, "input_usd_per_mtok", tier.input_usd_per_mtok);
        put(row, "output_usd_per_mtok", tier.output_usd_per_mtok);
        put(row, "cached_input_usd_per_mtok", tier.cached_input_usd_per_mtok);
        out["tiers"].push_back(std::move(row));
    }
    for (const ImageTier& tier : price.image_tiers) {
        Json row = Json::object();
        if (!tier.quality.empty())
            row["quality"] = tier.quality;
        if (!tier.size.empty())
            row["size"] = tier.size;
        row["image_usd"] = tier.image_usd;
        out["image_tiers"].push_back(std::move(row));
    }
    return out;
}

} // namespace brownout::chain
