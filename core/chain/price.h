// What a target costs. USD per million tokens; USD per picture. What is missing is unknown, never
// zero.
#pragma once

#include "chain/reader.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace brownout::chain {

// Prices step as cliffs: a request with more input tokens than the threshold pays these rates for
// all of its tokens, not only for those above it (LiteLLM's `_above_200k_tokens`, genai-prices).
struct PriceTier {
    std::int64_t above_input_tokens = 0;
    std::optional<double> input_usd_per_mtok, output_usd_per_mtok, cached_input_usd_per_mtok;
    friend bool operator==(const PriceTier&, const PriceTier&) = default;
};

// What a picture costs by how it is made. Empty: of any quality, of any size.
struct ImageTier {
    std::string quality, size; // in the vendor's words: "hd", "1792x1024"
    double image_usd = 0;
    friend bool operator==(const ImageTier&, const ImageTier&) = default;
};

struct Price {
    std::optional<double> input_usd_per_mtok, output_usd_per_mtok, cached_input_usd_per_mtok,
        image_usd;
    // Input that the provider stores for later, beside the input price: missing, it costs what
    // input costs. Reasoning: missing, it costs what output costs.
    std::optional<double> cache_write_usd_per_mtok = {}, reasoning_usd_per_mtok = {};
    std::vector<PriceTier> tiers = {}; // by rising threshold
    std::vector<ImageTier> image_tiers =
        {}; // beside image_usd, which is the vendor's usual picture

    // The rates for a request with so many input tokens; what the tier leaves out of cached input
    // costs what its input costs. The result has no tiers.
    Price at(std::int64_t input_tokens) const;
    // What one picture costs, by its quality and size as far as they are known (empty: not): the
    // dearest of the tiers that fit, so that caps hold; of all, where none fits.
    struct Image {
        double usd = 0;
        bool exact = true; // one price alone fits
    };
    std::optional<Image> image(std::string_view quality, std::string_view size) const;
    std::optional<double> dearest_image() const; // with nothing known
    friend bool operator==(const Price&, const Price&) = default;
};

// A `price` object; every unknown key, wrong type and falling threshold is a problem. Calls finish.
Price read_price(ObjectReader in);
Json to_json(const Price& price);

} // namespace brownout::chain
