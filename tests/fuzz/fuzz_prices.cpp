// The importer of LiteLLM's price file: what it makes of any text is a table that reads again, with
// no price below zero.
#include "fuzz/fuzz.h"

#include "chain/prices.h"

using namespace brownout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto read = chain::import_litellm_prices(input.rest(), "prices.json", "2026-11-21");
    if (!read)
        return 0;
    for (const chain::PricedModel& row : read->table.rows()) {
        const chain::Price price = row.price.at(300'000);
        for (const auto& usd : {price.input_usd_per_mtok, price.output_usd_per_mtok,
                                price.cached_input_usd_per_mtok, price.image_usd})
            fuzz::require(!usd || *usd >= 0, "no price below zero");
        for (const chain::ImageTier& tier : price.image_tiers)
            fuzz::require(tier.image_usd >= 0 && *price.dearest_image() >= tier.image_usd,
                          "no picture is dearer than the dearest");
    }
    const auto again =
        chain::read_prices(chain::to_json(read->table, "fuzz", "2026-11-21"), "again");
    fuzz::require(again.ok(), "what was imported reads again");
    fuzz::require(again.value->rows().size() == read->table.rows().size(), "all of it");
    return 0;
}
